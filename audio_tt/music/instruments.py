"""Instruments that play notes: SoundFont programs and folders of recorded notes."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio_tt.errors import UserError, did_you_mean
from audio_tt.files import io
from audio_tt.music import soundfont
from audio_tt.music.notes import Note
from audio_tt.music.performance import CONTROL_RATE_HZ, Performance


@dataclass(frozen=True)
class Voice:
    """What a line must respect to suit an instrument.

    Attributes:
        program: General MIDI program, 0..127.
        low: lowest MIDI pitch, as it sounds.
        high: highest MIDI pitch, as it sounds.
        vibrato_depth_cents: greatest depth usual on the instrument, each way.
        vibrato_probability: how often a player uses it.
        fastest_note_seconds: shortest usual note; bowed strings need time to speak.
    """

    program: int
    low: int
    high: int
    vibrato_depth_cents: float = 0.0
    vibrato_probability: float = 0.0
    fastest_note_seconds: float = 0.14


VOICES = {
    "accordion": Voice(21, 53, 89),
    "cello": Voice(42, 36, 79, 40.0, 0.8, 0.28),
    "clarinet": Voice(71, 50, 91, 10.0, 0.2),
    "flute": Voice(73, 60, 96, 35.0, 0.7),
    "oboe": Voice(68, 58, 89, 25.0, 0.7),
    "ocarina": Voice(79, 60, 93, 25.0, 0.5),
    "tenor_sax": Voice(66, 44, 76, 35.0, 0.6),
    "trumpet": Voice(56, 54, 85, 25.0, 0.4),
    "viola": Voice(41, 48, 83, 45.0, 0.8, 0.2),
    "violin": Voice(40, 55, 89, 50.0, 0.8, 0.2),
    "whistle": Voice(78, 67, 96, 20.0, 0.5),
}


# General MIDI programs that stand in for the instruments of the published Pix2Pix models.
PROGRAMS = {
    "keyboard_acoustic": 0,
    "guitar_acoustic": 24,
    "string_acoustic": 48,
    "synth_lead_synthetic": 80,
}


def find_program(name: str) -> int:
    """Finds the General MIDI program of an instrument.

    Args:
        name: of `PROGRAMS`, of `VOICES`, or `program_NN` with the program's number, 0..127.

    Raises:
        UserError: it is none of these.
    """
    if name in PROGRAMS:
        return PROGRAMS[name]
    if name in VOICES:
        return VOICES[name].program
    number = re.fullmatch(r"program_(\d{1,3})", name)
    if number and int(number[1]) <= 127:
        return int(number[1])
    names = [*PROGRAMS, *sorted(VOICES)]
    raise UserError(
        f"unknown instrument {name!r}; choose from {', '.join(names)}, program_0 to program_127"
        f"{did_you_mean(name, names)}"
    )


def program_name(program: int) -> str:
    """Returns the name that `find_program` knows a General MIDI program by."""
    voices = {name: voice.program for name, voice in VOICES.items()}
    named = (name for name, number in (PROGRAMS | voices).items() if number == program)
    return next(named, f"program_{program}")


def get_voice(name: str) -> Voice:
    """Looks up an instrument by name.

    Raises:
        UserError: the name is not in `VOICES`.
    """
    if name not in VOICES:
        known = ", ".join(sorted(VOICES))
        near = did_you_mean(name, VOICES)
        raise UserError(f"unknown instrument {name!r}; choose from {known}{near}")
    return VOICES[name]


class SoundFontInstrument:
    """One program of a SoundFont file.

    Rendered by the first that is installed of FluidSynth (pyfluidsynth; dry), midirenderer (.sf2
    only, a little reverb) and tinysoundfont (dry, a steeper curve of expression).

    Args:
        program: General MIDI program, 0..127.
        path: a SoundFont file; None takes what `audio_tt.music.soundfont.find_soundfont` finds.
        bank: of the file; General MIDI's own is 0. None takes 0 or, with a warning, the first other
            one with this program, drum kits left out.

    Raises:
        UserError: there is no such program or SoundFont, or nothing installed can play it.
    """

    def __init__(
        self, program: int, path: str | os.PathLike | None = None, bank: int | None = None
    ):
        if not 0 <= program <= 127:
            raise UserError(f"program {program} is not a General MIDI program; use 0 to 127.")
        self.program = program
        self.path = soundfont.find_soundfont(path)
        self._play = soundfont.find_player(self.path)
        self.bank = soundfont.choose_bank(self.path, program, bank)

    def render(
        self,
        music: Performance | Sequence[Note],
        sample_rate: int = 16000,
        tail_seconds: float = 1.0,
    ) -> np.ndarray:
        """Plays notes, or a performance with its expression and pitch bend.

        Args:
            music: what to play.
            sample_rate: samples per second of the result.
            tail_seconds: how long after the last release the sound goes on (a performance has
                its own length).

        Returns:
            `[samples]`, float32, mono; the level is the synthesiser's, never normalised.
        """
        import soxr

        if isinstance(music, Performance):
            notes, controls, bends = music.notes, music.controls(), music.bends()
            seconds = music.duration
        else:
            notes, controls, bends = music, (), ()
            seconds = max((note.end for note in notes), default=0.0) + tail_seconds
        audio, rate = self._play(
            self.path, self.program, notes, controls, bends, seconds, self.bank
        )
        audio = soxr.resample(audio, rate, sample_rate, quality="HQ")
        length = round(seconds * sample_rate)
        return np.pad(audio[:length], (0, max(0, length - len(audio)))).astype(np.float32)


class NSynthInstrument:
    """Recorded single notes in NSynth's layout, `NAME-PITCH-VELOCITY.wav`.

    Args:
        folder: the folder that holds the recordings.
        name: instrument, source and preset, such as `guitar_acoustic_000`.

    Raises:
        UserError: the folder is missing or holds no note of that name.
    """

    def __init__(self, folder: str | os.PathLike, name: str):
        self.folder, self.name = Path(folder), name
        if not self.folder.is_dir():
            raise UserError(f"{folder}: no such folder of note recordings; check the path.")
        self._paths: dict[int, dict[int, Path]] = {}
        for path in sorted(self.folder.glob(f"{name}-???-???.wav")):
            pitch, velocity = map(int, re.findall(r"\d{3}", path.stem[len(name) :]))
            self._paths.setdefault(pitch, {})[velocity] = path
        if not self._paths:
            raise UserError(f"{folder}: holds no file like {name}-060-100.wav; check the name.")
        self._cache: dict[tuple[Path, int], np.ndarray] = {}

    def render(
        self,
        music: Performance | Sequence[Note],
        sample_rate: int = 16000,
        tail_seconds: float = 1.0,
    ) -> np.ndarray:
        """Plays each note's recording of the nearest velocity; it decays after the release.

        Of a performance the expression is applied, the pitch bend is not (notes are recordings).

        Args:
            music: what to play.
            sample_rate: samples per second of the result.
            tail_seconds: how long after the last release the sound goes on.

        Returns:
            `[samples]`, float32, mono, the sum of the recordings.

        Raises:
            UserError: a pitch is not among the recordings, or one cannot be read.
        """
        notes = music.notes if isinstance(music, Performance) else music
        seconds = max((note.end for note in notes), default=0.0) + tail_seconds
        if isinstance(music, Performance):
            seconds = music.duration
        audio = np.zeros(round(seconds * sample_rate), np.float32)
        for note in notes:
            start = round(note.start * sample_rate)
            sound = self._shorten(self._read(note, sample_rate), note.duration, sample_rate)
            sound = sound[: max(0, len(audio) - start)]
            audio[start : start + len(sound)] += sound
        if isinstance(music, Performance):
            clock = np.arange(len(audio)) * (CONTROL_RATE_HZ / sample_rate)
            frames = np.arange(len(music.expression))
            audio *= (np.interp(clock, frames, music.expression) / 127.0).astype(np.float32) ** 2
        return audio

    def _read(self, note: Note, sample_rate: int) -> np.ndarray:
        if note.pitch not in self._paths:
            low, high = min(self._paths), max(self._paths)
            raise UserError(
                f"{self.folder}: {self.name} has no recording of pitch {note.pitch} "
                f"(it has {low} to {high}); transpose the music or add the file."
            )
        velocities = self._paths[note.pitch]
        path = velocities[min(velocities, key=lambda velocity: abs(velocity - note.velocity))]
        if (path, sample_rate) not in self._cache:
            self._cache[path, sample_rate] = io.read(path, sample_rate)[0]
        return self._cache[path, sample_rate]

    @staticmethod
    def _shorten(sound: np.ndarray, seconds: float, sample_rate: int) -> np.ndarray:
        """Lets the sound die away after `seconds`, to -43 dB in just under a second."""
        time_constant = 0.1875 * sample_rate
        held = round(seconds * sample_rate)
        sound = sound[: held + round(5 * time_constant)]
        decay = np.exp(-np.maximum(np.arange(len(sound)) - held, 0) / time_constant)
        return (sound * decay).astype(np.float32)
