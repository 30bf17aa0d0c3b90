"""A recording played as if it came live."""

import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.playing import conversion
from ddsp_tt.playing.live_player import LivePlayer
from ddsp_tt.trained import instruments


@pytest.fixture(scope="module")
def tone():
    time = np.arange(6400) / 16000
    return (0.3 * np.sin(2 * np.pi * 440 * time) * np.minimum(1, 20 * time)).astype("float32")


def test_the_latency_is_taken_out_again(tone):
    player = LivePlayer(instruments.load("flute"), block_size=256)
    live = player.instrument()
    expected = live.process(np.pad(tone, (0, live.latency_samples)))[live.latency_samples :]
    assert np.abs(expected).max() > 0.01
    for sizes in (1000, 7):
        blocks = [tone[i : i + sizes] for i in range(0, len(tone), sizes)]
        played = np.concatenate(list(player.play(blocks)))
        np.testing.assert_allclose(played, expected, atol=2e-5)


def test_chords_are_warned_about(caplog):
    time = np.arange(16000) / 16000
    chord = sum(
        0.1 * np.sin(2 * np.pi * k * hz * time) / k for hz in (262, 311, 370) for k in (1, 2)
    )
    list(LivePlayer(instruments.load("flute"), 4000).play([chord.astype("float32")], "chord.wav"))
    messages = [text for text in caplog.messages if "several notes sound at once" in text]
    assert len(messages) == 1 and "chord.wav" in messages[0]


def test_files_keep_their_rate_and_are_not_replaced(tone, tmp_path):
    io.write(tmp_path / "in.wav", np.stack([tone, tone], axis=1), 22050)
    jobs = conversion.plan([tmp_path / "in.wav"], tmp_path / "out.wav")
    load = lambda: LivePlayer(instruments.load("flute"), block_size=300)  # noqa: E731
    assert conversion.play_all(jobs, load) == 0
    played, rate = io.read(tmp_path / "out.wav")
    assert (rate, len(played)) == (22050, len(tone)) and np.abs(played).max() > 0.01
    with pytest.raises(UserError, match="there already"):
        conversion.play_all(jobs, load)
