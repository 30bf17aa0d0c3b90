"""Pictures of sounds: the waveform over the spectrogram, harmonics, the spectrum of a moment."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np

from audio_tt.dsp.units import amplitude_to_db
from audio_tt.plots import canvas

_DYNAMIC_RANGE_DB = 80.0
_LOWEST_HZ = 50.0
_DRAWN_FRAMES = 2000
_SPECTRUM_LENGTH = 4096  # samples
_MOST_IN_A_ROW = 4


@dataclasses.dataclass(frozen=True, eq=False)
class PicturedSound:
    """A sound to draw.

    Attributes:
      title: above it.
      audio: `[samples]`.
      sample_rate: Hz.
      f0_hz: `[frames]` Hz, 0 where unvoiced; None draws no pitch.
      frame_rate: frames of f0 a second.
    """

    title: str
    audio: np.ndarray
    sample_rate: int
    f0_hz: np.ndarray | None = None
    frame_rate: float = 100.0


def spectrogram(
    audio: np.ndarray,
    sample_rate: int,
    path: str | os.PathLike,
    f0_hz: np.ndarray | None = None,
    frame_rate: float | None = None,
    title: str | None = None,
) -> None:
    """Draws the waveform over the log-frequency spectrogram, with the pitch on it where given.

    Args:
      audio: `[samples]`, any length.
      sample_rate: In Hz.
      path: PNG file to write.
      f0_hz: `[frames]` Hz, 0 where unvoiced.
      frame_rate: Frames of `f0_hz` per second.
      title: Drawn above.
    """
    audio = np.asarray(audio, np.float32)
    seconds = max(len(audio) / sample_rate, 1e-3)
    figure, (top, bottom) = canvas.figure(5.5, title, heights=(1, 4))
    _waveform(top, audio, seconds)
    image = _spectrogram(bottom, audio, sample_rate)
    figure.colorbar(image, ax=[top, bottom], label="level (dB below peak)", pad=0.01, aspect=30)
    if f0_hz is not None:
        canvas.pitch_line(
            bottom, np.arange(len(f0_hz)) / frame_rate, f0_hz, color="cyan", label="f0"
        )
        bottom.legend(loc="upper right", framealpha=0.6)
    bottom.set_xlabel("time (s)")
    canvas.save(figure, path)


def spectrograms(
    path: str | os.PathLike, sounds: Mapping[str, np.ndarray], sample_rate: int
) -> None:
    """Draws log-frequency spectrograms above one another, each with its own time axis.

    Args:
      path: PNG file to write.
      sounds: `[samples]` by title.
      sample_rate: Of all, in Hz.
    """
    figure, axes = canvas.figure(0.6 + 2.4 * len(sounds), None, (1,) * len(sounds), sharex=False)
    for axis, (title, audio) in zip(axes, sounds.items(), strict=True):
        audio = np.asarray(audio, np.float32)
        image = _spectrogram(axis, audio, sample_rate)
        axis.set_title(canvas.text(title), fontsize=10, loc="left")
    axes[-1].set_xlabel("time (s)")
    figure.colorbar(image, ax=axes, label="level (dB below peak)", pad=0.01, aspect=40)
    canvas.save(figure, path)


def side_by_side(
    path: str | os.PathLike,
    sounds: Sequence[PicturedSound],
    harmonics: int = 1,
    at_seconds: float | None = None,
) -> None:
    """Draws sounds in columns, four in a row at most, on one scale of time, frequency and level.

    Waveform, spectrogram with f0 and its multiples on it, and the spectrum of a moment, in which
    they are marked as well.

    Args:
      path: PNG file to write.
      sounds: at least one.
      harmonics: how many multiples of f0 are drawn on the spectrogram, itself included.
      at_seconds: the moment of the spectrum; None leaves it out.
    """
    sounds = [dataclasses.replace(s, audio=np.asarray(s.audio, np.float32)) for s in sounds]
    seconds = max(max(len(s.audio) / s.sample_rate for s in sounds), 1e-3)
    highest = max(sound.sample_rate for sound in sounds) / 2
    hop_lengths = [max(256, -(-len(s.audio) // _DRAWN_FRAMES)) for s in sounds]
    spectra = [
        _log_frequency_magnitude(sound.audio, sound.sample_rate, hop_length)
        for sound, hop_length in zip(sounds, hop_lengths, strict=True)
    ]
    peak = max(float(magnitude.max()) for magnitude, _ in spectra)
    amplitude = max(float(np.abs(sound.audio).max(initial=0.0)) for sound in sounds) or 1.0
    rows = (1, 4) if at_seconds is None else (1, 4, 2.5)
    bands = -(-len(sounds) // _MOST_IN_A_ROW)
    columns = -(-len(sounds) // bands)
    width = canvas.WIDTH if columns == 1 else 4.0 * columns + 1.0
    drawn = canvas.blank(width, bands * (5.0 if at_seconds is None else 8.0))
    axes = drawn.subplots(
        bands * len(rows), columns, height_ratios=rows * bands, sharey="row", squeeze=False
    )
    for index, (sound, (magnitude, frequencies)) in enumerate(zip(sounds, spectra, strict=True)):
        first, column = index // columns * len(rows), index % columns
        top, middle = axes[first, column], axes[first + 1, column]
        top.set_title(canvas.text(sound.title), fontsize=12)
        _waveform(top, sound.audio, len(sound.audio) / sound.sample_rate)
        top.set(xlim=(0, seconds), ylim=(-1.05 * amplitude, 1.05 * amplitude), xticklabels=[])
        frame_seconds = hop_lengths[index] / sound.sample_rate
        image = _image(middle, magnitude, frequencies, frame_seconds, peak)
        _harmonic_lines(middle, sound, harmonics)
        middle.set(xlim=(0, seconds), ylim=(_LOWEST_HZ, highest), xlabel="time (s)")
        middle.set_ylabel("frequency (Hz)")
        middle.set_facecolor("black")
        canvas.frequency_axis(middle)
        if at_seconds is not None:
            for axis in (top, middle):
                axis.axvline(at_seconds, color="C1", lw=0.8, ls="--")
            _spectrum(axes[first + 2, column], sound, at_seconds, highest)
    for axis in axes[:, 1:].ravel():
        axis.set_ylabel("")
    for axis in axes.ravel():
        axis.set_visible(axis.has_data())
    drawn.colorbar(image, ax=axes[:, -1], label="dB below the loudest", pad=0.01, aspect=40)
    canvas.save(drawn, path)


def _harmonic_lines(axis, sound, count):
    if sound.f0_hz is None:
        return
    time = np.arange(len(sound.f0_hz)) / sound.frame_rate
    for number in range(1, count + 1):
        multiple = np.where(number * sound.f0_hz < sound.sample_rate / 2, number * sound.f0_hz, 0)
        line = {"color": "cyan", "label": "f0" if number == 1 else ""}
        canvas.pitch_line(axis, time, multiple, **line)
    for line in axis.get_lines()[1:]:
        line.set(lw=0.5, alpha=0.7)


def _spectrum(axis, sound, at_seconds, highest):
    """Draws the spectrum around a moment, with f0 and its multiples marked."""
    middle = round(at_seconds * sound.sample_rate)
    padded = np.pad(sound.audio, (_SPECTRUM_LENGTH // 2, _SPECTRUM_LENGTH))
    part = padded[min(middle, len(sound.audio)) :][:_SPECTRUM_LENGTH]
    magnitude = np.abs(np.fft.rfft(part * np.hanning(_SPECTRUM_LENGTH))) * 4 / _SPECTRUM_LENGTH
    frequencies = np.fft.rfftfreq(_SPECTRUM_LENGTH, 1 / sound.sample_rate)
    axis.plot(frequencies[1:], amplitude_to_db(magnitude[1:], -120.0), lw=0.9)
    label = f"{at_seconds:.2f} s"
    if sound.f0_hz is not None and len(sound.f0_hz):
        frame = min(round(at_seconds * sound.frame_rate), len(sound.f0_hz) - 1)
        f0_hz = float(sound.f0_hz[frame])
        if f0_hz > 0:
            label += f", f0 {f0_hz:.1f} Hz"
            for multiple in np.arange(f0_hz, sound.sample_rate / 2, f0_hz):
                axis.axvline(multiple, color="C1", lw=0.7, alpha=0.7, zorder=0)
    axis.set(xlim=(_LOWEST_HZ, highest), ylim=(-110, 3))
    axis.set(xlabel="frequency (Hz)", ylabel="level (dB)")
    axis.set_title(label, fontsize=9)
    canvas.frequency_axis(axis, "x")
    axis.tick_params(axis="x", labelrotation=45, labelsize=8)


def _waveform(axis, audio: np.ndarray, seconds: float) -> None:
    """Draws the extremes of each stretch, so that no peak is lost however long the audio is."""
    if len(audio):
        starts = np.unique(np.linspace(0, len(audio), _DRAWN_FRAMES, endpoint=False).astype(int))
        times = starts / len(audio) * seconds
        low, high = np.minimum.reduceat(audio, starts), np.maximum.reduceat(audio, starts)
        axis.fill_between(times, low, high, lw=0.5, color="C0")
        peak = float(np.abs(audio).max())
        axis.set_ylim(-1.05 * (peak or 1.0), 1.05 * (peak or 1.0))
    axis.set_ylabel("amplitude")


def _log_frequency_magnitude(
    audio: np.ndarray, sample_rate: int, hop_length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns magnitudes `[bins, frames]` and the frequencies of the bins in Hz."""
    from audio_tt.dsp.locked_librosa import librosa

    n_fft = 2048 if sample_rate < 32000 else 4096
    audio = np.pad(audio, (0, max(0, n_fft - len(audio))))
    magnitude = np.abs(librosa.stft(audio, n_fft=n_fft, hop_length=hop_length))
    linear = librosa.fft_frequencies(sr=sample_rate, n_fft=n_fft)
    frequencies = np.geomspace(_LOWEST_HZ, sample_rate / 2, 384)
    position = np.interp(frequencies, linear, np.arange(len(linear)))
    below = np.minimum(position.astype(int), len(linear) - 2)
    weight = (position - below)[:, None]
    magnitude = (1 - weight) * magnitude[below] + weight * magnitude[below + 1]
    return magnitude, frequencies


