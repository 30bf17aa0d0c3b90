"""Pitch and loudness of a recording of any length, block by block."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from audio_tt.dsp.blocks import Counted
from audio_tt.pitch import polyphony
from audio_tt.pitch.reach import why_not_heard
from audio_tt.playing.player import SILENCE, warn_of_silence
from autoencoder_tt.frames.features import FrameSpectrogram

_MEASURED_FRAMES = 4096
_LEAD_FRAMES = 128  # around what is measured at once, for the pitch to settle


def measure(
    blocks: Iterable[np.ndarray],
    features: FrameSpectrogram,
    name: str = "the recording",
    **pitch_options: Any,
) -> tuple[dict[str, np.ndarray] | None, int]:
    """Measures a recording of any length; only the frames are kept.

    A recording without pitch is no error: what comes out of it is silence, and one warning says so.
    One that is polyphonic is played all the same, with a warning.

    Args:
      blocks: iterable of float32 `[samples]` at the features' sample rate.
      features: a `FrameSpectrogram`.
      name: of the recording, for warnings.
      **pitch_options: of `audio_tt.pitch.tracking.track`.

    Returns:
      (measured, n_samples): dict of float32 `[frames]`, see `FrameSpectrogram.measure`, or None
      where there is no pitch.
    """
    recording, parts, peak, is_checked = Counted(blocks), [], 0.0, False
    for audio, kept in _with_surroundings(recording, features.hop_length):
        measured = features.measure(audio, **pitch_options)
        parts.append({key: values[kept] for key, values in measured.items()})
        if (here := float(np.abs(audio).max(initial=0.0))) >= peak:
            peak, loudest = here, audio
        if not is_checked and features.is_voiced(parts[-1]["confidence"]).any():
            polyphony.warn_if_polyphonic(audio, features.sample_rate, name)
            is_checked = True
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    if peak < SILENCE:
        warn_of_silence(name)
    elif not features.is_voiced(joined["confidence"]).any():
        why = why_not_heard(loudest, features.sample_rate)
        warn_of_silence(name, ": no pitch was found in it", why)
    else:
        return joined, recording.n_samples
    return None, recording.n_samples


def _with_surroundings(blocks, hop_length):
    """Yields (audio, slice of its frames that count): together all frames, each once."""
    lead, size = _LEAD_FRAMES * hop_length, _MEASURED_FRAMES * hop_length
    held, before = np.zeros(0, np.float32), 0
    for block in blocks:
        held = np.concatenate([held, np.asarray(block, np.float32)])
        while len(held) >= before + size + lead:
            first = before // hop_length
            yield held[: before + size + lead], slice(first, first + _MEASURED_FRAMES)
            held = held[before + size - lead :]
            before = lead
    # Up to a whole hop, so that a frame is centred on the end or beyond it.
    yield np.pad(held, (0, -len(held) % hop_length)), slice(before // hop_length, None)
