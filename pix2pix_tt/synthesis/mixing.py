"""Single notes -> a recording, as the original puts them together (synthesize_audios.py)."""

import dataclasses
from collections.abc import Sequence

import gin
import numpy as np

from audio_tt.dsp.units import db_to_amplitude
from audio_tt.music.notes import Note
from pix2pix_tt.synthesis.note_banks import PEAK, PITCHES, VELOCITIES


@gin.configurable(module="pix2pix_tt.mixing")
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
        detune_cents: how much higher every note sounds than it should.
        level_db: of the loudest sample, relative to 32000 / 32768.
    """

    sample_rate: int = 44100
    playback_speed: float = 1.0
    duration_rate: float = 4.0
    transpose: int = 0
    drums: bool = False
    release_start: float = 0.9
    release_seconds: float = 3000 / 16000
    fade_seconds: float = 0.01
    detune_cents: float = 0.0
    level_db: float = 0.0

    def mix(self, notes: Sequence[Note], bank: np.ndarray, bank_rate: int) -> np.ndarray:
        """Plays notes.

        A note that would outlast the piece ends with it; one that the bank lacks is silent.

        Args:
            notes: what to play.
            bank: int16 `[pitches, velocities, samples]`, see `note_banks.build_bank`.
            bank_rate: Hz of the bank.

        Returns:
            float32 `[samples]` at `sample_rate`, with a peak of `level_db`.
        """
        import soxr

        bank_rate *= 2.0 ** (self.detune_cents / 1200.0)  # played faster, notes sound higher
        rate = bank_rate / self.playback_speed
        seconds = max(note.end for note in notes) / self.playback_speed
        total = max(1, round(seconds * bank_rate))
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
        length = max(1, round(seconds * self.sample_rate))  # whatever rate the notes have
        audio = np.pad(audio[:length], (0, max(0, length - len(audio))))
        return with_peak(audio, PEAK * db_to_amplitude(self.level_db))

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


def with_peak(audio: np.ndarray, peak: float = PEAK) -> np.ndarray:
    """Scales audio to a peak, by default 32000 / 32768; silence stays silent."""
    return audio * (peak / max(float(np.abs(audio).max()), 1e-9))
