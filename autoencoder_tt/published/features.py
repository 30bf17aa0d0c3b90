"""A clip as a picture of two channels, and its pitch as a line in such a picture."""

import dataclasses
from typing import Any, Self

import gin
import numpy as np
from absl import logging

from audio_tt.dsp.units import amplitude_to_db, db_to_amplitude
from audio_tt.pitch import tracking
from audio_tt.pitch.correction import Correction
from audio_tt.pitch.pyin import pyin

_QUIETEST_DB = -100.0  # so that the logarithm of silence is finite
_NOISE = 0.1  # pYIN's probability of a pitch that no frame of a clip without one reaches
_DOUBTFUL = 0.1  # confidence of a frame in which pYIN finds no pitch
_BEYOND = 2.0 ** (0.5 / 12)
_MUCH = 0.05  # share of the frames with pitch
_VOICED = 0.5  # confidence of CREPE and YIN from which a frame has a pitch


@dataclasses.dataclass(frozen=True)
class Range:
    """The values of a picture that 0 and 1 stand for once it is scaled.

    Attributes:
      min: over both channels.
      max: over both channels.
    """

    min: float
    max: float

    @classmethod
    def of(cls, picture: np.ndarray) -> Self:
        """The range of a picture of any shape."""
        return cls(float(np.min(picture)), float(np.max(picture)))

    def scale(self, picture: np.ndarray) -> np.ndarray:
        """Maps `min` to 0 and `max` to 1."""
        return (picture - np.float32(self.min)) / np.float32(self._width)

    def unscale(self, picture: np.ndarray) -> np.ndarray:
        """Inverse of `scale`."""
        return picture * np.float32(self._width) + np.float32(self.min)

    @property
    def _width(self):
        return max(self.max - self.min, np.finfo(np.float32).tiny)


