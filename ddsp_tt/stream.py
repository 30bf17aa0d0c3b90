"""Plays a trained instrument live: from the microphone, or from a file as if it were one.

python -m ddsp_tt.stream --model=flute --input=in.wav --output=out.wav --block_size=256
python -m ddsp_tt.stream --model=flute

Without --input it listens to the microphone (pip install 'timbre-tt[record]') until Ctrl-C; use
headphones.
"""

import time

from absl import flags, logging

from audio_tt.command import app, gin_flags, path_flags
from audio_tt.errors import UserError
from audio_tt.files import io
from ddsp_tt.playing import microphone

_MODEL = path_flags.DEFINE_path(
    "model", None, "Folder of a trained model, or an instrument's name.", required=True
)
_INPUT = path_flags.DEFINE_path("input", None, "Recording of one voice; else the microphone.")
_OUTPUT = path_flags.DEFINE_path("output", None, "Sound file to write, with --input.")
_BLOCK = flags.DEFINE_integer("block_size", 256, "Samples at a time.", lower_bound=1)
_OCTAVES = flags.DEFINE_integer("octave_shift", 0, "Octaves to move the pitch by.")
_LOUDNESS = flags.DEFINE_float("loudness_shift", 0.0, "dB to add to the loudness.")
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the noise.", lower_bound=0)


def main():
    """One file, or the microphone, through one instrument."""
    if (_INPUT.value is None) != (_OUTPUT.value is None):
        raise UserError("--input and --output go together; without both the microphone is played")
    if _INPUT.value is None:
        sounddevice = microphone.sound_card()
    else:
        io.info(_INPUT.value)
        io.check_writable(_OUTPUT.value, _INPUT.value)

    from ddsp_tt.playing.engine.live import LiveInstrument
    from ddsp_tt.trained import instruments

    loaded = instruments.load(_MODEL.value, **gin_flags.given())
    instrument = LiveInstrument(loaded, _OCTAVES.value, _LOUDNESS.value, _SEED.value)
    logging.info(
        "latency %d samples, %.1f ms, and what the sound card adds",
        instrument.latency_samples,
        instrument.latency_ms,
    )
    if _INPUT.value is None:
        _play_microphone(sounddevice, instrument)
    else:
        audio, _ = io.read(_INPUT.value, sample_rate=instrument.sample_rate)
        io.write(_OUTPUT.value, _play(instrument, audio), instrument.sample_rate)


def _play(instrument, audio):
    """Plays a recording block by block, and says how quickly; the latency is taken out again."""
    import numpy as np

    padded = np.pad(audio, (0, instrument.latency_samples))
    outputs, seconds = [], []
    for start in range(0, len(padded), _BLOCK.value):
        begin = time.perf_counter()
        outputs.append(instrument.process(padded[start : start + _BLOCK.value]))
        seconds.append(time.perf_counter() - begin)
    logging.info(
        "%.2f times real time; the slowest block took %.1f of %.1f ms",
        len(padded) / instrument.sample_rate / sum(seconds),
        1000 * max(seconds),
        1000 * _BLOCK.value / instrument.sample_rate,
    )
    return np.concatenate(outputs)[instrument.latency_samples :]


def _play_microphone(sounddevice, instrument):
    def callback(block, output, frames, when, status):
        del frames, when
        if status:
            logging.warning("%s", status)
        output[:, 0] = instrument.process(block[:, 0])

    options = {"samplerate": instrument.sample_rate, "blocksize": _BLOCK.value}
    try:
        with sounddevice.Stream(channels=1, dtype="float32", callback=callback, **options):
            logging.info("playing; Ctrl-C ends it")
            while True:
                sounddevice.sleep(1000)
    except sounddevice.PortAudioError as error:
        raise UserError(
            f"the sound card does not play at {instrument.sample_rate} Hz: {error}; "
            "--input and --output play a file"
        ) from error


if __name__ == "__main__":
    app.run(main)
