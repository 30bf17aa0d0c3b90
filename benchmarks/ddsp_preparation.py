"""Preparation of recordings: its speed beside that of crepe 0.0.12 alone, and its memory.

Most of what `ddsp_prepare_tfrecord` does is pitch by crepe 0.0.12 (capacity full there; here both
have the same). The peer is that alone, as crepe_speed.py runs it; ours is all of the preparation:
reading, pitch, loudness, compressed files, statistics.

    python benchmarks/ddsp_preparation.py --seconds 60 --peer_seconds 10
    python benchmarks/ddsp_preparation.py --memory --minutes 5 60
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import soundfile

RATE = 16000


def write_recording(path, seconds):
    """Notes of a second with vibrato, and a rest after every third, a minute at a time."""
    t = np.arange(RATE) / RATE
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for second in range(round(seconds)):
            f0_hz = 220.0 * 2.0 ** ((5 * second % 24) / 12.0)
            phase = 2 * np.pi * f0_hz * t + 0.3 * np.sin(2 * np.pi * 5.0 * t)
            envelope = np.minimum(1.0, np.minimum(t, 1.0 - t) / 0.05) * (second % 4 < 3)
            file.write(0.2 * envelope * sum(np.sin(k * phase) / k for k in range(1, 8)))


def prepare(path, folder, method, processes):
    """Prepares a file and prints wall and processor seconds, and the peak of memory."""
    import functools

    from audio_tt.training.parallel import run_jobs
    from ddsp_tt.data import preparation

    run = functools.partial(run_jobs, processes=processes)
    preparation.prepare([path], Path(folder) / "warm_up", method, run=map)
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    preparation.prepare([Path(path).parent / "long"], Path(folder) / "out", method, run=run)
    wall, cpu = time.perf_counter() - wall, sum(os.times()[:4]) - cpu
    print(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def ours(seconds, method, n_files=1, processes=1):
    """(wall seconds, processor seconds, peak MB) of the preparation in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "long").mkdir()
        write_recording(Path(folder) / "short.wav", 2)
        for index in range(n_files):
            write_recording(Path(folder) / "long" / f"{index}.wav", seconds / n_files)
        call = [sys.executable, __file__, "--prepare", str(Path(folder) / "short.wav"), folder]
        call += ["--f0_method", method, "--processes", str(processes)]
        answer = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
    return tuple(map(float, answer.split()))


def peer(seconds):
    """(wall seconds, processor seconds) of crepe 0.0.12's pitch."""
    import crepe_speed

    with tempfile.TemporaryDirectory() as folder:
        write_recording(Path(folder) / "a.wav", seconds)
        audio = soundfile.read(Path(folder) / "a.wav", dtype="float32")[0]
    model = crepe_speed.build_peer("tiny")
    crepe_speed.run_peer(model, audio[:RATE])
    return crepe_speed.measure(lambda: crepe_speed.run_peer(model, audio))[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--peer_seconds", type=float, default=10.0)
    parser.add_argument("--f0_method", default="crepe", choices=["crepe", "pyin", "yin"])
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--memory", action="store_true", help="Measure memory at two lengths.")
    parser.add_argument("--minutes", type=float, nargs=2, default=(5.0, 60.0))
    parser.add_argument("--prepare", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.prepare:
        prepare(*arguments.prepare, arguments.f0_method, arguments.processes)
    elif arguments.memory:
        peaks = [ours(60 * minutes, arguments.f0_method)[2] for minutes in arguments.minutes]
        for minutes, peak in zip(arguments.minutes, peaks, strict=True):
            print(f"{minutes:5.0f} minutes: peak {peak:.0f} MB")
        print(f"ratio {peaks[1] / peaks[0]:.3f}")
    else:
        n_files = arguments.processes
        wall, cpu, _ = ours(arguments.seconds, arguments.f0_method, n_files, arguments.processes)
        speed = arguments.seconds / wall
        print(
            f"ours, all of it:     {speed:6.2f} x real time, {cpu / arguments.seconds:.3f} cpu s/s"
        )
        wall, cpu = peer(arguments.peer_seconds)
        print(
            f"crepe 0.0.12, pitch: {arguments.peer_seconds / wall:6.2f} x real time, "
            f"{cpu / arguments.peer_seconds:.3f} cpu s/s"
        )
        print(f"ratio {speed * wall / arguments.peer_seconds:.1f}")


if __name__ == "__main__":
    main()
