"""One recording on several instruments: files to play and download, pictures, and what was said."""

import contextlib
import dataclasses
import logging as python_logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from absl import logging
from threadpoolctl import threadpool_limits

from audio_tt.dsp.loudness import loudness_of_frames
from audio_tt.errors import UserError
from audio_tt.files import batches, io
from audio_tt.music.transcription import transcribe
from audio_tt.pitch import tracking
from audio_tt.playing import conversion
from timbre_tt.comparison import report_page
from timbre_tt.comparison.side_by_side import SAMPLE_RATE, Analysis
from timbre_tt.page import limits as limits_lib
from timbre_tt.page import offers
from timbre_tt.page.limits import Limits, plain
from timbre_tt.page.players import UNTUNED, Players, Tuning

_FRAME_RATE = 50  # of pitch and loudness in pictures, frames a second
_WINDOW = 512  # samples, of loudness
_OUTPUT = conversion.Output(overwrite=True, subtype="PCM_24")

Report = Callable[[float, str], None]


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a visitor asks for.

    Attributes:
      recording: what is played from.
      instruments: what to play it on, by name.
      system: one of `offers.SYSTEMS`.
      tuning: what is set by hand.
      style: a sound file; where there is one, its sound is one more instrument.
    """

    recording: str | Path | None
    instruments: Sequence[str] = ()
    system: str = offers.BEST
    tuning: Tuning = UNTUNED
    style: str | Path | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Sound:
    """One sound of the comparison.

    Attributes:
      label: how it is called.
      notes: lines to be read beside it.
      files: {kind: path}: "wav", "flac", which the page plays, and of the recording "mid", the
        notes that were heard in it.
      picture: what `report_page.picture` makes.
      system: that played it; None of the recording itself.
    """

    label: str
    notes: tuple[str, ...]
    files: dict[str, Path]
    picture: dict
    system: str | None = None


class Studio:
    """Plays wishes with models that stay loaded, on one processor core each.

    Args:
      limits: of what is taken.
      players: of all systems; None for new ones.
    """

    def __init__(self, limits: Limits = limits_lib.DEFAULT, players: Players | None = None):
        self.limits, self._players = limits, players or Players()

    def play(
        self, wish: Wish, folder: Path, report: Report = lambda share, what: None
    ) -> Iterator[list[Sound]]:
        """Plays a recording on every instrument that is wished for.

        Args:
          wish: what for.
          folder: to write to.
          report: called with the share that is done, 0 to 1, and with what is being done.

        Yields:
          A list after each instrument: the recording itself, then what is ready so far.

        Raises:
          UserError: the wish cannot be met; nothing has been yielded where it is known at once.
        """
        recording = self.limits.check(wish.recording)
        voices = self._voices(wish)
        seconds = max(io.info(recording).duration, 1e-3)
        source, sounds = None, []
        names = batches.distinct([_plain(label) for label, *_ in voices])
        for index, (label, system, instrument, style) in enumerate(voices):
            done = _Progress(report, index, len(voices), seconds, label)
            with _one_core(), _messages() as said:
                player = self._players.player(system, instrument, recording, wish.tuning, style)
                job = conversion.Job(recording, folder / f"{names[index]}.wav")
                try:
                    conversion.convert(job, player, _OUTPUT, done.written, done.read)
                except UserError as error:
                    raise UserError(plain(error, recording, job.target)) from error
                notes = [plain(line, recording, job.target) for line in said]
                heard = self._players.heard(recording, player)
                source = source or self._source(recording, folder, heard)
                sounds.append(
                    Sound(
                        label,
                        tuple(dict.fromkeys(notes)),
                        _both_kinds(job.target),
                        report_page.picture(_analyse(job.target, heard and heard.played)),
                        system,
                    )
                )
            yield [source, *sounds]

    def play_one(self, wish: Wish, folder: Path, kind: str, report: Report) -> Path:
        """The file of one instrument.

        Args:
          wish: for one instrument, or a style.
          folder: to write to.
          kind: "wav", "flac", or "mid" for the notes that were heard in the recording.
          report: as for `play`.

        Raises:
          UserError: the wish cannot be met.
        """
        if kind not in ("wav", "flac", "mid"):
            raise UserError(f"what is heard is written as wav, flac or mid, not as {kind!r}")
        *_, sounds = self.play(wish, folder, report)
        files = sounds[0 if kind == "mid" else 1].files
        if kind not in files:
            raise UserError(f"{Path(wish.recording).name}: no notes were heard in it")
        return files[kind]

    def _voices(self, wish):
        """(label, system, instrument, style) of everything that is to be heard."""
        if len(wish.instruments) > self.limits.instruments:
            raise UserError(f"choose {self.limits.instruments} instruments at most")
        voices = []
        for name in wish.instruments:
            system = offers.system_for(name, wish.system)
            voices.append((offers.title(name), system, name, None))
        if wish.style:
            style = self.limits.check(wish.style, "style")
            voices.append((f"In the style of {style.stem}", "style", "style", style))
        if not voices:
            raise UserError("choose an instrument, or a recording whose style is wanted")
        return voices

    def _source(self, recording, folder, heard):
        """The recording itself, as the page can play it."""
        audio, rate = io.read(recording, mono=False)
        path = folder / "input.wav"
        io.write(path, audio, rate, "PCM_24")
        analysis = _analyse(path, heard and heard.curves)
        files = _both_kinds(path) | _write_notes(folder / "notes.mid", analysis, heard)
        return Sound("Input", (), files, report_page.picture(analysis))


class _Progress:
    """Shares of all work: a recording is read once and written once for each voice."""

    def __init__(self, report, index, count, seconds, label):
        self._report, self._index, self._count = report, index, count
        self._seconds, self._label, self._done = seconds, label, [0.0, 0.0]

    def read(self, seconds):
        self._add(0, seconds)

    def written(self, seconds):
        self._add(1, seconds)

    def _add(self, part, seconds):
        self._done[part] += seconds
        share = sum(min(done / self._seconds, 1.0) for done in self._done) / 2.0
        verb = "listening" if self._done[1] == 0.0 else "playing"
        self._report((self._index + share) / self._count, f"{self._label}: {verb}")


@contextlib.contextmanager
def _one_core():
    """Small matrices gain nothing from several cores, which other visitors need."""
    with threadpool_limits(1, "blas"):
        yield


@contextlib.contextmanager
def _messages():
    """Collects the warnings of this thread."""
    collector = _Collector()
    logger = logging.get_absl_logger()
    logger.addHandler(collector)
    try:
        yield collector.lines
    finally:
        logger.removeHandler(collector)


class _Collector(python_logging.Handler):
    def __init__(self):
        super().__init__(python_logging.WARNING)
        self.lines, self._thread = [], threading.get_ident()

    def emit(self, record):
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


def _both_kinds(wav):
    audio, rate = io.read(wav, mono=False)
    flac = wav.with_suffix(".flac")
    io.write(flac, audio, rate, "PCM_24")
    return {"wav": wav, "flac": flac}


def _analyse(path, curves):
    """What the page draws of a file; `curves` hold the pitch where it is known already."""
    audio, _ = io.read(path, SAMPLE_RATE)
    loudness_db = _loudness(audio)
    if curves is None:
        f0_hz, confidence = tracking.track(audio, SAMPLE_RATE, _FRAME_RATE)
    else:
        count = len(curves["f0_hz"])
        places = np.linspace(0, count - 1, min(count, len(loudness_db))).round().astype(int)
        f0_hz, confidence = curves["f0_hz"][places], curves["f0_confidence"][places]
    return Analysis(audio, f0_hz, confidence, loudness_db)


def _write_notes(path, analysis, heard):
    """Writes the MIDI file of what was heard, unless that is nothing: {"mid": path} or {}."""
    if heard is None:
        count = min(len(analysis.f0_hz), len(analysis.loudness_db))
        curves = {
            "f0_hz": analysis.f0_hz[:count],
            "f0_confidence": analysis.confidence[:count],
            "loudness_db": analysis.loudness_db[:count],
        }
        notes = transcribe(curves, _FRAME_RATE)
    else:
        notes = transcribe(heard.curves, heard.frame_rate)
    if not notes.notes:
        return {}
    notes.write(path)
    return {"mid": path}


def _loudness(audio):
    hop_length = SAMPLE_RATE // _FRAME_RATE
    padded = np.pad(audio, (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop_length]
    return loudness_of_frames(frames[: len(audio) // hop_length + 1])


def _plain(label):
    return "".join(c if c.isalnum() else "_" for c in label).lower()
