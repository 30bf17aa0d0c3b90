"""Times two or more programs against each other: each in its own process, their runs in turn.

A program is a script that calls `serve` with a function to time. `measure` starts all of them,
lets every one warm up, then has them run one after the other, round by round, so that whatever
else the machine does meets all alike; while one runs the others wait.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def serve(function, warm_up=2):
    """Runs `function` once for every line on standard input and answers what it took."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever libraries print is no answer
    for _ in range(warm_up):
        function()
    print("ready", file=answers)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        function()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps({"wall": wall, "cpu": cpu, "peak_gb": peak}), file=answers)


def measure(programs, repeats):
    """Figures of every program.

    Args:
      programs: dict of name -> (command, environment variables to add).
      repeats: rounds.

    Returns:
      dict of name -> dict of lists "wall", "cpu" (seconds) and "peak_gb", an entry a round.
    """
    workers = {}
    figures = {name: {"wall": [], "cpu": [], "peak_gb": []} for name in programs}
    try:
        for name, (command, environment) in programs.items():
            workers[name] = subprocess.Popen(
                [str(part) for part in command],
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            if workers[name].stdout.readline().strip() != "ready":
                sys.exit(f"{name}: did not start; run it alone to see why: {command}")
        for _ in range(repeats):
            for name, worker in workers.items():
                worker.stdin.write("\n")
                worker.stdin.flush()
                for key, value in json.loads(worker.stdout.readline()).items():
                    figures[name][key].append(value)
    finally:
        for worker in workers.values():
            worker.stdin.close()
            worker.wait()
    return figures


def report(title, figures, peer, audio_seconds=None):
    """Prints a table of figures and, of every program, how many times as fast as `peer` it is."""
    print(f"\n{title}")
    head = (
        f"{'':22s} {'wall min':>9s} {'median':>8s} {'cpu min':>9s} {'median':>8s} {'peak GB':>8s}"
    )
    print(head + (f" {'x real time':>12s}" if audio_seconds else ""))
    for name, values in figures.items():
        wall, cpu = values["wall"], values["cpu"]
        line = f"{name:22s} {min(wall):9.3f} {statistics.median(wall):8.3f}"
        line += f" {min(cpu):9.3f} {statistics.median(cpu):8.3f} {max(values['peak_gb']):8.2f}"
        print(line + (f" {audio_seconds / min(wall):12.1f}" if audio_seconds else ""))
    for name, values in figures.items():
        if name == peer:
            continue
        of_peer = figures[peer]
        pairs = [a / b for a, b in zip(of_peer["wall"], values["wall"], strict=True)]
        wall_ratio = min(of_peer["wall"]) / min(values["wall"])
        cpu_ratio = min(of_peer["cpu"]) / min(values["cpu"])
        print(
            f"{name} is {wall_ratio:.2f} times as fast as {peer} by the wall clock's minima "
            f"({statistics.median(pairs):.2f} by the median of pairs), {cpu_ratio:.2f} by "
            "processor time"
        )