def _spectrogram(axis, audio, sample_rate):
    """Draws one sound on its own scale."""
    hop_length = max(256, -(-len(audio) // _DRAWN_FRAMES))
    magnitude, frequencies = _log_frequency_magnitude(audio, sample_rate, hop_length)
    image = _image(axis, magnitude, frequencies, hop_length / sample_rate, magnitude.max())
    axis.set(xlim=(0, max(len(audio) / sample_rate, 1e-3)), ylabel="frequency (Hz)")
    axis.set_ylim(frequencies[0], frequencies[-1])
    canvas.frequency_axis(axis)
    return image


def _image(axis, magnitude, frequencies, seconds_per_frame, peak):
    """Draws levels below a peak; frames go from left to right."""
    level_db = amplitude_to_db(magnitude / (peak or 1.0), -120.0)
    times = np.arange(magnitude.shape[1] + 1) * seconds_per_frame
    image = axis.pcolormesh(
        times, _edges(frequencies), level_db, cmap="magma", vmin=-_DYNAMIC_RANGE_DB, vmax=0.0
    )
    image.set_rasterized(True)
    return image


def _edges(centres: np.ndarray) -> np.ndarray:
    inner = np.sqrt(centres[1:] * centres[:-1])
    return np.concatenate([centres[:1], inner, centres[-1:]])
