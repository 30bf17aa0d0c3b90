"""How long the evaluation of a model takes, part by part, and how much memory.

python benchmarks/ddsp_evaluation.py --minutes=1 --capacity=tiny --frame_rate=250

Each part runs in a process of its own on the same recordings, made-up tones with vibrato whose
pitch is known, so that preparing them takes no time; the included flute plays. An hour is
extrapolated from what was measured.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SAMPLE_RATE, FRAME_RATE = 16000, 250
PARTS = {
    "losses (eval/basic.gin)": (["BasicEvaluator"], True),
    "losses, loudness": (["BasicEvaluator", "F0LdEvaluator"], False),
    "losses, loudness, pitch": (["BasicEvaluator", "F0LdEvaluator"], True),
}


def write_recordings(folder, minutes):
    """A prepared example a minute."""
    from audio_tt.dsp.loudness import compute_loudness
    from ddsp_tt.data import example_files

    frames = np.arange(60 * FRAME_RATE) / FRAME_RATE
    f0_hz = 440.0 * 2.0 ** (np.round(6.0 * np.sin(frames)) / 12.0 + 0.02 * np.sin(30.0 * frames))
    phase = 2.0 * np.pi * np.cumsum(np.repeat(f0_hz, SAMPLE_RATE // FRAME_RATE)) / SAMPLE_RATE
    audio = (0.1 * sum(np.sin(k * phase) / k for k in range(1, 8))).astype("float32")
    features = {
        "f0_hz": f0_hz,
        "f0_confidence": np.ones_like(f0_hz),
        "loudness_db": np.asarray(compute_loudness(audio))[: len(f0_hz)],
    }
    for minute in range(minutes):
        example_files.save_example(Path(folder) / f"tones_{minute:04d}.npz", audio, features)


def work(part, folder, capacity, frame_rate):
    """One part; prints its seconds, processor seconds and peak memory."""
    from ddsp_tt.data import held_out
    from ddsp_tt.evaluation import evaluators, scoring
    from ddsp_tt.trained import catalogue, loading

    names, runs_crepe = PARTS[part]
    classes = [getattr(evaluators, name) for name in names]
    if not runs_crepe:
        classes = [lambda: evaluators.F0LdEvaluator(run_f0_crepe=False)] + classes[:1]
    trained = loading.load(catalogue.folder("flute"))
    wall, cpu = time.perf_counter(), time.process_time()
    tracker = scoring.Tracker(frame_rate, capacity)
    scoring.evaluate(trained, held_out.prepared(folder), tracker, classes)
    figures = [time.perf_counter() - wall, time.process_time() - cpu]
    print(json.dumps([*figures, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=1)
    parser.add_argument("--capacity", default="tiny")
    parser.add_argument("--frame_rate", type=int, default=FRAME_RATE)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    if arguments.part:
        return work(arguments.part, arguments.folder, arguments.capacity, arguments.frame_rate)
    print(
        f"Evaluating {arguments.minutes} min of audio; CREPE {arguments.capacity}, "
        f"{arguments.frame_rate} frames a second\n\n{'':24s} {'wall s':>8s} {'cpu s':>8s} "
        f"{'x real time':>12s} {'an hour, min':>13s} {'peak GB':>8s}"
    )
    with tempfile.TemporaryDirectory() as folder:
        write_recordings(folder, arguments.minutes)
        for part in PARTS:
            command = [sys.executable, __file__, f"--part={part}", f"--folder={folder}"]
            command += [f"--capacity={arguments.capacity}", f"--frame_rate={arguments.frame_rate}"]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            wall, cpu, peak = json.loads(done.stdout.splitlines()[-1])
            seconds = 60.0 * arguments.minutes
            print(
                f"{part:24s} {wall:8.1f} {cpu:8.1f} {seconds / wall:12.1f} "
                f"{3600.0 / seconds * wall / 60.0:13.1f} {peak:8.2f}"
            )


if __name__ == "__main__":
    main()
