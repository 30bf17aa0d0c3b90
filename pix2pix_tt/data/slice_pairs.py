"""Folders of spectrogram slices -> batches of pairs for the networks."""

import functools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.setting_types import checked
from pix2pix_tt.data.slice_files import common_names, held_out, open_slice, song_of

ANY = "any"
_TRAINING, _HELD_OUT = 0, 1
_STYLE_CANDIDATES = 64


@gin.configurable(module="pix2pix_tt.data")
class SlicePairs:
    """Pairs of slices of the same music on two instruments, matched by file name.

    A file is FEATURES/INSTRUMENT/SONG_000.npy, a slice `[bins, frames, 1]` in 0..1. All slices of
    a song are either trained on or held out, where there are several songs; which songs are held
    out depends on their names alone. The batch of a step depends on the seed and the step alone.

    With `conditioned`, the input has a second channel: a slice of the target instrument from
    another song, or from elsewhere in the song, drawn at random among those that are trained on.

    Args:
      features_path: the folder that holds a folder for each instrument.
      origin: the instrument that is heard, or "any": one of the others than the target, drawn for
        each example.
      targets: the instruments to turn it into; more than one only with `conditioned`.
      shape: (bins, frames) of a slice.
      conditioned: whether an example of the target comes with the input.
      batch_size: examples a batch; an incomplete last batch of a pass is left out.
      validation_split: share of the songs to hold out.
      seed: of the order and of the examples of the target.
      memory_gb: how much memory may be used to keep slices, as float16, from pass to pass.

    Attributes:
      names: file names without extension that every instrument has, sorted.
      n_songs: number of songs.
      steps_per_pass: batches in which every training example is seen once.

    Raises:
      UserError: the folders do not hold such pairs; says which file.
    """

    @checked("SlicePairs")
    def __init__(
        self,
        features_path: str | Path,
        origin: str,
        targets: Sequence[str],
        shape: tuple[int, int] = (256, 256),
        conditioned: bool = False,
        batch_size: int = 8,
        validation_split: float = 0.1,
        seed: int = 0,
        memory_gb: float = 0.0,
    ):
        self.path = Path(features_path)
        self.origin, self.targets, self.conditioned = origin, list(targets), conditioned
        self.shape, self.batch_size, self.seed = tuple(shape), batch_size, seed
        if origin == ANY and len(self.targets) < 2:
            raise UserError("origin any needs at least two targets to draw from")
        self.names = common_names(self.path, [*self._origins(), *self.targets], self.shape)
        self.n_songs = len(set(map(song_of, self.names)))
        kept_back = held_out(self.names, validation_split)
        sides = np.array([name in kept_back for name in self.names], int)
        self._training_names = np.flatnonzero(sides == _TRAINING)
        self._examples = [self._rows(np.flatnonzero(sides == side)) for side in (0, 1)]
        self._check_counts()
        self.steps_per_pass = len(self._examples[_TRAINING]) // batch_size
        self._keep = int(memory_gb * 2**30 / (2 * np.prod(self.shape)))
        self._kept = {}

    @property
    def n_training(self) -> int:
        """Number of training examples."""
        return len(self._examples[_TRAINING])

    @property
    def n_held_out(self) -> int:
        """Number of held-out examples."""
        return len(self._examples[_HELD_OUT])

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The batch of a step of training.

        Returns:
          (input, target): float32 `[batch, bins, frames, channels]` and `[batch, bins, frames, 1]`
          in -1..1.
        """
        number, position = divmod(step, self.steps_per_pass)
        order = self._order(number)[position * self.batch_size :][: self.batch_size]
        return self._read(
            self._examples[_TRAINING][order], np.random.default_rng((self.seed, step))
        )

    def held_out_batches(
        self, limit: int | None = None
    ) -> list[Callable[[], tuple[np.ndarray, np.ndarray]]]:
        """Functions that read the batches of held-out examples, the same ones each time.

        Args:
          limit: the number of batches at most.
        """
        rows = self._examples[_HELD_OUT]
        rows = rows[np.random.default_rng(0).permutation(len(rows))]
        size = min(self.batch_size, len(rows))
        count = len(rows) // size if size else 0
        return [
            functools.partial(self._read, rows[i * size : (i + 1) * size], (0, i))
            for i in range(count if limit is None else min(count, limit))
        ]

    def beginning(self, target: str, n_slices: int) -> tuple[np.ndarray, np.ndarray]:
        """First slices of one song, a held-out one where there is any, as `batch` gives them."""
        side = _HELD_OUT if self.n_held_out else _TRAINING
        rows = self._examples[side]
        rows = rows[rows[:, 0] == self.targets.index(target)]
        song = song_of(self.names[rows[0, 1]])
        chosen = [row for row in rows if song_of(self.names[row[1]]) == song][:n_slices]
        return self._read(np.array(chosen), 0)

    def style(self, target: str) -> np.ndarray:
        """An example of a target instrument to draw by: float32 `[bins, frames]` in 0..1.

        Of training slices from all over the set, one that is louder than three in four.
        """
        chosen = np.linspace(0, len(self._training_names) - 1, _STYLE_CANDIDATES).astype(int)
        slices = [self._slice(target, self._training_names[i]) for i in np.unique(chosen)]
        return np.array(sorted(slices, key=np.mean)[len(slices) * 3 // 4], np.float32)

    def _origins(self):
        return [] if self.origin == ANY else [self.origin]

    def _rows(self, names):
        """(target, name) of all examples of these names, as indices `[examples, 2]`."""
        return np.array([(t, n) for n in names for t in range(len(self.targets))], int).reshape(
            -1, 2
        )

    def _check_counts(self):
        count = self.n_training
        if count < self.batch_size:
            raise UserError(
                f"{self.path} gives {count} training examples, fewer than a batch of "
                f"{self.batch_size}; use a smaller --batch_size or more music"
            )
        if self.conditioned and len(self._training_names) < 2:
            raise UserError(
                f"{self.path}: a slice of the target from elsewhere is needed, but there is only "
                "one; use more music"
            )

    def _order(self, number):
        return np.random.default_rng((self.seed, number, 7)).permutation(self.n_training)

    def _read(self, rows, seed):
        random = np.random.default_rng(seed)
        image, output = (
            np.empty((len(rows), *self.shape, channels), np.float32)
            for channels in (1 + self.conditioned, 1)
        )
        for i, (target_index, name) in enumerate(rows):
            target = self.targets[target_index]
            image[i, ..., 0] = self._slice(self._origin_for(target, random), name)
            output[i, ..., 0] = self._slice(target, name)
            if self.conditioned:
                others = self._training_names[self._training_names != name]
                image[i, ..., 1] = self._slice(target, random.choice(others))
        for values in (image, output):
            values *= 2.0
            values -= 1.0
        return image, output

    def _origin_for(self, target, random):
        if self.origin != ANY:
            return self.origin
        return random.choice([name for name in self.targets if name != target])

    def _slice(self, instrument, name):
        """`[bins, frames]` in 0..1, a view of the file or of what is kept of it."""
        key = (instrument, int(name))
        if key in self._kept:
            return self._kept[key]
        path = self.path / instrument / f"{self.names[name]}.npy"
        values = open_slice(path, self.shape)[..., 0]
        if len(self._kept) < self._keep:
            self._kept[key] = values.astype(np.float16)
        return values


def prefetch(
    readers: Iterable[Callable], threads: int = 4, ahead: int = 8
) -> Generator[Any, None, None]:
    """Calls functions a few ahead of what is asked for, and yields what they return in order.

    Keras has the same for `keras.utils.PyDataset`, as quick, but in `fit` alone.

    Args:
      readers: iterable of functions without arguments; may be endless.
      threads: how many run at once.
      ahead: how many results may wait.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque()
        for reader in readers:
            waiting.append(pool.submit(reader))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
