"""A recording -> the values between encoder and decoder, frame by frame."""

from typing import Any

import numpy as np

from autoencoder_tt.frames.features import FrameSpectrogram
from autoencoder_tt.frames.models import context_frames

_FRAMES = 1024  # encoded at once


def encode(network: Any, features: FrameSpectrogram, audio: np.ndarray, **pitch: Any) -> np.ndarray:
    """The latent values of a recording.

    Args:
      network: `keras.Model` of the frame-wise design.
      features: its `FrameSpectrogram`.
      audio: float32 `[samples]` at its rate.
      **pitch: of `audio_tt.pitch.tracking.track`.

    Returns:
      float32 `[frames, latent_size]`.
    """
    measured = features.measure(audio, **pitch)
    voiced = features.is_voiced(measured["confidence"])
    encoder, reach = network.get_layer("encoder"), context_frames(network, ["encoder"])
    n_frames = len(voiced)
    # Blocks of one length, for the encoder to be compiled once.
    missing = -n_frames % _FRAMES
    around = {
        key: np.pad(values, (reach, reach + missing), constant_values=silent)
        for key, values, silent in (
            ("f0_hz", measured["f0_hz"], 0.0),
            ("voiced", voiced, False),
            ("loudness_db", measured["loudness_db"], -100.0),
        )
    }
    latent = []
    for start in range(0, n_frames, _FRAMES):
        part = {key: values[start : start + _FRAMES + 2 * reach] for key, values in around.items()}
        latent.append(np.asarray(encoder.predict_on_batch(features.inputs(**part)[None]))[0])
    return np.concatenate(latent)[:n_frames]
