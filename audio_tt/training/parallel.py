"""Many independent jobs in several processes."""

import logging as python_logging
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from logging.handlers import QueueHandler, QueueListener
from multiprocessing.connection import wait

from absl import logging

from audio_tt.command import quick_keras, quiet_tensorflow
from audio_tt.errors import UserError


def default_processes() -> int:
    """Number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_jobs(function: Callable, jobs: Sequence, processes: int | None = None) -> Iterator:
    """Calls a function for each job, in several processes when there are several jobs.

    The processes are spawned, because a fork of a process that runs threads can hang. What they
    log is logged here. When a job fails, or the caller stops, those that have begun are finished
    and no more begin. With one process, or one job, everything happens in the caller's own.

    Args:
        function: of one argument, defined at the top level of a module.
        jobs: its arguments, which can be pickled.
        processes: at most so many; `default_processes()` when None.

    Yields:
        The results, in the order in which they are ready. What the function raises is raised here.

    Raises:
        UserError: the system ended one of the processes.
    """
    processes = min(default_processes() if processes is None else processes, len(jobs))
    if processes <= 1:
        yield from map(function, jobs)
        return
    context = multiprocessing.get_context("spawn")
    messages, root = context.Queue(), python_logging.getLogger()
    listener = QueueListener(messages, *root.handlers)
    listener.start()
    settings = (messages, logging.get_verbosity(), root.level)
    pool = ProcessPoolExecutor(processes, context, _set_up_worker, settings)
    try:
        for future in as_completed([pool.submit(function, job) for job in jobs]):
            yield future.result()
    except BrokenProcessPool as error:
        raise UserError(
            "one of the processes was ended from outside, mostly for lack of memory; use fewer "
            "--processes."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
        listener.stop()


def _set_up_worker(messages, verbosity, level):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller is interrupted as well
    threading.Thread(target=_end_with_caller, daemon=True).start()
    quiet_tensorflow.install()
    quick_keras.install()
    root = python_logging.getLogger()
    root.handlers = [QueueHandler(messages)]
    root.setLevel(level)
    logging.set_verbosity(verbosity)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _end_with_caller():
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)
