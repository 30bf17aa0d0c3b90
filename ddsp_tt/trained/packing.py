"""A training's run directory -> a small folder that plays: the model that is kept or given away."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.models import cards
from ddsp_tt.features import statistics
from ddsp_tt.playing import steady_notes
from ddsp_tt.trained import files, instruments


def export(run_dir: str | Path, folder: str | Path, told: Mapping[str, Any] | None = None) -> None:
    """Copies what a model needs and the story of its training, and writes its card.

    Args:
      run_dir: of the training.
      folder: to write; `loading.load` takes it.
      told: what the card is to say that the run does not know, see `cards.read_told`.
    """
    cards.check(folder)
    _copy(Path(run_dir), Path(folder), files.MODEL_FILE)
    _complete(Path(run_dir), Path(folder), told)


def pack(
    run: str | Path,
    output: str | Path,
    dtype: str = "float16",
    told: Mapping[str, Any] | None = None,
) -> int:
    """As `export`, with the weights stored in less precision.

    Args:
      run: of the training.
      output: folder to write.
      dtype: how weights are stored; half precision halves the file.
      told: as of `export`.

    Returns:
      Size of the weights in bytes.

    Raises:
      UserError: `run` is none, or is `output`, or a README.md there is not a model's.
    """
    run, output = Path(run), Path(output)
    if run.resolve() == output.resolve():
        raise UserError(f"{output} is the run itself; name another folder")
    cards.check(output)

    from audio_tt.models import weights
    from ddsp_tt.trained import loading

    model = loading.load(run).model
    weights.save_weights(model, output / files.MODEL_FILE, dtype=dtype)
    _complete(run, output, told)
    return (output / files.MODEL_FILE).stat().st_size


def _complete(run, folder, told):
    for name in (files.GIN_FILE, files.STATISTICS_FILE, files.HISTORY_FILE):
        if (run / name).is_file():
            _copy(run, folder, name)
    _add_level_response(folder)
    cards.write(folder, "ddsp", facts(folder), told)


def _add_level_response(folder):
    instrument = instruments.read(folder)
    response = instrument and steady_notes.response(instrument)
    if response:
        table = {**instrument.statistics, "level_response": response}
        statistics.save_json(table, folder / files.STATISTICS_FILE)


def facts(folder: str | Path) -> dict[str, str]:
    """What a model's own files say of it: its size and training, its rate, where it plays."""
    found = cards.facts(Path(folder) / files.MODEL_FILE)
    instrument = instruments.read(folder)
    if instrument is None:
        return found
    found |= {
        "sample rate": f"{instrument.rates.sample_rate} Hz",
        "harmonics": str(dict(instrument.decoder.output_splits)["harmonic_distribution"]),
    }
    if heard := steady_notes.heard_range(instrument):
        low, high = map(round, heard)
        found["heard in training"] = f"MIDI {low} to {high}"
    return found


def _copy(source, folder, name):
    with replacing(folder / name) as temporary:
        temporary.write_bytes((source / name).read_bytes())
