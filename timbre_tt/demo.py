"""Plays a melody on every instrument that comes with the package, and makes a page to hear them.

python -m timbre_tt.demo --input=mine.wav
"""

from pathlib import Path

from absl import flags

from audio_tt import app, io, pitch_flags
from audio_tt.progress import reporter

DEMO = Path(__file__).with_name("assets") / "demo.flac"

_INPUT = flags.DEFINE_string("input", None, "Recording of one voice; a melody is included.")
_OUTPUT = flags.DEFINE_string("output_dir", "demo_output", "Folder for the sounds and the page.")
flags.adopt_module_key_flags(pitch_flags)


def main():
    """One recording, every instrument."""
    source = _INPUT.value or str(DEMO)
    audio, sample_rate = io.read(source, sample_rate=16000)
    output_dir = Path(_OUTPUT.value)

    from ddsp_tt import catalogue, features, loading, transfer
    from timbre_tt import page

    options = pitch_flags.options()
    measured = transfer.measure(audio, source, progress=reporter("Measuring pitch"), **options)
    io.write(output_dir / "input.wav", audio, sample_rate)
    sounds = [page.Sound("input.wav", f"Input: {Path(source).name}", audio, measured)]
    names = catalogue.instruments()
    for name in app.progress(names, "Playing", "instrument"):
        trained = loading.load(catalogue.folder(name))
        played = transfer.render(trained, measured, len(audio))
        io.write(output_dir / f"{name}.wav", played, sample_rate)
        heard = features.extract(played, **options) if measured is not None else None
        sounds.append(page.Sound(f"{name}.wav", name.replace("_", " "), played, heard))
    page.write(output_dir / "index.html", sounds, sample_rate, features.FRAME_RATE)
    print(f"Open {output_dir / 'index.html'} in a browser.")


if __name__ == "__main__":
    app.run(main)
