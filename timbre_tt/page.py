"""A page of sounds with their pictures; it needs no network and opens from disk."""

import base64
import dataclasses
import html
import tempfile
from pathlib import Path

import numpy as np

from audio_tt import plots
from audio_tt.files import replacing

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>timbre-tt: one melody, {count} sounds</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 62rem; margin: auto; padding: 1rem; }}
section {{ border-top: 1px solid #8886; padding: .5rem 0 1.5rem; }}
h1, h2 {{ font-weight: 600; margin: .6rem 0; }}
audio {{ width: 100%; }}
img {{ width: 100%; background: white; border-radius: 4px; margin-top: .5rem; }}
</style>
</head>
<body>
<h1>One melody, {count} sounds</h1>
<p>The first is what went in; the others are that performance on instruments which learned their
sound from recordings. Cyan on each spectrogram is the pitch that was heard in it. Below it, pitch
and loudness are drawn over those of the input; pitch may have moved by whole octaves into the
instrument's range, and loudness follows the instrument's own.</p>
{sections}
</body>
</html>
"""
_SECTION = """<section>
<h2>{title}</h2>
<audio controls preload="metadata" src="{file}"></audio>
{pictures}
</section>"""


@dataclasses.dataclass
class Sound:
    """A sound on the page.

    Attributes:
      file: its name in the folder of the page.
      title: heading.
      audio: float32 `[samples]`.
      measured: dict of `f0_hz`, `f0_confidence`, `loudness_db`, each `[frames]`; None for silence.
    """

    file: str
    title: str
    audio: np.ndarray
    measured: dict | None


def write(path, sounds, sample_rate, frame_rate):
    """Writes the page.

    Args:
      path: of the HTML file, in the folder of the sounds.
      sounds: list of `Sound`; curves of all are drawn over those of the first.
      sample_rate: Hz.
      frame_rate: of the measured curves, frames a second.
    """
    sections = []
    with tempfile.TemporaryDirectory() as folder:
        for sound in sounds:
            pictures = _pictures(sound, sounds[0], Path(folder), sample_rate, frame_rate)
            title = html.escape(sound.title)
            sections.append(_SECTION.format(title=title, file=sound.file, pictures=pictures))
    text = _PAGE.format(count=len(sounds), sections="\n".join(sections))
    with replacing(path) as temporary:
        temporary.write_text(text, "utf-8")


def _pictures(sound, first, folder, sample_rate, frame_rate):
    f0_hz = _voiced(sound.measured)
    picture = folder / "spectrogram.png"
    plots.spectrogram(sound.audio, sample_rate, picture, f0_hz, frame_rate)
    elements = [_embedded(picture, f"Spectrogram of {sound.title}")]
    if f0_hz is not None:
        compared = {s.title: s for s in (first, sound)}
        picture = folder / "curves.png"
        plots.curves(
            picture,
            np.arange(len(f0_hz)) / frame_rate,
            {title: _voiced(s.measured) for title, s in compared.items()},
            {title: s.measured["loudness_db"] for title, s in compared.items()},
        )
        elements.append(_embedded(picture, f"Pitch and loudness of {sound.title}"))
    return "\n".join(elements)


def _voiced(measured):
    """`f0_hz` with 0 where there is no pitch to speak of."""
    if measured is None:
        return None
    return np.where(measured["f0_confidence"] > 0.5, measured["f0_hz"], 0.0)


def _embedded(picture, description):
    data = base64.b64encode(picture.read_bytes()).decode()
    return f'<img alt="{html.escape(description)}" src="data:image/png;base64,{data}">'
