"""musicnn's network, held to figures of the published TensorFlow graph."""

import importlib.util

import numpy as np
import pytest

from audio_tt.embeddings import musicnn
from audio_tt.errors import UserError

IS_INSTALLED = bool(importlib.util.find_spec("musicnn") and importlib.util.find_spec("tensorflow"))
TIME = np.arange(2 * musicnn.SAMPLE_RATE) / musicnn.SAMPLE_RATE


def random_weights(rng):
    for name, shape in musicnn.shapes().items():
        values = rng.standard_normal(shape, dtype=np.float32)
        if "kernel" in name:
            values /= np.sqrt(np.prod(shape[:-1]))
        elif name.endswith(("variance", "gamma")):
            values = 1 + 0.2 * np.abs(values)
        else:
            values *= 0.1
        yield name, values.astype(np.float32)


def test_the_network_is_the_published_graph():
    """What its graph (`MTT_musicnn/.meta`) gives, on TensorFlow 2.21, for the same weights."""
    rng = np.random.default_rng(0)
    weights = dict(random_weights(rng))
    log_mel = rng.uniform(0, 3, (2, 187, 96)).astype(np.float32)
    embedding, tags = musicnn.forward(weights, log_mel)
    assert embedding.shape == (2, 200) and tags.shape == (2, 50)
    np.testing.assert_allclose(
        embedding[:, :5],
        [
            [6.79388, 1.41580, 0.70194, 0.93998, -0.01319],
            [5.66647, 1.78393, 0.82696, 0.23487, -0.01319],
        ],
        atol=1e-3,
    )
    np.testing.assert_allclose(
        tags[:, :5],
        [
            [0.37546, 0.56065, 0.99013, 0.99636, 0.77813],
            [0.51646, 0.61665, 0.98722, 0.99630, 0.82268],
        ],
        atol=1e-4,
    )


def test_the_spectrogram_is_that_of_a_tone():
    log_mel = musicnn.spectrogram(0.5 * np.sin(2 * np.pi * 1000.0 * TIME))
    assert log_mel.shape == (126, 96)
    assert (log_mel[5:-5].argmax(axis=1) == 31).all()  # 1000 Hz is 15 mels of 45.2 in 97 steps
    assert not musicnn.spectrogram(np.zeros(5000)).any()


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    musicnn.load.cache_clear()
    with pytest.raises(UserError, match="pip install --no-deps musicnn"):
        musicnn.load()


@pytest.mark.skipif(not IS_INSTALLED, reason="needs musicnn's weights and tensorflow")
def test_embeddings_of_the_published_weights():
    musicnn.load.cache_clear()
    tone = 0.3 * np.sin(2 * np.pi * 440.0 * TIME)
    noise = np.random.default_rng(0).normal(scale=0.1, size=len(TIME))
    same, louder, other = (musicnn.embed(x) for x in (tone, 1.5 * tone, noise))
    assert same.shape == (5, 200)
    assert musicnn.embed(tone[:100]).shape == (1, 200)
    near, far = (np.linalg.norm(same.mean(0) - x.mean(0)) for x in (louder, other))
    assert near < 0.5 * far
