"""Many independent jobs in several processes."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence


def default_processes() -> int:
    """Number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_jobs(function: Callable, jobs: Sequence, processes: int | None = None) -> Iterator:
    """Calls a function for each job, in several processes when there are several jobs.

    The processes are spawned, because a fork of a process that runs threads can hang. With one
    process, or one job, everything happens in the caller's own.

    Args:
        function: of one argument, defined at the top level of a module.
        jobs: its arguments, which can be pickled.
        processes: at most so many; `default_processes()` when None.

    Yields:
        The results, in the order in which they are ready. What the function raises is raised here.
    """
    processes = min(default_processes() if processes is None else processes, len(jobs))
    if processes <= 1:
        yield from map(function, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(function, jobs)
