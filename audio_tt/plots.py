"""Pictures of spectra, of pitch and loudness curves, and of a training's history, as PNG files.

Drawn with matplotlib's Agg canvas without pyplot, so no display is needed and no state is kept.
"""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from audio_tt.files import replacing

_WIDTH = 10.0
_DYNAMIC_RANGE_DB = 80.0
_LOWEST_HZ = 50.0
_DRAWN_FRAMES = 2000


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
    figure, (top, bottom) = _figure(5.5, title, heights=(1, 4))
    _waveform(top, audio, seconds)
    image = _log_frequency_image(bottom, audio, sample_rate)
    figure.colorbar(image, ax=[top, bottom], label="level (dB below peak)", pad=0.01, aspect=30)
    if f0_hz is not None:
        _pitch_line(bottom, np.arange(len(f0_hz)) / frame_rate, f0_hz, color="cyan", label="f0")
        bottom.legend(loc="upper right", framealpha=0.6)
    bottom.set_xlabel("time (s)")
    _save(figure, path)


def spectrograms(
    path: str | os.PathLike, sounds: Mapping[str, np.ndarray], sample_rate: int
) -> None:
    """Draws log-frequency spectrograms above one another, each with its own time axis.

    Args:
      path: PNG file to write.
      sounds: `[samples]` by title.
      sample_rate: Of all, in Hz.
    """
    figure, axes = _figure(0.6 + 2.4 * len(sounds), None, (1,) * len(sounds), sharex=False)
    for axis, (title, audio) in zip(axes, sounds.items(), strict=True):
        image = _log_frequency_image(axis, np.asarray(audio, np.float32), sample_rate)
        axis.set_title(title, fontsize=10, loc="left")
    axes[-1].set_xlabel("time (s)")
    figure.colorbar(image, ax=axes, label="level (dB below peak)", pad=0.01, aspect=40)
    _save(figure, path)


def curves(
    path: str | os.PathLike,
    time: np.ndarray,
    f0s: Mapping[str, np.ndarray],
    loudness: Mapping[str, np.ndarray],
) -> None:
    """Draws pitch curves over loudness curves, one line per name.

    Args:
      path: PNG file to write.
      time: `[frames]` seconds.
      f0s: `[frames]` Hz by name, 0 where unvoiced; may be empty.
      loudness: `[frames]` dB by name; may be empty.
    """
    count = bool(f0s) + bool(loudness)
    figure, axes = _figure(1.0 + 2.6 * max(count, 1), None, heights=(1,) * max(count, 1))
    remaining = iter(axes)
    if f0s:
        axis = next(remaining)
        for index, (name, f0_hz) in enumerate(f0s.items()):
            _pitch_line(axis, time, f0_hz, color=f"C{index}", label=name)
        axis.set_ylabel("f0 (Hz)")
        _frequency_axis(axis)
    if loudness:
        axis = next(remaining)
        for index, (name, level) in enumerate(loudness.items()):
            axis.plot(time[: len(level)], level[: len(time)], color=f"C{index}", lw=1.3, label=name)
        axis.set_ylabel("loudness (dB)")
    for axis in axes:
        axis.grid(alpha=0.3)
        axis.set_xlim(time[0], time[-1])
        if axis.get_legend_handles_labels()[0]:
            axis.legend(loc="upper right")
    axes[-1].set_xlabel("time (s)")
    _save(figure, path)


def history(path: str | os.PathLike, rows: Sequence[Mapping[str, float]]) -> None:
    """Draws the figures of a training over its steps or epochs.

    A figure and its counterpart on the held-out data (`loss` and `val_loss` or `loss_val`) share a
    panel.

    Args:
      path: PNG file to write.
      rows: As `audio_tt.runs.RunDirectory.history` gives them.
    """
    key = next(iter(rows[0]), "step") if rows else "step"
    names = list(dict.fromkeys(name for row in rows for name in row if name != key))
    panels = list(dict.fromkeys(map(_trained_figure, names))) or [""]
    figure, axes = _figure(0.8 + 2.2 * len(panels), None, heights=(1,) * len(panels))
    for axis, panel in zip(axes, panels, strict=True):
        drawn = [name for name in names if _trained_figure(name) == panel]
        for name in drawn:
            points = [(row[key], row[name]) for row in rows if name in row]
            color, label = ("C0", "training") if name == panel else ("C1", "held out")
            marker = "o" if len(points) < 40 else None
            axis.plot(*zip(*points, strict=True), color=color, marker=marker, ms=3, label=label)
        values = [row[name] for row in rows for name in drawn if name in row]
        _value_axis(axis, np.array(values, float))
        axis.set_ylabel(panel.replace("_", " "))
        axis.grid(alpha=0.3, which="both")
        if len(drawn) > 1:
            axis.legend(loc="upper right")
    axes[-1].set_xlabel(key)
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    _save(figure, path)


