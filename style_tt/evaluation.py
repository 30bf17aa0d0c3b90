"""How much of the content is kept, and how near to the style it comes, setting by setting."""

import csv
import dataclasses
import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gin
import numpy as np

from audio_tt.dsp.blocks import resampled
from audio_tt.errors import UserError
from audio_tt.files import batches, io
from audio_tt.files.atomic import replacing
from audio_tt.files.paths import printable
from audio_tt.files.text import read_text
from audio_tt.metrics import audio_metrics, tables
from audio_tt.metrics.tables import TITLES
from style_tt.configurables import extraction, features, player
from style_tt.playing import loading
from style_tt.playing.recordings import Recording
from style_tt.training.statistics import StyleStatistics

COPIES = ("copy of the content", "copy of the style")
_TITLES = {
    "pitch_jaccard": TITLES["pitch_jaccard"],
    "log_spectral_distance_db": TITLES["log_spectral_distance_db"],
    "mfcc_frechet": TITLES["mfcc_frechet"],
    "frechet_ratio": "of copying",
    "gram": "Gram",
    "seconds": "seconds",
}
FIGURES = tuple(_TITLES)
_COLUMNS = ("setting", "pair", *FIGURES, "made_from")
_SAMPLE_RATE = 22050
_RMS = 0.1


@dataclasses.dataclass(frozen=True)
class Pair:
    """A content and a style, float32 `[samples]` at 22050 Hz, and their name."""

    name: str
    content: np.ndarray
    style: np.ndarray


def read_pairs(
    paths: Sequence[str | Path],
    content_seconds: float | None = None,
    style_seconds: float | None = None,
    start: float = 0.0,
) -> tuple[list[Pair], int]:
    """Pairs of sound files; one that cannot be read is said and left out.

    Args:
      paths: content and style in turn.
      content_seconds: of each content that count; None for all.
      style_seconds: of each style that count; None for all.
      start: where in each file to begin, in seconds.

    Returns:
      (list of `Pair`, how many were left out).

    Raises:
      UserError: their number is odd, or none can be read, or all end before the start.
    """
    if len(paths) % 2 or not paths:
        raise UserError("name contents and styles in turn: CONTENT STYLE CONTENT STYLE ...")
    paths = [Path(path) for path in paths]
    names = batches.names(paths)

    def read(pair):
        content, style = pair
        sounds = []
        for path, seconds in ((content, content_seconds), (style, style_seconds)):
            count = None if seconds is None else round(seconds * _SAMPLE_RATE)
            sound = io.read(path, _SAMPLE_RATE)[0][round(start * _SAMPLE_RATE) :][:count]
            if not len(sound):
                raise UserError(f"{path} ends before {start:g} s")
            sounds.append(sound)
        return Pair(printable(f"{names[content]} as {names[style]}"), *sounds)

    return batches.each(read, zip(paths[::2], paths[1::2], strict=True))


def evaluate(
    pairs: Sequence[Pair],
    compared: Sequence[str],
    seed: int = 0,
    finished: Sequence[dict] = (),
    report: Callable[[list[dict]], None] = lambda rows: None,
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
) -> list[dict]:
    """Plays every pair with every setting.

    Args:
      pairs: list of `Pair`.
      compared: gin files of settings, each read after `style/default.gin`.
      seed: as for `StylePlayer`.
      finished: rows of an earlier call. Those that the same sounds, settings and seed made are not
        computed again; others of the same name are replaced.
      report: called with all rows whenever there is a new one.
      gin_files: settings that are read after each of the compared ones.
      gin_params: single settings, which win over the files.

    Returns:
      List of dicts: "setting", "pair", the figures of `compare` and "made_from"; the copies of the
      content and of the style come first.
    """
    table = {(row["setting"], row["pair"]): row for row in finished}
    wanted = [(setting, pair) for setting in (*COPIES, *compared) for pair in pairs]
    for setting, pair in wanted:
        if setting not in COPIES:
            loading.read_settings([setting, *gin_files], gin_params)
        key, origin = (setting, pair.name), _origin(pair, setting, seed)
        if key not in table or table[key]["made_from"] != origin:
            started = time.perf_counter()
            if setting in COPIES:
                audio = (pair.content, pair.style)[COPIES.index(setting)]
            else:
                audio = _play(pair, seed)
            seconds = np.nan if setting in COPIES else time.perf_counter() - started
            figures = {**compare(pair, audio), "seconds": seconds, "made_from": origin}
            table[key] = {"setting": setting, "pair": pair.name, **figures}
            report(list(table.values()))
    first = [table.pop((setting, pair.name)) for setting, pair in wanted]
    return first + list(table.values())


