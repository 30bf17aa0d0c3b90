"""A sound file to a sound file by `timbre-transfer`, cold: this tree against an older one.

Each row is the command in a process of its own, the two trees in turn: processor seconds, wall
seconds to the first samples in the output and to the end. The older tree is checked out to a
temporary folder, and runs in the same environment. Where `make parity` has made .venv-reference,
the original ddsp 3.7.0 plays files of 10 s once, see `magenta_transfer.py`.

python benchmarks/cold_start.py --systems ddsp autoencoder --seconds 10 60
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / ".venv-reference" / "bin" / "python"
ORIGINAL = "ddsp 3.7.0"
RATE = 16000
INSTRUMENTS = {
    "ddsp": "flute",
    "autoencoder": "flute",
    "pix2pix": "guitar_acoustic",
    "style": "flute",
}
_HEADER = 4096  # bytes of a file that may come before its samples
_POLL_SECONDS = 0.005


def melody(seconds):
    """Harmonic notes with vibrato, half a second each."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    midi = np.array([67, 69, 71, 72, 74, 72, 71, 69])[(time_s / 0.5).astype(int) % 8]
    f0_hz = 440 * 2 ** ((midi - 69 + 0.3 * np.sin(2 * np.pi * 5 * time_s)) / 12)
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE
    envelope = np.minimum(1.0, 10 * np.minimum(time_s % 0.5, 0.5 - time_s % 0.5))
    return (0.2 * envelope * sum(np.sin(k * phase) / k for k in range(1, 7))).astype("float32")


def run(tree, command, folder):
    """Processor seconds of the command, and wall seconds to its first samples and to its end."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "CUDA_VISIBLE_DEVICES": "-1"}
    begin, first = time.perf_counter(), None
    process = subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        now = time.perf_counter() - begin
        if first is None and any(path.stat().st_size > _HEADER for path in folder.glob("*")):
            first = now
        if pid:
            break
        time.sleep(_POLL_SECONDS)
    if status:
        raise SystemExit(f"{' '.join(map(str, command))}: {process.stderr.read().decode()}")
    return usage.ru_utime + usage.ru_stime, first, now


def command(name, system, source, target):
    """What plays a file on the included instrument, or the original's."""
    if name == ORIGINAL:
        return [REFERENCE, ROOT / "benchmarks" / "magenta_transfer.py", source, target]
    options = [f"--system={system}", f"--instrument={INSTRUMENTS[system]}"]
    return [sys.executable, "-m", "timbre_tt.transfer", source, target, *options]


def measure(trees, system, seconds, repeats):
    """Medians of `run` by tree."""
    taken = {name: [] for name in trees}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "melody.wav"
        soundfile.write(source, melody(seconds), RATE)
        for repeat in range(repeats):
            for name, tree in trees.items():
                if name == ORIGINAL and repeat:  # it takes a minute for ten seconds
                    continue
                with tempfile.TemporaryDirectory() as output:
                    words = command(name, system, source, Path(output) / "played.wav")
                    taken[name].append(run(tree, words, Path(output)))
    return {
        name: [statistics.median(x) for x in zip(*rows, strict=True)]
        for name, rows in taken.items()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", nargs="+", choices=INSTRUMENTS, default=list(INSTRUMENTS))
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0, 60.0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--commit", default="1a83e94", help="the older tree")
    arguments = parser.parse_args()
    heads = ["system", "audio", "tree", "cpu s", "first s", "all s", "cpu, this / it"]
    print("| " + " | ".join(heads) + " |\n| --- | --- | --- |" + " ---: |" * 4)
    with tempfile.TemporaryDirectory() as folder:
        older = Path(folder) / "older"
        subprocess.run(
            ["git", "worktree", "add", "-q", "--detach", older, arguments.commit],
            cwd=ROOT,
            check=True,
        )
        try:
            for system in arguments.systems:
                for seconds in arguments.seconds:
                    trees = {"this": ROOT, arguments.commit: older}
                    if system == "ddsp" and seconds <= 10 and REFERENCE.exists():
                        trees[ORIGINAL] = ROOT
                    taken = measure(trees, system, seconds, arguments.repeats)
                    for name, row in taken.items():
                        ratio = taken["this"][0] / row[0]
                        cells = [system, f"{seconds:g} s", name, *(f"{x:.2f}" for x in row)]
                        print(f"| {' | '.join(cells)} | {ratio:.2f} |", flush=True)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", older], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
