"""Preprocessed clips as batches."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.training import holding_out
from autoencoder_tt.design import HeldOut
from autoencoder_tt.published import clips


@gin.configurable(module="autoencoder_tt.data")
class PicturePairs:
    """Preprocessed clips, see `autoencoder_tt.published.clips`, for the published network.

    Where `preprocess --whole` made them, the number that a name ends in, as in `tune_003.wav`,
    tells clips of one recording apart. Otherwise each clip is a recording of its own.

    Args:
      path: their folder.
      spectrogram: the `features.ClipSpectrogram` they were made with.
      reads: which of a clip's two pictures the network reads.
      batch_size: clips a batch; an incomplete last one is taken as well.
      validation_split: share of the recordings to hold out.
      n_clips: so many are taken, the first ones by name; all by default.
      seed: of the order.

    Raises:
      UserError: there are no clips, or one is not whole.
    """

    def __init__(
        self,
        path: str | Path,
        spectrogram: Any,
        reads: str = clips.INPUTS,
        batch_size: int = 50,
        validation_split: float = 0.0,
        n_clips: int | None = None,
        seed: int = 0,
    ):
        self.reads = reads
        self.path, self.batch_size, self.seed = Path(path), batch_size, seed
        self._shape = (spectrogram.n_bins, spectrogram.n_frames, 2)
        names, self.ranges = clips.names(path)[:n_clips], clips.read_ranges(path)
        unknown = sorted(set(names) - set(self.ranges))
        if unknown:
            raise UserError(f"the range of {unknown[0]} is not known; preprocess it again")
        recording_of = _recording_of if clips.read_settings(path).get("whole", False) else str
        kept_back = holding_out.choose_pieces(names, validation_split, recording_of)
        self.training_names = [n for n in names if n not in kept_back]
        self.held_out_names = [n for n in names if n in kept_back]

    @property
    def steps_per_epoch(self) -> int:
        """Batches in which every clip is seen once."""
        return -(-len(self.training_names) // self.batch_size)

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """(inputs, targets), float32 `[batch, bins, frames, 2]` each."""
        number, position = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng((self.seed, number)).permutation(len(self.training_names))
        chosen = order[position * self.batch_size :][: self.batch_size]
        return self.read([self.training_names[i] for i in chosen])

    def read(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(inputs, targets) of clips, as `batch` gives them."""
        return self._read(self.reads, names), self._read(clips.TARGETS, names)

    @property
    def held_out(self) -> Iterator[HeldOut]:
        """Batches that are not trained on, read when they are asked for."""
        size = self.batch_size
        batches = range(0, len(self.held_out_names), size)
        return (self._held_out(self.held_out_names[start : start + size]) for start in batches)

    def _held_out(self, names):
        ranges = [self.ranges[name] for name in names]

        def to_db(pictures):
            levels = [scale.unscale(p[..., 0]) for scale, p in zip(ranges, pictures, strict=True)]
            return np.swapaxes(np.stack(levels), 1, 2)

        return HeldOut(*self.read(names), to_db)

    def _read(self, part, names):
        paths = [self.path / part / f"{name}.npy" for name in names]
        return np.stack([clips.read(path, self._shape) for path in paths])


def _recording_of(name):
    """The recording of a clip such as `tune_003.wav`."""
    return holding_out.without_number(Path(name).stem)