@gin.configurable(module="autoencoder_tt.features")
@dataclasses.dataclass(frozen=True)
class ClipSpectrogram:
    """Settings of the spectrogram, and the ways there and back.

    A picture is float32 `[n_bins, n_frames, 2]`: level in dB (0 dB is magnitude 1) and phase in
    radians.

    Attributes:
      sample_rate: Hz.
      n_samples: length of every clip.
      n_fft: samples in a frame; the highest of its bins is left out.
      hop_length: samples between two frames.
      range_db: levels below the clip's peak less this become that.
      fmin: lowest pitch in Hz.
      fmax: highest pitch in Hz.
    """

    sample_rate: int = 22050
    n_samples: int = 65048
    n_fft: int = 1024
    hop_length: int = 512
    range_db: float = 80.0
    fmin: float = 65.40639
    fmax: float = 2093.0045

    @property
    def n_bins(self) -> int:
        """Bins of a picture."""
        return self.n_fft // 2

    @property
    def n_frames(self) -> int:
        """Frames of a picture."""
        return 1 + self.n_samples // self.hop_length

    def analyse(self, audio: np.ndarray) -> np.ndarray:
        """The picture of a clip.

        Args:
          audio: float32 `[samples]`; cut or filled with zeros to `n_samples`.

        Returns:
          float32 `[n_bins, n_frames, 2]`.
        """
        from audio_tt.dsp.locked_librosa import librosa

        spectrum = librosa.stft(self._fit(audio), n_fft=self.n_fft, hop_length=self.hop_length)
        spectrum = spectrum[: self.n_bins]
        level_db = amplitude_to_db(np.abs(spectrum), _QUIETEST_DB)
        level_db = np.maximum(level_db, level_db.max() - self.range_db)
        return np.stack([level_db, np.angle(spectrum)], axis=-1).astype(np.float32)

    def pitch(self, audio: np.ndarray, method: str = "pyin", **options: Any) -> np.ndarray:
        """Pitch of a clip; by pYIN, or another tracker of `audio_tt.pitch.tracking.track`.

        pYIN follows a line through plain noise as well. A clip in which it is sure of no frame has
        no pitch here.

        Args:
          audio: as for `analyse`.
          method: "pyin", "yin" or "crepe".
          **options: of the other two.

        Returns:
          f0_hz, `[n_frames]`, 0 where there is no pitch.
        """
        audio = self._fit(audio)
        if method == "pyin":
            f0_hz, voiced = pyin(audio, self.sample_rate, self.fmin, self.fmax, self.hop_length)
            is_noise = voiced.max() < _NOISE
            return np.where(is_noise, 0.0, np.nan_to_num(f0_hz)).astype(np.float32)
        frame_rate = self.sample_rate / self.hop_length
        options |= {"fmin": self.fmin, "fmax": self.fmax}
        f0_hz, confidence = tracking.track(audio, self.sample_rate, frame_rate, method, **options)
        audible = (confidence >= _VOICED) & (f0_hz >= self.fmin) & (f0_hz <= self.fmax)
        return np.where(audible, f0_hz, 0.0).astype(np.float32)

    def is_above(self, audio: np.ndarray, f0_hz: np.ndarray) -> np.ndarray:
        """In which frames a clip sounds above `fmax`, whatever pitch was found there.

        pYIN finds a period of what is higher as well: two or more of the sound's own.

        Args:
          audio: as for `analyse`.
          f0_hz: its pitch, see `pitch`.

        Returns:
          bool `[n_frames]`.
        """
        import soxr

        frame_rate = self.sample_rate / self.hop_length
        hop_length = round(tracking.SAMPLE_RATE / frame_rate)
        rate = frame_rate * hop_length
        correction = Correction("pyin", rate, hop_length, (self.fmin, self.fmax))
        copy = soxr.resample(self._fit(audio), self.sample_rate, rate)
        length = (self.n_frames - 1) * hop_length
        correction.push(np.pad(copy, (0, max(0, length - len(copy))))[:length])
        has_pitch = f0_hz > 0.0
        confidence = np.where(has_pitch, 1.0, _DOUBTFUL)
        found, _ = correction.finish(np.where(has_pitch, f0_hz, np.nan), confidence)
        return found > self.fmax * _BEYOND

    def draw_pitch(self, picture: np.ndarray, f0_hz: np.ndarray) -> np.ndarray:
        """The picture that the network reads: nothing but the pitch of another picture.

        As loud as that picture's loudest bin in each frame, as quiet as its quietest everywhere
        else, with its phase. A frame without pitch has its line in the lowest bin.

        Args:
          picture: `[n_bins, n_frames, 2]`, of the same clip.
          f0_hz: `[n_frames]`.

        Returns:
          float32 `[n_bins, n_frames, 2]`.
        """
        level_db = picture[..., 0]
        line = np.full_like(level_db, level_db.min())
        bins = np.rint(np.asarray(f0_hz) * self.n_fft / self.sample_rate).astype(int)
        frames = np.arange(self.n_frames)
        line[bins.clip(0, self.n_bins - 1), frames] = level_db.max(axis=0)
        return np.stack([line, picture[..., 1]], axis=-1)

    def synthesise(self, picture: np.ndarray) -> np.ndarray:
        """The clip of a picture.

        Args:
          picture: `[n_bins, n_frames, 2]`, not scaled.

        Returns:
          float32 `[n_samples]`.
        """
        from audio_tt.dsp.locked_librosa import librosa

        amplitude = db_to_amplitude(picture[..., 0].astype(np.float64))
        spectrum = amplitude * np.exp(1j * picture[..., 1])
        spectrum = np.pad(spectrum, ((0, 1), (0, 0))).astype(np.complex64)
        return librosa.istft(spectrum, hop_length=self.hop_length, length=self.n_samples)

    def _fit(self, audio):
        audio = np.asarray(audio, np.float32)[: self.n_samples]
        return np.pad(audio, (0, self.n_samples - len(audio)))


class Height:
    """How much of a recording sounds above what the design follows.

    Args:
      spectrogram: of its clips.
    """

    def __init__(self, spectrogram: ClipSpectrogram):
        self._spectrogram, self._above, self._frames = spectrogram, 0, 0

    def add(self, audio: np.ndarray, f0_hz: np.ndarray) -> None:
        """Takes in the next clip and its pitch."""
        self._above += np.count_nonzero(self._spectrogram.is_above(audio, f0_hz))
        self._frames += np.count_nonzero(f0_hz)

    def warn(self, name: str) -> None:
        """Says so, where it is more than a passing frame."""
        if self._above > _MUCH * max(self._frames, 1):
            logging.warning(
                "%s: some of it sounds above %.0f Hz, the highest pitch that this design follows; "
                "what is drawn there is an octave or more lower, or nothing",
                name,
                self._spectrogram.fmax,
            )
