"""How near a model comes to real recordings of what it plays, and what it keeps of its input.

Solos are recordings in one folder, named by who plays: flute_0.flac, tenor_sax_3.wav, singer_1.wav.
All figures are measured at 16 kHz, whatever the model's rate, so that all models compare.
"""

import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.metrics import audio_metrics
from ddsp_tt.evaluation import scoring
from ddsp_tt.features import extraction
from ddsp_tt.features.rates import MEASURING_RATE, Rates
from ddsp_tt.playing.adjustment import Adjustment
from ddsp_tt.trained.loading import TrainedModel

VOICED = 0.5  # CREPE's confidence from which a frame is no breath
_NUMBERED = re.compile(r"[ _-]?\d+$")


@dataclasses.dataclass(frozen=True)
class Solo:
    """A recording of one player.

    Attributes:
      path: of the file.
      kind: who plays, as in "tenor_sax".
      audio: float32 `[samples]` at 16 kHz.
    """

    path: Path
    kind: str
    audio: np.ndarray


def read_solos(folder: str | Path) -> list[Solo]:
    """Reads every recording of a folder; its kind is its name without the number at the end.

    Raises:
      UserError: there is no such folder, no recording in it, or one that cannot be read.
    """
    if not Path(folder).is_dir():
        raise UserError(f"{folder}: no such folder of solos")
    return [
        Solo(path, _NUMBERED.sub("", path.stem), io.read(path, MEASURING_RATE)[0])
        for path in io.find_audio(folder)
    ]


def kind_of(name: str, kinds: Sequence[str]) -> str | None:
    """The kind of solo that a model's name holds, as "flute" of `new_flute_48k`; None if none."""
    fitting = [kind for kind in kinds if f"_{kind}_" in f"_{name}_"]
    return max(fitting, key=len, default=None)


