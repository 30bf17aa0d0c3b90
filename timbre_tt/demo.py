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

    from ddsp_tt import catalogue, loading, transfer
    from timbre_tt import comparison, report

    options = pitch_flags.options()
    measured = transfer.measure(audio, source, progress=reporter("Measuring pitch"), **options)
    rows = []
    for name in app.progress(catalogue.instruments(), "Playing", "instrument"):
        trained = loading.load(catalogue.folder(name))
        played = transfer.render(trained, measured, len(audio))
        heard = comparison.analyse(played, sample_rate, **options)
        label = name.replace("_", " ")
        sound = comparison.Sound(label, played, sample_rate, heard, {})
        rows.append(comparison.Row(label, [sound]))
    recording = comparison.Recording(Path(source).stem, audio, sample_rate)
    heard = comparison.analyse(audio, sample_rate, **options)
    report.write(
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
