"""Frames of a stream are those of the whole."""

import numpy as np
import pytest

from audio_tt.dsp.framing import Framer


@pytest.mark.parametrize("margin", [0, 2])
@pytest.mark.parametrize("n_samples", [0, 1, 7, 8, 64, 301])
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_the_frames_of_a_stream_are_those_of_the_whole(n_samples, size, margin):
    audio = np.random.default_rng(0).standard_normal(n_samples).astype("float32")
    length, hop, before = 12, 4, 5
    framer = Framer(length, hop, before, margin, block_frames=3)
    found = []
    pieces = [audio[i : i + size] for i in range(0, n_samples, size)]
    steps = [*(lambda x=piece: framer.push(x) for piece in pieces), framer.finish]
    for step in steps:
        for piece, new in step():
            frames = np.lib.stride_tricks.sliding_window_view(piece, length)[::hop]
            assert len(frames) <= 3 + 2 * margin
            found.extend(frames[new].copy())
    count = n_samples // hop + 1
    padded = np.pad(audio, (before, length + hop))
    expected = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop][:count]
    np.testing.assert_array_equal(found, expected)
