"""Every system on the same recordings, and the figures of what comes out.

All figures are of 16 kHz mono, whatever rate and channels a system plays at.
"""

import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.command.progress import progress, reporter
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.mono import to_mono
from audio_tt.files.paths import printable
from audio_tt.metrics import audio_metrics
from audio_tt.music.notes import Note
from audio_tt.pitch import multipitch, polyphony, tracking
from timbre_tt import systems
from timbre_tt.comparison import baselines, held_out_music
from timbre_tt.comparison.reference_figures import FIGURES

SAMPLE_RATE = 16000  # Hz
FRAME_RATE = 100  # frames a second, of pitch and loudness
COPY, RESYNTHESIS = "copy of the input", "notes on a sampled instrument"


@dataclasses.dataclass(frozen=True, eq=False)
class Analysis:
    """What the figures are computed from.

    Attributes:
      audio: float32 `[samples]` at 16 kHz.
      f0_hz: `[frames]`, 100 a second.
      confidence: `[frames]`, 0 to 1.
      loudness_db: `[frames]`.
    """

    audio: np.ndarray
    f0_hz: np.ndarray
    confidence: np.ndarray
    loudness_db: np.ndarray

    @property
    def voiced_hz(self) -> np.ndarray:
        """`f0_hz`, and 0 where it is not confident."""
        return np.where(self.confidence > baselines.CONFIDENT, self.f0_hz, 0.0)


@dataclasses.dataclass(frozen=True, eq=False)
class Recording:
    """What is played from.

    Attributes:
      name: short, for file names.
      audio: float32 `[samples]` or `[samples, channels]`.
      sample_rate: Hz.
      target: the same music on the instrument, float32 `[samples]` at 16 kHz; None if there is
        none.
      notes: as they were played, where they are known.
    """

    name: str
    audio: np.ndarray
    sample_rate: int
    target: np.ndarray | None = None
    notes: list[Note] | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Sound:
    """What came out for one recording: audio, its rate, its analysis and figures."""

    recording: str
    audio: np.ndarray
    sample_rate: int
    heard: Analysis
    figures: dict[str, float]


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """What one system, or baseline, made of all recordings.

    Attributes:
      label: of the system.
      sounds: one a recording; none where it cannot play.
      figures: means over the recordings; MFCC-Frechet is of all of them together.
      speed: seconds of audio a second; NaN of a baseline.
      why_not: one line where it cannot play.
      gin: the settings that it played with, as the text of a gin file that names the files of the
        model too, see `audio_tt.playing.origin`; "" of a baseline.
    """

    label: str
    sounds: list[Sound] = dataclasses.field(default_factory=list)
    figures: dict[str, float] = dataclasses.field(default_factory=dict)
    speed: float = float("nan")
    why_not: str | None = None
    gin: str = ""


def read(path: Path, target: Path | None = None, name: str | None = None) -> Recording:
    """Reads a recording, its parallel target, and the MIDI file beside it if there is one."""
    audio, rate = io.read(path, mono=False)
    audio = audio[:, 0] if audio.shape[1] == 1 else audio
    parallel = None if target is None else io.read(target, SAMPLE_RATE)[0]
    return Recording(
        printable(name or path.stem), audio, rate, parallel, baselines.known_notes(path)
    )


def analyse(
    audio: np.ndarray, sample_rate: int, name: str | None = None, **pitch_options: Any
) -> Analysis:
    """Measures a sound.

    Args:
      audio: `[samples]` or `[samples, channels]`.
      sample_rate: Hz.
      name: for what is to be said of it; None where a player has made it.
      **pitch_options: of `audio_tt.pitch.tracking.track`.
    """
    import soxr
    from keras import ops

    from audio_tt.dsp.loudness import compute_loudness

    audio = to_mono(np.asarray(audio, np.float32), name)
    if sample_rate != SAMPLE_RATE:
        audio = soxr.resample(audio, sample_rate, SAMPLE_RATE)
    f0_hz, confidence = tracking.track(audio, SAMPLE_RATE, FRAME_RATE, **pitch_options)
    loudness_db = ops.convert_to_numpy(compute_loudness(audio, SAMPLE_RATE, FRAME_RATE))
    return Analysis(audio, f0_hz, confidence, loudness_db[: len(f0_hz)])


def compare(source: Analysis, target: Analysis | None, heard: Analysis) -> dict[str, float]:
    """The figures of one output: content against the input, the rest against the target.

    How loud a system plays as a whole is left to its user: for the target, one gain gives the
    output the target's power.
    """
    from audio_tt.dsp.loudness import DB_RANGE
    from audio_tt.dsp.units import amplitude_to_db

    scores = _against(source, heard, "input")
    if target is None:
        return scores
    powers = [float(np.mean(np.square(sound.audio))) for sound in (target, heard)]
    gain = np.sqrt(powers[0] / powers[1]) if min(powers) > 0.0 else 1.0
    floor_db, level_db = -DB_RANGE, heard.loudness_db  # silence stays silence
    level_db = np.where(level_db > floor_db, level_db + amplitude_to_db(gain), floor_db)
    audio = heard.audio * np.float32(gain)
    heard = dataclasses.replace(heard, audio=audio, loudness_db=level_db)
    return scores | _against(target, heard, "target")


