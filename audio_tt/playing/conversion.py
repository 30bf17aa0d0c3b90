"""Sound files through a player into sound files: the one way in which every command does it."""

import dataclasses
import functools
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.playing.player import Player
from audio_tt.playing.resampling import resampled
from audio_tt.training import parallel

_BLOCK_SIZE = 65536
_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


@dataclasses.dataclass(frozen=True)
class Job:
    """A recording, and the file that it is to become."""

    source: Path
    target: Path


@dataclasses.dataclass(frozen=True)
class Output:
    """How files are written.

    Attributes:
      overwrite: whether a file that is there is replaced.
      skip_existing: whether a recording whose file is there is passed over.
      jobs: recordings that are played at once, each in a process of its own.
      sample_rate: Hz; None keeps the recording's own, 0 takes the player's.
      mono: whether the channels are mixed first, where the player would keep them.
      max_seconds: of each recording that are played; None for all.
      subtype: of wav files, as `audio_tt.files.io.write` names it; None for its default.
      finish: of the blocks that the player gives, before they are resampled and written; None for
        nothing. It can be pickled, and may change the length.
    """

    overwrite: bool = False
    skip_existing: bool = False
    jobs: int = 1
    sample_rate: int | None = None
    mono: bool = False
    max_seconds: float | None = None
    subtype: str | None = None
    finish: Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]] | None = None


DEFAULT = Output()


def plan(
    inputs: Sequence[str | os.PathLike],
    output: str | os.PathLike | None = None,
    output_dir: str | os.PathLike | None = None,
    ending: str = "",
) -> list[Job]:
    """Pairs recordings with the files to be written.

    Args:
      inputs: files, folders and globs. What lies below a folder keeps its place below the output.
      output: the file to write for one recording; for a folder or several, a folder.
      output_dir: the folder to write to, as `output`, for one recording too.
      ending: `song.wav` becomes `songENDING.wav` in a folder. Of `song.wav` and `song.mp3` the
        second becomes `song.mp3ENDING.wav`.

    Raises:
      UserError: there is nothing to read, or the place cannot be written to.
    """
    if not inputs:
        raise UserError("name one or more recordings, or folders of them")
    if output is not None and output_dir is not None:
        raise UserError("an output file and --output_dir are both given; leave one out")
    if output is None and output_dir is None:
        raise UserError("name a file to write, or a folder with --output_dir=DIR")
    is_one = len(inputs) == 1 and Path(inputs[0]).expanduser().is_file()
    if output is not None and is_one:
        source, target = Path(inputs[0]).expanduser(), Path(output)
        if target.is_dir():
            raise UserError(f"{target} is a folder; say --output_dir={target}, or name a file")
        io.check_writable(target, source)
        return [Job(source, target)]
    folder = Path(output if output_dir is None else output_dir)
    if folder.is_file():
        raise UserError(f"{folder} is a file; several recordings need a folder to be written to")
    targets: dict[Path, Path] = {}
    for source, inside in _found(inputs, folder):
        target = folder / inside.with_name(f"{inside.stem}{ending}.wav")
        if target in targets:
            target = folder / inside.with_name(f"{inside.name}{ending}.wav")
        targets.setdefault(target, source)
    if not targets:
        raise UserError(f"{', '.join(map(str, inputs))}: no sound file found.")
    for target, source in targets.items():
        io.check_writable(target, source)
    return [Job(source, target) for target, source in targets.items()]


def _found(inputs, output_folder):
    """Yields (recording, its place below the output), each once; none that was written before."""
    seen = set()
    for word in inputs:
        folder = Path(word).expanduser()
        written = folder.is_dir() and folder.resolve() != output_folder.resolve()
        for source in io.find_audio(word):
            path = source.resolve()
            if path in seen or (written and output_folder.resolve() in path.parents):
                continue
            seen.add(path)
            yield source, source.relative_to(folder) if folder.is_dir() else Path(source.name)


def play_all(jobs: Sequence[Job], load: Callable[[], Player], output: Output = DEFAULT) -> int:
    """Plays recordings; of several, one that cannot be played is reported and passed over.

    Args:
      jobs: what `plan` returned.
      load: gives the player; called once in each process. It can be pickled.
      output: how files are written.

    Returns:
      Exit status: 1 where one of several failed, otherwise 0.

    Raises:
      UserError: the player cannot be loaded, or the only recording cannot be played.
    """
    waiting, failed, skipped = [], 0, 0
    for job in jobs:
        if not job.target.exists() or output.overwrite:
            waiting.append(job)
        elif output.skip_existing:
            skipped += 1
        else:
            message = f"{job.target} is there already; --overwrite replaces it"
            if len(jobs) == 1:
                raise UserError(message)
            logging.error("%s", message)
            failed += 1
    seconds = [seconds_of(job.source) for job in waiting]
    with progress(round(sum(seconds)), "Playing", "s") as bar:
        shown = _Seconds(bar)
        if len(jobs) == 1 and waiting:
            convert(waiting[0], load(), output, shown.add)
        elif waiting:
            failed += _play_several(waiting, seconds, load, output, shown)
    if len(jobs) > 1:
        played = len(jobs) - skipped - failed
        logging.info("%d played, %d there already, %d failed", played, skipped, failed)
    return 1 if failed else 0


