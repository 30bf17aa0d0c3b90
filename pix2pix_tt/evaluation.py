"""How near a trained generator comes to recordings of the same music on the target instrument."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from audio_tt.command.progress import progress
from audio_tt.dsp import stft_blocks
from audio_tt.errors import UserError
from audio_tt.files import batches, io
from audio_tt.metrics import audio_metrics, tables
from audio_tt.metrics.tables import TITLES
from pix2pix_tt.playing import phases
from pix2pix_tt.playing.player import Pix2PixPlayer

COPY = "copy of the input"
_TITLES = {
    "l1": "L1",
    "of_copying": "of copying",
    "ratio": "ratio",
    "convergence": "spectral convergence",
    "log_spectral_distance_db": TITLES["log_spectral_distance_db"],
    "mfcc_distance": TITLES["mfcc_distance"],
    "pitch_jaccard": TITLES["pitch_jaccard"],
}
FIGURES = tuple(_TITLES)
_COMPARED = ("l1", "log_spectral_distance_db", "mfcc_distance")  # by several models and copying


def find_pairs(audios_path: str | Path, origin: str, target: str) -> dict[str, tuple[Path, Path]]:
    """Recordings of the same name in AUDIOS/ORIGIN and AUDIOS/TARGET.

    Returns:
      {name: (path of the origin's, path of the target's)}.

    Raises:
      UserError: there are none, or one has no partner.
    """
    found = []
    for instrument in (origin, target):
        folder = Path(audios_path) / instrument
        paths = io.find_audio(folder)
        found.append({str(path.relative_to(folder).with_suffix("")): path for path in paths})
    for names, others, folder in ((*found, target), (*found[::-1], origin)):
        missing = sorted(set(names) - set(others))
        if missing:
            path = names[missing[0]]
            raise UserError(f"{path} has no partner of that name in {Path(audios_path) / folder}")
    return {name: (path, found[1][name]) for name, path in found[0].items()}


def choose(
    models: Sequence[str], targets: Sequence[str], origins: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Which models are measured on which instruments.

    Returns:
      [(model, instrument to start from, target)], the origins of a model side by side.

    Raises:
      UserError: there is neither one target nor one for each model.
    """
    if len(targets) not in (1, len(models)):
        raise UserError(
            f"--target names {len(targets)} instruments for {len(models)} models; name one for "
            "all, or one for each"
        )
    targets = targets * len(models) if len(targets) == 1 else targets
    return [(m, o, t) for m, t in zip(models, targets, strict=True) for o in origins]


def readable(pairs: Mapping[str, tuple[Path, Path]]) -> tuple[dict[str, tuple[Path, Path]], int]:
    """Those pairs of `find_pairs` that can be read; the others are named in the log.

    Returns:
      ({name: paths}, how many cannot).
    """

    def check(name):
        batches.readable_group(pairs[name])
        return name

    names, failed = batches.each(check, pairs)
    return {name: pairs[name] for name in names}, failed


