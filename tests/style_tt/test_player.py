"""From audio to audio: any length, channels, strength, blocks, and going on after a stop."""

import subprocess
import sys

import gin
import numpy as np
import pytest
from absl import logging

from audio_tt.dsp import overlapping
from audio_tt.errors import UserError
from style_tt.features import LogSpectrogram, Waveform
from style_tt.playing import mixing
from style_tt.playing.player import StylePlayer
from style_tt.playing.recordings import Recording, block_layout, regrouped, whole_hops
from style_tt.training.kept_state import Keeping, StyleRun

RATE = 8000


@pytest.fixture(scope="module")
def content(melody):
    return melody("plucked", RATE, 1.0, 0.25)


@pytest.fixture(scope="module")
def style(melody):
    return melody("bowed", RATE, 1.3, 0.2)


def play(content, style, **options):
    """`[samples, channels]` of a content `[samples]` or `[samples, channels]`."""
    player = StylePlayer(Recording.from_audio(style, "style.wav"), **options)
    blocks = [content.reshape(len(content), -1)]
    return np.concatenate(list(player.play(blocks, "content.wav")))


def test_it_comes_nearer_to_the_style(content, style, small):
    player = StylePlayer(Recording.from_audio(style))
    audio = player.render(content, RATE)
    assert player.sample_rate == RATE and audio.shape == content.shape
    assert audio.dtype == np.float32
    np.testing.assert_array_equal(player.render(content, RATE), audio)
    stereo = player.render(np.stack([content, content[::-1]], axis=1), RATE)
    assert stereo.shape == (len(content), 2)
    distances = [spectral_distance(x, style) for x in (content, audio)]
    assert distances[1] < 0.8 * distances[0]


def spectral_distance(a, b):
    levels = []
    for audio in (a, b):
        audio = audio / np.sqrt(np.mean(audio**2))
        spectrum = np.concatenate(list(LogSpectrogram().analyse([audio])), axis=-1)
        levels.append(np.mean(np.log1p(np.abs(spectrum[0])), axis=-1))
    return np.linalg.norm(levels[0] - levels[1])


def test_no_strength_is_the_content(content, style, small):
    audio = play(content, style, strength=0.0)
    np.testing.assert_allclose(audio[:, 0], content, atol=2e-3)
    low = play(content, style, bands=((1000.0, 0.0), (1500.0, 1.0)))[:, 0]
    changes = [np.abs(np.fft.rfft(x - content)) for x in (low, play(content, style)[:, 0])]
    hertz = np.fft.rfftfreq(len(content), 1 / RATE)
    below = [np.linalg.norm(change[hertz < 800]) for change in changes]
    above = [np.linalg.norm(change[hertz > 1700]) for change in changes]
    assert below[0] < 0.3 * below[1] and above[0] > 0.5 * above[1]


def test_levels_of_the_recordings_do_not_matter(content, style, small):
    loud = play(content, style)
    np.testing.assert_allclose(play(0.1 * content, 0.03 * style), 0.1 * loud, atol=2e-3)


def test_the_bounds_of_blocks_are_not_heard(melody, style, small):
    """Blocks that are optimised one by one sound like neighbours."""
    small("StyleTransfer.overlap_seconds", 0.25)
    content = melody("plucked", RATE, 3.0, 0.25)
    whole = play(content, style)[:, 0]
    small("StyleTransfer.block_seconds", 1.0)
    blocks = play(content, style)[:, 0]
    assert blocks.shape == whole.shape
    # No click, and no step of the level that the whole does not have somewhere.
    assert np.abs(np.diff(blocks, 2)).max() < 1.5 * np.abs(np.diff(whole, 2)).max()
    steps = []
    for audio in (whole, blocks):
        level_db = 10.0 * np.log10(np.mean(audio.reshape(-1, 400) ** 2, axis=1))
        steps.append(np.abs(np.diff(level_db)).max())
    assert steps[1] < 1.3 * steps[0]


def test_a_waveform_can_be_optimised(content, style, small):
    for parameter, value in {
        "StyleTransfer.representation": "waveform",
        "Waveform.sample_rate": RATE,
        "Optimisation.lowest": None,
        "Extractor.infinite_width": None,
        "random_network.filters": (24,),
        "random_network.widths": (64,),
        "random_network.stride": 16,
        "random_network.activation": "relu",
    }.items():
        small(parameter, value)
    audio = play(content[:3000], style[:3000])
    assert audio.shape == (3000, 1) and np.abs(audio[:, 0] - content[:3000]).max() > 1e-3
    untouched = play(content[:3000], style[:3000], strength=0.0)
    np.testing.assert_allclose(untouched[:, 0], content[:3000], atol=1e-6)


