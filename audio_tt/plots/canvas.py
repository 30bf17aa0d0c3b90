"""Figures on matplotlib's Agg canvas without pyplot: no display is needed and no state is kept."""

import os
from typing import TYPE_CHECKING

import numpy as np

from audio_tt.files.atomic import replacing
from audio_tt.files.paths import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 10.0  # inches


def figure(
    height: float, title: str | None, heights: tuple[float, ...], sharex: bool = True
) -> tuple["Figure", list["Axes"]]:
    """Returns a figure and its axes, one below the other, by default on one horizontal axis."""
    drawn = blank(WIDTH, height, title)
    axes = drawn.subplots(len(heights), 1, sharex=sharex, height_ratios=heights, squeeze=False)
    return drawn, list(axes[:, 0])


def blank(width: float, height: float, title: str | None = None) -> "Figure":
    """Returns a figure without axes; sizes in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="constrained", dpi=120)
    FigureCanvasAgg(drawn)
    if title:
        drawn.suptitle(text(title), fontsize=12)
    return drawn


def text(name: str) -> str:
    """Returns a name as it is to be drawn: any bytes will do, and `$` begins no formula."""
    return printable(name).replace("$", r"\$")


def save(drawn: "Figure", path: str | os.PathLike) -> None:
    """Writes a PNG file of 256 colours, a third of the size, whole or not at all."""
    from PIL import Image

    drawn.canvas.draw()
    picture = Image.fromarray(np.asarray(drawn.canvas.buffer_rgba())[..., :3])
    with replacing(path) as temporary:
        picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            temporary, format="PNG", optimize=True
        )


def pitch_line(axis: "Axes", time: np.ndarray, f0_hz: np.ndarray, color: str, label: str) -> None:
    """Draws f0 `[frames]` in Hz where it is above 0."""
    f0_hz = np.asarray(f0_hz, float)[: len(time)]
    voiced = np.where(f0_hz > 0.0, f0_hz, np.nan)
    axis.plot(time[: len(voiced)], voiced, color=color, lw=1.3, label=text(label))


def frequency_axis(axis: "Axes", which: str = "y") -> None:
    """Makes an axis logarithmic, with 100, 200, 500, 1000 and so on at its marks."""
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    getattr(axis, f"set_{which}scale")("log")
    marks = getattr(axis, f"{which}axis")
    marks.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    marks.set_major_formatter(ScalarFormatter())
    marks.set_minor_formatter(NullFormatter())