def evaluate(
    trained: Any,
    pairs: Mapping[str, tuple[Path, Path]],
    methods: Sequence[str] = phases.METHODS,
    style: np.ndarray | None = None,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Figures of all pairs, see `compare`.

    Args:
      trained: a `loading.TrainedModel`.
      pairs: what `find_pairs` returned.
      methods: of `phases.METHODS`.
      style: as for `Pix2PixPlayer`.
      seed: of random phase.

    Returns:
      List of dicts: "file", "phase" and the figures; at the end the means over files, as "mean".
    """
    rows = []
    for name, paths in progress(list(pairs.items()), "Evaluating", "file"):
        heard, target = (io.read(path, trained.features.sample_rate)[0] for path in paths)
        for phase, figures in compare(trained, heard, target, methods, style, seed).items():
            rows.append({"file": name, "phase": phase, **figures})
    for phase in dict.fromkeys(row["phase"] for row in rows):
        of_phase = [{key: row[key] for key in FIGURES} for row in rows if row["phase"] == phase]
        means = audio_metrics.summarise(of_phase)
        means["ratio"] = _ratio(means["l1"], means["of_copying"])
        rows.append({"file": "mean", "phase": phase, **means})
    return rows


def compare(
    trained: Any,
    heard: np.ndarray,
    target: np.ndarray,
    methods: Sequence[str] = phases.METHODS,
    style: np.ndarray | None = None,
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """Plays a recording and compares with one of the same music on the target instrument.

    Args:
      trained: a `loading.TrainedModel`.
      heard: float32 `[samples]` at the model's sample rate.
      target: the same; the shorter of both counts.
      methods: of `phases.METHODS`.
      style: as for `Pix2PixPlayer`.
      seed: of random phase.

    Returns:
      {method: figures}, and the same for the input as it is: "l1", the mean absolute difference of
      the levels in -1..1 as the network sees and draws them; "of_copying", that of the input, and
      the ratio of both; "convergence" of the audio to the magnitude M that was drawn,
      || |STFT| - M || / || M || (Sturmel and Daudet 2011); "log_spectral_distance_db" and
      "mfcc_distance" of the audio, up to the highest frequency that is drawn (`audio_tt.metrics`);
      "pitch_jaccard" of the audio and the input, 0 where the same notes sound.
    """
    features = trained.features
    length = min(len(heard), len(target))
    heard, target = heard[:length], target[:length]
    player = Pix2PixPlayer(trained, style, seed)
    drawn = list(player.paint(_transform(heard, features)))
    magnitude = np.concatenate([part for part, _ in drawn], axis=-1)
    levels = [
        features.to_level(part)
        for part in (magnitude, *(_magnitude(audio, features) for audio in (heard, target)))
    ]
    l1, of_copying = (2.0 * float(np.abs(part - levels[2]).mean()) for part in levels[:2])
    rows = {}
    for method in methods:
        audio = np.concatenate(list(player.synthesise(iter(drawn), method)))[:, 0]
        difference = _magnitude(audio, features)[..., : magnitude.shape[-1]] - magnitude
        rows[method] = {
            "l1": l1,
            "of_copying": of_copying,
            "ratio": _ratio(l1, of_copying),
            "convergence": float(np.linalg.norm(difference) / np.linalg.norm(magnitude)),
            **_distances(target, audio, features),
            "pitch_jaccard": audio_metrics.pitch_jaccard(
                heard, audio[:length], features.sample_rate
            ),
        }
    rows[COPY] = {
        "l1": of_copying,
        "of_copying": of_copying,
        "ratio": 1.0,
        "convergence": np.nan,
        **_distances(target, heard, features),
        "pitch_jaccard": 0.0,
    }
    return rows


def _ratio(l1, of_copying):
    return l1 / of_copying if of_copying else np.nan  # both instruments sound alike


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The rows of `evaluate` as a table."""
    lines = [
        [row["file"], row["phase"], *(tables.number(row[key]) for key in FIGURES)] for row in rows
    ]
    return tables.markdown(["file", "phase", *_TITLES.values()], lines, n_names=2)


def summary(evaluated: Mapping[tuple[str, str], list[dict[str, Any]]]) -> str:
    """The means of several models on several instruments, each beside those of copying.

    Args:
      evaluated: {(model, instrument to start from): rows of `evaluate`}, of which the first phase
        counts.

    Returns:
      A table; the share is that of the figure before it: the model's distance by copying's.
    """
    compared = [(_TITLES[key], "of copying", "share") for key in _COMPARED]
    header = ("model", "from", *(title for group in compared for title in group))
    lines = []
    for (model, origin), rows in evaluated.items():
        means = [row for row in rows if row["file"] == "mean"]
        drawn, copied = means[0], next(row for row in means if row["phase"] == COPY)
        cells = [(drawn[key], copied[key], _ratio(drawn[key], copied[key])) for key in _COMPARED]
        figures = [cell for group in cells for cell in group] + [drawn["pitch_jaccard"]]
        lines.append([model, origin, *map(tables.number, figures)])
    return tables.markdown([*header, _TITLES["pitch_jaccard"]], lines, n_names=2)


def save(rows: Sequence[dict[str, Any]], path: str | Path) -> None:
    """Writes the rows of `evaluate` to a .csv or .json file.

    Raises:
      UserError: the extension is another, or the place cannot be written to.
    """
    check_extension(path)
    is_json = Path(path).suffix.lower() == ".json"
    (tables.write_json if is_json else tables.write_csv)(path, rows)


def check_extension(path: str | Path) -> None:
    """Raises UserError where `save` would not know what to write."""
    if Path(path).suffix.lower() not in (".csv", ".json"):
        raise UserError(f"{path}: figures are written as .csv or .json; change the extension")


def _transform(audio, features):
    return stft_blocks.analyse([audio], features, fill=False)


def _magnitude(audio, features):
    parts = [features.magnitude(part) for part in _transform(audio, features)]
    return np.concatenate(parts, axis=-1)


def _distances(target, audio, features):
    rate = features.sample_rate
    highest = 2 * features.n_bins * rate // features.n_fft
    target, audio = (soxr.resample(x, rate, highest) for x in (target, audio))
    return {
        "log_spectral_distance_db": audio_metrics.log_spectral_distance(target, audio),
        "mfcc_distance": audio_metrics.mfcc_distance(target, audio, highest),
    }