@pytest.mark.parametrize(
    ("spoiled", "message"),
    [
        ({"style": np.ones(100, np.float32)}, "style.wav has 100 samples .* than a frame of 128"),
        ({"style": np.zeros(5000, np.float32)}, "style.wav is silent"),
    ],
)
def test_what_cannot_be_used_is_named(content, style, small, spoiled, message):
    with pytest.raises(UserError, match=message):
        play(**{"content": content, "style": style, **spoiled})


def test_any_recording_comes_out_as_long(content, style, small):
    small("Optimisation.steps", 2)
    player = StylePlayer(Recording.from_audio(style))
    for audio in (np.zeros(0), np.zeros(1), np.ones(1), np.full(3000, np.nan), np.ones(130)):
        sound = player.render(audio.astype(np.float32), RATE)
        assert sound.shape == audio.shape and np.isfinite(sound).all()
    spoiled = content.copy()
    spoiled[1000:1010] = np.inf
    assert np.isfinite(player.render(spoiled, RATE)).all()
    opposite = player.render(np.stack([content, -content], axis=1), RATE)
    assert opposite.shape == (len(content), 2) and (np.abs(opposite).max(axis=0) > 0.01).all()
    blocks = [content[i : i + 77, None] for i in range(0, len(content), 77)]
    joined = np.concatenate(list(player.play(blocks)))
    np.testing.assert_array_equal(joined[:, 0], player.render(content, RATE))


def test_settings_are_kept(content, style, small):
    """Whatever is read or loaded afterwards."""
    small("Optimisation.steps", 3)
    player = StylePlayer(Recording.from_audio(style))
    before = player.render(content, RATE)
    for parameter, value in {
        "GriffinLim.n_iter": 1,
        "LogSpectrogram.hop_length": 64,
        "GramLoss.weight": 9.0,
        "AdamSteps.learning_rate": 0.5,
        "StyleTransfer.keep_dynamics": False,
    }.items():
        small(parameter, value)
    other = StylePlayer(Recording.from_audio(content)).render(content, RATE)
    assert np.abs(other - before).max() > 1e-3
    gin.clear_config()
    np.testing.assert_array_equal(player.render(content, RATE), before)


def test_playing_needs_no_librosa():
    code = """if True:
        import sys
        import numpy as np
        from style_tt.playing import loading, player
        from style_tt.playing.recordings import Recording
        small = ["LogSpectrogram.n_fft=64", "LogSpectrogram.hop_length=16", "GriffinLim.n_iter=1"]
        loading.read_settings((), small, steps=1)
        noise = np.random.default_rng(0).normal(0, 0.1, 400).astype(np.float32)
        player.StylePlayer(Recording.from_audio(noise)).render(noise, 22050)
        heavy = {"librosa", "numba"}
        print(*sorted(heavy & set(sys.modules)))
    """
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "\n"), result.stderr


def test_mono_and_whole_hops(content, style, small):
    """A player keeps the length; the published command leaves the last part of a hop out."""
    for parameter, value in {
        "Optimisation.steps": 2,
        "StyleTransfer.mono": True,
        "StyleTransfer.keep_length": False,
    }.items():
        small(parameter, value)
    player = StylePlayer(Recording.from_audio(style))
    audio = player.render(np.stack([content, content], axis=1)[:1000], RATE)
    assert not player.keeps_channels and audio.shape == (1000,)
    assert not audio[992:].any() and np.abs(audio[900:992]).max() > 1e-4
    kept = list(whole_hops(iter(np.split(audio, [7, 500, 900])), 32))
    np.testing.assert_array_equal(np.concatenate(kept), audio[:992])


def test_silence_stays_silence(style, small, monkeypatch):
    said = []
    monkeypatch.setattr(logging, "warning", lambda *words: said.append(words[0] % words[1:]))
    audio = play(np.zeros((3000, 2), np.float32), style)
    assert audio.shape == (3000, 2) and not audio.any()
    assert said == ["content.wav is silent, so the output is silence"]


class Killed(Exception):
    pass