def compare(pair: Pair, audio: np.ndarray) -> dict[str, float]:
    """Figures of one output; all are of audio at the same root mean square.

    Args:
      pair: a `Pair`.
      audio: float32 `[samples]` at 22050 Hz.

    Returns:
      dict: "pitch_jaccard" (a distance, see `audio_tt.metrics`) and "log_spectral_distance_db" to
      the content; "mfcc_frechet" to the style, and "frechet_ratio", the share of that of the
      content itself; "gram", the squared difference of the Gram matrices of infinitely many linear
      filters of the published size to those of the style, relative to the style's square.
    """
    content, style, audio = (_levelled(x) for x in (pair.content, pair.style, audio))
    frechet = audio_metrics.mfcc_frechet(style, audio, _SAMPLE_RATE)
    of_copying = audio_metrics.mfcc_frechet(style, content, _SAMPLE_RATE)
    return {
        "pitch_jaccard": audio_metrics.pitch_jaccard(content, audio, _SAMPLE_RATE),
        "log_spectral_distance_db": audio_metrics.log_spectral_distance(content, audio),
        "mfcc_frechet": frechet,
        "frechet_ratio": frechet / of_copying if of_copying else np.nan,  # of one sound
        "gram": _gram_distance(style, audio),
    }


def as_markdown(rows: Sequence[dict[str, Any]], per_pair: bool = False) -> str:
    """A table of the means over all pairs, or of every pair."""
    heads, lines = ["setting", *(["pair"] if per_pair else []), *_TITLES.values()], []
    for setting in dict.fromkeys(row["setting"] for row in rows):
        of_setting = [row for row in rows if row["setting"] == setting]
        if not per_pair:
            of_setting = [
                audio_metrics.summarise([{k: row[k] for k in FIGURES} for row in of_setting])
            ]
        for row in of_setting:
            names = [setting, row["pair"]] if per_pair else [setting]
            lines.append([*names, *(tables.number(row[key], ".3g") for key in FIGURES)])
    return tables.markdown(heads, lines, n_names=len(heads) - len(FIGURES))


def save(rows: Sequence[dict[str, Any]], path: str | Path) -> None:
    """Writes rows as a .csv file, whole or not at all."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def load(path: str | Path) -> list[dict]:
    """Rows of an earlier call; none where there is no such file.

    Raises:
      UserError: the file holds something else.
    """
    if not Path(path).exists():
        return []
    rows = list(csv.DictReader(read_text(path).splitlines()))
    if rows and {"made_from", *rows[0]} != set(_COLUMNS):
        raise UserError(f"{path} holds another table; name another --output")
    try:
        return [{"made_from": "", **row, **{k: float(row[k]) for k in FIGURES}} for row in rows]
    except (TypeError, ValueError) as error:
        raise UserError(f"{path} is damaged; move it away to start a new one") from error


def _origin(pair, setting, seed):
    """A digest of what makes a row: both sounds and, but for copies, settings and seed."""
    digest = hashlib.sha256()
    for sound in (pair.content, pair.style):
        digest.update(np.ascontiguousarray(sound).tobytes())
        digest.update(b"|")
    if setting not in COPIES:
        digest.update(f"{seed}|{gin.config_str()}".encode())
    return digest.hexdigest()[:16]


def _play(pair, seed):
    rate = player.load_settings()[1].sample_rate
    style = pair.style if rate == _SAMPLE_RATE else _resampled(pair.style, _SAMPLE_RATE, rate)
    loaded = player.StylePlayer(Recording.from_audio(style, pair.name), seed=seed)
    audio = loaded.render(pair.content, _SAMPLE_RATE, pair.name)
    return audio if rate == _SAMPLE_RATE else _resampled(audio, _SAMPLE_RATE, rate)


def _resampled(audio, sample_rate, wanted):
    return np.concatenate(list(resampled([audio], sample_rate, wanted)))


def _levelled(audio):
    return audio * np.float32(_RMS / max(1e-9, np.sqrt(np.mean(np.square(audio, dtype=float)))))


def _gram_distance(style, audio):
    representation = features.LogSpectrogram(22050, 2048, 512)
    extractor = extraction.Extractor(representation.n_bins, infinite_width=3)
    matrices = []
    for sound in (style, audio):
        statistics = StyleStatistics(extractor)
        for spectrum in representation.analyse([sound]):
            statistics.add(representation.to_level(spectrum).transpose(0, 2, 1))
        matrices.append(np.asarray(statistics.moments[0].matrix))
    return float(np.sum((matrices[1] - matrices[0]) ** 2) / np.sum(matrices[0] ** 2))
