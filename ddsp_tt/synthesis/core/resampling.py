"""From frame rate to sample rate and back: nearest, linear, cubic, and overlapping windows."""

import numpy as np
from keras import ops

from audio_tt.tensors import Tensor
from ddsp_tt.synthesis.core.functions import register
from ddsp_tt.synthesis.shared import crossfade

_register = register("ddsp_tt.core")


@_register
def resample(
    inputs: Tensor, n_timesteps: int, method: str = "linear", add_endpoint: bool = True
) -> Tensor:
    """Interpolates along time.

    Args:
      inputs: `[frames]`, `[batch, frames]` or `[batch, frames, channels]`; frames is static.
      n_timesteps: output length.
      method: "nearest", "linear", "cubic" (Catmull-Rom like, a = -0.75) or "window" (raised-cosine
        crossfade; only upsampling by a whole factor).
      add_endpoint: True: frame i sits at the start of its hop and the last frame is held to the
        end. False: the first and the last frame sit on the first and the last output
        (for "window": one past the last).

    Returns:
      The same rank, with `n_timesteps` along time.

    Raises:
      ValueError: unknown method, or a window hop that is not a whole number.
    """
    inputs = ops.convert_to_tensor(inputs)
    rank = len(inputs.shape)
    x = inputs[None, :, None] if rank == 1 else inputs[..., None] if rank == 2 else inputs
    n_frames = x.shape[1]
    if method == "window":
        x = upsample_with_windows(x, n_timesteps, add_endpoint)
    elif method in ("nearest", "linear", "cubic"):
        if n_frames != n_timesteps:
            if add_endpoint:
                step = n_frames / n_timesteps
            else:
                step = (n_frames - 1) / max(n_timesteps - 1, 1)
            positions = np.arange(n_timesteps) * step
            if method == "nearest" and not add_endpoint:
                positions = np.floor(positions + 0.5)
            x = _interpolate(x, positions, method)
    else:
        raise ValueError(f"unknown resampling method {method!r}: nearest, linear, cubic or window")
    return x[0, :, 0] if rank == 1 else x[..., 0] if rank == 2 else x


def _interpolate(x, positions, method):
    """Reads `x` [batch, frames, channels] at fractional frame `positions` (numpy)."""
    floor = np.floor(positions + 1e-9).astype(np.int32)
    t = np.maximum(positions - floor, 0.0)
    if method == "nearest":
        taps = {0: np.ones_like(t)}
    elif method == "linear":
        taps = {0: 1.0 - t, 1: t}
    else:
        taps = {-1: _far(1.0 + t), 0: _near(t), 1: _near(1.0 - t), 2: _far(2.0 - t)}
    last = x.shape[1] - 1
    out = 0.0
    for offset, weight in taps.items():
        index = np.clip(floor + offset, 0, last)
        out = out + ops.take(x, index, axis=1) * weight.astype("float32")[None, :, None]
    return out


def _near(d, a=-0.75):
    """Cubic convolution kernel (Keys 1981) at distances d in [0, 1]."""
    return (a + 2.0) * d**3 - (a + 3.0) * d**2 + 1.0


def _far(d, a=-0.75):
    """Cubic convolution kernel at distances d in [1, 2]."""
    return a * (d**3 - 5.0 * d**2 + 8.0 * d - 4.0)


@_register
def upsample_with_windows(inputs: Tensor, n_timesteps: int, add_endpoint: bool = True) -> Tensor:
    """Upsamples by overlap-adding Hann windows two hops long: a raised-cosine crossfade.

    Args:
      inputs: `[batch, frames, channels]`.
      n_timesteps: output length, a multiple of the number of hops.
      add_endpoint: hold the last frame for one hop more (`frames` hops instead of `frames - 1`).

    Returns:
      `[batch, n_timesteps, channels]`.

    Raises:
      ValueError: the hop would not be a whole number of samples, or there is nothing to upsample.
    """
    x = ops.convert_to_tensor(inputs)
    if add_endpoint:
        x = ops.concatenate([x, x[:, -1:]], axis=1)
    n_hops = x.shape[1] - 1
    if n_hops < 1 or n_timesteps < n_hops or n_timesteps % n_hops:
        raise ValueError(
            f"window upsampling needs a whole number of samples a frame: {n_timesteps} samples, "
            f"{n_hops} frames"
        )
    window = crossfade(n_timesteps // n_hops)[None, None, :, None]
    out = x[:, :-1, None] * window + x[:, 1:, None] * (1.0 - window)
    return ops.reshape(out, (-1, n_timesteps, x.shape[2]))
