"""Pieces -> the same recording of each, by several instruments (synthesize_audios.py)."""

import dataclasses
import functools
import shutil
from collections.abc import Sequence
from pathlib import Path

import gin
import numpy as np
from absl import logging

from audio_tt import corpus, io
from audio_tt.errors import UserError
from audio_tt.instruments import PROGRAMS, find_program
from audio_tt.notes import Note, read_midi
from audio_tt.parallel import run_jobs
from audio_tt.progress import progress
from audio_tt.soundfont import find_soundfont
from pix2pix_tt.note_banks import PITCHES, VELOCITIES, Source, bank_path, build_bank

CORPUS = "music21:"
MIDI_EXTENSIONS = (".mid", ".midi")
BANK_FOLDER = ".notes"
PEAK = 32000 / 32768


@gin.configurable(module="pix2pix_tt.recordings")
@dataclasses.dataclass(frozen=True)
class Mixer:
    """Puts single notes together to a recording.

    Attributes:
        sample_rate: Hz of the recording.
        playback_speed: 2 plays twice as fast.
        duration_rate: how much longer every note lasts than it is written.
        transpose: semitones.
        drums: whether the notes of a MIDI file's drum tracks are played.
        release_start: the share of a note after which it decays.
        release_seconds: time constant of that decay.
        fade_seconds: the end of a note that fades to nothing; 0 leaves the original's clicks.
    """

    sample_rate: int = 44100
    playback_speed: float = 1.0
    duration_rate: float = 4.0
    transpose: int = 0
    drums: bool = False
    release_start: float = 0.9
    release_seconds: float = 3000 / 16000
    fade_seconds: float = 0.01

    def mix(self, notes: Sequence[Note], bank: np.ndarray, bank_rate: int) -> np.ndarray:
        """Plays notes.

        A note that would outlast the piece ends with it; one that the bank lacks is silent.

        Args:
            notes: what to play.
            bank: int16 `[pitches, velocities, samples]`, see `note_banks.build_bank`.
            bank_rate: Hz of the bank.

        Returns:
            float32 `[samples]` at `sample_rate`, with a peak of 32000 / 32768.
        """
        import soxr

        rate = bank_rate / self.playback_speed
        total = round(max(note.end for note in notes) * rate)
        audio = np.zeros(total, np.float32)
        for note in notes:
            start = round(note.start * rate)
            count = min(round(note.duration * self.duration_rate * rate), total - start)
            pitch = note.pitch + self.transpose - PITCHES[0]
            if 0 <= pitch < len(bank) and count > 0:
                sound = bank[pitch, nearest_velocity(note.velocity)][:count]
                envelope = self._envelope(count, bank_rate)[: len(sound)]
                audio[start : start + len(sound)] += sound * envelope
        audio = soxr.resample(audio, bank_rate, self.sample_rate, quality="HQ")
        return audio * (PEAK / max(float(np.abs(audio).max()), 1e-9))

    def _envelope(self, count, rate):
        released = int(self.release_start * count)
        envelope = np.ones(count, np.float32)
        decay = np.arange(count - released, dtype=np.float32) / (self.release_seconds * rate)
        envelope[released:] = np.exp(-decay)
        fade = min(round(self.fade_seconds * rate), count)
        if fade:
            envelope[-fade:] *= np.linspace(1, 0, fade + 1, dtype=np.float32)[1:]
        return envelope


def nearest_velocity(velocity: int) -> int:
    """Returns the index of the recorded velocity that is nearest."""
    return int(np.argmin([abs(velocity - recorded) for recorded in VELOCITIES]))


def find_sources(
    nsynth_path: str | None, soundfont: str | None, instruments: Sequence[str] | None
) -> list[Source]:
    """Finds where the instruments' notes come from.

    Args:
        nsynth_path: a folder of notes in NSynth's layout, or None.
        soundfont: a SoundFont file; when both are None, the system's.
        instruments: names; with a SoundFont as for `find_program`, with NSynth as
            guitar_acoustic_010, where guitar_acoustic means preset 000. None means the four
            published ones.

    Raises:
        UserError: both are given, one is missing, or an instrument is unknown.
    """
    names = list(dict.fromkeys(instruments or PROGRAMS))
    if nsynth_path and soundfont:
        raise UserError("--nsynth_path and --soundfont are both given; leave one out.")
    if not nsynth_path:
        path = find_soundfont(soundfont)
        return [Source(name, path, find_program(name)) for name in names]
    folder = Path(nsynth_path)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder of NSynth's notes; check --nsynth_path.")
    return [Source(name, folder) for name in names]


