"""Pitch and loudness of a recording as a figure and a table."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.dsp.units import hz_to_midi
from audio_tt.files.atomic import replacing
from audio_tt.plots import charts
from ddsp_tt.features.extraction import FRAME_RATE, SAMPLE_RATE

CONFIDENT = 0.5
_COLUMNS = ("f0_hz", "f0_confidence", "loudness_db")
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def write(audio: np.ndarray, measured: dict[str, Any], stem: str | Path, title: str) -> list[Path]:
    """Writes STEM.png, STEM_spectrogram.png and STEM.csv.

    The figures show pitch where its confidence is at least 0.5; the table has all of it.

    Args:
      audio: float32 `[samples]` at 16 kHz.
      measured: as `features.extraction.extract` gives it.
      stem: path without extension.
      title: of the spectrogram.

    Returns:
      The paths.
    """
    figure, spectrogram, table = (f"{stem}{end}" for end in (".png", "_spectrogram.png", ".csv"))
    time = np.arange(len(measured["f0_hz"])) / FRAME_RATE
    sure = np.where(measured["f0_confidence"] >= CONFIDENT, measured["f0_hz"], 0.0)
    charts.curves(figure, time, {"f0": sure}, {"loudness": measured["loudness_db"]})
    charts.spectrogram(audio, SAMPLE_RATE, spectrogram, sure, FRAME_RATE, title)
    with replacing(table) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time", *_COLUMNS])
        for second, *values in zip(time, *(measured[key] for key in _COLUMNS), strict=True):
            writer.writerow([f"{second:.3f}", *(f"{value:.4f}" for value in values)])
    return [figure, spectrogram, table]


def describe(measured: dict[str, Any]) -> str:
    """One line: how much of the recording has a pitch, and from which note to which."""
    sure = measured["f0_hz"][measured["f0_confidence"] >= CONFIDENT]
    sure = sure[sure > 0]
    if not len(sure):
        return "no pitch was found"
    low, middle, high = (_note(hz) for hz in np.percentile(sure, (5, 50, 95)))
    share = 100 * len(sure) / len(measured["f0_hz"])
    return f"{share:.0f} % has a pitch, from {low} to {high}, half of it below {middle}"


def _note(f0_hz):
    number = round(float(hz_to_midi(f0_hz)))
    return f"{_NAMES[number % 12]}{number // 12 - 1} ({f0_hz:.0f} Hz)"
