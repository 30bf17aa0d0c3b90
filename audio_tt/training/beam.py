"""Many independent jobs on the machines of an Apache Beam runner.

Beam brings a job to a machine, but not its result back: results go through files in a folder that
all machines see, as the recordings and what is made of them do.
"""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from absl import logging

from audio_tt.errors import UserError


class Beam:
    """Calls functions for jobs on a Beam runner; takes the place of `parallel.run_jobs`.

    Args:
      runner: such as DirectRunner, FlinkRunner, SparkRunner, DataflowRunner.
      options: further options of Beam's, such as "--region=europe-west1".
      folder: where results are passed on; all machines see it. Nothing is left there.

    Raises:
      UserError: Beam is not installed, or does not take the options.
    """

    def __init__(self, runner: str, options: Sequence[str], folder: Path):
        try:
            from apache_beam.options.pipeline_options import PipelineOptions
        except ImportError as error:
            raise UserError(
                "Apache Beam is not installed; pip install 'apache-beam<3' 'protobuf<7', or leave "
                "out --beam_runner"
            ) from error
        self._runner, self._folder = runner, Path(folder)
        self._options = PipelineOptions([f"--runner={runner}", *options])

    def __call__(self, function: Callable, jobs: Sequence) -> Iterator:
        """As `parallel.run_jobs`, for functions whose results JSON can hold; paths become text."""
        if not jobs:
            return
        logging.info("%d jobs for %s", len(jobs), self._runner)
        place = self._folder / f".beam-{secrets.token_hex(4)}"
        place.mkdir(parents=True)
        try:
            self._run(function, jobs, place / "results")
            for path in sorted(place.iterdir()):
                for line in path.read_text("utf-8").splitlines():
                    outcome = json.loads(line)
                    if "error" in outcome:
                        raise UserError(outcome["error"])
                    yield outcome["result"]
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _run(self, function, jobs, results):
        import apache_beam as beam

        try:
            with beam.Pipeline(options=self._options) as pipeline:
                _ = (
                    pipeline
                    | beam.Create(list(jobs))
                    | beam.Reshuffle()
                    | beam.Map(_outcome, function)
                    | beam.io.WriteToText(str(results))
                )
        except (ValueError, ImportError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"--beam_runner={self._runner}: {reason}") from error


def _outcome(job, function):
    try:
        return json.dumps({"result": function(job)}, default=str)
    except UserError as error:
        return json.dumps({"error": str(error)})
