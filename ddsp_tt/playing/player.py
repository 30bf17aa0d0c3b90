"""A DDSP instrument as every command plays it."""

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np
from absl import logging

from audio_tt.dsp.blocks import first_samples, silence
from audio_tt.files.decoding import zero_non_finite
from audio_tt.music.curves import Curves
from audio_tt.music.transcription import Transcription, transcribe
from audio_tt.pitch import note_network, polyphony
from audio_tt.pitch.reach import why_not_heard
from audio_tt.playing.player import SILENCE, Player, warn_of_silence
from ddsp_tt.features import extraction, fitting
from ddsp_tt.features import voices as voices_lib
from ddsp_tt.playing import written
from ddsp_tt.playing.adjustment import Adjustment

_BEYOND_DOUBT = 0.68  # share of a recording with several pitches, see `audio_tt.pitch.polyphony`
_WAY_OUT = f"let --voices=4 play them all, or {polyphony.WAY_OUT}"
_CREPE_STRIDE = 2  # docs/parity.md has what that changes


class DdspPlayer(Player):
    """One voice in, the same performance on a trained instrument out.

    What a model reads is measured first, over the whole recording: pitch and loudness in memory
    that grows with them alone, unless the model reads the audio too. A model that reads pitch alone
    makes silence of what has none; one that reads audio plays whatever is not silent.

    Args:
      instrument: a `trained.loading.TrainedModel` or a `playing.engine.Instrument`.
      adjustment: how pitch and loudness are fitted; of no consequence to a model that reads audio
        alone. None for `Adjustment()`.
      pitch: keyword arguments of `audio_tt.pitch.tracking.PitchTracker` but the frame rate.
      seed: of the noise; the same seed gives the same sound.
      voices: how many notes may sound at once. With more than one, the recording is held in memory,
        and each voice is played by itself. "auto" plays one, or as many as are heard where the
        opening leaves no doubt that there are chords; a model that reads audio plays it as it is.
      likelihoods: finds the notes of voices; None for `audio_tt.pitch.note_network.likelihoods`.
    """

    keeps_channels = False

    def __init__(
        self,
        instrument: Any,
        adjustment: Adjustment | None = None,
        pitch: dict | None = None,
        seed: int = 0,
        voices: int | Literal["auto"] = "auto",
        likelihoods: voices_lib.Likelihoods | None = None,
    ):
        self.instrument = instrument
        self.sample_rate = instrument.rates.sample_rate
        self.adjustment = adjustment or Adjustment()
        if instrument.reads_features and instrument.statistics is None:
            logging.warning(
                "%s has no statistics of what it learned from, so nothing is fitted to it",
                instrument.name,
            )
        self._pitch, self.seed = {"crepe_stride": _CREPE_STRIDE, **(pitch or {})}, seed
        self._voices, self._likelihoods = voices, likelihoods or note_network.likelihoods
        self.origin = instrument.origin and instrument.origin.and_choices(
            adjustment=self.adjustment, pitch=self._pitch, seed=seed, voices=voices
        )

    def play(
        self, blocks: Iterable[np.ndarray], name: str = "the recording"
    ) -> Iterator[np.ndarray]:
        """Plays a recording, see `audio_tt.playing.player.Player`."""
        return self._play(blocks, name, lambda transcription: None)

    def play_and_transcribe(
        self,
        blocks: Iterable[np.ndarray],
        report: Callable[[Transcription], None],
        name: str = "the recording",
    ) -> Iterator[np.ndarray]:
        """See `Player`; the notes are those that are played, moved and tuned as they are."""
        if not self.instrument.reads_features:
            return super().play_and_transcribe(blocks, report, name)
        return self._play(blocks, name, lambda transcription: report(transcription()))

    def _play(self, blocks, name, report):
        """Plays, after `report` was given a function that writes the notes down."""
        recording = _Recording(blocks, self.sample_rate)
        if self._plays_voices(recording):
            yield from self._play_voices(recording, name, report)
            return
        measured = self.measure(recording)
        if self._has_sound(recording, measured, name):
            if self._voices == "auto" and self._follows_pitch(measured):
                polyphony.warn_of(recording.polyphonic_share, name, _WAY_OUT)
            features = self._adjusted(measured)
            curves = {**measured, "f0_hz": features.get("f0_hz")}
            report(lambda: transcribe(curves, self.instrument.rates.frame_rate))
            yield from self._render(features, recording.samples)
        else:
            report(Transcription)
            yield from silence(recording.samples)

    def _plays_voices(self, recording):
        """Whether the notes of a recording are to be played as voices."""
        if not self.instrument.reads_features or self.instrument.reads_audio:
            return False
        if self._voices != "auto":
            return self._voices > 1
        if recording.polyphonic_share <= _BEYOND_DOUBT:
            return False
        copy = extraction.measuring_copy(recording.opening.audio(), self.instrument.rates)
        return voices_lib.are_chords(copy, self._likelihoods(copy))

    def _play_voices(self, recording, name, report):
        instrument, rates = self.instrument, self.instrument.rates
        audio = extraction.measuring_copy(recording.read(), rates)
        most = None if self._voices == "auto" else self._voices
        n_frames = rates.frames_of(recording.samples)
        followed = voices_lib.follow(audio, rates.frame_rate, n_frames, most, self._likelihoods)
        measured = followed.features(audio, instrument.analysis)
        together = {key: np.concatenate([x[key] for x in measured]) for key in measured[0]}
        if not self._has_sound(recording, together, name):
            report(Transcription)
            yield from silence(recording.samples)
            return
        logging.info("%s: several notes sound at once; %d voices play", name, len(measured))
        fitted = self.adjustment.apply(together, instrument)
        octaves = fitting.octaves_between(together["f0_hz"], fitted["f0_hz"])
        report(lambda: Transcription(followed.moved_notes(12 * octaves)))
        streams = [
            instrument.render(
                {key: x[i * n_frames :][:n_frames] for key, x in fitted.items()}, self.seed + i
            )
            for i in range(len(measured))
        ]
        mixed = (np.sum(blocks, axis=0) for blocks in zip(*streams, strict=True))
        yield from first_samples(mixed, recording.samples)

    def play_features(self, measured: dict, n_samples: int) -> Iterator[np.ndarray]:
        """Plays what was measured before.

        Args:
          measured: as `features.extraction.measure` gives it, at the instrument's rates.
          n_samples: length of the result, at most as many as the frames have.

        Yields:
          float32 blocks, `n_samples` samples together.
        """
        return self._render(self._adjusted(measured), n_samples)

    def play_curves(
        self, curves: Curves, octaves: float = 0.0, seed: int = 0
    ) -> Iterator[np.ndarray]:
        """Plays a voice of notes.

        Args:
          curves: at the instrument's frame rate.
          octaves: to move it by, see `written.octaves_of`.
          seed: of the noise.

        Yields:
          float32 blocks `[samples]`.
        """
        features = written.features_of(
            curves, self.instrument, octaves, self.adjustment.loudness_shift
        )
        yield from self.instrument.render(features, seed)

    def _adjusted(self, measured):
        if not self.instrument.reads_features:
            return measured
        return self.adjustment.apply(measured, self.instrument)

    def _render(self, features, n_samples):
        return first_samples(self.instrument.render(features, self.seed), n_samples)

    def measure(self, recording: "_Recording") -> dict:
        """What the instrument reads of a recording, see `features.extraction.measure`.

        All of the recording is read.
        """
        instrument = self.instrument
        if not instrument.reads_features:
            logging.info("%s reads the recording itself: nothing is fitted", instrument.name)
            return {"audio": recording.read()}
        options = {**instrument.analysis, **self._pitch}
        if instrument.reads_audio:
            return extraction.measure(recording.read(), **options)
        return extraction.extract_blocks(recording, **options)

    def _follows_pitch(self, measured):
        """Noise has none to follow, though it may be played, and passes for many notes."""
        instrument = self.instrument
        return instrument.reads_features and Adjustment().finds_notes(measured, instrument)

    def _has_sound(self, recording, measured, name):
        """Whether there is anything to play; says in one line what keeps it from being played."""
        if recording.samples and not recording.finite:
            logging.warning("%s holds no number that is finite, so the output is silence", name)
        elif recording.peak < SILENCE:
            warn_of_silence(name)
        elif self.instrument.reads_audio or self.adjustment.finds_notes(measured, self.instrument):
            return True
        else:
            advice = self._advice(recording.opening.audio())
            logging.warning(
                "%s: no pitch was found in it, so the output is silence%s", name, advice
            )
        return False

    def _advice(self, opening):
        """What may help where the opening of a recording has no pitch."""
        why = why_not_heard(opening, self.sample_rate)
        return why or "; a lower --threshold finds quieter notes"


class _Recording:
    """Passes on blocks, counts them and keeps their opening; what is not finite is silence."""

    def __init__(self, blocks, sample_rate):
        self.opening = polyphony.Opening(sample_rate)
        self.samples = self.finite = 0
        self.peak = 0.0
        self._blocks, self._waiting = self._checked(blocks), []

    def _checked(self, blocks):
        for block in blocks:
            block, bad = zero_non_finite(np.asarray(block, "float32"))
            self.samples += len(block)
            self.finite += len(block) - bad
            self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
            self.opening.push(block)
            yield block

    def __iter__(self):
        while self._waiting:
            yield self._waiting.pop(0)
        yield from self._blocks

    @functools.cached_property
    def polyphonic_share(self):
        """Of the opening; what is taken for it is passed on later."""
        while not self.opening.is_full:
            block = next(self._blocks, None)
            if block is None:
                break
            self._waiting.append(block)
        return self.opening.share()

    def read(self):
        """All of it, float32 `[samples]`."""
        return np.concatenate([np.zeros(0, "float32"), *self])
