"""What the frame-wise network reads and draws: pitch and loudness, and the level of every bin."""

import dataclasses
import functools
from typing import Any

import gin
import numpy as np

from audio_tt.dsp.loudness import a_weighting_db
from audio_tt.dsp.units import db_to_amplitude, db_to_power, hz_to_midi, midi_to_hz, power_to_db
from audio_tt.dsp.windows import window_values
from audio_tt.errors import UserError
from audio_tt.pitch import tracking

_PICTURES = ("line", "comb")
_PICTURE_RANGE_DB = 80.0
_LOUDNESS_RANGE_DB = 80.0
_LOWEST_NOTE, _HIGHEST_NOTE = 36, 96  # MIDI, C2 to C7
_STEPS = 2  # a semitone
_BLOCK_FRAMES = 2048
_REFINING_HARMONICS = 12
_SPREAD = (0.25, 0.5, 0.25)  # of a window over the frames beside it, for a pitch that moves


@gin.configurable(module="autoencoder_tt.frames")
@dataclasses.dataclass(frozen=True)
class FrameSpectrogram:
    """Settings of the frames, and the ways there and back.

    Levels are scaled once for all recordings: 0 is `range_db` below a sine at full scale, 1 is that
    sine. Frame i is centred on sample `i * hop_length`; a recording has `1 + samples // hop_length`
    frames.

    Attributes:
      sample_rate: Hz.
      n_fft: samples in a frame.
      hop_length: samples between two frames.
      range_db: what 0..1 stands for.
      picture: how a pitch is drawn for the network: "line", the one bin nearest to it, or "comb",
        all its harmonics with the shape that the window gives them.
      voiced_confidence: of the pitch tracker; below it a frame has no pitch.
    """

    sample_rate: int = 22050
    n_fft: int = 1024
    hop_length: int = 256
    range_db: float = 110.0
    picture: str = "comb"
    voiced_confidence: float = 0.5

    def __post_init__(self):
        if self.picture not in _PICTURES:
            known = " or ".join(_PICTURES)
            raise UserError(f"FrameSpectrogram.picture is {known}, not {self.picture!r}")

    @property
    def window(self) -> str:
        """Of a frame, as `audio_tt.dsp.stft` names it."""
        return "hann"

    @property
    def pad_mode(self) -> str:
        """What is beyond the ends of a recording, as `audio_tt.dsp.stft` names it."""
        return "constant"

    @property
    def n_bins(self) -> int:
        """Bins of a frame."""
        return self.n_fft // 2 + 1

    @property
    def n_pitches(self) -> int:
        """Channels in which the pitch is given on a logarithmic axis."""
        return (_HIGHEST_NOTE - _LOWEST_NOTE) * _STEPS + 1

    @property
    def range_hz(self) -> tuple[float, float]:
        """The lowest and the highest pitch that the network is told apart from its neighbours."""
        return float(midi_to_hz(_LOWEST_NOTE)), float(midi_to_hz(_HIGHEST_NOTE))

    @property
    def frame_rate(self) -> float:
        """Frames a second."""
        return self.sample_rate / self.hop_length

    def measure(
        self, audio: np.ndarray, with_levels: bool = False, **pitch_options: Any
    ) -> dict[str, np.ndarray]:
        """Pitch and loudness of a recording.

        Args:
          audio: float32 `[samples]`.
          with_levels: whether the levels are wanted too.
          **pitch_options: of `audio_tt.pitch.tracking.track`.

        Returns:
          dict of float32 `[frames]`: `f0_hz`, `confidence` (0 to 1) and `loudness_db`; and if asked
          for `levels`, float16 `[frames, n_bins]`, see `levels`.
        """
        f0_hz, confidence = tracking.track(
            audio, self.sample_rate, self.frame_rate, **pitch_options
        )
        parts, start = {"f0_hz": [], "loudness_db": [], "levels": []}, 0
        for power in self._spectra(audio):
            here, levels = slice(start, start + len(power)), self._scale(power)
            parts["f0_hz"].append(self.refine(f0_hz[here], levels))
            parts["loudness_db"].append(self._loudness(power))
            if with_levels:
                parts["levels"].append(levels.astype(np.float16))
            start = here.stop
        measured = {key: np.concatenate(part) for key, part in parts.items() if part}
        return {"confidence": confidence, **measured}

    def refine(self, f0_hz: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Moves a tracked pitch to where the harmonics are, by less than half a semitone.

        A tracker is some cents off, which is a bin or more at the twentieth harmonic. Of the first
        harmonics the peaks are read off between the bins, by a parabola through the levels.

        Args:
          f0_hz: `[frames]`, 0 or more.
          levels: `[frames, n_bins]`, see `levels`.

        Returns:
          float32 `[frames]`.
        """
        decibels = np.asarray(levels, np.float32) * np.float32(self.range_db)
        frames, total, weights = np.arange(len(f0_hz)), np.zeros(len(f0_hz)), np.zeros(len(f0_hz))
        spacing = np.maximum(f0_hz, 1.0) * (self.n_fft / self.sample_rate)
        for number in range(1, _REFINING_HARMONICS + 1):
            near = np.rint(number * spacing).astype(int)
            is_inside = (near > 2) & (near < self.n_bins - 3) & (f0_hz > 0.0)
            near = near.clip(3, self.n_bins - 4)
            near += np.argmax([decibels[frames, near + step] for step in (-1, 0, 1)], axis=0) - 1
            below, here, above = (decibels[frames, near + step] for step in (-1, 0, 1))
            curvature = np.minimum(below - 2.0 * here + above, -1e-3)
            place = near + 0.5 * (below - above) / curvature
            octaves = np.log2(np.maximum(place, 1.0) / (number * spacing))
            is_peak = is_inside & (here > np.maximum(below, above)) & (np.abs(octaves) < 1 / 24)
            # The higher the harmonic, the more exact, and the louder, the surer.
            weight = np.where(is_peak, db_to_amplitude(here) * number**2, 0.0)
            total += weight * octaves
            weights += weight
        moved = total / np.maximum(weights, 1e-12)
        return (f0_hz * 2.0**moved).astype(np.float32)

    def levels(self, audio: np.ndarray) -> np.ndarray:
        """Levels of a recording `[samples]`: float32 `[frames, n_bins]` in 0..1."""
        return np.concatenate([self._scale(spectrum) for spectrum in self._spectra(audio)])

    def to_magnitude(self, levels: np.ndarray) -> np.ndarray:
        """Magnitudes of a transform, as librosa scales them, of levels of any shape."""
        decibels = (np.asarray(levels, np.float32) - 1.0) * np.float32(self.range_db)
        magnitude = db_to_amplitude(decibels) * np.float32(self._full)
        return np.where(levels > 0.0, magnitude, np.float32(0.0))

    def is_voiced(self, confidence: np.ndarray) -> np.ndarray:
        """Which frames `[frames]` have a pitch."""
        return np.asarray(confidence) >= self.voiced_confidence

    def inputs(self, f0_hz: np.ndarray, voiced: np.ndarray, loudness_db: np.ndarray) -> np.ndarray:
        """What the network reads.

        Args:
          f0_hz: `[..., frames]`.
          voiced: bool, the same shape; without a pitch nothing is drawn.
          loudness_db: the same shape.

        Returns:
          float32 `[..., frames, n_bins + n_pitches + 1]`: the picture, the pitch on a logarithmic
          axis, both in 0..1, and the loudness, of which 0..1 are 80 dB.
        """
        f0_hz = np.where(voiced, f0_hz, 0.0).astype(np.float32)
        draw = self.draw_comb if self.picture == "comb" else self._draw_line
        loudness = 1.0 + np.asarray(loudness_db, np.float32) / np.float32(_LOUDNESS_RANGE_DB)
        return np.concatenate(
            [draw(f0_hz), self._log_pitch(f0_hz), np.maximum(loudness, 0.0)[..., None]], axis=-1
        )

    def draw_comb(self, f0_hz: np.ndarray) -> np.ndarray:
        """The harmonics of pitches `[..., frames]` (0: none), `[..., frames, n_bins]` in 0..1.

        All are of one level, 1; 0 is 80 dB below. A pitch that moves is drawn as wide as the window
        sees it, by a mean of the power over the frames beside.

        Example:
          >>> comb = FrameSpectrogram().draw_comb(np.full(10, 440.0))
          >>> comb.shape, int(np.argmax(comb[0, :30]))  # bin 20 is at 430.7 Hz
          ((10, 513), 20)
        """
        table, step = _lobe_power(self.n_fft)
        distance = (
            np.arange(self.n_bins, dtype=np.float32)[None]
            * (self.sample_rate / self.n_fft)
            / np.maximum(f0_hz, 1.0)[..., None].astype(np.float32)
        )
        nearest = np.maximum(np.rint(distance), 1.0)
        distance -= nearest
        np.abs(distance, out=distance)
        distance *= (f0_hz * (self.n_fft / self.sample_rate / step))[..., None]
        power = table[np.minimum(distance, len(table) - 1).astype(np.int32)]
        power[f0_hz <= 0.0] = 0.0
        power = _spread(power)
        decibels = power_to_db(power, -_PICTURE_RANGE_DB)
        return 1.0 + decibels * np.float32(1.0 / _PICTURE_RANGE_DB)

    def _draw_line(self, f0_hz):
        bins = np.rint(f0_hz * (self.n_fft / self.sample_rate)).astype(int)
        line = np.arange(self.n_bins) == bins[..., None]
        return (line & (f0_hz > 0.0)[..., None]).astype(np.float32)

    def _log_pitch(self, f0_hz):
        """Each pitch as two neighbouring channels whose weights add up to 1."""
        note = hz_to_midi(f0_hz)
        place = (note.clip(_LOWEST_NOTE, _HIGHEST_NOTE) - _LOWEST_NOTE) * _STEPS
        weights = 1.0 - np.abs(place[..., None] - np.arange(self.n_pitches))
        return (np.maximum(weights, 0.0) * (f0_hz > 0.0)[..., None]).astype(np.float32)

    @property
    def _full(self):
        """Magnitude of a sine at full scale."""
        return self.n_fft / 4.0

    def _spectra(self, audio):
        """Power `[frames, n_bins]` of some thousand frames at a time, 1 is full scale."""
        import scipy.fft

        padded = np.pad(np.asarray(audio, np.float32), self.n_fft // 2)
        window = window_values("hann", self.n_fft).astype(np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.n_fft)[:: self.hop_length]
        for start in range(0, len(frames), _BLOCK_FRAMES):
            spectrum = scipy.fft.rfft(frames[start : start + _BLOCK_FRAMES] * window)
            yield (spectrum.real**2 + spectrum.imag**2) / np.float32(self._full**2)

    def _scale(self, power):
        decibels = power_to_db(power, -self.range_db)
        return (1.0 + decibels / self.range_db).astype(np.float32)

    def _loudness(self, power):
        """A-weighted level `[frames]` in dB, 0 dB about a sine of 1 kHz at full scale."""
        weights = db_to_power(a_weighting_db(self.n_fft, self.sample_rate))
        total = power @ weights.astype(np.float32) / np.float32(1.5)  # a sine fills 1.5 bins
        return power_to_db(total, -100.0).astype(np.float32)


def _spread(power):
    """Mean over neighbouring frames of `[..., frames, bins]`; at the ends what is there counts."""
    before = np.concatenate([power[..., :1, :], power[..., :-1, :]], axis=-2)
    after = np.concatenate([power[..., 1:, :], power[..., -1:, :]], axis=-2)
    return _SPREAD[0] * before + _SPREAD[1] * power + _SPREAD[2] * after


@functools.cache
def _lobe_power(n_fft):
    """Power of a sine in bins at a distance, in steps of 1/64 bin, under a Hann window."""
    step = 1.0 / 64.0
    distance = np.arange(0.0, 64.0, step)
    outside = np.where(np.isclose(distance, 1.0), 0.5, distance)  # the limit there is 1/2
    lobe = np.where(np.isclose(distance, 1.0), 0.5, np.sinc(distance) / (1.0 - np.square(outside)))
    power = np.square(lobe)
    power[-1] = 0.0
    return power.astype(np.float32), step
