"""Prepared examples on disk -> random crops in batches."""

import dataclasses
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.training import holding_out
from ddsp_tt.features.rates import DEFAULT_RATES, MEASURING_RATE, Rates

FEATURES = ("f0_hz", "f0_confidence", "loudness_db")
WEIGHT = "frame_weight"
_GOOD_SHARE = 0.5  # of the weight that a crop should hold


def save_example(
    path: str | Path,
    audio: np.ndarray,
    features: Mapping[str, np.ndarray],
    rates: Rates = DEFAULT_RATES,
    audio_16k: np.ndarray | None = None,
    source: str = "",
) -> None:
    """Writes one prepared example, `.npz`.

    Args:
      path: where to.
      audio: `[samples]` at `rates.sample_rate`; kept in 16 bits.
      features: dict of `[frames]` at `rates.frame_rate`; `frame_weight` may be among them.
      rates: of both.
      audio_16k: its copy at 16 kHz, where it has another rate itself.
      source: what `source_of` gives back, such as a digest of the recording.
    """
    arrays = {key: np.asarray(features[key], "float32") for key in FEATURES}
    if WEIGHT in features:
        arrays[WEIGHT] = np.asarray(features[WEIGHT], "float16")
    arrays |= {"audio": _to_int16(audio), **rates.of_data()}
    if source:
        arrays["source"] = np.array(source)
    if rates.sample_rate != MEASURING_RATE:
        arrays["audio_16k"] = _to_int16(audio_16k)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def _to_int16(audio):
    return np.clip(np.round(audio * 32767.0), -32768, 32767).astype("int16")


def source_of(path: str | Path) -> str | None:
    """The `source` of a prepared example; "" where it says none, None where it is no example."""
    try:
        with np.load(path) as file:
            return str(file["source"]) if "source" in file else ""
    except (OSError, ValueError, zipfile.BadZipFile):
        return None


def load_example(path: str | Path) -> dict[str, Any]:
    """Reads what `save_example` wrote.

    Returns:
      dict of float32 `audio` `[samples]`, `audio_16k` (the same array where that is its rate) and
      features `[frames]`, with the `Rates` under `rates` and, where there is one, `frame_weight`.

    Raises:
      UserError: the file is not a prepared example.
    """
    return in_float(load_stored(path))


def load_stored(path: str | Path) -> dict[str, Any]:
    """As `load_example`, with audio in the 16 bits that it is kept in."""
    try:
        with np.load(path) as file:
            example = {key: file[key] for key in FEATURES}
            if WEIGHT in file:
                example[WEIGHT] = file[WEIGHT].astype("float32")
            example["rates"] = rates_in(file)
            example["audio"] = file["audio"]
            example["audio_16k"] = file["audio_16k"] if "audio_16k" in file else example["audio"]
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"{path}: not a prepared example; run ddsp_tt.prepare_dataset") from error
    return example


def in_float(example: dict[str, Any]) -> dict[str, Any]:
    """An example, or a crop of one, whose audio is float32, whichever it was."""
    audio = _to_float(example["audio"])
    both = {"audio": audio}
    if "audio_16k" in example:
        is_one = example["audio_16k"] is example["audio"]
        both["audio_16k"] = audio if is_one else _to_float(example["audio_16k"])
    return {**example, **both}


def _to_float(audio):
    return audio.astype("float32") / 32767.0 if audio.dtype == np.int16 else audio


def rates_in(file: Mapping[str, Any]) -> Rates:
    """Rates of an open `.npz`; those from before there was a choice do not say, and have 16 kHz."""
    names = [field.name for field in dataclasses.fields(Rates)]
    return Rates(**{name: int(file[name]) for name in names if name in file})


def check_rates(example: dict[str, Any], rates: Rates, purpose: str) -> None:
    """Makes sure that an example has the rates that a model or a folder has.

    Raises:
      UserError: it has others; says for what purpose (a noun) it cannot be used.
    """
    if example["rates"] != rates:
        raise UserError(
            f"the prepared recordings have {example['rates']}, but {purpose} has {rates}: prepare "
            f"them into another folder with --sample_rate={rates.sample_rate} "
            f"--frame_rate={rates.frame_rate}"
        )


def load_folder(data_dir: str | Path) -> list[dict[str, Any]]:
    """All prepared examples of a folder, in order of name.

    Raises:
      UserError: no such folder, or none in it.
    """
    return [load_example(path) for path in find_examples(data_dir)]


def find_examples(data_dir: str | Path) -> list[Path]:
    """Paths of the prepared examples of a folder, sorted.

    Raises:
      UserError: no such folder, or none in it.
    """
    if not os.path.isdir(data_dir):
        raise UserError(f"{data_dir}: no such folder; ddsp_tt.prepare_dataset makes one")
    paths = sorted(Path(data_dir).glob("*.npz"))
    if not paths:
        raise UserError(f"{data_dir}: holds no prepared example (*.npz)")
    return paths


def recording_of(path: str | Path) -> str:
    """What the names of all examples of one recording begin with."""
    return holding_out.without_number(path.stem)


