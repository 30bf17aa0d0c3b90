"""z of a whole recording, and models that play from it."""

import keras
import numpy as np
import pytest

from audio_tt import settings
from ddsp_tt.configurables import models
from ddsp_tt.features import extraction
from ddsp_tt.features.rates import DEFAULT_RATES
from ddsp_tt.models import long_encoding, rendering
from ddsp_tt.trained import loading


@pytest.fixture(scope="module")
def model(small_gin):
    settings.parse_gin((small_gin, "ddsp/small_ae.gin"))
    for layer in ("MfccTimeDistributedRnnEncoder", "RnnFcDecoder"):
        settings.bind(f"{layer}.rnn_channels", 8)
    keras.utils.set_random_seed(3)
    return loading.build(models.get_model())


def test_z_of_a_recording_is_what_the_encoder_makes_of_it_at_once(model, melody, monkeypatch):
    audio = extraction.whole_frames(melody)
    frames = len(audio) // DEFAULT_RATES.hop_length
    whole = model.encoder({"audio": audio[None], "f0_scaled": np.zeros((1, frames, 1))})["z"][0]
    monkeypatch.setattr(long_encoding, "_BLOCK_FRAMES", 32)
    blocks = model.encoder.measure({"audio": audio}, frames)
    np.testing.assert_allclose(blocks, keras.ops.convert_to_numpy(whole), atol=2e-4)


def test_a_model_with_z_plays_in_blocks_what_it_plays_at_once(model, melody):
    audio = melody[: 700 * DEFAULT_RATES.hop_length]
    inputs = {
        "audio": audio,
        "f0_hz": np.linspace(300.0, 500.0, 700).astype("float32"),
        "loudness_db": np.full(700, -30.0, "float32"),
    }
    parts = rendering.render(model, inputs, block_frames=300)
    other = rendering.render(model, inputs, block_frames=700)
    played, expected = np.concatenate(list(parts)), np.concatenate(list(other))
    np.testing.assert_allclose(played, expected, atol=1e-4)
    silent = rendering.render(model, {**inputs, "audio": np.zeros_like(audio)}, block_frames=300)
    assert np.abs(np.concatenate(list(silent)) - played).max() > 1e-3
