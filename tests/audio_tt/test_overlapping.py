import numpy as np
import pytest

from audio_tt.dsp.overlapping import smooth, switch, through_windows
from audio_tt.errors import UserError

SIZE = 16
LENGTHS = [1, 5, 15, 16, 17, 31, 32, 33, 48, 49, 100]


def joined(frames, overlap, process, fade=smooth, block=7):
    blocks = np.array_split(frames, range(block, frames.shape[-1], block), axis=-1)
    return np.concatenate(list(through_windows(blocks, SIZE, overlap, process, fade)), axis=-1)


def numbers(length):
    return np.arange(1, length + 1, dtype=np.float32)[None, None] * np.ones((2, 3, 1), np.float32)


class Recorder:
    """Leaves windows as they are and keeps them."""

    def __init__(self):
        self.windows = []

    def __call__(self, window):
        self.windows.append(window[0, 0])
        return window


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("overlap", [0, 1, 6, 8, 15])
@pytest.mark.parametrize("fade", [smooth, switch])
def test_weights_sum_to_one(length, overlap, fade):
    frames = numbers(length)
    for block in (1, 7, 1000):
        np.testing.assert_allclose(
            joined(frames, overlap, lambda window: window, fade, block), frames, rtol=1e-6
        )


@pytest.mark.parametrize("length", [33, 48, 49, 100])
def test_the_last_window_ends_with_the_frames(length):
    recorder = Recorder()
    joined(numbers(length), 4, recorder)
    assert all(window.min() > 0 for window in recorder.windows)
    assert recorder.windows[-1][-1] == length
    starts = [window[0] for window in recorder.windows]
    assert np.all(np.diff(starts[:-1]) == SIZE - 4) and 0 < starts[-1] - starts[-2] <= SIZE - 4


@pytest.mark.parametrize("length", [32, 33, 47, 48])
def test_without_overlap_the_last_window_is_filled_up(length):
    recorder = Recorder()
    joined(numbers(length), 0, recorder)
    padded = np.pad(np.arange(1, length + 1), (0, -length % SIZE))
    np.testing.assert_array_equal(np.concatenate(recorder.windows), padded)


def test_only_overlap_avoids_seams():
    """Windows that disagree: each draws its own level."""
    frames = np.zeros((1, 1, 100), np.float32)

    def steepest(overlap):
        levels = iter(range(1000))
        drawn = joined(frames, overlap, lambda window: window + next(levels))
        return np.abs(np.diff(drawn)).max()

    assert steepest(0) == 1.0
    assert steepest(8) < 0.25


def test_a_switch_keeps_away_from_the_ends_of_windows():
    """Values near the ends of a window are wrong and never come through."""
    frames = numbers(100)[:1]

    def spoil(window):
        window = window.copy()
        window[..., :3] = window[..., -3:] = -1e6
        return window

    drawn = joined(frames, 6, spoil, switch)
    np.testing.assert_array_equal(drawn[..., 3:-3], frames[..., 3:-3])


def test_overlap_of_a_whole_window_is_refused():
    for overlap in (-1, SIZE):
        with pytest.raises(UserError, match="use 0 to 15"):
            joined(numbers(20), overlap, lambda window: window)


def test_a_window_longer_than_all_frames_may_stay_short():
    recorder = Recorder()
    drawn = list(through_windows([numbers(5)], SIZE, 4, recorder, smooth, fill=False))
    assert [len(window) for window in recorder.windows] == [5]
    np.testing.assert_array_equal(np.concatenate(drawn, axis=-1), numbers(5))
