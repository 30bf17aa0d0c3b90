"""A folder as Magenta publishes a model, as a model that plays."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import logging

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.models import weights
from ddsp_tt.features.rates import MEASURING_RATE
from ddsp_tt.magenta import checkpoints, statistics_pickle

STATISTICS_FILE = "dataset_statistics.pkl"
# What Magenta's own commands and files set and what has no meaning here.
PASSED_OVER = (
    "run_dag",
    "Trainer.checkpoints_to_keep",
    "Trainer.restore_keys",
    "train.report_loss_to_hypertune",
    *(
        f"{name}.{parameter}"
        for name in ("evaluate", "sample")
        for parameter in ("batch_size", "num_batches", "ckpt_delay_secs", "run_once")
    ),
)
EVALUATION = ("evaluate", "sample", "TFRecordProvider", "macro")  # what it reads, after loading
_SYNTHS = ("Harmonic", "Additive", "FilteredNoise")
_EXPORTED = "ddsp/exported_decoder.gin"


def is_magenta(folder: str | Path) -> bool:
    """Whether the folder holds a TensorFlow checkpoint, a SavedModel, or the settings of one."""
    names = ("operative_config-*.gin", STATISTICS_FILE)
    has_settings = any(True for name in names for _ in Path(folder).glob(name))
    return has_settings or checkpoints.find(folder) is not None


def find_gin(folder: str | Path) -> Path | None:
    """The settings beside a checkpoint, of the highest step (`operative_config-0.gin` or the like).

    None without any.
    """

    def step(path):
        number = path.stem.rpartition("-")[2]
        return int(number) if number.isdecimal() else -1

    return max(Path(folder).glob("operative_config*.gin"), key=step, default=None)


def load(
    folder: str | Path, gin_files: Sequence[str] = (), gin_params: Sequence[str] = ()
) -> tuple[Any, dict[str, Any] | None]:
    """Builds the model that a folder's own settings describe and loads its newest checkpoint.

    A SavedModel of a decoder alone has no settings; those of Magenta's four exports are known
    (`gin/ddsp/exported_decoder.gin`).

    Args:
      folder: holds `ckpt-N.*` and `operative_config-0.gin`, or `variables/` and
        `saved_model.pb`; `dataset_statistics.pkl` where there is one.
      gin_files: further settings, read after the folder's own.
      gin_params: single settings, which win over both.

    Returns:
      (model, statistics or None).

    Raises:
      UserError: something is missing or does not fit; one line says what.
    """
    from ddsp_tt.configurables import models
    from ddsp_tt.models.tracing import build

    folder = Path(folder)
    gin_file = settings_of(folder)
    prefix = checkpoints.find(folder)
    tensors = checkpoints.read(prefix)
    parse(gin_file, gin_files, gin_params)
    model = models.get_model()
    check_kind(folder, model)
    checkpoints.assign(tensors, build(model), prefix)
    pickled = folder / STATISTICS_FILE
    return model, statistics_pickle.load(pickled) if pickled.is_file() else None


def settings_of(folder: str | Path) -> Path:
    """The gin file that builds the model of a folder's newest checkpoint.

    Raises:
      UserError: there is none, or no checkpoint.
    """
    prefix = checkpoints.find(folder)
    if prefix is None:
        raise UserError(
            f"{folder}: no checkpoint in it, such as ckpt-300.index with its .data file"
        )
    gin_file = find_gin(folder)
    if gin_file is None and prefix.parent == Path(folder):
        raise UserError(f"{folder}: operative_config-0.gin is missing, which says how to build it")
    return gin_file or _EXPORTED


def check_kind(folder: str | Path, model: Any) -> None:
    """Raises UserError where checkpoints of models of this kind cannot be read."""
    if getattr(model, "decoder", None) is None:
        raise UserError(f"{folder}: checkpoints of a {type(model).__name__} cannot be read")


def parse(
    gin_file: str | Path, gin_files: Sequence[str] = (), gin_params: Sequence[str] = ()
) -> None:
    """Reads Magenta's settings, and adds what was understood without saying.

    What is unknown here is passed over with a warning. Settings that do not mention
    `F0LoudnessPreprocessor.compute_loudness` are from before DDSP 2.0: the loudness is the old one,
    and what is given counts. Those that do not mention `RnnFcDecoder.input_keys` are
    from before April 2020, when f0 came first.
    """
    import gin

    settings.parse_gin(
        (gin_file, *gin_files), gin_params, foreign=(gin_file,), passed_over=PASSED_OVER
    )

    def value(parameter):
        try:
            found = gin.query_parameter(parameter)
        except ValueError:
            return None
        is_macro = getattr(found, "selector", "").endswith("macro")
        return found.scoped_configurable_fn() if is_macro else found

    settings.bind("FilteredNoise.delay_compensation", -1)  # the weights were trained so
    _make_frames_whole(value)
    if value("F0LoudnessPreprocessor.compute_loudness") is None:
        logging.info("%s: from before DDSP 2.0, with the loudness of that time", gin_file)
        for name in ("F0LoudnessPreprocessor", "DefaultPreprocessor"):
            settings.bind(f"{name}.compute_loudness", False)
            settings.bind(f"{name}.loudness_convention", "ddsp1")
    if value("RnnFcDecoder.input_keys") is None:
        latent = ("z",) if value("Autoencoder.encoder") else ()
        settings.bind("RnnFcDecoder.input_keys", ("f0_scaled", "ld_scaled", *latent))


def _make_frames_whole(value):
    """What the settings of models at other rates say about frames, as far as it cannot be had.

    Loudness is measured at 16 kHz whatever was said. Where the samples of a training example are
    not a whole number for each of its frames, that number is rounded.
    """
    for name in ("F0LoudnessPreprocessor", "DefaultPreprocessor"):
        if value(f"{name}.sample_rate") not in (None, MEASURING_RATE):
            logging.warning("%s.sample_rate is passed over: loudness is measured at 16 kHz", name)
            settings.bind(f"{name}.sample_rate", MEASURING_RATE)
        n_frames = value(f"{name}.time_steps")
        for parameter in (f"{synth}.n_samples" for synth in _SYNTHS):
            n_samples = value(parameter)
            if n_frames and n_samples and n_samples % n_frames:
                whole = max(round(n_samples / n_frames), 1) * n_frames
                logging.warning("%s = %d is taken as %d", parameter, n_samples, whole)
                settings.bind(parameter, whole)


def convert(
    folder: str | Path,
    output: str | Path,
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
) -> list[Path]:
    """Writes a folder of Magenta's as weights, settings and statistics of this package.

    Args:
      folder: as for `load`.
      output: the `.h5` file to write. Named `model.h5`, its folder is a model to every command;
        by another name the file itself is.
      gin_files: as for `load`.
      gin_params: as for `load`.

    Returns:
      The paths that were written.

    Raises:
      UserError: as `load`, the name does not end in .h5, or the place cannot be written to.
    """
    from ddsp_tt.features import statistics
    from ddsp_tt.trained import files

    output = Path(output)
    if output.suffix.lower() != ".h5":
        raise UserError(f"{output}: weights are written as .h5: --output=FOLDER/model.h5")
    model, table = load(folder, gin_files, gin_params)
    settings.refuse_unused()
    written = [output, output.with_name(files.GIN_FILE)]
    weights.save_weights(model, output)
    with replacing(written[1]) as temporary:
        temporary.write_text(settings.operative_gin(), "utf-8")
    if table is not None:
        written.append(output.with_name(files.STATISTICS_FILE))
        statistics.save_json(table, written[-1])
    return written
