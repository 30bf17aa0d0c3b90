"""SoundFont files and the synthesisers that play them."""

import functools
import hashlib
import importlib.metadata
import importlib.util
import io
import mmap
import os
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.errors import UserError
from audio_tt.files import paths
from audio_tt.music.notes import Note, to_midi

SOUNDFONT_VARIABLE = "TIMBRE_TT_SOUNDFONT"
USUAL_SOUNDFONT = "FluidR3_GM.sf2"  # that the documented figures are of
SYSTEM_FOLDERS = (Path("/usr/share/sounds/sf2"), Path("/usr/share/sounds/sf3"))
SYNTH_RATE = 44100
DRUM_BANK = 128  # of the presets that are drum kits
GAIN = 0.6

Player = Callable[..., tuple[np.ndarray, int]]


def find_soundfont(path: str | os.PathLike | None = None) -> Path:
    """Finds a SoundFont file.

    Looks at `path`, then at the environment variable TIMBRE_TT_SOUNDFONT, each of which may be the
    bare name of a file in /usr/share/sounds/sf2 or sf3; then in those folders (FluidR3 GM first,
    then the largest file), then at the small font that pretty_midi brings, and says so.

    Raises:
        UserError: the file named by `path` or by the variable is missing, or there is none at all.
    """
    for given, origin in ((path, ""), (os.environ.get(SOUNDFONT_VARIABLE), SOUNDFONT_VARIABLE)):
        if given:
            given = paths.expand(given)
            in_system_folders = [folder / given for folder in SYSTEM_FOLDERS]
            file = next((f for f in (Path(given), *in_system_folders) if f.is_file()), None)
            if file is None:
                where = f" (from {origin})" if origin else ""
                raise UserError(f"{given}: no such SoundFont file{where}; check the path.")
            return file
    found = {file.resolve() for folder in SYSTEM_FOLDERS for file in folder.glob("*.sf[23]")}
    if found:
        return max(found, key=lambda x: (x.name == USUAL_SOUNDFONT, x.stat().st_size, x.name))
    small = small_soundfont()
    logging.log_first_n(
        logging.WARNING,
        "no SoundFont is installed; %s plays, the small one of pretty_midi. The documented figures "
        "are of %s (Debian, Ubuntu: fluid-soundfont-gm)",
        1,
        *(small.name, USUAL_SOUNDFONT),
    )
    return small


def small_soundfont() -> Path:
    """Returns the General MIDI font that lies in pretty_midi's folder (6 MB, TimGM6mb.sf2).

    Raises:
        UserError: pretty_midi is not installed or came without it.
    """
    module = importlib.util.find_spec("pretty_midi")
    file = Path(module.origin).with_name("TimGM6mb.sf2") if module else None
    if file is None or not file.is_file():
        raise UserError(
            "no SoundFont found; give one by --soundfont, set TIMBRE_TT_SOUNDFONT, or install the "
            "Debian package fluid-soundfont-gm."
        )
    return file


