"""Data-parallel training on several devices or machines.

    devices = audio_tt.training.devices.start("mirrored")
    with devices.scope():
        model = ...
        model.compile(devices.optimizer(keras.optimizers.Adam(1e-3, global_clipnorm=3.0)))
        devices.fit(model, provider.batch, 0, 1000, steps_per_row=100, end_row=print)

A batch is divided among the devices; gradients are those of the whole batch, so that a run takes
the same steps on however many devices. What callbacks do happens in every process, in the same
order; only the one with `is_chief` writes.
"""

import keras

from audio_tt.errors import UserError
from audio_tt.training.devices.single import Devices

__all__ = ["STRATEGIES", "Devices", "start"]

STRATEGIES = ("mirrored", "multiworker")


def start(strategy: str | None = None) -> Devices:
    """Takes hold of the devices; call it before anything is computed.

    Args:
      strategy: None for one device, "mirrored" for all of this machine, "multiworker" for all of
        the machines that the environment variable TF_CONFIG lists.

    Returns:
      A `Devices`.

    Raises:
      UserError: TF_CONFIG is missing or wrong, or the backend knows no distribution.
    """
    if strategy is None:
        return Devices()
    backend = keras.backend.backend()
    if backend == "tensorflow":
        from audio_tt.training.devices.tensorflow import TensorFlowDevices

        return TensorFlowDevices(strategy)
    if backend == "jax":
        from audio_tt.training.devices.jax import JaxDevices

        return JaxDevices(strategy)
    raise UserError(f"--strategy works with the backends tensorflow and jax, not with {backend}")
