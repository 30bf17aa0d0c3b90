"""`keras.distribution`: one program whose batch is spread over the devices."""

from contextlib import AbstractContextManager
from typing import Any

import keras

from audio_tt.training.devices import single


class JaxDevices(single.Devices):
    """All devices of this machine, or of the machines in TF_CONFIG."""

    def __init__(self, strategy: Any):
        self._workers, self._index = 1, 0
        if strategy == "multiworker":
            workers, self._index = single.read_tf_config()
            self._workers = len(workers)
            keras.distribution.initialize(workers[0], self._workers, self._index)
        self._distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
        self.count = self._distribution.num_model_replicas
        self.is_chief = self._index == 0

    def scope(self) -> AbstractContextManager:
        """See `Devices.scope`."""
        return self._distribution.scope()

    def optimizer(self, optimizer: Any) -> keras.optimizers.Optimizer:
        """See `Devices.optimizer`; made anew, so that its variables are on all devices."""
        return type(optimizer).from_config(optimizer.get_config())

    def spread(self, arrays: Any) -> list[Any]:
        """See `Devices.spread`."""
        single.share(dict(enumerate(arrays)), 0, self.count)
        return [
            keras.distribution.distribute_tensor(x, self._distribution.get_data_layout(x.shape))
            for x in arrays
        ]

    def _local(self, batch):
        single.share(batch, 0, self.count)
        return single.share(batch, self._index, self._workers)
