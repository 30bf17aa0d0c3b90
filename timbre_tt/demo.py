"""Plays a melody on every instrument that comes with the package, and makes a page to hear them.

python -m timbre_tt.demo --input=mine.wav
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, path_flags, pitch_flags
from audio_tt.command.progress import reporter
from audio_tt.files import io

DEMO = Path(__file__).with_name("assets") / "demo.flac"

_INPUT = path_flags.DEFINE_path("input", None, "Recording of one voice; a melody is included.")
_OUTPUT = path_flags.DEFINE_path("output_dir", "demo_output", "Folder for the sounds and the page.")
flags.adopt_module_key_flags(pitch_flags)


def main():
    """One recording, every instrument."""
    source = _INPUT.value or str(DEMO)
    audio, sample_rate = io.read(source, sample_rate=16000)
    output_dir = Path(_OUTPUT.value)

    from ddsp_tt.playing import transfer
    from ddsp_tt.trained import catalogue, loading
    from timbre_tt.comparison import report_page, side_by_side

    options = pitch_flags.options()
    measured = transfer.measure(audio, source, progress=reporter("Measuring pitch"), **options)
    rows = []
    for name in app.progress(catalogue.instruments(), "Playing", "instrument"):
        trained = loading.load(catalogue.folder(name))
        played = transfer.render(trained, measured, len(audio))
        heard = side_by_side.analyse(played, sample_rate, **options)
        label = name.replace("_", " ")
        sound = side_by_side.Sound(label, played, sample_rate, heard, {})
        rows.append(side_by_side.Row(label, [sound]))
    recording = side_by_side.Recording(Path(source).stem, audio, sample_rate)
    heard = side_by_side.analyse(audio, sample_rate, **options)
    report_page.write(
        output_dir,
        f"One melody, {len(rows) + 1} sounds",
        _INTRODUCTION,
        [recording],
        [heard],
        rows,
    )
    print(f"Open {output_dir / 'index.html'} in a browser.")


_INTRODUCTION = """<p>The first is what went in; the others are that performance on instruments
which learned their sound from recordings. Pitch may have moved by whole octaves into the range of
the instrument, and loudness follows the instrument's own.</p>"""

if __name__ == "__main__":
    app.run(main)
