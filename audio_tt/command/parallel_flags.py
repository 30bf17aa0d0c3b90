"""The flags of every command that does many independent jobs; commands adopt them as key flags."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from absl import flags

from audio_tt.training.parallel import run_jobs

_PROCESSES = flags.DEFINE_integer(
    "processes", None, "How many at once; one for each core by default.", lower_bound=1
)
_RUNNER = flags.DEFINE_string(
    "beam_runner",
    None,
    "Work on this runner of Apache Beam (DirectRunner, FlinkRunner, ...) instead of "
    "in processes here; after pip install 'apache-beam<3' 'protobuf<7'.",
)
_OPTIONS = flags.DEFINE_list("pipeline_options", [], "Further options of Beam's, comma-separated.")


def runner(folder: str | Path) -> Callable[..., Iterator]:
    """What `audio_tt.training.parallel.run_jobs` is, or its counterpart on Beam.

    Args:
      folder: where the command writes to; on Beam, results are passed on through it.

    Raises:
      UserError: Beam is asked for and not installed.
    """
    if _RUNNER.value is None:
        return functools.partial(run_jobs, processes=_PROCESSES.value)
    from audio_tt.training.beam import Beam

    return Beam(_RUNNER.value, _OPTIONS.value, folder)
