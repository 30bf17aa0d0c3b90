"""Trainings of variations, each the system's own command in a process of its own.

RUNS/NAME        the run directory of NAME.gin (Pix2Pix: the folder that holds it)
RUNS/NAME.log    what its commands have said
RUNS/NAME.json   the time of a step

Since each command goes on where it was stopped, so do all of them.
"""

import dataclasses
import glob
import json
import math
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from audio_tt import gin_reading
from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.files.text import read_text
from audio_tt.training.run_directory import RunDirectory

_COMMANDS = {
    "autoencoder": ("autoencoder_tt.train", "run_dir"),
    "ddsp": ("ddsp_tt.run", "run_dir"),
    "pix2pix": ("pix2pix_tt.train", "models_path"),
}
_INCLUDED = re.compile(r"""^include\s+['"](.+)['"]""", re.MULTILINE)
_LOOK_EVERY = 0.2  # seconds
_PATIENCE = 20.0  # seconds to end by itself


@dataclasses.dataclass(frozen=True)
class Variation:
    """One variation and the place of its training.

    Attributes:
      settings: its gin file.
      system: "autoencoder", "ddsp" or "pix2pix".
      runs: folder of all trainings.
    """

    settings: Path
    system: str
    runs: Path

    @property
    def name(self) -> str:
        """The name of the file without its extension."""
        return self.settings.stem

    @property
    def run(self) -> Path:
        """The folder that holds history.csv, or is going to."""
        place = self.runs / self.name
        if self.system == "pix2pix":
            return next((path.parent for path in sorted(place.glob("*/history.csv"))), place)
        return place

    @property
    def step_seconds(self) -> float:
        """The median time of a step, NaN where none was measured."""
        path = self._timing
        return json.loads(path.read_text("utf-8"))["step_seconds"] if path.is_file() else math.nan

    @property
    def log(self) -> Path:
        """What its commands have said."""
        return self.runs / f"{self.name}.log"

    @property
    def _timing(self):
        return self.runs / f"{self.name}.json"

    def command(self, words: Sequence[str]) -> list[str]:
        """Returns the command that trains it.

        Args:
          words: added to it, such as "--data_dir=data/mine".
        """
        module, folder = _COMMANDS[self.system]
        place = f"--{folder}={self.runs / self.name}"
        return [sys.executable, "-m", module, place, f"--gin_file={self.settings}", *words]

    def evaluation(self, words: Sequence[str]) -> list[str] | None:
        """Returns the command that measures what was trained, None where there is none to run."""
        report, model = self.run / "evaluation" / "evaluation.json", self.run / "model.h5"
        if self.system != "ddsp" or not model.is_file():
            return None
        if report.is_file() and report.stat().st_mtime > model.stat().st_mtime:
            return None
        # The run has its settings; those of training alone would be refused here.
        command = [word for word in self.command(words) if not word.startswith("--gin_")]
        return [*command, "--mode=eval"]

    def keep_timing(self, step_seconds: float) -> None:
        """Remembers the time of a step; NaN leaves what is known."""
        if not math.isnan(step_seconds):
            with replacing(self._timing) as temporary:
                temporary.write_text(json.dumps({"step_seconds": step_seconds}), "utf-8")


def find(files: Sequence[str], runs: str | Path) -> list[Variation]:
    """Returns the variations of gin files.

    Args:
      files: paths and globs, or names such as ddsp/ablations/noise.gin. The system is the one that
        has its name on one of the folders of the file, or else of a file that it includes.
      runs: folder of all trainings.

    Raises:
      UserError: a file is missing or of no system that trains, or two have the same name.
    """
    found: dict[str, Variation] = {}
    for path in [path for file in files for path in _paths(str(file))]:
        variation = Variation(path, _system(path), Path(runs))
        if variation.name in found:
            other = found[variation.name].settings
            raise UserError(f"{path} and {other} would share a run directory; rename one")
        found[variation.name] = variation
    return list(found.values())


def train(
    variations: Collection[Variation],
    words: Sequence[str] = (),
    jobs: int = 1,
    command: Callable[[Variation, Sequence[str]], Sequence[str]] = Variation.command,
) -> dict[Variation, str]:
    """Trains variations and measures those that are done; the others go on when one fails.

    Args:
      variations: in this order.
      words: added to each command.
      jobs: how many at once.
      command: what trains a variation.

    Returns:
      {variation: why it failed} of those that did.
    """
    waiting, running, problems = list(variations), [], {}
    try:
        with progress(len(waiting), "Variations", "run") as bar:
            while waiting or running:
                while waiting and len(running) < jobs:
                    variation = waiting.pop(0)
                    running.append(_Work(variation, command(variation, words)))
                time.sleep(_LOOK_EVERY)
                for work in [work for work in running if work.has_ended()]:
                    running.remove(work)
                    variation = work.variation
                    if work.problem:
                        problems[variation] = work.problem
                    elif not work.measures and (measuring := variation.evaluation(words)):
                        running.append(_Work(variation, measuring, measures=True))
                        continue
                    bar.update(1)
    finally:
        for work in running:
            work.stop()
    return problems


class _Work:
    """A process that trains or measures a variation, and is looked at now and then."""

    def __init__(self, variation, command, measures=False):
        self.variation, self.measures = variation, measures
        variation.runs.mkdir(parents=True, exist_ok=True)
        self._looked_at = self._written()
        with open(variation.log, "ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        self._last, self._pace = None, []

    def has_ended(self):
        """Looks at how far it is."""
        ended = self._process.poll() is not None
        if not self.measures:
            self._look()
            if ended:
                pace = statistics.median(self._pace) if self._pace else math.nan
                self.variation.keep_timing(pace)
        return ended

    @property
    def problem(self):
        """Why it failed, "" where it did not."""
        if self._process.returncode == 0:
            return ""
        said = self.variation.log.read_bytes()[self._log_start :].decode("utf-8", "replace")
        lines = said.strip().splitlines()
        errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        return (errors or lines or [f"it ended with {self._process.returncode}"])[-1]

    def stop(self):
        """Ends it; what it has saved stays."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _look(self):
        """Notes the time of the steps between two rows of the history."""
        written = self._written()
        if written == self._looked_at:
            return
        self._looked_at = written
        row = RunDirectory(self.variation.run).history()[-1]
        step = row.get("step", row.get("epoch"))
        if self._last is not None and step > self._last[1]:
            self._pace.append((written - self._last[0]) / 1e9 / (step - self._last[1]))
        self._last = written, step

    def _written(self):
        """When the history was written, None where there is none."""
        path = self.variation.run / "history.csv"
        return path.stat().st_mtime_ns if path.is_file() else None


def _paths(file):
    """The absolute paths of a file or a glob."""
    if "*" not in file:
        return [gin_reading.find(file).absolute()]
    for folder in (Path.cwd(), gin_reading.gin_folder()):
        if found := sorted(map(Path, glob.glob(str(folder / Path(file).expanduser())))):
            return found
    raise UserError(f"no file is called {file}")


def _system(path):
    places = [path.parts[:-1]]
    places += [Path(name).parts[:-1] for name in _INCLUDED.findall(read_text(path))]
    for parts in places:
        for part in reversed(parts):
            if part in _COMMANDS:
                return part
            if part == "style":
                raise UserError(
                    f"{path}: style learns from two recordings at a time; compare its settings "
                    "by python -m style_tt.evaluate"
                )
    systems = ", ".join(_COMMANDS)
    raise UserError(f"{path} is of no system: put it into a folder called {systems}")
