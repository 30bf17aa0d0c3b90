"""Sound files through a player into sound files: the one way in which every command does it."""

import dataclasses
import functools
import os
import pickle
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.command import ending
from audio_tt.command.progress import progress
from audio_tt.dsp.blocks import SIZE, Counted, first_samples, resampled
from audio_tt.errors import UserError
from audio_tt.files import batches, copies, finding, io, paths
from audio_tt.playing.player import Player
from audio_tt.training import parallel

_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


@dataclasses.dataclass(frozen=True)
class Job:
    """A recording, and the file that it is to become.

    Attributes:
      source: the recording.
      target: the sound file.
      midi: the MIDI file of its notes; None for none.
    """

    source: Path
    target: Path
    midi: Path | None = None

    def taken(self) -> Path | None:
        """The first of the files to be written that is there already."""
        return next((path for path in (self.target, self.midi) if path and path.exists()), None)


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
      ending: `song.wav` becomes `songENDING.wav` in a folder. Of `song.wav` and `song.mp3` in one
        the second becomes `song.mp3ENDING.wav`, see `audio_tt.files.batches.names`.

    Raises:
      UserError: there is nothing to read, or the place cannot be written to.
    """
    if not inputs:
        raise UserError("name one or more recordings, or folders of them")
    if output is not None and output_dir is not None:
        raise UserError("an output file and --output_dir are both given; leave one out")
    if output is None and output_dir is None:
        raise UserError("name a file to write, or a folder with --output_dir=DIR")
    words = [paths.expand(word) for word in inputs]
    place = Path(paths.expand(output if output_dir is None else output_dir))
    if output is not None and len(words) == 1 and _is_one(words[0]):
        if os.path.isdir(place):
            raise UserError(f"{place} is a folder; say --output_dir={place}, or name a file")
        jobs = [Job(Path(words[0]), place)]
    else:
        if os.path.isfile(place):
            raise UserError(f"{place} is a file; several recordings need a folder to be written to")
        jobs = _without_own_outputs(_in_folder(_found(words, place), place, ending))
    for job in jobs:
        io.check_writable(job.target, job.source)
    return jobs


def _is_one(word):
    return os.path.isfile(word) or copies.is_pipe(word)


def _found(words, place):
    """Recordings, each once; none that lies in the place to be written to, unless it is named."""
    place, recordings = place.resolve(), {}
    for recording in finding.search(words):
        path = recording.path.resolve()
        searched = recording.folder.resolve() if recording.folder else None
        if searched is None or searched == place or place not in path.parents:
            recordings.setdefault(path, recording)
    if not recordings:
        raise UserError(f"{', '.join(words)}: no sound file found.")
    return list(recordings.values())


def _in_folder(recordings, folder, ending):
    """Pairs of a recording and its job; what was found in a folder keeps its place below it."""
    places = batches.places(recordings)
    targets = {path: folder / place for path, place in places.items()}
    return [
        (
            recording,
            Job(recording.path, target.with_name(paths.shortened(target.name, f"{ending}.wav"))),
        )
        for recording, target in zip(recordings, targets.values(), strict=True)
    ]


def _without_own_outputs(pairs):
    """The jobs, without those of recordings that another job writes.

    Raises:
      UserError: such a recording was named.
    """
    writers = {job.target.resolve(): job for _, job in pairs}
    existing = {_identity(path): path for path in writers if os.path.exists(path)}
    jobs = []
    for recording, job in pairs:
        target = existing.get(_identity(recording.path))
        if target is None or writers[target] is job:
            jobs.append(job)
        elif recording.folder is None:
            raise UserError(
                f"{recording.path} is to be read, and is what {writers[target].source} would be "
                "written to; choose another folder"
            )
    return jobs


def _identity(path):
    """What two names of one file have in common, links and hard links among them."""
    try:
        status = os.stat(path)
    except OSError:
        return path
    return status.st_dev, status.st_ino


def play_all(jobs: Sequence[Job], load: Callable[[], Player], output: Output = DEFAULT) -> int:
    """Plays recordings; of several, one that cannot be played is reported and passed over.

    Args:
      jobs: what `plan` returned.
      load: gives the player; called once in each process. It can be pickled.
      output: how files are written.

    Returns:
      Exit status: 1 where one of several failed, otherwise 0.

    Raises:
      UserError: the player cannot be loaded, or the only recording cannot be played. What is wrong
        with the settings shows when the player is loaded, and so is said once.
    """
    waiting, failed, skipped = [], 0, 0
    for job in jobs:
        if output.overwrite or not job.taken():
            waiting.append(job)
        elif output.skip_existing and job.target.exists():
            skipped += 1
        else:
            message = f"{job.taken()} is there already; --overwrite replaces it"
            if len(jobs) == 1:
                raise UserError(message)
            logging.error("%s", message)
            failed += 1
    if len(jobs) == 1:
        seconds = [io.info(job.source).duration for job in waiting]
    else:
        waiting, seconds, unreadable = _readable(waiting)
        failed += unreadable
    with _Seconds(sum(seconds)) as shown:
        if len(jobs) == 1 and waiting:
            convert(waiting[0], load(), output, shown.add, shown.listen)
        elif waiting:
            failed += _play_several(waiting, seconds, load, output, shown)
    if len(jobs) > 1:
        played = len(jobs) - skipped - failed
        logging.info("%d played, %d there already, %d failed", played, skipped, failed)
        if played:
            ending.say_written(os.path.commonpath([job.target.parent.absolute() for job in jobs]))
    elif waiting:
        ending.say_written(jobs[0].target)
    else:
        logging.info("%s is there already", shlex.quote(str(jobs[0].target)))
    return 1 if failed else 0


def _readable(jobs):
    """(Jobs whose recording can be opened, their seconds, how many cannot)."""
    there, seconds = [], []
    for job in jobs:
        try:
            seconds.append(io.info(job.source).duration)
        except UserError as error:
            logging.error("%s", error)
        else:
            there.append(job)
    return there, seconds, len(jobs) - len(there)


def _play_several(jobs, seconds, load, output, shown):
    """Plays every recording, whatever becomes of the others; returns how many failed."""
    processes, failed, said = min(output.jobs, len(jobs)), 0, set()
    if processes > 1:
        _share_cores(processes)
        # A pipe belongs to this process, its copy to all.
        jobs = [dataclasses.replace(job, source=copies.local(job.source)) for job in jobs]
    work = (pickle.dumps(load), output) if processes > 1 else (load, output)
    calls = [(index, job, *work) for index, job in enumerate(jobs)]
    for index, message in parallel.run_jobs(_attempt, calls, processes):
        shown.add(seconds[index])
        if message and message not in said:
            logging.error("%s", message)
            said.add(message)
        failed += message is not None
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
    listening: Callable[[float], None] | None = None,
) -> None:
    """Plays one recording into a file; memory grows only with what the player itself keeps.

    Args:
      job: the recording and the file.
      player: what plays it.
      output: how the file is written; `overwrite` and `skip_existing` are the caller's.
      report: called with the seconds of sound that have been written since the last call.
      listening: called with the seconds that have been read since the last call. A player that
        measures a recording as a whole reads all of it before anything is written.

    Raises:
      UserError: the recording cannot be read, or the file cannot be written.
    """
    rate = io.info(job.source).sample_rate
    mono = output.mono or not player.keeps_channels
    blocks = io.blocks(job.source, rate, SIZE, mono=mono)
    if output.max_seconds is not None:
        blocks = first_samples(blocks, round(output.max_seconds * rate))
    if output.mono and player.keeps_channels:
        blocks = (block[:, None] for block in blocks)
    if listening is not None:
        blocks = _reported(blocks, rate, listening)
    recording = Counted(blocks)
    at_rate, notes = resampled(recording, rate, player.sample_rate), []
    if job.midi is None:
        sound = player.play(at_rate, str(job.source))
    else:
        sound = player.play_and_transcribe(at_rate, notes.append, str(job.source))
    if output.finish is not None:
        sound = output.finish(sound)
    written = rate if output.sample_rate is None else output.sample_rate or player.sample_rate
    sound = resampled(sound, player.sample_rate, written)
    if output.finish is None and written == rate:
        sound = _cut(sound, recording)
    if report is not None:
        sound = _reported(sound, written, report)
    is_wav = job.target.suffix.lower() == ".wav"
    io.write(job.target, sound, written, output.subtype if is_wav else None)
    if job.midi is not None:
        notes[0].write(job.midi)


def _cut(sound, recording):
    """Yields no more samples than were passed on; a player may not run ahead of its input."""
    given = 0
    for block in sound:
        block = block[: recording.n_samples - given]
        given += len(block)
        yield block


class _Seconds:
    """Progress that counts seconds of sound: those that are read, then those that are written."""

    def __init__(self, total):
        self._total, self._done = round(total), 0.0
        self._bar = self._what = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.close()

    def listen(self, seconds):
        if self._what != "Playing":
            self._show("Listening", seconds)

    def add(self, seconds):
        self._show("Playing", seconds)

    def _show(self, what, seconds):
        if what != self._what:
            self.__exit__()
            self._bar, self._what, self._done = progress(self._total, what, "s"), what, 0.0
        self._done += seconds
        self._bar.update(min(int(self._done), self._total) - self._bar.n)


def _reported(blocks, sample_rate, report):
    for block in blocks:
        yield block
        report(len(block) / sample_rate)
