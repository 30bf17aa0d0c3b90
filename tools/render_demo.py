"""Renders the demo's recording: Greensleeves with dynamics and vibrato, played by an ocarina.

    python -m tools.render_demo --output=timbre_tt/assets/demo.flac

was run once with FluidR3 (MIT licence); its result comes with the package.
"""

import numpy as np
from absl import flags

from audio_tt.command import app, path_flags
from audio_tt.files import io
from audio_tt.music.instruments import SoundFontInstrument, get_voice
from audio_tt.music.melodies import GREENSLEEVES, ODE_TO_JOY
from audio_tt.music.performance import perform

FLAGS = flags.FLAGS
path_flags.DEFINE_path("output", "timbre_tt/assets/demo.flac", "Sound file to write.")
flags.DEFINE_string("instrument", "ocarina", "Who plays.")
flags.DEFINE_enum("melody", "greensleeves", ["greensleeves", "ode-to-joy"], "What is played.")
path_flags.DEFINE_path("soundfont", None, "SoundFont file; by default the system's.")
flags.DEFINE_integer("seed", 0, "Another seed plays it otherwise.")

SAMPLE_RATE = 16000
SECONDS = 14.0
SECONDS_PER_NOTE = 0.36
MELODIES = {"greensleeves": GREENSLEEVES, "ode-to-joy": ODE_TO_JOY}
SEMITONES = 5


def render_demo(
    instrument: str, soundfont: str | None, seed: int, melody: str = "greensleeves"
) -> np.ndarray:
    """Plays the first 14 seconds of a melody; returns `[samples]`, float32, with a peak of 0.7."""
    voice = get_voice(instrument)
    written = MELODIES[melody].at_speed(SECONDS_PER_NOTE, SEMITONES)
    notes = [n for n in written if n.end < SECONDS]
    performance = perform(
        notes,
        np.random.default_rng(seed),
        velocity=(80, 112),
        rest_seconds=(0.3, 0.5),
        vibrato_probability=1.0,
        vibrato_depth_cents=voice.vibrato_depth_cents,
        detune_cents=0.0,
        tail_seconds=0.6,
    )
    audio = SoundFontInstrument(voice.program, soundfont).render(performance, SAMPLE_RATE)
    return 0.7 * audio / np.abs(audio).max()


def main() -> None:
    """Writes the recording to --output."""
    app.parse_gin()
    audio = render_demo(FLAGS.instrument, FLAGS.soundfont, FLAGS.seed, FLAGS.melody)
    io.write(FLAGS.output, audio, SAMPLE_RATE)


if __name__ == "__main__":
    app.run(main)
