"""Pieces -> the same recording of each, by several instruments (synthesize_audios.py)."""

import dataclasses
import functools
import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError, did_you_mean
from audio_tt.files import io, provenance
from audio_tt.music import corpus, midi_repair
from audio_tt.music.instruments import PROGRAMS, find_program
from audio_tt.music.notes import Note, read_midi
from audio_tt.music.soundfont import find_soundfont
from audio_tt.training.parallel import run_jobs
from pix2pix_tt.synthesis.augmentation import Augmentation
from pix2pix_tt.synthesis.mixing import Mixer
from pix2pix_tt.synthesis.note_banks import Source, bank_path, build_bank

CORPUS = "music21:"
BANK_FOLDER = ".notes"


def find_sources(
    nsynth_path: str | None,
    soundfont: str | None,
    instruments: Sequence[str] | None,
    origins: Sequence[Source] = (),
) -> list[Source]:
    """Finds where the instruments' notes come from.

    Args:
        nsynth_path: a folder of notes in NSynth's layout, or None.
        soundfont: a SoundFont file; when both are None, the system's.
        instruments: names; with a SoundFont as for `find_program`, with NSynth as
            guitar_acoustic_010, where guitar_acoustic means preset 000. None means the four
            published ones.
        origins: sources that take the place of the instrument of their name, see
            `sources.origin_sources`.

    Returns:
        The sources; those of one name are a choice, of which each recording is played by one.

    Raises:
        UserError: both are given, one is missing, or an instrument is unknown.
    """
    given = {source.name for source in origins}
    names = [name for name in dict.fromkeys(instruments or PROGRAMS) if name not in given]
    if nsynth_path and soundfont:
        raise UserError("--nsynth_path and --soundfont are both given; leave one out.")
    if not nsynth_path:
        path = find_soundfont(soundfont)
        return [*origins, *(Source(name, path, find_program(name)) for name in names)]
    folder = Path(nsynth_path)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder of NSynth's notes; check --nsynth_path.")
    return [*origins, *(Source(name, folder) for name in names)]


