"""Playing live: how much of real time a block takes, on one core.

python benchmarks/ddsp_streaming.py --model=flute --block_size=256

A model is an included instrument's name, a folder, or a gin file, which gets random weights: what
is timed does not depend on them. At another rate than 16 kHz a block has as many samples more, so
that it lasts as long. Median, 99 % and maximum are processor time; below stands what a block costs
with either pitch tracker that needs nothing of what comes later.
"""

import argparse
import os
import time

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np

from audio_tt import settings
from audio_tt.pitch.crepe import load_fast
from ddsp_tt.configurables import models
from ddsp_tt.playing.engine import live
from ddsp_tt.trained import catalogue, loading

RATE = 16000


def load(name):
    """An included instrument, a model's folder, or one of random weights of a gin file."""
    if name in catalogue.instruments():
        return loading.load(catalogue.folder(name))
    if name.endswith(".gin"):
        settings.parse_gin((name,))
        model = loading.build(models.get_model())
        return loading.TrainedModel(name, model, None)
    return loading.load(name)


def sound(seconds, rate=RATE):
    """A glide with vibrato and a little noise."""
    time_s = np.arange(round(seconds * rate)) / rate
    f0_hz = 400 * 2 ** (np.sin(time_s) / 2 + 0.03 * np.sin(35 * time_s))
    noise = 0.01 * np.random.default_rng(0).standard_normal(len(time_s))
    return (0.3 * np.sin(2 * np.pi * np.cumsum(f0_hz) / rate) + noise).astype("float32")


def timed(function, blocks):
    """Wall and processor seconds of each call, `[blocks, 2]`."""
    taken = []
    for block in blocks:
        wall, cpu = time.perf_counter(), time.process_time()
        function(block)
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    return np.array(taken)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", nargs="+", default=["flute"])
    parser.add_argument("--block_size", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    budget = arguments.block_size / RATE
    print(f"blocks of {1000 * budget:.1f} ms for {arguments.seconds:g} s, one core")
    heads = ("latency", "cpu", "x real", "median", "99 %", "max", "wall max")
    print(" " * 28 + " ".join(f"{head:>8s}" for head in heads))
    units = ("ms", "share", "time", "ms", "ms", "ms", "ms")
    print(" " * 28 + " ".join(f"{unit:>8s}" for unit in units))
    for name in arguments.model:
        instrument = live.LiveInstrument(load(name))
        rate = instrument.sample_rate
        audio, size = sound(arguments.seconds, rate), arguments.block_size * rate // RATE
        blocks = [audio[i : i + size] for i in range(0, len(audio) - size + 1, size)]
        for block in blocks[:20]:  # caches, and the first long noise
            instrument.process(block)
        taken = timed(instrument.process, blocks)
        cpu = taken[:, 1]
        in_ms = [np.median(cpu), np.quantile(cpu, 0.99), cpu.max(), taken[:, 0].max()]
        figures = [
            f"{instrument.latency_ms:.1f}",
            f"{cpu.mean() / budget:.3f}",
            f"{budget / cpu.mean():.2f}",
            *[f"{1000 * value:.2f}" for value in in_ms],
        ]
        print(f"{name:28s}" + " ".join(f"{figure:>8s}" for figure in figures))
    print("\nprocessor ms for the frames of one block, median")
    frames = arguments.block_size // 64
    piece = sound(arguments.seconds)[: 1024 + (frames - 1) * 64]
    for name, function in (("CREPE tiny", crepe), ("YIN (librosa)", yin)):
        print(f"{name:28s} {1000 * np.median(timed(function, [piece] * 100)[:, 1]):8.2f}")


def crepe(piece):
    """Pitch as the live instrument has it."""
    load_fast().few(piece, 64)


def yin(piece):
    """The other one."""
    from audio_tt.dsp.locked_librosa import librosa

    librosa.yin(
        piece, sr=RATE, fmin=32.7, fmax=2093, frame_length=1024, hop_length=64, center=False
    )


if __name__ == "__main__":
    main()
