"""Blocks of audio: joined, they are the whole."""

import io

import numpy as np
import pytest
import soxr

from audio_tt.dsp import blocks

AUDIO = np.random.default_rng(0).uniform(-0.5, 0.5, 3001).astype(np.float32)


def cut(size, audio=AUDIO):
    return (audio[i : i + size] for i in range(0, len(audio), size))


@pytest.mark.parametrize(
    "rate,wanted", [(44100, 16000), (16000, 44100), (48000, 16000), (8000, 8000)]
)
@pytest.mark.parametrize("size", [1, 333, 10**6])
def test_a_stream_is_resampled_as_a_whole(rate, wanted, size):
    sound = np.concatenate(list(blocks.resampled(cut(size), rate, wanted)))
    assert len(sound) == -(-len(AUDIO) * wanted // rate)
    np.testing.assert_allclose(
        sound[:-1], soxr.resample(AUDIO, rate, wanted)[: len(sound) - 1], atol=1e-5
    )
    assert list(blocks.resampled(iter([]), rate, wanted)) == []


@pytest.mark.parametrize("size,lengths", [(1000, [1000, 1000, 1000, 1]), (3001, [3001])])
@pytest.mark.parametrize("before", [7, 2500])
def test_blocks_of_one_size(size, lengths, before):
    both = np.stack([AUDIO, -AUDIO], axis=1)
    for audio in (AUDIO, both):
        sized = list(blocks.of_size(cut(before, audio), size))
        assert [len(block) for block in sized] == lengths
        np.testing.assert_array_equal(np.concatenate(sized), audio)


@pytest.mark.parametrize("count", [0, 10, 1000, 1001, 5000])
def test_the_first_samples(count):
    first = np.concatenate(list(blocks.first_samples(cut(1000), count)))
    np.testing.assert_array_equal(first, AUDIO[:count])


def test_cut_and_silence(monkeypatch):
    monkeypatch.setattr(blocks, "SIZE", 1500)
    assert [len(block) for block in blocks.cut(AUDIO)] == [1500, 1500, 1]
    assert [block.tolist() for block in blocks.silence(1502)] == [[0.0] * 1500, [0.0] * 2]
    assert list(blocks.silence(0)) == []


@pytest.mark.parametrize("channels", [1, 2])
def test_what_waits_in_a_file_comes_as_often_as_it_is_asked_for(channels):
    audio = np.stack([AUDIO] * channels, axis=1)
    counted = blocks.Counted(cut(700, audio if channels > 1 else AUDIO))
    spooled = blocks.Spooled(counted, io.BytesIO())
    assert counted.n_samples == len(AUDIO)
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate(list(spooled)), audio)
