"""Draws the spectrograms of a content, a style and an output above one another.

python -m style_tt.graphs content.wav style.wav out.wav
"""

from pathlib import Path

from audio_tt.command import app, ending, path_flags
from audio_tt.files import io
from audio_tt.plots import charts

_PICTURE = path_flags.DEFINE_path(
    "picture", None, "Picture (.png) to write; by default the output's name with .png."
)
SAMPLE_RATE = 22050


def draw(
    content_path: str | Path, style_path: str | Path, output_path: str | Path, picture: str | Path
) -> None:
    """Draws three sound files into one picture.

    Args:
      content_path: first from above.
      style_path: second.
      output_path: third.
      picture: PNG file to write.

    Raises:
      UserError: a file cannot be read or written.
    """
    paths = {"content": content_path, "style": style_path, "output": output_path}
    sounds = {
        f"{role}: {Path(path).name}": io.read(path, SAMPLE_RATE)[0] for role, path in paths.items()
    }
    charts.spectrograms(picture, sounds, SAMPLE_RATE)


def main(content_path: str | Path, style_path: str | Path, output_path: str | Path) -> None:
    """Three files, one picture."""
    picture = _PICTURE.value or str(Path(output_path).with_suffix(".png"))
    draw(content_path, style_path, output_path, picture)
    ending.say_written(picture)


if __name__ == "__main__":
    app.run(main, positional="CONTENT STYLE OUTPUT", reads_gin=False)
