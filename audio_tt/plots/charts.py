"""Pictures of spectra, curves, figures, and of a training's history, as PNG files."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from audio_tt.plots import canvas
from audio_tt.plots.sound_plots import side_by_side, spectrogram, spectrograms

__all__ = ["bars", "curves", "history", "side_by_side", "spectrogram", "spectrograms"]

_NAMED_BARS = 40


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
    figure, axes = canvas.figure(1.0 + 2.6 * max(count, 1), None, heights=(1,) * max(count, 1))
    remaining = iter(axes)
    if f0s:
        axis = next(remaining)
        for index, (name, f0_hz) in enumerate(f0s.items()):
            canvas.pitch_line(axis, time, f0_hz, color=f"C{index}", label=name)
        axis.set_ylabel("f0 (Hz)")
        canvas.frequency_axis(axis)
    if loudness:
        axis = next(remaining)
        for index, (name, level) in enumerate(loudness.items()):
            how = {"color": f"C{index}", "lw": 1.3, "label": canvas.text(name)}
            axis.plot(time[: len(level)], level[: len(time)], **how)
        axis.set_ylabel("loudness (dB)")
    for axis in axes:
        axis.grid(alpha=0.3)
        axis.set_xlim(time[0], time[-1])
        if axis.get_legend_handles_labels()[0]:
            axis.legend(loc="upper right")
    axes[-1].set_xlabel("time (s)")
    canvas.save(figure, path)


def history(path: str | os.PathLike, rows: Sequence[Mapping[str, float]]) -> None:
    """Draws the figures of a training over its steps or epochs.

    A figure and its counterpart on the held-out data (`loss` and `val_loss` or `loss_val`) share a
    panel.

    Args:
      path: PNG file to write.
      rows: As `audio_tt.training.run_directory.RunDirectory.history` gives them.
    """
    key = next(iter(rows[0]), "step") if rows else "step"
    names = list(dict.fromkeys(name for row in rows for name in row if name != key))
    panels = list(dict.fromkeys(map(_trained_figure, names))) or [""]
    figure, axes = canvas.figure(0.8 + 2.2 * len(panels), None, heights=(1,) * len(panels))
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
    canvas.save(figure, path)


def bars(
    path: str | os.PathLike,
    names: Sequence[str],
    panels: Mapping[str, Sequence[float]],
    lines: Mapping[str, float],
) -> None:
    """Draws figures of several things, a panel for each figure and a bar for each thing.

    Args:
      path: PNG file to write.
      names: Of the things.
      panels: Values by figure, as many as `names`; NaN leaves a gap.
      lines: A value by figure, drawn across its panel.
    """
    figure, axes = canvas.figure(1.5 + 1.8 * len(panels), None, heights=(1,) * len(panels))
    for axis, (panel, values) in zip(axes, panels.items(), strict=True):
        axis.bar(range(len(names)), values, width=0.7)
        axis.axhline(lines[panel], color="C1", lw=1.3, label=f"mean {lines[panel]:.3g}")
        axis.set_ylabel(panel)
        axis.grid(alpha=0.3, axis="y")
        axis.legend(loc="upper right")
    if len(names) <= _NAMED_BARS:
        labels = [canvas.text(name) for name in names]
        axes[-1].set_xticks(range(len(names)), labels, rotation=30, ha="right", fontsize=8)
    canvas.save(figure, path)


def _trained_figure(name: str) -> str:
    """The figure on the training data that a figure on held-out data goes with, or itself."""
    return name.removeprefix("val_").removesuffix("_val")


def _value_axis(axis, values: np.ndarray) -> None:
    """Uses a logarithmic axis where positive figures span more than a factor of 20."""
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0.0 and values.max() > 20.0 * values.min():
        axis.set_yscale("log")
