"""What the generator draws after each epoch, as pictures and as a film over the epochs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.files.atomic import replacing

N_SLICES = 2  # of a song, drawn one after the other
_FILM_FRAMES = 50
_FRAME_MILLISECONDS = 200
_MARGIN = 4
_CAPTION_HEIGHT = 14


class Pictures:
    """Pictures of the beginning of one song.

    Args:
      songs: {target: (input, truth)}, slices as `SlicePairs` gives them; the truth may be None.
    """

    def __init__(self, songs: Mapping[str, Any] | None):
        self._songs = songs

    def write(self, run: Any, epoch: int, trainer: Any) -> None:
        """Writes the pictures of an epoch and the film of all epochs so far.

        Args:
          run: `RunDirectory`.
          epoch: its number.
          trainer: `Trainer`, which draws.
        """
        for target, (image, true) in self._songs.items():
            prefix = f"{target}_" if len(self._songs) > 1 else ""
            pictures = {"input": image, "true": true, "pred": trainer.draw(image)}
            for name, slices in pictures.items():
                if slices is not None:
                    save_picture(slices, run.sample_path(epoch, f"spectrogram_{prefix}{name}.png"))
            film(run.path / "samples", prefix)


def save_picture(slices: np.ndarray, path: str | Path) -> None:
    """Draws slices one after the other, low bins at the bottom, one pixel a bin and frame.

    Args:
      slices: `[slices, bins, frames, channels]` in -1..1; only the first channel is drawn.
      path: the PNG file.
    """
    from matplotlib import colormaps
    from PIL import Image

    joined = np.concatenate(list(slices[..., 0]), axis=1)[::-1]
    levels = np.clip((joined + 1.0) * 127.5, 0, 255).astype(np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(levels), mode="L").convert("P")
    picture.putpalette(colormaps["magma"](np.arange(256), bytes=True)[:, :3].tobytes())
    with replacing(path) as temporary:
        picture.save(temporary, format="png", optimize=True)


def film(folder: str | Path, prefix: str = "") -> None:
    """Joins the pictures of all epochs to `spectrogram.gif`: input, output and truth if known.

    Args:
      folder: the one that holds a folder for each epoch.
      prefix: of the pictures' names, where there are several targets.
    """
    epochs = sorted(Path(folder).glob(f"*/spectrogram_{prefix}pred.png"))
    chosen = np.unique(np.linspace(0, len(epochs) - 1, min(len(epochs), _FILM_FRAMES)).round())
    frames = [_frame(epochs[int(i)].parent, prefix) for i in chosen]
    name = f"spectrogram_{prefix.removesuffix('_')}.gif" if prefix else "spectrogram.gif"
    with replacing(Path(folder) / name) as temporary:
        frames[0].save(
            temporary,
            format="gif",
            save_all=True,
            append_images=frames[1:],
            duration=_FRAME_MILLISECONDS,
            loop=0,
        )


def _frame(folder, prefix):
    """The pictures of an epoch above each other, each with its name."""
    from PIL import Image, ImageDraw

    titles = {"input": "input", "pred": f"output, epoch {int(folder.name)}", "true": "target"}
    files = {title: folder / f"spectrogram_{prefix}{name}.png" for name, title in titles.items()}
    pictures = {title: Image.open(file) for title, file in files.items() if file.exists()}
    width, height = next(iter(pictures.values())).size
    row = height + _CAPTION_HEIGHT + _MARGIN
    frame = Image.new("RGB", (width, row * len(pictures)), "white")
    for i, (title, picture) in enumerate(pictures.items()):
        ImageDraw.Draw(frame).text((_MARGIN, i * row), title, fill="black")
        frame.paste(picture, (0, i * row + _CAPTION_HEIGHT))
    return frame.quantize(128)
