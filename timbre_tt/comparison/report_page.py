"""A page of sounds, pictures and figures; it needs no network and opens from disk."""

import base64
import csv
import io as text_io
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audio_tt.dsp.units import amplitude_to_db
from audio_tt.files import batches, io
from audio_tt.files.atomic import replacing
from timbre_tt.comparison import templates
from timbre_tt.comparison.reference_figures import FIGURES
from timbre_tt.comparison.side_by_side import COPY, SAMPLE_RATE, Analysis, Recording, Row, Sound

INPUT = "input"
LOWEST_HZ, HIGHEST_HZ, BINS = 60.0, 7600.0, 128
RANGE_DB = 70.0
MOST_FRAMES = 600  # of a picture, however long the sound is


def write(
    folder: Path,
    title: str,
    introduction: str,
    recordings: Sequence[Recording],
    sources: Sequence[Analysis],
    rows: Sequence[Row],
    input_note: str = "",
) -> None:
    """Writes index.html and the sounds, and metrics.csv and metrics.json where there are figures.

    Args:
      folder: to write to.
      title: of the page.
      introduction: a paragraph of HTML.
      recordings: what was played from.
      sources: their analyses.
      rows: what came out.
      input_note: said beside each input.
    """
    folder = Path(folder)
    stems = batches.distinct([_plain(recording.name) for recording in recordings])
    drawn, sections = [], []
    for index, (recording, source) in enumerate(zip(recordings, sources, strict=True)):
        first, sounds = len(drawn), []
        for label, sound in _sounds_of(index, recording, source, rows):
            file = f"sounds/{stems[index]}__{_plain(label)}.wav"
            io.write(folder / file, sound.audio, sound.sample_rate)
            note = _note(sound.figures) or (input_note if label == INPUT else "")
            sounds.append({"index": len(drawn), "label": label, "note": note, "file": file})
            drawn.append({"recording": index, "input": first, **picture(sound.heard)})
        sections.append({"name": recording.name.replace("_", " "), "sounds": sounds})
    data = {
        "frequencies": {"low": LOWEST_HZ, "high": HIGHEST_HZ, "bins": BINS},
        "seconds": [len(source.audio) / SAMPLE_RATE for source in sources],
        "sounds": drawn,
    }
    text = templates.render(
        templates.FOLDER / "report.html",
        title=title,
        introduction=introduction,
        sections=sections,
        data=json.dumps(data, separators=(",", ":")).replace("</", "<\\/"),
        **table(rows),
    )
    if any(row.figures for row in rows):
        save_figures(folder, rows)
    with replacing(folder / "index.html") as temporary:
        temporary.write_text(text, "utf-8")


def _sounds_of(index, recording, source, rows):
    """The recording itself and what each row made of it."""
    yield INPUT, Sound(recording.name, recording.audio, recording.sample_rate, source, {})
    for row in rows:
        if row.label != COPY:  # its sound is the input's
            for sound in row.sounds[index : index + 1]:
                yield row.label, sound