def _play_several(jobs, seconds, load, output, shown):
    """Plays every recording, whatever becomes of the others; returns how many failed."""
    processes, failed = min(output.jobs, len(jobs)), 0
    if processes > 1:
        _share_cores(processes)
    work = (pickle.dumps(load), output) if processes > 1 else (load, output)
    calls = [(index, job, *work) for index, job in enumerate(jobs)]
    for index, message in parallel.run_jobs(_attempt, calls, processes):
        shown.add(seconds[index])
        if message:
            logging.error("%s", message)
            failed += 1
    return failed


def _attempt(call):
    """Plays one recording, in any process; returns its number and what was wrong, or None."""
    index, job, load, output = call
    player = _loaded(load)
    try:
        convert(job, player, output)
    except UserError as error:
        return index, str(error)
    return index, None


@functools.lru_cache(maxsize=1)
def _loaded(load):
    return (pickle.loads(load) if isinstance(load, bytes) else load)()


def _share_cores(processes):
    """Keeps the processes from using all cores each, which makes all of them slow."""
    threads = str(max(1, parallel.default_processes() // processes))
    for variable in _THREADS:
        os.environ.setdefault(variable, threads)


def convert(
    job: Job,
    player: Player,
    output: Output = DEFAULT,
    report: Callable[[float], None] | None = None,
) -> None:
    """Plays one recording into a file; memory grows only with what the player itself keeps.

    Args:
      job: the recording and the file.
      player: what plays it.
      output: how the file is written; `overwrite` and `skip_existing` are the caller's.
      report: called with the seconds of sound that have been written since the last call.

    Raises:
      UserError: the recording cannot be read, or the file cannot be written.
    """
    rate = io.info(job.source).sample_rate
    mono = output.mono or not player.keeps_channels
    blocks = io.blocks(job.source, rate, _BLOCK_SIZE, mono=mono)
    if output.max_seconds is not None:
        blocks = first_samples(blocks, round(output.max_seconds * rate))
    if output.mono and player.keeps_channels:
        blocks = (block[:, None] for block in blocks)
    recording = Counted(blocks)
    sound = player.play(resampled(recording, rate, player.sample_rate), str(job.source))
    if output.finish is not None:
        sound = output.finish(sound)
    written = rate if output.sample_rate is None else output.sample_rate or player.sample_rate
    sound = resampled(sound, player.sample_rate, written)
    if output.finish is None and written == rate:
        sound = recording.cut(sound)
    if report is not None:
        sound = _reported(sound, written, report)
    is_wav = job.target.suffix.lower() == ".wav"
    io.write(job.target, sound, written, output.subtype if is_wav else None)


def first_samples(blocks: Iterable[np.ndarray], count: int) -> Iterator[np.ndarray]:
    """Yields no more than the first `count` samples of a recording."""
    for block in blocks:
        yield block[:count]
        count -= len(block)
        if count <= 0:
            return


class Counted:
    """Passes on the blocks of a recording, and ends what is made of them where it ended."""

    def __init__(self, blocks: Iterable[np.ndarray]):
        self._blocks, self._taken = blocks, 0

    def __iter__(self) -> Iterator[np.ndarray]:
        for block in self._blocks:
            self._taken += len(block)
            yield block

    def cut(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yields no more samples than were passed on; a player may not run ahead of its input."""
        given = 0
        for block in blocks:
            block = block[: self._taken - given]
            given += len(block)
            yield block


def seconds_of(path: Path) -> float:
    """How long a recording is by its header; 0 where it has none that can be read."""
    try:
        return io.info(path).duration
    except UserError:
        return 0.0


class _Seconds:
    """Moves a progress bar that counts seconds of sound."""

    def __init__(self, bar):
        self._bar, self._done = bar, 0.0

    def add(self, seconds):
        self._done += seconds
        self._bar.update(min(int(self._done), self._bar.total) - self._bar.n)


def _reported(blocks, sample_rate, report):
    for block in blocks:
        yield block
        report(len(block) / sample_rate)
