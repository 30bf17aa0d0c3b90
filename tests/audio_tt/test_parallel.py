import logging
import math
import os

import pytest

from audio_tt.errors import UserError
from audio_tt.training.parallel import default_processes, run_jobs


def test_results_of_several_processes():
    assert sorted(run_jobs(math.factorial, range(6), 2)) == [1, 1, 2, 6, 24, 120]


def test_the_processes_are_others():
    assert set(run_jobs(eval, ["__import__('os').getpid()"] * 4, 2)).isdisjoint({os.getpid()})


@pytest.mark.parametrize("jobs, processes", [([0, 1, 2], 1), ([3], 8), ([], 8)])
def test_nothing_is_spawned_for_one_process_or_one_job(jobs, processes):
    seen = []
    assert list(run_jobs(lambda job: seen.append(job) or -job, jobs, processes)) == [
        -job for job in jobs
    ]
    assert seen == jobs


def test_what_a_job_raises_is_raised_here():
    with pytest.raises(ValueError, match="'x'"):
        list(run_jobs(int, ["1", "2", "x"], 2))


def test_what_a_job_logs_is_logged_here(caplog):
    list(run_jobs(logging.getLogger("some.library").warning, ["one", "two"], 2))
    assert sorted(record.getMessage() for record in caplog.records) == ["one", "two"]


def test_a_process_that_the_system_ends_is_no_endless_wait():
    with pytest.raises(UserError, match="memory.*--processes"):
        list(run_jobs(os._exit, [9, 9], 2))


def test_a_caller_may_stop_early():
    results = run_jobs(math.factorial, range(50), 2)
    assert next(results) in {math.factorial(n) for n in range(50)}
    results.close()


def test_one_process_for_each_core():
    assert 1 <= default_processes() <= os.cpu_count()
