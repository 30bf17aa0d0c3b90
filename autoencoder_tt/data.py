"""Data sets on disk -> batches for the networks.

A data set has `steps_per_epoch`, `batch(step)`, which depends on the seed and the step alone, and
`held_out`, a list of `HeldOut`. All that belongs to one recording is either trained on or held out.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.training import holding_out
from autoencoder_tt.frames import recordings
from autoencoder_tt.published import clips, preparation
from autoencoder_tt.training.corruption import Corruption

_HELD_OUT_FRAMES = 1024


@dataclasses.dataclass(frozen=True)
class HeldOut:
    """A batch that is not trained on.

    Attributes:
      inputs: what the network reads.
      targets: what it is to draw.
      to_db: function from what is drawn to levels in dB, `[batch, frames, bins]`.
    """

    inputs: np.ndarray
    targets: np.ndarray
    to_db: Callable


@gin.configurable(module="autoencoder_tt.data")
class RecordingCrops:
    """Stretches of measured recordings, for the frame-wise network.

    Args:
      measured: what `recordings.measure_folder` returned.
      features: the `frames.FrameSpectrogram` they were measured with.
      context: frames on either side that only the network's input has.
      batch_size: stretches a batch.
      crop_frames: frames of a stretch.
      validation_split: share of the recordings to hold out.
      seed: of the stretches and their corruption.

    Raises:
      UserError: there is nothing left to train on.
    """

    def __init__(
        self,
        measured,
        features,
        context,
        batch_size=16,
        crop_frames=64,
        validation_split=0.1,
        seed=0,
    ):
        self.features, self.context = features, context
        self.batch_size, self.crop_frames, self.seed = batch_size, crop_frames, seed
        self.corruption = Corruption()
        kept_back = holding_out.choose(measured, validation_split)
        self._training = [
            _padded(recording, context, crop_frames)
            for name, recording in measured.items()
            if name not in kept_back
        ]
        if not self._training:
            raise UserError("there is no recording to train on")
        self.measured = measured
        self.training_names = sorted(set(measured) - kept_back)
        self.held_out_names = sorted(kept_back)
        self._lengths = np.array([len(r["levels"]) for r in self._training])
        self.held_out = [
            held_out for name in self.held_out_names for held_out in self._whole(measured[name])
        ]

    @property
    def steps_per_epoch(self):
        """Batches in which as many frames are seen as there are."""
        return max(1, int(self._lengths.sum()) // (self.batch_size * self.crop_frames))

    def batch(self, step):
        """(inputs, levels): float32 `[batch, frames + 2 * context, channels]`, `[..., n_bins]`."""
        random = np.random.default_rng((self.seed, step))
        chosen = random.choice(
            len(self._lengths), self.batch_size, p=self._lengths / self._lengths.sum()
        )
        starts = [random.integers(self._lengths[i] - self.crop_frames + 1) for i in chosen]
        pairs = list(zip(chosen, starts, strict=True))
        length = self.crop_frames + 2 * self.context
        read = {
            key: np.stack([self._training[i][key][start : start + length] for i, start in pairs])
            for key in recordings.FEATURES
        }
        levels = np.stack(
            [self._training[i]["levels"][start : start + self.crop_frames] for i, start in pairs]
        )
        return self._inputs(read, random), levels.astype(np.float32)

    def statistics(self):
        """Of the frames with a pitch: median loudness in dB, and 1 % and 99 % of the pitch."""
        f0_hz, loudness_db, confidence = (
            np.concatenate([recording[key] for recording in self._training])
            for key in ("f0_hz", "loudness_db", "confidence")
        )
        voiced = self.features.is_voiced(confidence)
        if not voiced.any():
            raise UserError("no pitch was found in any recording; train on recordings of one voice")
        lowest, highest = np.percentile(f0_hz[voiced], (1, 99))
        return {
            "loudness_db": float(np.median(loudness_db[voiced])),
            "lowest_hz": float(lowest),
            "highest_hz": float(highest),
        }

    def _inputs(self, measured, random=None):
        voiced = self.features.is_voiced(measured["confidence"])
        played = (measured["f0_hz"], voiced, measured["loudness_db"])
        if random is None:
            return self.features.inputs(*played)
        return self.corruption.of_picture(
            self.features.inputs(*self.corruption.of_playing(*played, random)),
            self.features.n_bins,
            random,
        )

    def _whole(self, recording):
        """All of a recording, in stretches."""
        padded = _padded(recording, self.context, 1)
        for start in range(0, len(recording["levels"]), _HELD_OUT_FRAMES):
            levels = recording["levels"][start : start + _HELD_OUT_FRAMES]
            reach = slice(start, start + len(levels) + 2 * self.context)
            inputs = self._inputs({key: padded[key][reach] for key in recordings.FEATURES})
            yield HeldOut(inputs[None], levels[None].astype(np.float32), self._to_db)

    def _to_db(self, levels):
        return (np.maximum(levels, 0.0) - 1.0) * self.features.range_db


@gin.configurable(module="autoencoder_tt.data")
class PicturePairs:
    """Preprocessed clips, see `autoencoder_tt.published.clips`, for the published network.

    Where whole recordings were cut into clips, the number that a name ends in, as in
    `tune_003.wav`, tells those of one recording apart; otherwise a clip is a recording of its own.

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
        path,
        spectrogram,
        reads=clips.INPUTS,
        batch_size=50,
        validation_split=0.0,
        n_clips=None,
        seed=0,
    ):
        self.reads = reads
        self.path, self.batch_size, self.seed = Path(path), batch_size, seed
        self._shape = (spectrogram.n_bins, spectrogram.n_frames, 2)
        names, self.ranges = clips.names(path)[:n_clips], clips.read_ranges(path)
        unknown = sorted(set(names) - set(self.ranges))
        if unknown:
            raise UserError(f"the range of {unknown[0]} is not known; preprocess it again")
        recording_of = _recording_of if preparation.is_of_whole(self.path) else str
        kept_back = holding_out.choose_pieces(names, validation_split, recording_of)
        self.training_names = [n for n in names if n not in kept_back]
        self.held_out_names = [n for n in names if n in kept_back]

    @property
    def steps_per_epoch(self):
        """Batches in which every clip is seen once."""
        return -(-len(self.training_names) // self.batch_size)

    def batch(self, step):
        """(inputs, targets), float32 `[batch, bins, frames, 2]` each."""
        number, position = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng((self.seed, number)).permutation(len(self.training_names))
        chosen = order[position * self.batch_size :][: self.batch_size]
        return self.read([self.training_names[i] for i in chosen])

    def read(self, names):
        """(inputs, targets) of clips, as `batch` gives them."""
        return self._read(self.reads, names), self._read(clips.TARGETS, names)

    @property
    def held_out(self):
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


def _padded(recording, context, least):
    """A recording with silence around it, and after it up to `least` frames."""
    missing = max(0, least - len(recording["levels"]))
    padded = {
        key: np.pad(recording[key], (context, context + missing), constant_values=value)
        for key, value in (("f0_hz", 0.0), ("confidence", 0.0), ("loudness_db", -100.0))
    }
    padded["levels"] = np.pad(recording["levels"], ((0, missing), (0, 0)))
    return padded


def _recording_of(name):
    """The recording of a clip such as `tune_003.wav`."""
    return holding_out.without_number(Path(name).stem)
