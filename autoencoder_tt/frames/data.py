"""Stretches of measured recordings, and how much of what they hold is held out."""

from typing import Any

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.training import holding_out
from autoencoder_tt.design import HeldOut
from autoencoder_tt.frames import recordings
from autoencoder_tt.training.corruption import Corruption

_HELD_OUT_FRAMES = 1024


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
        measured: Any,
        features: Any,
        context: int,
        batch_size: int = 16,
        crop_frames: int = 64,
        validation_split: float = 0.1,
        seed: int = 0,
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
    def steps_per_epoch(self) -> int:
        """Batches in which as many frames are seen as there are."""
        return max(1, int(self._lengths.sum()) // (self.batch_size * self.crop_frames))

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
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

    def statistics(self) -> dict[str, float]:
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


def _padded(recording, context, least):
    """A recording with silence around it, and after it up to `least` frames."""
    missing = max(0, least - len(recording["levels"]))
    padded = {
        key: np.pad(recording[key], (context, context + missing), constant_values=value)
        for key, value in (("f0_hz", 0.0), ("confidence", 0.0), ("loudness_db", -100.0))
    }
    padded["levels"] = np.pad(recording["levels"], ((0, missing), (0, 0)))
    return padded
