"""Recordings -> measured frames, kept on disk so that pitch is tracked once."""

import hashlib
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import batches, finding, io
from audio_tt.files.atomic import replacing

_DEFAULTS = {"method": "crepe", "crepe_capacity": "tiny"}
FEATURES = ("f0_hz", "confidence", "loudness_db")


def measure_folder(
    path: str | Path, features: Any, cache_path: str | Path, **pitch_options: Any
) -> dict[str, dict[str, Any]]:
    """Measures all recordings below a folder; those that are measured already are read.

    Args:
      path: folder, file or glob.
      features: a `frames.FrameSpectrogram`.
      cache_path: folder for what is measured.
      **pitch_options: of `audio_tt.pitch.tracking.track`.

    Returns:
      {name: dict of `f0_hz`, `confidence`, `loudness_db` `[frames]` and `levels` float16
      `[frames, n_bins]`, and its `path`}, sorted by name, see
      `audio_tt.files.batches.places`.
    """
    names, recordings = batches.places(finding.search([path])), {}
    for file, place in progress(list(names.items()), "Measuring", "file"):
        name = str(place)
        cached = (
            Path(cache_path) / f"{Path(name).name}_{_digest(file, features, pitch_options)}.npz"
        )
        recordings[name] = _read(cached) or _measure(file, cached, features, pitch_options)
        recordings[name]["path"] = file
    return dict(sorted(recordings.items()))


def _digest(file, features, pitch_options):
    """Of all that what is measured depends on, and of where and when the file was written."""
    stat = file.stat()
    settings = (features.sample_rate, features.n_fft, features.hop_length, features.range_db)
    options = sorted(
        (k, v) for k, v in pitch_options.items() if v is not None and _DEFAULTS.get(k) != v
    )
    key = (str(file.resolve()), stat.st_size, stat.st_mtime_ns, settings, options)
    return hashlib.sha1(repr(key).encode()).hexdigest()[:10]


def _measure(file, cached, features, pitch_options):
    audio, _ = io.read(file, features.sample_rate)
    measured = features.measure(audio, with_levels=True, **pitch_options)
    with replacing(cached) as temporary:
        np.savez(temporary, **measured)
    return measured


def _read(cached):
    if not cached.exists():
        return None
    try:
        with np.load(cached) as archive:
            return {name: archive[name] for name in (*FEATURES, "levels")}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{cached} is damaged; remove it to measure the recording anew") from error
