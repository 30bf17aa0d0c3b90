"""Trainings of instruments of one's own, each a process whose folder is watched.

A training is `ddsp_tt.train_instrument` in the folder that the command takes too: what is begun
here can go on there, and the other way round.
"""

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.atomic import replacing
from audio_tt.files.provenance import digest
from audio_tt.models.catalogue import user_folder
from audio_tt.training.run_directory import RunDirectory
from ddsp_tt.trained import catalogue
from timbre_tt.page.limits import plain

STEPS = 4000
_COMMAND = (sys.executable, "-m", "ddsp_tt.train_instrument")
# Steps from one figure, or one sample, to the next: for somebody who is watching.
_OFTEN = {"steps_per_summary": 20, "steps_per_save": 200}
_PATIENCE = 20.0  # seconds to end by itself


@dataclasses.dataclass(frozen=True)
class State:
    """How far a training is.

    Attributes:
      running: whether it is at work.
      steps: that are done.
      total: steps to do.
      history: rows of figures, oldest first: "step", "loss", and at times "val_loss".
      samples: (step, sound file), oldest first: a held-out passage as the model plays it.
      said: its last line.
      problem: why it has ended too early; "" where it has not.
    """

    running: bool
    steps: int
    total: int
    history: list[dict[str, float]]
    samples: list[tuple[int, Path]]
    said: str
    problem: str

    @property
    def is_done(self) -> bool:
        """Whether all steps are done, and the instrument can be played."""
        return not self.running and not self.problem and 0 < self.total <= self.steps


class Workshop:
    """All trainings of this user, of which one runs at a time.

    Args:
      root: folder of the trainings; None for the one that the command takes.
      command: what trains, without its flags.
    """

    def __init__(self, root: Path | None = None, command: Sequence[str] = _COMMAND):
        self.root = root or user_folder() / "training"
        self._command = command
        self._processes: dict[str, subprocess.Popen] = {}

    def names(self) -> list[str]:
        """Trainings that were begun, sorted."""
        return sorted(path.parent.name for path in self.root.glob("*/page.json"))

    def begin(
        self,
        name: str,
        uploads: Sequence[str | Path] = (),
        folder: str | Path | None = None,
        steps: int = STEPS,
    ) -> None:
        """Begins a training, or goes on with one.

        Args:
          name: of the instrument.
          uploads: recordings, which are copied and added to those that are there.
          folder: of recordings, instead; it is read where it is.
          steps: in all.

        Raises:
          UserError: the name is none, there is nothing to learn from, or a training is running.
        """
        name = (name or "").strip()
        if not re.fullmatch(r"[\w-]+", name):
            raise UserError(f"{name!r} is no name for an instrument; use letters, digits, - and _")
        catalogue.MODELS.new_folder(name)
        for other, process in self._processes.items():
            if process.poll() is None:
                raise UserError(f"{other} is being trained; stop it first")
        source = self._source(name, uploads, folder)
        self._keep(name, source, int(steps))
        self._start(name, source, int(steps))

    def stop(self, name: str) -> None:
        """Ends a training; what it has saved stays, and it can go on from there."""
        process = self._processes.get(name)
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        """Ends whatever is running."""
        for name in self._processes:
            self.stop(name)

    def state(self, name: str) -> State:
        """How far a training is.

        Raises:
          UserError: it was never begun.
        """
        plan = self._plan(name)
        process = self._processes.get(name)
        code = None if process is None else process.poll()
        run = RunDirectory(self.root / name / "run")
        history = run.history()
        lines = self._lines(name)
        errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        failed = code not in (None, 0, -signal.SIGTERM, -signal.SIGKILL)
        return State(
            running=process is not None and code is None,
            steps=int(history[-1]["step"]) if history else 0,
            total=plan["steps"],
            history=history,
            samples=[
                (int(path.parent.name), path) for path in sorted(run.path.glob("samples/*/*"))
            ],
            said=lines[-1] if lines else "",
            problem=(errors or lines or [f"it ended with {code}"])[-1] if failed else "",
        )

    def _source(self, name, uploads, folder):
        """The folder of recordings to learn from."""
        own = self.root / name / "recordings"
        if folder and uploads:
            raise UserError("give either uploads or a folder, not both")
        if folder:
            path = Path(folder).expanduser().absolute()
            if not path.is_dir():
                raise UserError(f"{folder}: there is no such folder")
            io.find_audio([path])
            return path
        paths = [Path(upload) for upload in uploads]
        for path in paths:
            try:
                io.info(path)
            except UserError as error:
                raise UserError(plain(error, path)) from error
        for path in paths:
            with replacing(own / f"{path.stem}_{digest(path)[:8]}{path.suffix}") as temporary:
                shutil.copyfile(path, temporary)
        if own.is_dir() and any(own.iterdir()):
            return own
        if (self.root / name / "page.json").is_file():
            return Path(self._plan(name)["recordings"])
        raise UserError("give recordings of the instrument alone, ten minutes or more")

    def _keep(self, name, source, steps):
        with replacing(self.root / name / "page.json") as temporary:
            plan = {"recordings": str(source), "steps": steps}
            temporary.write_text(json.dumps(plan), "utf-8")

    def _plan(self, name):
        try:
            return json.loads((self.root / name / "page.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"no training is called {name!r}") from error

    def _start(self, name, source, steps):
        command = [
            *self._command,
            f"--audio_dir={source}",
            f"--name={name}",
            f"--work_dir={self.root / name}",
            *(f"--gin_param=train.{name}={value}" for name, value in _OFTEN.items()),
            f"--gin_param=train.num_steps={steps}",
        ]
        if nice := shutil.which("nice"):  # whoever plays meanwhile comes first
            command = [nice, "-n", "10", *command]
        with open(self.root / name / "log.txt", "wb") as log:
            self._processes[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # with whatever processes it starts itself
            )

    def _lines(self, name):
        path = self.root / name / "log.txt"
        if not path.is_file():
            return []
        return path.read_text("utf-8", errors="replace").strip().splitlines()
