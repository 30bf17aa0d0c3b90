"""Instruments that play notes: what all have in common, and programs of SoundFonts."""

import abc
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audio_tt.errors import UserError, did_you_mean
from audio_tt.music import soundfont
from audio_tt.music.notes import Note
from audio_tt.music.performance import Performance


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


class Instrument(abc.ABC):
    """What plays notes."""

    @abc.abstractmethod
    def render(
        self, music: Performance | Sequence[Note], sample_rate: int, tail_seconds: float = 1.0
    ) -> np.ndarray:
        """Plays notes, or a performance with its expression and pitch bend.

        Args:
            music: what to play.
            sample_rate: samples per second of the result.
            tail_seconds: how long after the last release the sound goes on (a performance has
                its own length).

        Returns:
            `[samples]`, float32, mono; the level is the instrument's own, never normalised.

        Raises:
            UserError: a recording that it plays from cannot be read.
        """


class SoundFontInstrument(Instrument):
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
        """See `Instrument.render`."""
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