def find_pieces(midi_path: str) -> dict[str, str]:
    """Finds the pieces to record.

    Args:
        midi_path: a MIDI file, a folder with MIDI files in it or below it, or music21:train,
            music21:test or music21: for the pieces of `audio_tt.corpus`.

    Returns:
        {name of the recording: where the notes are}, each name once.

    Raises:
        UserError: there is no such place, or nothing in it.
    """
    if midi_path.startswith(CORPUS):
        names = corpus.list_pieces(midi_path.removeprefix(CORPUS) or None)
        return {name: CORPUS + name for name in names}
    place = Path(midi_path)
    if place.is_file():
        return {place.stem: str(place)}
    if not place.is_dir():
        raise UserError(f"{midi_path}: no such file or folder; check --midi_path.")
    files = sorted(
        path
        for path in place.rglob("*")
        if path.suffix.lower() in MIDI_EXTENSIONS and not path.name.startswith(".")
    )
    if not files:
        raise UserError(f"{midi_path}: holds no .mid or .midi file; check --midi_path.")
    stems = [path.stem for path in files]
    return {
        path.stem
        if stems.count(path.stem) == 1
        else "_".join(path.relative_to(place).parts).replace(".", "_"): str(path)
        for path in files
    }


@dataclasses.dataclass(frozen=True)
class Job:
    """One piece, and the instruments that it has not been recorded with yet.

    Attributes:
        place: where the notes are, as `find_pieces` says.
        outputs: for each instrument its bank, the bank's sample rate, and the file to write.
        mixer: how the notes are put together.
    """

    place: str
    outputs: tuple[tuple[Path, int, Path], ...]
    mixer: Mixer


def record_all(
    sources: Sequence[Source],
    pieces: dict[str, str],
    audios_path: Path,
    mixer: Mixer,
    processes: int | None = None,
) -> int:
    """Writes AUDIOS/INSTRUMENT/PIECE.wav for all that is missing.

    A piece that cannot be read is passed over with a warning. What is there is kept.

    Returns:
        How many pieces there are with all instruments, old ones included.

    Raises:
        UserError: an instrument's notes cannot be read, or a recording cannot be written.
    """
    banks = {source: bank_path(source, audios_path / BANK_FOLDER) for source in sources}
    jobs = []
    for name, place in pieces.items():
        files = {source: audios_path / source.name / f"{name}.wav" for source in sources}
        outputs = tuple(
            (banks[source], source.sample_rate, file)
            for source, file in files.items()
            if not file.exists()
        )
        if outputs:
            jobs.append(Job(place, outputs, mixer))
    done = len(pieces) - len(jobs)
    if not jobs:
        return done
    used = {bank for job in jobs for bank, _, _ in job.outputs}
    needed = [source for source in sources if banks[source] in used]
    _build_banks(needed, audios_path / BANK_FOLDER, processes)
    with progress(len(jobs), "recording", "piece") as bar:
        for failure in run_jobs(record, jobs, processes):
            if failure:
                logging.warning("left out: %s", failure)
            else:
                done += 1
            bar.update(1)
    shutil.rmtree(audios_path / BANK_FOLDER, ignore_errors=True)
    return done


def _build_banks(sources, folder, processes):
    build = functools.partial(build_bank, folder=folder)
    with progress(len(sources), "collecting notes", "instrument") as bar:
        for _ in run_jobs(build, sources, processes):
            bar.update(1)


def record(job: Job) -> str | None:
    """Records one piece with its instruments; returns why it cannot be read, if so."""
    try:
        notes = read_notes(job.place, job.mixer.drums)
    except UserError as error:
        return str(error)
    for bank, bank_rate, path in job.outputs:
        audio = job.mixer.mix(notes, np.load(bank, mmap_mode="r"), bank_rate)
        io.write(path, audio, job.mixer.sample_rate)
    return None


def read_notes(place: str, drums: bool = False) -> list[Note]:
    """Reads the notes of a piece that `find_pieces` found."""
    if place.startswith(CORPUS):
        return corpus.read_piece(place.removeprefix(CORPUS))
    return read_midi(place, drums)
