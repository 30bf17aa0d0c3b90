import numpy as np
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from style_tt.features import LogSpectrogram, Waveform

SMALL = LogSpectrogram(n_fft=256, hop_length=64)


def spectrum_of(representation, audio, block=5000, **options):
    blocks = [audio[i : i + block] for i in range(0, len(audio), block)]
    return np.concatenate(list(representation.analyse(blocks, **options)), axis=-1)


@pytest.mark.parametrize(("role", "timbre"), [("content", "plucked"), ("style", "bowed")])
def test_figures_of_the_original(melody, golden, role, timbre):
    audio = melody(timbre, golden["sr"], 2.0)
    level = SMALL.to_level(spectrum_of(SMALL, audio, fill=False))
    assert level.dtype == np.float32
    np.testing.assert_allclose(level[0], golden[role], atol=1e-6, rtol=6e-4)


@pytest.mark.parametrize("phase", ["content", "random"])
def test_there_and_back(melody, small, phase):
    settings.bind("GriffinLim.n_iter", 50)
    representation = LogSpectrogram(n_fft=256, hop_length=64, phase=phase)
    audio = melody("bowed", 22050, 1.0)
    spectrum = spectrum_of(representation, audio)
    level = representation.to_level(spectrum)
    back = np.concatenate(list(representation.synthesise([(level, spectrum)])))
    assert back.shape[1] == 1 and len(back) >= len(audio)
    if phase == "content":
        np.testing.assert_allclose(back[: len(audio), 0], audio, atol=1e-3)
    reached = representation.to_level(spectrum_of(representation, back[: len(audio)]))
    distance = np.linalg.norm(np.expm1(reached) - np.expm1(level))
    assert distance < 0.1 * np.linalg.norm(np.expm1(level))
    again = np.concatenate(list(representation.synthesise([(level, spectrum)])))
    np.testing.assert_array_equal(back, again)


def test_what_is_below_0_is_silent(small):
    spectrum = np.ones((1, 129, 20), np.complex64)
    level = np.full((1, 129, 20), -3.0, np.float32)
    assert np.abs(np.concatenate(list(SMALL.synthesise([(level, spectrum)])))).max() < 1e-6


def test_a_waveform_is_its_samples(melody):
    audio = np.stack([melody("bowed", 8000, 0.5), melody("plucked", 8000, 0.5)], axis=1)
    spectrum = spectrum_of(Waveform(), audio)
    assert spectrum.shape == (2, 1, 4000)
    back = np.concatenate(list(Waveform().synthesise([(spectrum, spectrum)])))
    np.testing.assert_array_equal(back, audio)


def test_unknown_phase_is_refused():
    with pytest.raises(UserError, match="content or random"):
        LogSpectrogram(phase="zero")


def test_dynamics_are_taken_over():
    rng = np.random.default_rng(0)
    level, original = rng.uniform(0.2, 2.0, (2, 2, 129, 5)).astype(np.float32)
    original[..., 1] = 0.0
    level[..., 2] = 0.0
    found = SMALL.with_dynamics(level, original)
    energies = [np.sum(np.expm1(x) ** 2, axis=1) for x in (found, original)]
    np.testing.assert_allclose(
        energies[0][:, [0, 1, 3, 4]], energies[1][:, [0, 1, 3, 4]], rtol=1e-4
    )
    assert not found[..., 1:3].any()
    shape = np.expm1(found[..., 0]) / np.expm1(level[..., 0])
    np.testing.assert_allclose(shape, shape[:, :1] * np.ones((1, 129)), rtol=1e-3)
    np.testing.assert_array_equal(Waveform().with_dynamics(level, original), level)