def find_pieces(midi_path: str) -> dict[str, str]:
    """Finds the pieces to record.

    Args:
        midi_path: a MIDI file, a folder with MIDI files in it or below it, or music21:train,
            music21:test or music21: for the pieces of `audio_tt.music.corpus`.

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
        if path.suffix.lower() in midi_repair.EXTENSIONS and not path.name.startswith(".")
    )
    if not files:
        raise UserError(f"{midi_path}: holds no MIDI file (.mid, .midi, .rmi); check --midi_path.")
    stems = [path.stem for path in files]
    return {
        path.stem
        if stems.count(path.stem) == 1
        else "_".join(path.relative_to(place).parts).replace(".", "_"): str(path)
        for path in files
    }


@dataclasses.dataclass(frozen=True)
class Take:
    """One recording to make: a piece, or a copy of it, played by one instrument.

    Attributes:
        path: the file to write.
        bank: the notes of the instrument, see `note_banks.build_bank`.
        bank_rate: their sample rate in Hz.
        mixer: how they are put together.
        copy: number of the copy, 0 for the piece itself.
        has_effects: whether the instrument's recordings get effects.
        settings: all that decides how it sounds, for `audio_tt.files.provenance`.
    """

    path: Path
    bank: Path
    bank_rate: int
    mixer: Mixer
    copy: int
    has_effects: bool
    settings: dict


@dataclasses.dataclass(frozen=True)
class Job:
    """One piece, as `find_pieces` gives it, and the recordings of it that are missing."""

    name: str
    place: str
    takes: tuple[Take, ...]
    augmentation: Augmentation


def record_all(
    sources: Sequence[Source],
    pieces: dict[str, str],
    audios_path: Path,
    mixer: Mixer,
    augmentation: Augmentation,
    run: Callable = run_jobs,
) -> int:
    """Writes AUDIOS/INSTRUMENT/PIECE.wav and PIECE_copy1.wav, ... for all that is missing.

    A piece that cannot be read is passed over with a warning. What is there is kept, unless it was
    made here with other settings: then it is made again. `run` calls a function for each of a list
    of jobs, as `run_jobs` does.

    Returns:
        How many pieces there are with all instruments, old ones included.

    Raises:
        UserError: an instrument's notes cannot be read, a recording cannot be written or was
            changed since it was made with other settings, or an instrument that gets effects does
            not play.
    """
    idle = set(augmentation.effects_on) - {source.name for source in sources}
    if idle:
        near = did_you_mean(min(idle), {source.name for source in sources})
        raise UserError(
            f"--effects_on names {', '.join(sorted(idle))}, not among --instruments{near}"
        )
    folder = audios_path / BANK_FOLDER
    jobs = [
        Job(name, place, missing, augmentation)
        for name, place in pieces.items()
        if (missing := _missing_takes(name, place, sources, audios_path, mixer, augmentation))
    ]
    provenance.warn_of_remaking((take.path, take.settings) for job in jobs for take in job.takes)
    done = len(pieces) - len(jobs)
    if not jobs:
        return done
    used = {take.bank for job in jobs for take in job.takes}
    _build_banks([source for source in sources if bank_path(source, folder) in used], folder, run)
    with progress(len(jobs), "recording", "piece") as bar:
        for failure in run(record, jobs):
            if failure:
                logging.warning("left out: %s", failure)
            else:
                done += 1
            bar.update(1)
    shutil.rmtree(folder, ignore_errors=True)
    return done


def _missing_takes(name, place, sources, audios_path, mixer, augmentation):
    takes = []
    parts = {}
    for source in sources:
        parts.setdefault(source.name, []).append(source)
    for copy in range(augmentation.copies + 1):
        varied = augmentation.vary(mixer, name, copy)
        file = f"{name}_copy{copy}.wav" if copy else f"{name}.wav"
        for instrument, choice in parts.items():
            path = audios_path / instrument / file
            source = augmentation.choose(choice, name, copy)
            treated = instrument in augmentation.effects_on
            played = augmentation.detune(varied, name, copy) if treated else varied
            settings = {
                "piece": _state_of_piece(place),
                "notes": source.settings,
                "mixer": dataclasses.asdict(played),
                "effects": augmentation.effects() if treated else None,
            }
            if provenance.must_be_made(path, settings):
                bank = bank_path(source, audios_path / BANK_FOLDER)
                rate = source.sample_rate
                takes.append(Take(path, bank, rate, played, copy, treated, settings))
    return tuple(takes)


def _state_of_piece(place):
    if place.startswith(CORPUS):
        return place
    return hashlib.sha256(Path(place).read_bytes()).hexdigest()


def _build_banks(sources, folder, run):
    build = functools.partial(build_bank, folder=folder)
    with progress(len(sources), "collecting notes", "instrument") as bar:
        for _ in run(build, sources):
            bar.update(1)


def record(job: Job) -> str | None:
    """Records one piece with its instruments; returns why it cannot be read, if so."""
    try:
        notes = read_notes(job.place, job.takes[0].mixer.drums)
    except UserError as error:
        return str(error)
    for take in job.takes:
        rate = take.mixer.sample_rate
        audio = take.mixer.mix(notes, np.load(take.bank, mmap_mode="r"), take.bank_rate)
        if take.has_effects:
            audio = job.augmentation.treat(audio, rate, job.name, take.copy)
        provenance.discard(take.path)
        io.write(take.path, audio, rate)
        provenance.record(take.path, take.settings)
    return None


def read_notes(place: str, drums: bool = False) -> list[Note]:
    """Reads the notes of a piece that `find_pieces` found."""
    if place.startswith(CORPUS):
        return corpus.read_piece(place.removeprefix(CORPUS))
    return read_midi(place, drums)