def _against(reference, heard, kind):
    voiced = np.where(reference.confidence >= audio_metrics.CONFIDENT, reference.f0_hz, 0.0)
    scores = audio_metrics.evaluate(
        reference.audio,
        heard.audio,
        SAMPLE_RATE,
        f0_target=reference.f0_hz,
        confidence_target=reference.confidence,
        f0_estimate=heard.f0_hz,
        loudness_target=reference.loudness_db,
        loudness_estimate=heard.loudness_db,
    )
    scores["raw_pitch_accuracy"] = audio_metrics.raw_pitch_accuracy(voiced, heard.f0_hz)
    scores["raw_chroma_accuracy"] = audio_metrics.raw_chroma_accuracy(voiced, heard.f0_hz)
    recall, false_alarm = audio_metrics.voicing(reference.voiced_hz, heard.voiced_hz)
    scores["voicing_recall"], scores["voicing_false_alarm"] = recall, false_alarm
    return {name: scores[name] for name in scores if FIGURES[name].compares == kind}


def run(
    recordings: Sequence[Recording],
    instrument: str,
    *,
    names: Iterable[str] = systems.NAMES,
    options: dict[str, dict] | None = None,
    soundfont: str | Path | None = None,
    known_notes: bool = True,
    **pitch_options: Any,
) -> tuple[list[Analysis], list[Row]]:
    """Plays all recordings with all systems and both baselines.

    Args:
      recordings: at least one.
      instrument: to play on.
      names: of the systems.
      options: {system: further keyword arguments of its `load`}.
      soundfont: for the notes; by default the system's.
      known_notes: whether the notes of a recording are played where they are known, or always
        those that are heard in it.
      **pitch_options: of `audio_tt.pitch.tracking.track`, for the figures.

    Returns:
      The analyses of the recordings, and the rows.
    """
    sources = [
        analyse(
            recording.audio,
            recording.sample_rate,
            recording.name,
            progress=reporter(f"Listening to {recording.name}"),
            **pitch_options,
        )
        for recording in recordings
    ]
    targets = [
        None if r.target is None else analyse(r.target, SAMPLE_RATE, **pitch_options)
        for r in recordings
    ]
    instrument_audio = _instrument_audio(recordings, instrument)

    def row(label, play, gin=""):
        """A row of what `play(index)` gives: audio and its rate."""
        sounds, seconds, taken = [], 0.0, 0.0
        for index, recording in enumerate(recordings):
            begin = time.perf_counter()
            audio, rate = play(index)
            taken += time.perf_counter() - begin
            seconds += len(recording.audio) / recording.sample_rate
            is_input = label == COPY
            heard = sources[index] if is_input else analyse(audio, rate, **pitch_options)
            scores = compare(sources[index], targets[index], heard)
            sounds.append(Sound(recording.name, audio, rate, heard, scores))
        figures = audio_metrics.summarise([sound.figures for sound in sounds])
        if instrument_audio:
            outputs = [sound.heard.audio for sound in sounds]
            figures["mfcc_frechet"] = audio_metrics.mfcc_frechet(
                instrument_audio, outputs, SAMPLE_RATE
            )
        is_baseline = label in (COPY, RESYNTHESIS)
        speed = float("nan") if is_baseline else seconds / max(taken, 1e-9)
        return Row(label, sounds, figures, speed, gin=gin)

    plays = {
        label: _system(
            name,
            {"instrument": instrument, **variant, **(options or {}).get(name, {})},
            recordings,
        )
        for name in names
        for label, variant in systems.variants(name, instrument).items()
    }
    plays[RESYNTHESIS] = _notes(recordings, sources, instrument, soundfont, known_notes)
    rows = [row(COPY, lambda i: (recordings[i].audio, recordings[i].sample_rate))]
    for label, prepare in progress(plays.items(), "Comparing", "system"):
        try:
            rows.append(row(label, *prepare()))
        except UserError as error:
            rows.append(Row(label, why_not=str(error)))
    return sources, rows


def _system(name, options, recordings) -> Callable:
    """A function that loads the player; returns what plays an index's recording, and its gin."""

    def prepare():
        systems.check(name, options["instrument"])
        player = systems.player(name, **options)

        def play(index):
            recording = recordings[index]
            audio = player.render(recording.audio, recording.sample_rate, recording.name)
            return audio, player.sample_rate

        return play, player.origin.text() if player.origin else ""

    return prepare


def _notes(recordings, sources, instrument, soundfont, known_notes) -> Callable:
    def play(index):
        recording, source = recordings[index], sources[index]
        notes = recording.notes if known_notes else None
        if notes is None:
            notes = _heard_notes(source)
        rate, length = recording.sample_rate, len(recording.audio)
        return baselines.resynthesise(notes, instrument, rate, length, soundfont), rate

    return lambda: (play,)


def _heard_notes(source):
    loudness_db, rate = source.loudness_db, multipitch.FRAME_RATE
    if polyphony.polyphonic_share(source.audio, SAMPLE_RATE) > polyphony.POLYPHONIC:
        roll = multipitch.piano_roll(source.audio, SAMPLE_RATE)
        step = FRAME_RATE // rate
        return baselines.notes_of_roll(roll, loudness_db[::step][: len(roll)], rate)
    return baselines.notes_of_line(source.f0_hz, source.confidence, loudness_db, FRAME_RATE)


def _instrument_audio(recordings, instrument):
    """Recordings of the instrument at 16 kHz: the targets, or the clip that is included."""
    targets = [recording.target for recording in recordings if recording.target is not None]
    if targets or instrument not in held_out_music.clips():
        return targets
    return [io.read(held_out_music.clip(instrument), SAMPLE_RATE)[0]]
