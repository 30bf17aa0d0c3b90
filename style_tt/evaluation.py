"""How much of the content is kept, and how near to the style it comes, setting by setting."""

import csv
import dataclasses
import time
from pathlib import Path

import numpy as np

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files import batches, io
from audio_tt.files.atomic import replacing
from audio_tt.metrics import audio_metrics
from style_tt.configurables import extraction, features, transfer
from style_tt.playing.recordings import Recording
from style_tt.training.statistics import StyleStatistics

COPIES = ("copy of the content", "copy of the style")
FIGURES = ("pitch_jaccard", "lsd_db", "mfcc_frechet", "frechet_ratio", "gram", "seconds")
_TITLES = ("pitch Jaccard", "LSD (dB)", "MFCC-Frechet", "of copying", "Gram", "seconds")
_SAMPLE_RATE = 22050
_RMS = 0.1


@dataclasses.dataclass(frozen=True)
class Pair:
    """A content and a style, float32 `[samples]` at 22050 Hz, and their name."""

    name: str
    content: np.ndarray
    style: np.ndarray


def read_pairs(paths, content_seconds=None, style_seconds=None, start=0.0):
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
        return Pair(f"{names[content]} as {names[style]}", *sounds)

    return batches.each(read, zip(paths[::2], paths[1::2], strict=True))


def evaluate(pairs, gin_files, seed=0, finished=(), report=lambda rows: None):
    """Plays every pair with every setting.

    Args:
      pairs: list of `Pair`.
      gin_files: settings to compare, each read after `style/default.gin`; what the flags
        `--gin_file` and `--gin_param` say comes after.
      seed: as for `Session.play`.
      finished: rows of an earlier, unfinished call, which are not computed again.
      report: called with all rows whenever there is a new one.

    Returns:
      List of dicts: "setting", "pair" and the figures of `compare`; the copies of the content and
      of the style come first.
    """
    rows = list(finished)
    done = {(row["setting"], row["pair"]) for row in rows}
    for setting in (*COPIES, *gin_files):
        for pair in pairs:
            if (setting, pair.name) in done:
                continue
            started = time.perf_counter()
            if setting in COPIES:
                audio = (pair.content, pair.style)[COPIES.index(setting)]
            else:
                audio = _play(pair, setting, seed)
            seconds = np.nan if setting in COPIES else time.perf_counter() - started
            figures = {**compare(pair, audio), "seconds": seconds}
            rows.append({"setting": setting, "pair": pair.name, **figures})
            report(rows)
    return rows


def compare(pair, audio):
    """Figures of one output; all are of audio at the same root mean square.

    Args:
      pair: a `Pair`.
      audio: float32 `[samples]` at 22050 Hz.

    Returns:
      dict: "pitch_jaccard" (a distance, see `audio_tt.metrics`) and "lsd_db" (log-spectral
      distance) to the content; "mfcc_frechet" to the style, and "frechet_ratio", the share of that
      of the content itself; "gram", the squared difference of the Gram matrices of infinitely many
      linear filters of the published size to those of the style, relative to the style's square.
    """
    content, style, audio = (_levelled(x) for x in (pair.content, pair.style, audio))
    frechet = audio_metrics.mfcc_frechet(style, audio, _SAMPLE_RATE)
    return {
        "pitch_jaccard": audio_metrics.pitch_jaccard(content, audio, _SAMPLE_RATE),
        "lsd_db": audio_metrics.log_spectral_distance(content, audio),
        "mfcc_frechet": frechet,
        "frechet_ratio": frechet / audio_metrics.mfcc_frechet(style, content, _SAMPLE_RATE),
        "gram": _gram_distance(style, audio),
    }


def as_markdown(rows, per_pair=False):
    """A table of the means over all pairs, or of every pair."""
    lines = [
        "| setting | " + ("pair | " if per_pair else "") + " | ".join(_TITLES) + " |",
        "| --- | " + ("--- | " if per_pair else "") + " ---: |" * len(FIGURES),
    ]
    for setting in dict.fromkeys(row["setting"] for row in rows):
        of_setting = [row for row in rows if row["setting"] == setting]
        if not per_pair:
            of_setting = [
                audio_metrics.summarise([{k: row[k] for k in FIGURES} for row in of_setting])
            ]
        for row in of_setting:
            cells = ["" if np.isnan(row[key]) else f"{row[key]:.3g}" for key in FIGURES]
            names = [setting, row["pair"]] if per_pair else [setting]
            lines.append("| " + " | ".join([*names, *cells]) + " |")
    return "\n".join(lines)


def save(rows, path):
    """Writes rows as a .csv file, whole or not at all."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["setting", "pair", *FIGURES], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def load(path):
    """Rows of an earlier call; none where there is no such file.

    Raises:
      UserError: the file holds something else.
    """
    if not Path(path).exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if rows and set(rows[0]) != {"setting", "pair", *FIGURES}:
        raise UserError(f"{path} holds another table; name another --output")
    return [{**row, **{key: float(row[key]) for key in FIGURES}} for row in rows]


def _play(pair, setting, seed):
    import soxr

    settings.parse_gin(["style/default.gin", setting])
    rate = transfer.load_settings()[1].sample_rate
    sounds = [
        Recording.from_audio(x if rate == _SAMPLE_RATE else soxr.resample(x, _SAMPLE_RATE, rate))
        for x in (pair.content, pair.style)
    ]
    played = transfer.Session(sounds[1]).play(sounds[0], seed=seed)
    audio = np.concatenate(list(played))[:, 0]
    return audio if rate == _SAMPLE_RATE else soxr.resample(audio, rate, _SAMPLE_RATE)


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
