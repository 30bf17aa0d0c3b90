"""Copies of pieces in other keys and tempi, and recordings as other rooms and devices sound."""

import dataclasses
import os
import zlib
from collections.abc import Sequence
from typing import Any

import gin
import numpy as np

from audio_tt.music.effects import (
    CODECS,
    add_noise,
    equalise,
    limit_band,
    repeat,
    reverberate,
    through_codec,
)
from pix2pix_tt.synthesis.mixing import Mixer, with_peak


@gin.configurable(module="pix2pix_tt.augmentation")
@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How the music of a data set is varied at random.

    All instruments play the same copies of a piece, so that their recordings stay parallel. What
    is drawn depends on the seed, the name of the piece and the number of the copy alone.

    Attributes:
        copies: how often each piece is played again, in another way.
        semitones: a copy is at most so much higher or lower, and at least one semitone.
        tempo: it is at most so many times as fast, or as slow.
        note_length: its notes last at most so many times as long, or as short.
        level_db: the range of the peak of a recording, copy or not, below full level.
        effects_on: the instruments whose recordings, copies or not, get effects.
        detune_cents: these are out of tune by at most so much.
        equaliser, reverb, echo, noise, codec, phone: how often each effect is chosen, 0..1.
        equaliser_db: the most that a band is raised or lowered.
        reverb_seconds: the range of the reverberation time, in which it falls by 60 dB.
        reverb_db: the range of its level, relative to the direct sound.
        echo_seconds: the range of the time between two echoes.
        echo_db: the range of the level of an echo, relative to the one before.
        noise_db: the range of the noise floor (root mean square), relative to the peak.
        compression: the range of how much mp3 and ogg compress, as for `effects.through_codec`.
        phone_low_hz, phone_high_hz: the ranges of where a phone's band ends.
        seed: another one varies in another way.
    """

    copies: int = 0
    semitones: int = 6
    tempo: float = 1.25
    note_length: float = 1.5
    level_db: tuple[float, float] = (0.0, 0.0)
    effects_on: Sequence[str] = ()
    detune_cents: float = 0.0
    equaliser: float = 0.7
    reverb: float = 0.7
    echo: float = 0.2
    noise: float = 0.0
    codec: float = 0.0
    phone: float = 0.0
    equaliser_db: float = 9.0
    reverb_seconds: tuple[float, float] = (0.2, 1.5)
    reverb_db: tuple[float, float] = (-18.0, -3.0)
    echo_seconds: tuple[float, float] = (0.1, 0.4)
    echo_db: tuple[float, float] = (-20.0, -8.0)
    noise_db: tuple[float, float] = (-75.0, -45.0)
    compression: tuple[float, float] = (0.3, 0.95)
    phone_low_hz: tuple[float, float] = (60.0, 300.0)
    phone_high_hz: tuple[float, float] = (4000.0, 16000.0)
    seed: int = 0

    def vary(self, mixer: Mixer, name: str, copy: int) -> Mixer:
        """Returns how a copy of a piece is played; copy 0 is the piece itself."""
        level = self._random(name, copy, "level").uniform(*self.level_db)
        mixer = dataclasses.replace(mixer, level_db=mixer.level_db + float(level))
        if not copy:
            return mixer
        random = self._random(name, copy, "music")
        shift = int(random.integers(1, self.semitones + 1)) if self.semitones else 0
        shift *= random.choice((-1, 1))
        speed, length = (most ** random.uniform(-1, 1) for most in (self.tempo, self.note_length))
        return dataclasses.replace(
            mixer,
            transpose=mixer.transpose + int(shift),
            playback_speed=mixer.playback_speed * float(speed),
            duration_rate=mixer.duration_rate * float(length),
        )

    def detune(self, mixer: Mixer, name: str, copy: int) -> Mixer:
        """Returns how an instrument that gets effects plays: a little out of tune."""
        cents = self._random(name, copy, "tuning").uniform(-self.detune_cents, self.detune_cents)
        return dataclasses.replace(mixer, detune_cents=mixer.detune_cents + float(cents))

    def choose(self, sources: Sequence, name: str, copy: int) -> Any:
        """Draws one of the sources that an instrument's notes come from."""
        if len(sources) == 1:
            return sources[0]
        return sources[int(self._random(name, copy, "source").integers(len(sources)))]

    def effects(self) -> dict:
        """Returns the settings that decide what `treat` does."""
        elsewhere = ("copies", "semitones", "tempo", "note_length", "level_db")
        elsewhere += ("effects_on", "detune_cents")
        settings = dataclasses.asdict(self)
        return {name: value for name, value in settings.items() if name not in elsewhere}

    def treat(self, audio: np.ndarray, sample_rate: int, name: str, copy: int) -> np.ndarray:
        """Puts the recording of a piece through effects.

        Args:
            audio: `[samples]`.
            sample_rate: Hz.
            name: of the piece.
            copy: its number, 0 for the piece itself.

        Returns:
            float32 `[samples]`, as long as before and in time with it, with the same peak.
        """
        peak = float(np.abs(audio).max())
        random = self._random(name, copy, "effects")
        if random.random() < self.equaliser:
            audio = equalise(audio, sample_rate, self._bands(random))
        if random.random() < self.echo:
            seconds, level = random.uniform(*self.echo_seconds), random.uniform(*self.echo_db)
            audio = repeat(audio, sample_rate, seconds, level)
        if random.random() < self.reverb:
            seconds, level = random.uniform(*self.reverb_seconds), random.uniform(*self.reverb_db)
            audio = reverberate(audio, sample_rate, seconds, level, random)
        if random.random() < self.phone:
            low = _between(random, *self.phone_low_hz)
            audio = limit_band(audio, sample_rate, low, _between(random, *self.phone_high_hz))
        if random.random() < self.noise:
            audio = add_noise(audio, random.uniform(*self.noise_db), random)
        audio = with_peak(audio, peak).astype(np.float32)
        if random.random() < self.codec:
            codec = random.choice(sorted(CODECS))
            audio = through_codec(audio, sample_rate, codec, random.uniform(*self.compression))
        return audio

    def _random(self, name, copy, purpose):
        return np.random.default_rng((self.seed, copy, *map(_number, (name, purpose))))

    def _bands(self, random):
        low, middle, high = random.uniform(-self.equaliser_db, self.equaliser_db, 3)
        return [
            ("low", _between(random, 80, 400), low),
            ("peak", _between(random, 400, 3000), middle),
            ("high", _between(random, 3000, 8000), high),
        ]


def _between(random, low, high):
    """Draws a number between two, by ratio."""
    return low * (high / low) ** random.random()


def _number(text):
    return zlib.crc32(os.fsencode(text))
