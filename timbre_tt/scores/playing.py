"""Pieces of notes into sound files: every voice of every track by its instrument, mixed."""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from absl import logging

from audio_tt.dsp.blocks import SIZE, first_samples, of_size, resampled
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.music import curves as curves_lib
from audio_tt.music import tracks as tracks_lib
from audio_tt.music.curves import Humanity
from audio_tt.music.instruments import VOICES, program_name
from audio_tt.music.scores import read_tracks
from audio_tt.music.tracks import Track
from audio_tt.music.voices import split_voices
from audio_tt.playing.conversion import DEFAULT, Job, Output
from ddsp_tt.playing import written
from ddsp_tt.playing.player import DdspPlayer
from timbre_tt.scores.casting import Part

TAIL_SECONDS = 1.0
_WIDTH = 0.5  # how far apart tracks stand where none says where: 1 is from side to side
_VIBRATO = 0.7  # of the greatest that is usual on an instrument
_MOST_SEED = 2**31

Cast = Callable[[Sequence[Track]], list[Part]]


def play_all(
    jobs: Sequence[Job], cast: Cast, load: Callable[[str], DdspPlayer], output: Output = DEFAULT
) -> int:
    """Plays pieces; of several, one that cannot be played is reported and passed over.

    Args:
      jobs: pieces and the files to be written.
      cast: gives the tracks of a piece their instruments.
      load: gives the player of an instrument; each is asked for once.
      output: how files are written.

    Returns:
      Exit status: 1 where one of several failed, otherwise 0.

    Raises:
      UserError: the only piece cannot be played.
    """
    load, failed = functools.cache(load), 0
    for job in jobs:
        if job.target.exists() and output.skip_existing:
            continue
        try:
            if job.target.exists() and not output.overwrite:
                raise UserError(f"{job.target} is there already; --overwrite replaces it")
            parts = cast(read_tracks(job.source))
            sound, rate = mix(parts, load, output.sample_rate)
            io.write(job.target, sound, rate)
        except UserError as error:
            if len(jobs) == 1:
                raise
            logging.error("%s", error)
            failed += 1
    return 1 if failed else 0


def mix(
    parts: Sequence[Part], load: Callable[[str], DdspPlayer], sample_rate: int | None = None
) -> tuple[Iterator[np.ndarray], int]:
    """Plays parts together.

    Where a track says by controller 10 where it stands, all stand there or in the middle;
    otherwise several stand side by side in their order. Controller 7 is a gain of the mix, in the
    middle of the track's time.

    Args:
      parts: tracks and their instruments.
      load: gives the player of an instrument.
      sample_rate: Hz; None or 0 for the highest of the players'.

    Returns:
      An iterator of float32 blocks, `[samples, 2]`, or `[samples]` where all stand in the middle;
      and their sample rate. The sound ends a second after the last note.

    Raises:
      UserError: an instrument cannot be loaded, or cannot play notes.
    """
    players = [load(part.instrument) for part in parts]
    for player in players:
        written.check(player.instrument)
    rate = sample_rate or max(player.sample_rate for player in players)
    seconds = TAIL_SECONDS + max(n.end for part in parts for n in part.track.notes)
    streams, gains = [], []
    for part, player, position in zip(parts, players, _positions(parts), strict=True):
        voices = _voices(part, player, seconds)
        streams += [resampled(voice, player.sample_rate, rate) for voice in voices]
        angle = (1.0 + position) * np.pi / 4
        gain = _volume(part.track) * np.array([np.cos(angle), np.sin(angle)], np.float32)
        gains += [gain] * len(voices)
    in_the_middle = all(np.isclose(*gain) for gain in gains)
    n_samples = round(seconds * rate)

    def blocks():
        for together in itertools.zip_longest(*(of_size(x, SIZE) for x in streams)):
            size = max(len(block) for block in together if block is not None)
            mixed = np.zeros((size, 2), np.float32)
            for block, gain in zip(together, gains, strict=True):
                if block is not None:
                    mixed[: len(block)] += block[:, None] * gain
            yield np.sqrt(2.0, dtype=np.float32) * mixed[:, 0] if in_the_middle else mixed

    return first_samples(blocks(), n_samples), rate


def _voices(part, player, seconds):
    """Streams of sound, one for each voice of a part."""
    voices = split_voices(part.track.notes)
    instrument, rates = player.instrument, player.instrument.rates
    logging.info(
        "track %d%s: %d notes in %s, played by %s",
        part.number,
        f" ({part.track.name or program_name(part.track.program)})",
        len(part.track.notes),
        "one voice" if len(voices) == 1 else f"{len(voices)} voices",
        instrument.name,
    )
    humanity = _humanity(instrument.name)
    played = [
        curves_lib.play_voice(
            voice,
            part.track,
            rates.frame_rate,
            seconds,
            humanity,
            seed=player.seed + 101 * part.number + index,
        )
        for index, voice in enumerate(voices)
    ]
    sounding = [curves.pitch[curves.gain_db > -20.0] for curves in played]
    octaves = written.octaves_of(np.concatenate(sounding), instrument, player.adjustment)
    return [
        player.play_curves(curves, octaves, seed=(player.seed + index) % _MOST_SEED)
        for index, curves in enumerate(played)
    ]


def _humanity(name):
    """How a player of an instrument plays, its usual vibrato included."""
    voice = next((VOICES[known] for known in VOICES if known in name), None)
    vibrato = _VIBRATO * voice.vibrato_depth_cents if voice else 0.0
    return dataclasses.replace(Humanity(), vibrato_cents=vibrato)


def _positions(parts):
    """Where each part stands, -1 (left) to 1 (right)."""
    said = [part.track.controls.get(tracks_lib.PAN) for part in parts]
    if any(said):
        return [(events[0][1] - 64) / 64 if events else 0.0 for events in said]
    return np.linspace(-_WIDTH, _WIDTH, len(parts)) if len(parts) > 1 else [0.0]


def _volume(track):
    """Gain of a track: that of controller 7 in the middle of its time, as MIDI defines it."""
    middle = (track.notes[0].start + track.notes[-1].end) / 2
    return np.float32((track.control(tracks_lib.VOLUME, np.array([middle]), 100)[0] / 100) ** 2)
