"""Draws recordings: the waveform over the spectrogram with its pitch; several side by side.

python -m timbre_tt.plot flute.wav violin.wav --output=both.png
python -m timbre_tt.plot flute.wav --harmonics=8 --at=1.5

The second draws f0 with its multiples, and below them the spectrum 1.5 s after the beginning. Side
by side, all share one scale of time, frequency and level.
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, ending, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.files import batches, io

_OUTPUT = path_flags.DEFINE_path("output", None, "PNG file to write; beside the first by default.")
_TITLES = flags.DEFINE_list("titles", [], "Of the recordings; their names by default.")
_AT = flags.DEFINE_float("at", None, "Seconds: draws the spectrum of that moment.", lower_bound=0.0)
_HARMONICS = flags.DEFINE_integer("harmonics", 1, "Multiples of f0 to draw, 0 to 40.", 0, 40)
flags.adopt_module_key_flags(pitch_flags)

FRAME_RATE = 100


def main(*words: str) -> int:
    """All recordings in one picture."""
    paths = io.find_audio(words)
    output = Path(_OUTPUT.value or paths[0].with_suffix(".png"))
    if output.suffix.lower() != ".png":
        raise UserError(f"{output}: pictures are written as .png; change the extension")

    from audio_tt.pitch import tracking
    from audio_tt.plots import sound_plots

    names = batches.names(paths)
    titles = dict(zip(paths, _TITLES.value, strict=False))

    def picture(path):
        audio, rate = io.read(path)
        if len(audio) < (_AT.value or 0.0) * rate:
            raise UserError(f"{path} ends before --at={_AT.value:g} s")
        f0_hz = None
        if _HARMONICS.value or _AT.value is not None:
            f0_hz, confidence = tracking.track(audio, rate, FRAME_RATE, **pitch_flags.options())
            f0_hz = f0_hz * (confidence > 0.5)
        title = titles.get(path, names[path])
        return sound_plots.PicturedSound(title, audio, rate, f0_hz, FRAME_RATE)

    sounds, failed = batches.each(picture, paths)
    sound_plots.side_by_side(output, sounds, _HARMONICS.value, _AT.value)
    ending.say_written(output)
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main, positional="FILE...", reads_gin=False)