@dataclasses.dataclass(frozen=True)
class RememberingTracker(scoring.Tracker):
    """A `Tracker` that follows the same audio once."""

    _known: dict = dataclasses.field(default_factory=dict, repr=False, compare=False)

    def __call__(self, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`(f0_hz, confidence)` of audio at 16 kHz."""
        key = hashlib.sha256(np.ascontiguousarray(audio)).digest()
        if key not in self._known:
            self._known[key] = super().__call__(audio)
        return self._known[key]


class Judge:
    """Lets models play solos and measures what comes out; each solo is analysed once.

    Args:
      solos: as `read_solos` gives them.
      tracker: measures pitch; a `RememberingTracker` saves time.
      embeddings: functions from audio `[samples]` at 16 kHz to vectors `[vectors, dimensions]`, by
        name. Each gives a Frechet distance.
      played_from: kinds that models play; all by default, and never a model's own.
    """

    def __init__(
        self,
        solos: Sequence[Solo],
        tracker: scoring.Tracker,
        embeddings: Mapping[str, Callable[[np.ndarray], np.ndarray]],
        played_from: Sequence[str] | None = None,
    ):
        self.solos, self.tracker, self.embeddings = list(solos), tracker, dict(embeddings)
        self.kinds = sorted({solo.kind for solo in self.solos})
        self.played_from = list(played_from or self.kinds)
        unknown = sorted(set(self.played_from) - set(self.kinds))
        if unknown:
            raise UserError(f"no solos of {', '.join(unknown)}; there are: {', '.join(self.kinds)}")
        self._measured, self._embedded = {}, {}

    def judge(self, trained: TrainedModel, name: str) -> dict:
        """Measures a model.

        Args:
          trained: a `loading.TrainedModel`.
          name: of the model; holds the kind of solo that it is to sound like.

        Returns:
          dict: "kind" (None where there are no solos of it); "timbre", for each embedding the
          Frechet distance to the real recordings of its kind when it plays the others
          (`mfcc_frechet`), of these as they are (`mfcc_frechet_copied`), and between halves of the
          real ones (`mfcc_frechet_halves`); "kept", means of `kept` over what it played, and
          "kept_by_kind", the same for each kind that it played from; "resynthesis", figures of
          `scoring.resynthesis` of its own kind's recordings. Figures that need solos of its kind
          are left out where there are none.
        """
        kind = kind_of(name, self.kinds)
        own = [solo for solo in self.solos if solo.kind == kind]
        others = [s for s in self.solos if s.kind in self.played_from and s.kind != kind]
        scores, outputs, played = [], [], []
        for solo in progress(others, f"{name}: playing others' solos", "solo"):
            measured = self._measure(trained, solo)
            if measured is not None:
                audio, octaves = _play(trained, measured)
                outputs.append(audio)
                played.append(solo)
                scores.append(self.kept(measured["audio_16k"], audio, octaves))
        by_kind = {
            kind: [row for solo, row in zip(played, scores, strict=True) if solo.kind == kind]
            for kind in dict.fromkeys(solo.kind for solo in played)
        }
        result = {
            "kind": kind,
            "kept": audio_metrics.summarise(scores),
            "kept_by_kind": {k: audio_metrics.summarise(rows) for k, rows in by_kind.items()},
        }
        if own:
            result["timbre"] = self._timbre(outputs, played, own)
            examples = [self._measure(trained, solo) for solo in own]
            examples = [x for x in examples if x is not None]
            result["resynthesis"] = scoring.resynthesis(trained, examples, self.tracker)
        return result

    def kept(self, source: np.ndarray, output: np.ndarray, octaves: int = 0) -> dict[str, float]:
        """What a model kept of a solo that it played.

        Args:
          source: the solo, `[samples]` at 16 kHz.
          output: what came out, `[samples]` at 16 kHz.
          octaves: by how many the model moved it.

        Returns:
          dict: `raw_pitch_accuracy` and `raw_chroma_accuracy` (50 cents) against the input's pitch,
          moved by the octaves; `loudness_correlation`; `pitch_jumps` (a second) and
          `sounding_breaths`, see `audio_tt.metrics.pitch_metrics`.
        """
        frame_rate = self.tracker.frame_rate
        (f0_in, sure_in), (f0_out, sure_out) = self.tracker(source), self.tracker(output)
        confident = np.where(sure_in >= audio_metrics.CONFIDENT, f0_in, 0.0) * 2.0**octaves
        voiced_in = np.where(sure_in >= VOICED, f0_in, 0.0)
        voiced_out = np.where(sure_out >= VOICED, f0_out, 0.0)
        loudness = [extraction.loudness(x, frame_rate=frame_rate) for x in (source, output)]
        return {
            "raw_pitch_accuracy": audio_metrics.raw_pitch_accuracy(confident, f0_out),
            "raw_chroma_accuracy": audio_metrics.raw_chroma_accuracy(confident, f0_out),
            "loudness_correlation": audio_metrics.loudness_correlation(*loudness),
            "pitch_jumps": audio_metrics.pitch_jumps(voiced_in, voiced_out, frame_rate),
            "sounding_breaths": audio_metrics.sounding_breaths(voiced_in, *loudness),
        }

    def _timbre(self, outputs, played, own):
        figures = {}
        for name, embed in self.embeddings.items():
            real = [self._embed(name, solo) for solo in own]
            sets = {
                "": [embed(audio) for audio in outputs],
                "_copied": [self._embed(name, solo) for solo in played],
            }
            for suffix, vectors in sets.items():
                distance = np.nan
                if vectors:
                    pair = np.concatenate(real), np.concatenate(vectors)
                    distance = audio_metrics.frechet_distance(*pair)
                figures[f"{name}_frechet{suffix}"] = distance
            figures[f"{name}_frechet_halves"] = audio_metrics.half_to_half(real)
        return figures

    def _embed(self, name, solo):
        key = (name, solo.path)
        if key not in self._embedded:
            self._embedded[key] = self.embeddings[name](solo.audio)
        return self._embedded[key]

    def _measure(self, trained, solo):
        """An example of a solo at the model's rates, or None where no note is found in it."""
        rates, analysis = trained.model.rates, trained.analysis
        analysis = {**analysis, "rates": Rates(frame_rate=rates.frame_rate)}
        key = (solo.path, *sorted((name, str(value)) for name, value in analysis.items()))
        if key not in self._measured:
            measured = extraction.measure(solo.audio, **analysis)
            has_notes = Adjustment().finds_notes(measured, trained)
            self._measured[key] = measured if has_notes else None
        measured = self._measured[key]
        if measured is None or rates.sample_rate == MEASURING_RATE:
            return measured and {**measured, "rates": rates}
        audio, _ = io.read(solo.path, rates.sample_rate)
        n_samples = len(measured["f0_hz"]) * rates.hop_length
        audio = np.pad(audio[:n_samples], (0, max(0, n_samples - len(audio))))
        return {**measured, "audio": audio, "rates": rates}


def _play(trained, measured):
    """A solo as `timbre-transfer` lets a model play it.

    Returns:
      The sound, `[samples]` at 16 kHz, and by how many octaves its pitch was moved.
    """
    adjusted = Adjustment().apply(measured, trained)
    audio = np.concatenate(list(trained.model.render(adjusted)))
    pitched = measured["f0_hz"] > 0.0
    moved = np.log2(adjusted["f0_hz"][pitched] / measured["f0_hz"][pitched])
    octaves = round(float(np.median(moved))) if len(moved) else 0
    return extraction.measuring_copy(audio, trained.model.rates), octaves
