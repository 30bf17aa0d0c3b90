"""What gin set is part of what Keras writes of a model, beside `test_layers.py`."""

import pytest
from keras import ops

from audio_tt import settings
from ddsp_tt import models


def test_what_gin_set_is_in_the_config():
    settings.parse_gin(
        ("ddsp/small.gin",), ["exp_sigmoid.max_value = 5.0", "Harmonic.sample_rate = 16000"]
    )
    model = models.get_model()
    again = models.Autoencoder.from_config(model.get_config())
    harmonic = again.processor_group.processors[0]
    assert float(ops.convert_to_numpy(harmonic.scale_fn(100.0))) == pytest.approx(5.0)
    assert harmonic.get_config() == model.processor_group.processors[0].get_config()
    assert again.decoder.output_splits == model.decoder.output_splits