def split(paths: Iterable[Path], share: float) -> tuple[list[Path], list[Path]]:
    """Divides prepared examples into those to train on and those to hold out.

    Whole recordings are held out where there are several, single minutes of an only one; at least
    one where there are two. Their names alone decide.

    Args:
      paths: as `find_examples` gives them.
      share: to hold out, 0 to 1.

    Returns:
      (paths to train on, paths to hold out), sorted.
    """
    names = {path.stem: path for path in paths}
    chosen = holding_out.choose_pieces(names, share, holding_out.without_number)
    held_out = {names[name] for name in chosen}
    return sorted(set(paths) - held_out), sorted(held_out)


@gin.register(module="ddsp_tt.data")
class CropProvider:
    """Random crops of prepared examples; the batch of a step depends on seed and step alone.

    Examples are drawn in proportion to their length. One that is shorter than the crop is followed
    by silence. All are in memory, their audio in the 16 bits that it is kept in.

    Args:
      data_dir: folder of `*.npz` examples, or a list of their paths.
      crop_seconds: length of a crop.
      batch_size: crops a batch.
      seed: of the crops.
      weighted: with each crop comes the weight of its frames, `frame_weight`, and crops hold half
        of it at least, where there are such.
    """

    weighted = False

    def __init__(
        self,
        data_dir: str | Path | Sequence[Path],
        crop_seconds: float = 1.0,
        batch_size: int = 4,
        seed: int = 0,
        weighted: bool = False,
    ):
        paths = data_dir if isinstance(data_dir, list) else find_examples(data_dir)
        self.weighted = weighted
        self._set_up([load_stored(path) for path in paths], crop_seconds, batch_size, seed)

    def _set_up(self, examples, crop_seconds, batch_size, seed):
        self.rates = examples[0]["rates"]
        for example in examples:
            check_rates(example, self.rates, "the first of them")
        self.n_frames = round(crop_seconds * self.rates.frame_rate)
        self.batch_size = batch_size
        self.seed = seed
        self._stored = [self._padded(example) for example in examples]
        lengths = np.array([len(example["f0_hz"]) for example in self._stored], float)
        self.seconds = lengths.sum() / self.rates.frame_rate
        if self.weighted:
            weights = [_weight(example) for example in self._stored]
            self.weighted_share = float(sum(map(np.sum, weights)) / lengths.sum())
            self._starts = [_good_starts(weight, self.n_frames) for weight in weights]
            lengths = np.array([len(starts) for starts in self._starts], float)
        self._probability = lengths / lengths.sum()

    @property
    def examples(self) -> Sequence[dict[str, Any]]:
        """A sequence of the examples as `load_example` gives them, each made when asked for."""
        return _InFloat(self._stored)

    def _padded(self, example):
        missing = max(self.n_frames - len(example["f0_hz"]), 0)
        if missing == 0:
            return example
        padded = {
            "rates": self.rates,
            **{key: np.pad(example[key], (0, missing * hop)) for key, hop in self._hops()},
            "f0_hz": np.pad(example["f0_hz"], (0, missing), mode="edge"),
            "f0_confidence": np.pad(example["f0_confidence"], (0, missing)),
            "loudness_db": np.pad(example["loudness_db"], (0, missing), constant_values=-80.0),
            WEIGHT: np.pad(_weight(example), (0, missing), constant_values=1.0),
        }
        return {"audio_16k": padded["audio"], **padded}

    def _hops(self):
        """Samples a frame of each kind of audio in a batch."""
        yield "audio", self.rates.hop_length
        if self.rates.sample_rate != MEASURING_RATE:
            yield "audio_16k", self.rates.measuring_hop_length

    def batch(self, step: int) -> dict[str, np.ndarray]:
        """Batch of a step: `audio` `[batch, samples]`, `f0_hz` and so on `[batch, frames]`.

        Where the audio is not at 16 kHz, its copy at that rate comes with it as `audio_16k`, and
        where the provider is weighted, `frame_weight` `[batch, frames]`.
        """
        rng = np.random.default_rng((self.seed, step))
        chosen = rng.choice(len(self._stored), self.batch_size, p=self._probability)
        crops = [in_float(self._crop(index, rng)) for index in chosen]
        return {key: np.stack([crop[key] for crop in crops]) for key in crops[0]}

    def _crop(self, index, rng):
        example = self._stored[index]
        if self.weighted:
            start = int(rng.choice(self._starts[index]))
        else:
            start = int(rng.integers(len(example["f0_hz"]) - self.n_frames + 1))
        frames = slice(start, start + self.n_frames)
        weight = {WEIGHT: _weight(example)[frames]} if self.weighted else {}
        return {
            **weight,
            **{
                key: example[key][frames.start * hop : frames.stop * hop]
                for key, hop in self._hops()
            },
            **{key: example[key][frames] for key in FEATURES},
        }


def _weight(example):
    """The weight of an example's frames; all count where none was measured."""
    return example[WEIGHT] if WEIGHT in example else np.ones(len(example["f0_hz"]), "float32")


def _good_starts(weight, n_frames):
    """First frames of the crops that hold enough weight; of the best one, where none does."""
    held = np.concatenate([[0.0], np.cumsum(weight, dtype=np.float64)])
    held = held[n_frames:] - held[:-n_frames]
    return np.flatnonzero(held >= min(_GOOD_SHARE * n_frames, held.max()))


class _InFloat(Sequence):
    def __init__(self, stored):
        self._stored = stored

    def __len__(self):
        return len(self._stored)

    def __getitem__(self, index):
        return in_float(self._stored[index])
