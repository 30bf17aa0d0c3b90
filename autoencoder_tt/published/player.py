"""Audio in, audio of the learned instrument out, by a model of the published design.

What is drawn has the phase of the input, and the scale of the input's own levels.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from audio_tt.pitch.polyphony import warn_if_polyphonic
from audio_tt.playing.player import finite, warn_of_silence
from autoencoder_tt.design import InstrumentPlayer
from autoencoder_tt.published.features import ClipSpectrogram, Height, Range

RECORDED = "input"  # the phase of the recording as it is
OVERLAP = 8192  # samples over which a clip fades into the next


def draw(network: Any, line: np.ndarray) -> np.ndarray:
    """Draws the levels of a clip.

    Args:
      network: `keras.Model` of the published design.
      line: `[bins, frames, 2]` in 0..1.

    Returns:
      float32 `[bins, frames]` in 0..1.
    """
    return np.asarray(network.predict_on_batch(line[None]))[0, ..., 0]


def play_clip(
    network: Any, spectrogram: ClipSpectrogram, audio: np.ndarray, f0_hz: np.ndarray
) -> np.ndarray:
    """Plays one clip.

    Args:
      network: `keras.Model` of the published design.
      spectrogram: `ClipSpectrogram`.
      audio: float32 `[samples]`, at most `n_samples`.
      f0_hz: its pitch, see `ClipSpectrogram.pitch`.

    Returns:
      float32 `[n_samples]`; silence where the clip has no pitch.
    """
    if not f0_hz.any():
        return np.zeros(spectrogram.n_samples, np.float32)
    picture = spectrogram.analyse(audio)
    scale = Range.of(picture)
    level_db = scale.unscale(draw(network, scale.scale(spectrogram.draw_pitch(picture, f0_hz))))
    return spectrogram.synthesise(np.stack([level_db, picture[..., 1]], axis=-1))


class ClipPlayer(InstrumentPlayer):
    """Plays a recording of any length clip after clip, each fading into the next.

    The original plays the first clip alone. A recording without pitch becomes silence, with a
    warning; a polyphonic one is played, with a warning.

    Args:
      network: `keras.Model` of the published design.
      spectrogram: `ClipSpectrogram`.
      pitch: keyword arguments of `ClipSpectrogram.pitch`; None for pYIN.
    """

    def __init__(self, network: Any, spectrogram: ClipSpectrogram, pitch: dict | None = None):
        self.sample_rate = spectrogram.sample_rate
        self._network, self._spectrogram, self._pitch = network, spectrogram, pitch or {}

    def play(
        self, blocks: Iterable[np.ndarray], name: str = "the recording"
    ) -> Iterator[np.ndarray]:
        """See `Player`."""
        rising = np.linspace(0.0, 1.0, OVERLAP, dtype=np.float32)
        fading = np.zeros(0, np.float32)  # what the clip before plays where this one begins
        is_pitched, height = False, Height(self._spectrogram)
        for audio, is_last in _clips_of(finite(blocks), self._spectrogram.n_samples):
            f0_hz = self._spectrogram.pitch(audio, **self._pitch)
            height.add(audio, f0_hz)
            if f0_hz.any() and not is_pitched:
                warn_if_polyphonic(audio, self.sample_rate, name)
                is_pitched = True
            played = play_clip(self._network, self._spectrogram, audio, f0_hz)[: len(audio)]
            shared = len(fading)
            played[:shared] = fading + rising[:shared] * (played[:shared] - fading)
            done = len(played) if is_last else len(played) - OVERLAP
            fading = played[done:]
            yield played[:done]
        height.warn(name)
        if not is_pitched:
            warn_of_silence(name, ": no pitch was found in it")

    def render_phases(
        self, audio: np.ndarray, phases: tuple[str, ...]
    ) -> Iterator[tuple[str, np.ndarray]]:
        """See `InstrumentPlayer`; there is no phase but that of the recording."""
        yield RECORDED, np.concatenate(list(self.play([audio])))


def _clips_of(blocks, n_samples):
    """Yields (audio, whether it is the last clip); each begins `OVERLAP` before the end of one."""
    held = np.zeros(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) > n_samples:
            yield held[:n_samples], False
            held = held[n_samples - OVERLAP :]
    yield held, True
