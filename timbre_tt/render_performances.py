"""Renders melodies, played with expression, on SoundFont instruments: recordings to train on.

    python -m timbre_tt.render_performances --instruments=flute,violin --output_dir=data/set

writes OUTPUT/INSTRUMENT/{train,test}/NAME.wav (mono, 16 bit), each with its MIDI file, and
OUTPUT/INSTRUMENT/manifest.json. Files that exist are kept, so the same command continues. With
--parallel all instruments play the same, and what it writes is OUTPUT/{train,test}/INSTRUMENT.
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, ending, path_flags
from audio_tt.music.instruments import VOICES, get_voice
from audio_tt.music.soundfont import find_soundfont

FLAGS = flags.FLAGS
flags.DEFINE_list("instruments", ["flute", "violin"], f"Of {', '.join(sorted(VOICES))}.")
path_flags.DEFINE_path("output_dir", "data/performances", "Folder to write into.")
flags.DEFINE_float(
    "minutes", 12.0, "Minutes to train on, an instrument; the test split adds 1/8.", lower_bound=0.1
)
flags.DEFINE_bool(
    "parallel", False, "All play the same performances, within the range that they share."
)
flags.DEFINE_integer("seed", 0, "Another seed makes other performances.")
path_flags.DEFINE_path("soundfont", None, "SoundFont file; by default the system's.")
path_flags.DEFINE_path("midi_path", None, "Folder of MIDI files to play instead of the corpus.")
flags.DEFINE_integer(
    "sample_rate", 16000, "Samples per second of the recordings.", lower_bound=8000
)


def main() -> None:
    """Renders every instrument that --instruments names."""
    from audio_tt.music.melodies import read_corpus, read_folder
    from audio_tt.music.rendering import render_instrument

    app.parse_gin()
    for name in FLAGS.instruments:
        get_voice(name)
    soundfont = find_soundfont(FLAGS.soundfont)
    melodies = read_folder(FLAGS.midi_path) if FLAGS.midi_path else read_corpus(seed=FLAGS.seed)
    for name in FLAGS.instruments:
        written = render_instrument(
            name,
            melodies,
            Path(FLAGS.output_dir),
            FLAGS.minutes,
            FLAGS.seed,
            soundfont,
            FLAGS.sample_rate,
            FLAGS.instruments if FLAGS.parallel else None,
        )
        print(f"{name}: {len(written)} files")
    ending.say_written(FLAGS.output_dir)


if __name__ == "__main__":
    app.run(main)
