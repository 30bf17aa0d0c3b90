"""What a transfer keeps on the disk, so that the same command goes on after a kill."""

import dataclasses
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.atomic import replacing
from audio_tt.training.run_directory import RunDirectory

_SECONDS_BETWEEN_STATES = 20.0


@dataclasses.dataclass(frozen=True)
class Keeping:
    """Where what is done of each recording is kept.

    Attributes:
      folders: {name of the recording: run directory}.
      sample_every: steps between two sounds on the way; None for none.
      is_temporary: whether the folders are of no use once the recording is played.
    """

    folders: dict[str, Path]
    sample_every: int | None = None
    is_temporary: bool = False

    def run(self, name: str, identity: list, settings_text: str, sample_rate: int) -> "StyleRun":
        """The `StyleRun` of a recording."""
        return StyleRun(
            self.folders[name],
            identity,
            settings_text,
            sample_rate,
            self.sample_every,
            self.is_temporary,
        )


class StyleRun:
    """A run directory of a transfer (`audio_tt.training.run_directory`): a file a finished block.

    Args:
      path: the folder.
      identity: whatever decides the result of the optimisation, as JSON can hold it. A folder with
        another identity is not gone on with.
      settings_text: the settings, as the text of a gin file.
      sample_rate: of the audio on the way, Hz.
      sample_every: steps between two sounds on the way; None for none.
      is_temporary: whether the folder is of no use once the output is there.

    Raises:
      UserError: the folder holds another run and is not temporary.
    """

    def __init__(
        self,
        path: str | Path,
        identity: Any,
        settings_text: str,
        sample_rate: int,
        sample_every: int | None = None,
        is_temporary: bool = False,
    ):
        self._directory = RunDirectory(path)
        self._path = Path(path)
        self._sample_rate, self._sample_every = sample_rate, sample_every
        self._is_temporary, self._settings_text = is_temporary, settings_text
        self._last_state = self._last_rate = time.monotonic()
        self._steps_then = 0
        text = json.dumps(identity, sort_keys=True)
        self._identity = hashlib.sha256(text.encode()).hexdigest()

    def __enter__(self):
        self._lock = self._directory.lock()
        self._lock.__enter__()
        try:
            self._claim()
        except BaseException:
            self._lock.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        self._lock.__exit__(kind, error, trace)
        if kind is None and self._is_temporary:
            shutil.rmtree(self._path, ignore_errors=True)
        elif kind is None:
            self._directory.plot_history()

    def finished(self, number: int) -> np.ndarray | None:
        """Levels `[channels, frames, bins]` of a block that is done, or None."""
        try:
            return np.load(self._block_path(number))
        except (OSError, ValueError, EOFError):
            return None

    def resume(self, number: int, progress: Any) -> None:
        """Puts the state that was kept of a block into its `Progress`, where there is one."""
        variables = [keras.Variable(np.asarray(x), trainable=False) for x in progress.state]
        try:
            found = self._directory.load_state(variables)
        except UserError:
            return  # of a block of another shape, or damaged: nothing is lost but time
        if found is None or found["block"] != number:
            return
        kind = type(progress.state)
        like = [type(x) for x in progress.state]
        values = [keras.ops.convert_to_numpy(v) for v in variables]
        progress.state = kind(*(_as(t, value) for t, value in zip(like, values, strict=True)))
        progress.step, progress.loss = found["step"], found["loss"]
        progress.best, progress.best_step = found["best"], found["best_step"]
        self._steps_then = progress.step

    def keep(self, number: int, start: int, progress: Any, sound: Callable[[], np.ndarray]) -> None:
        """Takes note of a step: now and then its state and figures, and the sound on the way.

        Args:
          number: of the block.
          start: steps of all blocks before.
          progress: its `Progress`.
          sound: function that returns the audio as it is now, `[samples, channels]`.
        """
        if self._sample_every and progress.step % self._sample_every == 0:
            path = self._directory.sample_path(start + progress.step, "output.wav")
            io.write(path, sound(), self._sample_rate)
        now = time.monotonic()
        if now - self._last_state >= _SECONDS_BETWEEN_STATES:
            self._last_state = now
            self._note(start, progress)
            self._directory.save_state(
                list(progress.state),
                progress.step,
                block=number,
                loss=progress.loss,
                best=progress.best,
                best_step=progress.best_step,
            )

    def finish(self, number: int, start: int, progress: Any, levels: np.ndarray) -> None:
        """Keeps the result of a block."""
        self._note(start, progress)
        with replacing(self._block_path(number)) as temporary, open(temporary, "wb") as file:
            np.save(file, levels)

    def _note(self, start, progress):
        now = time.monotonic()
        steps, self._steps_then = progress.step - self._steps_then, progress.step
        rate = steps / max(now - self._last_rate, 1e-6)
        self._last_rate = now
        if progress.step:
            row = {"step": start + progress.step, "loss": progress.loss, "steps_per_second": rate}
            self._directory.append_history(row)

    def _block_path(self, number):
        return self._path / "blocks" / f"{number:05d}.npy"

    def _claim(self):
        """Makes sure that what the folder holds is of this run."""
        path = self._path / "identity"
        known = path.read_text("utf-8") if path.exists() else None
        if known not in (None, self._identity):
            if not self._is_temporary:
                raise UserError(
                    f"{self._path} holds a transfer of other recordings or with other settings; "
                    "name another --run_dir"
                )
            for entry in self._path.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
                elif entry.name != ".lock":
                    entry.unlink()
        with replacing(path) as temporary:
            temporary.write_text(self._identity, "utf-8")
        with replacing(self._path / "operative_config.gin") as temporary:
            temporary.write_text(self._settings_text, "utf-8")


def _as(kind, value):
    """A value as the stepper had it: of numpy, or a tensor of the backend."""
    if issubclass(kind, np.ndarray | np.generic):
        return value if value.ndim else value[()]
    return keras.ops.convert_to_tensor(value)