def _trained_figure(name: str) -> str:
    """The figure on the training data that a figure on held-out data goes with, or itself."""
    return name.removeprefix("val_").removesuffix("_val")


def _figure(height: float, title: str | None, heights: tuple[int, ...], sharex: bool = True):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(heights), 1, sharex=sharex, height_ratios=heights, squeeze=False)
    if title:
        figure.suptitle(title, fontsize=12)
    return figure, list(axes[:, 0])


def _save(figure, path: str | os.PathLike) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")


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


def _log_frequency_image(axis, audio: np.ndarray, sample_rate: int):
    hop_length = max(256, -(-len(audio) // _DRAWN_FRAMES))
    levels, frequencies = _log_frequency_levels(audio, sample_rate, hop_length)
    times = np.arange(levels.shape[1] + 1) * hop_length / sample_rate
    image = axis.pcolormesh(
        times, _edges(frequencies), levels, cmap="magma", vmin=-_DYNAMIC_RANGE_DB, vmax=0.0
    )
    image.set_rasterized(True)
    axis.set(xlim=(0, max(len(audio) / sample_rate, 1e-3)))
    axis.set(ylim=(frequencies[0], frequencies[-1]), ylabel="frequency (Hz)")
    _frequency_axis(axis)
    return image


def _log_frequency_levels(
    audio: np.ndarray, sample_rate: int, hop_length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns levels `[bins, frames]` in dB below the peak, and the bins' frequencies in Hz."""
    from audio_tt.locked_librosa import librosa

    n_fft = 2048 if sample_rate < 32000 else 4096
    audio = np.pad(audio, (0, max(0, n_fft - len(audio))))
    magnitude = np.abs(librosa.stft(audio, n_fft=n_fft, hop_length=hop_length))
    linear = librosa.fft_frequencies(sr=sample_rate, n_fft=n_fft)
    frequencies = np.geomspace(_LOWEST_HZ, sample_rate / 2, 384)
    position = np.interp(frequencies, linear, np.arange(len(linear)))
    below = np.minimum(position.astype(int), len(linear) - 2)
    weight = (position - below)[:, None]
    magnitude = (1 - weight) * magnitude[below] + weight * magnitude[below + 1]
    peak = magnitude.max()
    if peak == 0.0:
        return np.full_like(magnitude, -_DYNAMIC_RANGE_DB), frequencies
    return 20.0 * np.log10(np.maximum(magnitude / peak, 1e-6)), frequencies


def _edges(centres: np.ndarray) -> np.ndarray:
    inner = np.sqrt(centres[1:] * centres[:-1])
    return np.concatenate([centres[:1], inner, centres[-1:]])


def _pitch_line(axis, time: np.ndarray, f0_hz: np.ndarray, color: str, label: str) -> None:
    f0_hz = np.asarray(f0_hz, float)[: len(time)]
    voiced = np.where(f0_hz > 0.0, f0_hz, np.nan)
    axis.plot(time[: len(voiced)], voiced, color=color, lw=1.3, label=label)


def _frequency_axis(axis) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.yaxis.set_major_formatter(ScalarFormatter())
    axis.yaxis.set_minor_formatter(NullFormatter())


def _value_axis(axis, values: np.ndarray) -> None:
    """Uses a logarithmic axis where positive figures span more than a factor of 20."""
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0.0 and values.max() > 20.0 * values.min():
        axis.set_yscale("log")
