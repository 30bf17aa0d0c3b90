import numpy as np
import pytest

from audio_tt.dsp import stft_blocks
from pix2pix_tt.features import SliceSpectrogram

SETTINGS = {
    "published": SliceSpectrogram(),
    "quarter hop": SliceSpectrogram(n_fft=512, hop_length=128, n_bins=128, pad_mode="constant"),
}
LENGTHS = [1, 511, 512, 1024, 1025, 2047, 2048, 12345]


def noise(length, channels=1):
    return np.random.default_rng(length).uniform(-1, 1, (length, channels)).astype(np.float32)


def blocks_of(audio, size):
    return [audio[i : i + size] for i in range(0, len(audio), size)]


def transform(audio, size, features, **options):
    return np.concatenate(
        list(stft_blocks.analyse(blocks_of(audio, size), features, **options)), axis=-1
    )


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("features", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("block_size", [700, 10**6])
def test_frames_are_those_of_the_whole(length, features, block_size):
    audio = noise(length)
    found = transform(audio, block_size, features, fill=False)
    magnitude, phase = features.analyse(audio[:, 0])
    assert found.shape == (1, *phase.shape)
    np.testing.assert_allclose(features.magnitude(found)[0], magnitude, atol=1e-6)
    turn = np.abs(np.exp(1j * np.angle(found[0])) - np.exp(1j * phase)) * np.abs(found[0])
    assert turn.max() < 1e-4
    filled = transform(audio, block_size, features)
    frames = phase.shape[1] + bool(max(length, features.n_fft) % features.hop_length)
    assert filled.shape[-1] == frames
    np.testing.assert_allclose(filled[..., : phase.shape[1]], found, atol=1e-5)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("features", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("block_frames", [1, 3, 10**6])
def test_there_and_back(length, features, block_frames):
    audio = noise(length, channels=2)
    spectrum = transform(audio, 4000, features)
    parts = np.array_split(spectrum, range(block_frames, spectrum.shape[-1], block_frames), axis=-1)
    back = np.concatenate(list(stft_blocks.synthesise(parts, features)))
    assert back.dtype == np.float32 and len(back) >= length
    np.testing.assert_allclose(back[:length], audio, atol=1e-5)


def test_no_audio_has_no_frames():
    assert list(stft_blocks.analyse([], SliceSpectrogram())) == []
    assert list(stft_blocks.synthesise([], SliceSpectrogram())) == []