@pytest.mark.parametrize("method", ["adam", "lbfgs"])
def test_a_killed_run_goes_on(content, style, small, tmp_path, monkeypatch, method):
    """And ends with what it would have ended with."""
    small("Optimisation.method", method)
    small("StyleTransfer.block_seconds", 0.6)
    small("StyleTransfer.overlap_seconds", 0.1)
    monkeypatch.setattr("style_tt.training.kept_state._SECONDS_BETWEEN_STATES", 0.0)
    calls, last = [], [None]
    keep = StyleRun.keep

    def kill(self, *arguments):
        keep(self, *arguments)
        calls.append(arguments[0])
        if len(calls) == last[0]:
            raise Killed

    monkeypatch.setattr(StyleRun, "keep", kill)
    whole = play(content, style, keeping=Keeping({"content.wav": tmp_path / "whole"}))
    steps = [calls.count(number) for number in (0, 1)]
    assert calls == [0] * steps[0] + [1] * steps[1] and min(steps) > 3
    calls.clear()
    last[0] = steps[0] + 3
    keeping = Keeping({"content.wav": tmp_path / "run"}, 3)
    with pytest.raises(Killed):
        play(content, style, keeping=keeping)
    resumed = play(content, style, keeping=keeping)
    assert calls.count(0) == steps[0]  # no step twice
    assert method == "lbfgs" or calls.count(1) == steps[1]
    # L-BFGS goes on without what it remembered of its way.
    tolerance = 1e-5 if method == "adam" else 0.1 * np.abs(whole - content[:, None]).max()
    np.testing.assert_allclose(resumed, whole, atol=tolerance)
    for name in ("history.csv", "history.png", "operative_config.gin", "blocks/00001.npy"):
        assert (tmp_path / "run" / name).is_file()
    assert len(list((tmp_path / "run" / "samples").glob("*/output.wav"))) >= 2
    taken = len(calls)
    np.testing.assert_array_equal(play(content, style, keeping=keeping), resumed)
    assert len(calls) == taken
    with pytest.raises(UserError, match="other recordings"):
        play(content, style, keeping=keeping, seed=1)
    with StyleRun(tmp_path / "run", "b", "", RATE, is_temporary=True) as run:
        assert run.finished(0) is None
    assert not (tmp_path / "run").exists()


def test_regrouped():
    blocks = [np.full((1, n), n) for n in (3, 10, 1, 1, 30, 2)]
    sizes = [block.shape[-1] for block in regrouped(blocks, 8)]
    assert sum(sizes) == 47 and sizes[:-1] == [8] * 5 and 4 <= sizes[-1] < 12
    assert [b.shape for b in regrouped([np.ones((2, 3))], np.inf)] == [(2, 3)]
    assert list(regrouped([], 8)) == []


@pytest.mark.parametrize("frames", [1, 10, 11, 25, 37, 100, 101])
@pytest.mark.parametrize("overlap", [0, 1, 4, 30])
def test_block_layout_is_what_windows_follow(frames, overlap):
    count, size = block_layout(frames, 10, overlap)
    windows = []

    def process(window):
        windows.append(window.shape[-1])
        return window

    stream = [np.ones((1, frames))]
    drawn = overlapping.through_windows(
        stream, size, min(overlap, size - 1), process, overlapping.smooth
    )
    assert sum(part.shape[-1] for part in drawn) == frames
    assert windows == [size] * count and size <= 10
    assert block_layout(frames, None, overlap) == (1, frames)


def test_bands():
    assert mixing.parse_bands("") == ()
    assert mixing.parse_bands("200:0,2000:1") == ((200.0, 0.0), (2000.0, 1.0))
    representation = LogSpectrogram(sample_rate=8000, n_fft=8)
    found = mixing.strengths(0.5, ((1000.0, 0.0), (3000.0, 1.0)), representation)
    np.testing.assert_allclose(found, [0.0, 0.0, 0.25, 0.5, 0.5])
    for wrong in ("200", "a:1", "200:2", "200:1,100:0"):
        with pytest.raises(UserError):
            mixing.parse_bands(wrong)
    with pytest.raises(UserError, match="waveform"):
        mixing.strengths(1.0, ((1.0, 1.0),), Waveform())
    with pytest.raises(UserError, match="0 to 1"):
        mixing.strengths(1.5, (), representation)


def test_recordings_can_be_read_again(tmp_path, content):
    from audio_tt.files import io

    stereo = np.stack([content, -0.5 * content], axis=1)
    io.write(tmp_path / "in.wav", stereo, 16000, "FLOAT")
    with open(tmp_path / "spool", "wb+") as spool:
        spooled = Recording.from_blocks(iter([stereo[:100], stereo[100:]]), spool)
        for recording in (Recording.from_audio(stereo), spooled):
            for _ in range(2):
                np.testing.assert_array_equal(np.concatenate(list(recording.blocks())), stereo)
        assert spooled.measure().samples == len(stereo) and spooled.measure().channels == 2
    measures = Recording.from_file(tmp_path / "in.wav", 8000, seconds=0.25).measure()
    assert measures.samples == 2000 and measures.channels == 2
    assert measures.peak == pytest.approx(np.abs(stereo[:4000]).max(), rel=0.1)
    mono = np.concatenate(
        list(Recording.from_file(tmp_path / "in.wav", 16000, mono=True).blocks(2.0))
    )
    np.testing.assert_allclose(mono[:, 0], 0.5 * content, atol=1e-6)