def picture(analysis: Analysis) -> dict:
    """What the page draws of a sound: levels of a log-frequency spectrogram, f0 and loudness.

    Returns:
      "frames" and "spectrogram", base64 of `[frames, BINS]` bytes (0 is 70 dB below the peak or
      less); "f0" in Hz, None where unvoiced; "loudness" in dB.
    """
    audio, n_fft = analysis.audio, 1024
    hop_length = max(256, -(-len(audio) // MOST_FRAMES))
    frames = max(1, -(-len(audio) // hop_length))
    padded = np.pad(audio, (n_fft // 2, n_fft + hop_length))
    view = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length][:frames]
    magnitude = np.abs(np.fft.rfft(view * np.hanning(n_fft).astype(np.float32)))
    places = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BINS) * n_fft / SAMPLE_RATE
    below = places.astype(int)
    share = places - below
    levels = (1.0 - share) * magnitude[:, below] + share * magnitude[:, below + 1]
    # Where bins of the picture are wider than those of the transform, the loudest counts.
    for index in range(BINS - 1):
        inside = magnitude[:, below[index] : below[index + 1] + 1]
        if below[index + 1] - below[index] > 1:
            levels[:, index] = inside.max(axis=1)
    level_db = amplitude_to_db(levels / max(float(levels.max()), 1e-9), -120.0)
    pixels = np.clip(255.0 * (1.0 + level_db / RANGE_DB), 0.0, 255.0).astype(np.uint8)
    chosen = np.linspace(0, len(analysis.f0_hz) - 1, min(len(analysis.f0_hz), 2 * MOST_FRAMES))
    chosen = chosen.round().astype(int)
    return {
        "frames": frames,
        "spectrogram": base64.b64encode(pixels.tobytes()).decode(),
        "f0": [round(float(hz), 1) or None for hz in analysis.voiced_hz[chosen]],
        "loudness": [
            round(float(analysis.loudness_db[min(i, len(analysis.loudness_db) - 1)]), 1)
            for i in chosen
        ],
    }


def table(rows: Sequence[Row]) -> dict[str, list]:
    """Returns what the template draws of the figures of all rows: "figures" and "lines"."""
    names = figures_of(rows)
    others = [row for row in rows if row.label != COPY]
    best = {
        name: _best(name, [row.figures.get(name, math.nan) for row in others]) for name in names
    }

    def cells(row):
        for name in names:
            value = row.figures.get(name, math.nan)
            is_best = value == best[name] and row in others
            yield {"value": _raw(value), "shown": shown(name, value), "is_best": is_best}
        yield {"value": _raw(row.speed), "shown": speed(row.speed), "is_best": False}

    lines = [
        {"label": row.label, "why_not": row.why_not, "cells": list(cells(row))} for row in rows
    ]
    return {"figures": [FIGURES[name] for name in names], "lines": lines}


def save_figures(folder: Path, rows: Sequence[Row]) -> None:
    """Writes metrics.csv, a line for each system and recording, and metrics.json, all in one."""
    names = figures_of(rows)
    buffer = text_io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["system", "recording", *names, "x_real_time", "why_not"])
    for row in rows:
        for sound in row.sounds:
            values = [_raw(sound.figures.get(name, math.nan)) for name in names]
            writer.writerow([row.label, sound.recording, *values, "", ""])
        values = [_raw(row.figures.get(name, math.nan)) for name in names]
        writer.writerow([row.label, "mean", *values, _raw(row.speed), row.why_not or ""])
    with replacing(folder / "metrics.csv") as temporary:
        temporary.write_text(buffer.getvalue(), "utf-8")
    described = {
        name: {"title": figure.title, "better": figure.better, "published": figure.published}
        for name, figure in FIGURES.items()
        if name in names
    }
    plain = [
        {
            "system": row.label,
            "why_not": row.why_not,
            "x_real_time": finite(row.speed),
            "mean": {name: finite(value) for name, value in row.figures.items()},
            "recordings": {
                sound.recording: {name: finite(value) for name, value in sound.figures.items()}
                for sound in row.sounds
            },
        }
        for row in rows
    ]
    with replacing(folder / "metrics.json") as temporary:
        temporary.write_text(
            json.dumps({"figures": described, "systems": plain}, indent=1), "utf-8"
        )


def figures_of(rows: Sequence[Row]) -> list[str]:
    """The figures that any row has, in the order of `FIGURES`."""
    return [name for name in FIGURES if any(name in row.figures for row in rows)]


def shown(name: str, value: float) -> str:
    """A figure as a table shows it."""
    return "" if math.isnan(value) else f"{value:.{FIGURES[name].digits}f}"


def speed(value: float) -> str:
    """Seconds of audio a second, as a table shows it."""
    return "" if math.isnan(value) else f"{value:.2g}"


def _best(name, values):
    known = [value for value in values if not math.isnan(value)]
    choose = max if FIGURES[name].better == "higher" else min
    return choose(known) if known else None


def _note(scores):
    parts = [
        f"{FIGURES[name].title} {shown(name, scores[name])}"
        for name in ("raw_chroma_accuracy", "log_spectral_distance_db", "pitch_jaccard")
        if name in scores and not math.isnan(scores[name])
    ]
    return ", ".join(parts)


def _raw(value):
    return "" if math.isnan(value) else f"{value:.6g}"


def finite(value: float) -> float | None:
    """A figure as JSON can hold it: six digits, None for NaN."""
    return None if math.isnan(value) else float(f"{value:.6g}")


def _plain(text):
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in text)
