"""How near what a trained model plays comes to recordings of the same music."""

from pathlib import Path

import numpy as np

from audio_tt.dsp.loudness import compute_loudness
from audio_tt.dsp.units import db_to_amplitude
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.metrics import audio_metrics, tables
from audio_tt.metrics.tables import TITLES
from audio_tt.pitch import tracking

FRAME_RATE = 100.0  # of the pitch that is compared
FIGURES = (
    "log_spectral_distance_db",
    "mfcc_distance",
    "raw_pitch_accuracy",
    "loudness_correlation",
    "mfcc_frechet",
)


def read_noisy(path: Path, sample_rate: int, noise_db: float | None = None) -> np.ndarray:
    """Reads a recording, with noise added if wished.

    Args:
      path: the file.
      sample_rate: Hz.
      noise_db: level of white noise to add, dB below that of the recording; None for none. The
        same for the same recording.

    Returns:
      float32 `[samples]`.
    """
    audio, _ = io.read(path, sample_rate)
    if noise_db is not None:
        noise = np.random.default_rng(0).standard_normal(len(audio))
        audio = audio + noise * (np.sqrt(np.mean(audio**2)) * db_to_amplitude(-noise_db))
    return audio.astype(np.float32)


def compare(target: np.ndarray, audio: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Figures of `audio` against a recording of the same music, see `audio_tt.metrics`.

    Args:
      target: float32 `[samples]`.
      audio: the same; the shorter of both counts.
      sample_rate: of both, Hz.

    Returns:
      dict by the names in `FIGURES`. The pitch is followed by pYIN.
    """
    length = min(len(target), len(audio))
    target, audio = target[:length], audio[:length]
    (f0_target, voiced), (f0_hz, _) = (
        tracking.track(x, sample_rate, FRAME_RATE, method="pyin") for x in (target, audio)
    )
    curves = [
        np.asarray(compute_loudness(x, sample_rate, sample_rate / 256, 1024))
        for x in (target, audio)
    ]
    return {
        "log_spectral_distance_db": audio_metrics.log_spectral_distance(target, audio),
        "mfcc_distance": audio_metrics.mfcc_distance(target, audio, sample_rate),
        "raw_pitch_accuracy": audio_metrics.raw_pitch_accuracy(
            np.where(voiced > 0.5, f0_target, 0), f0_hz
        ),
        "loudness_correlation": audio_metrics.loudness_correlation(*curves),
        "mfcc_frechet": audio_metrics.mfcc_frechet(target, audio, sample_rate),
    }


def as_markdown(rows: dict[str, dict[str, float]]) -> str:
    """Rows, {name: figures}, as a table."""
    lines = [[name, *(f"{figures[key]:.4g}" for key in FIGURES)] for name, figures in rows.items()]
    return tables.markdown(["", *(TITLES[key] for key in FIGURES)], lines)


def pairs_of(paths: list[Path], target_paths: list[Path]) -> list[tuple[Path, Path]]:
    """Pairs of recordings of the same music, by their names.

    Raises:
      UserError: a recording has no partner, or more than one.
    """
    targets = {path.stem: path for path in target_paths}
    twice = [path for path in target_paths if targets[path.stem] != path]
    if twice:
        raise UserError(f"{twice[0]} and {targets[twice[0].stem]} are targets of one name")
    missing = [path for path in paths if path.stem not in targets]
    if missing:
        raise UserError(f"{missing[0]} has no recording of the same music of that name")
    return [(path, targets[path.stem]) for path in paths]