def describe(path: str | os.PathLike | None = None) -> str:
    """What would play: the file, the beginning of its sha256, and the synthesiser's version.

    Raises:
        UserError: see `find_soundfont` and `find_player`.
    """
    file = find_soundfont(path)
    with open(file, "rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()[:12]
    package = _PACKAGES[find_player(file)]
    return f"{file.name} (sha256 {digest}), {package} {importlib.metadata.version(package)}"


def list_presets(path: Path) -> dict[tuple[int, int], str]:
    """Lists what a SoundFont file holds: {(bank, program): name}, percussion (bank 128) included.

    It is read from the chunk `phdr`: 38 bytes a preset, of which the last marks the end (SoundFont
    Technical Specification 2.04, section 7.2).

    Raises:
        UserError: the file is not a SoundFont.
    """
    with open(path, "rb") as file:
        at = -1
        if file.read(4) == b"RIFF":
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                at = data.rfind(b"phdr")
                records = data[at + 8 :][: int.from_bytes(data[at + 4 : at + 8], "little") - 38]
    if at < 0 or not records or len(records) % 38:
        raise UserError(f"{path}: not a SoundFont; choose another .sf2 or .sf3 file.")
    return {
        (bank, program): name.split(b"\0")[0].decode("latin-1").strip()
        for name, program, bank in struct.iter_unpack("<20sHH14x", records)
    }


def choose_bank(path: Path, program: int, bank: int | None = None) -> int:
    """Chooses the bank of a SoundFont file that a program is taken from.

    Args:
        path: the file.
        program: its number, 0..127.
        bank: the one to take; None takes 0 or, with a warning, the first other one with this
            program, drum kits left out.

    Raises:
        UserError: the file is not a SoundFont, or the program is not there.
    """
    presets = list_presets(path)
    others = sorted(of for of, number in presets if number == program and of != (bank or 0))
    if (bank or 0, program) in presets:
        return bank or 0
    if bank is None and others and others[0] != DRUM_BANK:
        logging.warning(
            "%s: has no program %d in bank 0; bank %d's is taken, %s",
            *(path, program, others[0], presets[others[0], program]),
        )
        return others[0]
    drums = "a drum kit, bank" if others == [DRUM_BANK] else "bank"
    there = f"; {drums} {', '.join(map(str, others))} has it" if others else ""
    raise UserError(f"{path}: has no program {program} in bank {bank or 0}{there}.")


def find_player(path: Path) -> Player:
    """Chooses the synthesiser for a SoundFont file.

    A player is called as `play(path, program, notes, controls, bends, seconds, bank)`, the middle
    ones as in `audio_tt.music.notes.to_midi`, and returns (mono audio `[samples]`, sample rate).

    Raises:
        UserError: nothing that is installed can play the file.
    """
    if _can_import("fluidsynth"):
        return play_with_fluidsynth
    if path.suffix.lower() == ".sf2" and _can_import("midirenderer"):
        return play_with_midirenderer
    if _can_import("tinysoundfont"):
        return play_with_tinysoundfont
    raise UserError(
        f"nothing installed can play {path.name}; install pyfluidsynth and the library "
        "libfluidsynth3, or midirenderer (pip install midirenderer, .sf2 files only)."
    )


@functools.cache
def _can_import(name: str) -> bool:
    try:  # fluidsynth is a Python file that fails where its C library is missing
        importlib.import_module(name)
    except (ImportError, OSError):
        return False
    return True


def play_with_fluidsynth(
    path: Path,
    program: int,
    notes: Sequence[Note],
    controls: Sequence[tuple[float, int, int]] = (),
    bends: Sequence[tuple[float, int]] = (),
    seconds: float | None = None,
    bank: int = 0,
) -> tuple[np.ndarray, int]:
    """Plays through FluidSynth, dry, at gain 0.6; see `find_player`."""
    import fluidsynth

    synth = fluidsynth.Synth(
        gain=GAIN,
        samplerate=float(SYNTH_RATE),
        channels=16,
        **{
            "synth.dynamic-sample-loading": 1,
            "synth.reverb.active": 0,
            "synth.chorus.active": 0,
        },
    )
    font = synth.sfload(str(path))
    if font < 0:
        synth.delete()
        raise UserError(f"{path}: not a SoundFont that FluidSynth can read; choose another.")
    synth.program_select(0, font, bank, program)
    act = {
        "off": lambda pitch, _: synth.noteoff(0, pitch),
        "on": lambda pitch, velocity: synth.noteon(0, pitch, velocity),
        "control": lambda number, value: synth.cc(0, number, value),
        "bend": lambda value, _: synth.pitch_bend(0, value),
    }

    def generate(samples):
        # The library's own call, because its Python wrapper returns 16 bit.
        left, right = np.empty((2, samples), np.float32)
        fluidsynth._fl.fluid_synth_write_float(
            *_arguments(synth.synth, samples, left.ctypes.data, right.ctypes.data)
        )
        return (left + right) / 2

    audio = _step(act, generate, _events(notes, controls, bends), seconds)
    synth.delete()
    return audio, SYNTH_RATE


def _arguments(synth, samples, left, right):
    from ctypes import c_int, c_void_p

    return (
        c_void_p(synth),
        c_int(samples),
        *(c_void_p(left), c_int(0), c_int(1)),
        *(c_void_p(right), c_int(0), c_int(1)),
    )


def play_with_tinysoundfont(
    path: Path,
    program: int,
    notes: Sequence[Note],
    controls: Sequence[tuple[float, int, int]] = (),
    bends: Sequence[tuple[float, int]] = (),
    seconds: float | None = None,
    bank: int = 0,
) -> tuple[np.ndarray, int]:
    """Plays through tinysoundfont; see `find_player`."""
    import tinysoundfont

    synth = tinysoundfont.Synth(samplerate=SYNTH_RATE)
    try:
        font = synth.sfload(str(path))
    except RuntimeError as error:
        raise UserError(f"{path}: not a SoundFont that tinysoundfont can read.") from error
    synth.program_select(0, font, bank, program)
    act = {
        "off": lambda pitch, _: synth.noteoff(0, pitch),
        "on": lambda pitch, velocity: synth.noteon(0, pitch, velocity),
        "control": lambda number, value: synth.control_change(0, number, value),
        "bend": lambda value, _: synth.pitchbend(0, value + 8192),
    }

    def generate(samples):
        return np.frombuffer(synth.generate(samples), np.float32).reshape(-1, 2).mean(axis=1)

    return _step(act, generate, _events(notes, controls, bends), seconds), SYNTH_RATE


def play_with_midirenderer(
    path: Path,
    program: int,
    notes: Sequence[Note],
    controls: Sequence[tuple[float, int, int]] = (),
    bends: Sequence[tuple[float, int]] = (),
    seconds: float | None = None,
    bank: int = 0,
) -> tuple[np.ndarray, int]:
    """Plays through midirenderer, which stops at the last event; see `find_player`."""
    import midirenderer
    import soundfile

    is_drums, late = bank == DRUM_BANK, (seconds + 0.5, 11, 127)
    select = [] if is_drums else [(0.0, 0, bank)]
    midi = to_midi(notes, program, [*select, *controls, late], bends)
    midi.instruments[0].is_drum = is_drums  # its channel is what makes them drums in MIDI
    data = io.BytesIO()
    midi.write(data)
    try:
        wave = midirenderer.render_wave_from(Path(path).read_bytes(), data.getvalue())
    except Exception as error:
        raise UserError(f"{path}: not a SoundFont that midirenderer can read; {error}.") from error
    audio, rate = soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)
    return audio.mean(axis=1), rate


def _events(notes: Iterable[Note], controls, bends) -> list[tuple[float, int, str, int, int]]:
    """Returns (seconds, order, action, first value, second value), sorted."""
    events = [(time, 0, "control", number, value) for time, number, value in controls]
    events += [(time, 0, "bend", value, 0) for time, value in bends]
    free: dict[int, float] = {}  # when the later note of the same pitch begins
    for note in sorted(notes, key=lambda note: note.start, reverse=True):
        end = min(note.end, free.get(note.pitch, note.end))
        free[note.pitch] = note.start
        events.append((end, 1, "off", note.pitch, 0))
        events.append((note.start, 2, "on", note.pitch, note.velocity))
    return sorted(events)


def _step(act, generate, events, seconds) -> np.ndarray:
    """Lets the synthesiser run from event to event."""
    blocks, done = [], 0
    for time, _, action, first, second in [*events, (seconds, 9, "", 0, 0)]:
        until = round(time * SYNTH_RATE)
        if until > done:
            blocks.append(generate(until - done))
            done = until
        if action:
            act[action](first, second)
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


_PACKAGES = {
    play_with_fluidsynth: "pyfluidsynth",
    play_with_midirenderer: "midirenderer",
    play_with_tinysoundfont: "tinysoundfont",
}
