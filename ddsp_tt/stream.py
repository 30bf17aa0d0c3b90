"""Plays a trained instrument live: from the microphone, or from a file as if it were one.

python -m ddsp_tt.stream --model=flute --input=in.wav --output=out.wav --block_size=256
python -m ddsp_tt.stream --model=flute

Without --input it listens to the microphone (pip install sounddevice) until Ctrl-C; use
headphones.
"""

import functools
from typing import Any

from absl import flags, logging

from audio_tt.command import app, gin_flags, path_flags
from audio_tt.errors import UserError
from audio_tt.pitch.polyphony import Opening
from audio_tt.playing import conversion, playing_flags
from ddsp_tt.playing import microphone

_MODEL = path_flags.DEFINE_path(
    "model",
    None,
    "Folder of a trained model, its weights (.h5), or an instrument's name.",
    required=True,
)
_INPUT = path_flags.DEFINE_paths(
    "input", None, "Recording of one voice, folder or glob; may be given again."
)
_OUTPUT = path_flags.DEFINE_path("output", None, "Sound file to write; for several, a folder.")
_BLOCK = flags.DEFINE_integer("block_size", 256, "Samples at a time.", lower_bound=1)
_OCTAVES = flags.DEFINE_integer("octave_shift", 0, "Octaves to move the pitch by.")
_LOUDNESS = flags.DEFINE_float("loudness_shift", 0.0, "dB to add to the loudness.")
_PITCH_DELAY = flags.DEFINE_integer(
    "pitch_delay",
    256,
    "Samples at 16 kHz by which the pitch may come late; as much less is waited for.",
    lower_bound=0,
    upper_bound=511,
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the noise.", lower_bound=0)
flags.adopt_module_key_flags(playing_flags)


def main() -> int:
    """Files, or the microphone, through one instrument."""
    place = _OUTPUT.value or playing_flags.output_dir()
    if bool(_INPUT.value) != bool(place):
        raise UserError("--input and --output go together; without both the microphone is played")
    load = functools.partial(
        load_player,
        _MODEL.value,
        gin_flags.given(),
        block_size=_BLOCK.value,
        octave_shift=_OCTAVES.value,
        loudness_shift=_LOUDNESS.value,
        pitch_delay=_PITCH_DELAY.value,
        seed=_SEED.value,
    )
    if not _INPUT.value:
        return _play_microphone(microphone.sound_card(), load())
    jobs = conversion.plan(_INPUT.value, _OUTPUT.value, playing_flags.output_dir())
    return conversion.play_all(jobs, load, playing_flags.output())


def load_player(model: Any, settings: dict[str, Any], **options: Any) -> Any:
    """A `LivePlayer` of a model, with further gin settings; says its latency."""
    from ddsp_tt.playing.live_player import LivePlayer
    from ddsp_tt.trained import instruments

    player = LivePlayer(instruments.load(model, **settings), **options)
    logging.info("latency %.1f ms, and what the sound card adds", player.latency_ms)
    return player


def _play_microphone(sounddevice, player):
    instrument, opening = player.instrument(), Opening(player.sample_rate)

    def callback(block, output, frames, when, status):
        del frames, when
        if status:
            logging.warning("%s", status)
        opening.push(block[:, 0])
        output[:, 0] = instrument.process(block[:, 0])

    options = {"samplerate": player.sample_rate, "blocksize": _BLOCK.value}
    try:
        with sounddevice.Stream(channels=1, dtype="float32", callback=callback, **options):
            logging.info("playing; Ctrl-C ends it")
            sounddevice.sleep(10000)
            opening.warn_if_polyphonic("the microphone")
            while True:
                sounddevice.sleep(1000)
    except sounddevice.PortAudioError as error:
        raise UserError(
            f"the sound card does not play at {player.sample_rate} Hz: {error}; "
            "--input and --output play a file"
        ) from error


if __name__ == "__main__":
    app.run(main)
