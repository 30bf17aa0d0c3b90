"""What an instrument's model at 48 kHz adds to the one at 16 kHz, over the whole audible band.

python benchmarks/bandwidth.py --source=violin --instrument=flute

Both play held-out melodies from another instrument; what comes out is compared at 44.1 kHz with the
same melodies on the instrument itself, rendered with the same SoundFont (FluidR3 GM).
"""

import argparse

import numpy as np
import soxr

from audio_tt.dsp.units import power_to_db
from audio_tt.metrics import audio_metrics
from timbre_tt import systems
from timbre_tt.comparison import held_out_music
from timbre_tt.systems.ddsp import WIDE

RATE = 44100
SPLIT_HZ = 8000.0


def level_above_db(audio):
    """Level of what is above 8 kHz, relative to all of it."""
    power = np.abs(np.fft.rfft(audio)) ** 2
    above = power[round(SPLIT_HZ / RATE * len(audio)) :].sum()
    return power_to_db(above / power.sum(), -120.0)


def at_rate(audio, rate, length, power):
    """Audio at 44.1 kHz, with as many samples and as much power as are asked for."""
    audio = soxr.resample(audio, rate, RATE)[:length]
    audio = np.pad(audio, (0, length - len(audio)))
    return audio * np.sqrt(power / np.mean(audio**2))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="violin")
    parser.add_argument("--instrument", default="flute")
    parser.add_argument("--soundfont")
    parser.add_argument("--most", type=int, default=4, help="Melodies.")
    arguments = parser.parse_args()
    figures = {}
    for name, melody in list(held_out_music.melodies().items())[: arguments.most]:
        source, target = (
            held_out_music.render(melody, instrument, RATE, arguments.soundfont)
            for instrument in (arguments.source, arguments.instrument)
        )
        figures.setdefault("target", []).append((0.0, level_above_db(target)))
        for instrument in (arguments.instrument, arguments.instrument + WIDE):
            player = systems.player("ddsp", instrument)
            played = player.render(source, RATE, name)
            played = at_rate(played, player.sample_rate, len(target), np.mean(target**2))
            distance = audio_metrics.log_spectral_distance(target, played)
            figures.setdefault(instrument, []).append((distance, level_above_db(played)))
    print(f"{'':16s} {'LSD to 22 kHz (dB)':>20s} {'above 8 kHz (dB)':>18s}")
    for name, values in figures.items():
        distance, level = np.mean(values, axis=0)
        print(f"{name:16s} {distance:20.2f} {level:18.1f}")


if __name__ == "__main__":
    main()
