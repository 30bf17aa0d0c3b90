import pickle
import shutil

import gin
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.models import weights
from autoencoder_tt.published import clips, player
from autoencoder_tt.published.features import ClipSpectrogram, Range
from autoencoder_tt.trained import loading

SPECTROGRAM = ClipSpectrogram()


@pytest.fixture(scope="module")
def folder(golden_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    for name in ("parameters.pkl", "weights.h5"):
        shutil.copy(golden_folder / f"autoencoder_small_{name}", folder / name)
    return folder


@pytest.fixture(scope="module")
def trained(folder):
    trained = loading.load(folder)
    gin.clear_config()
    return trained


@pytest.fixture(scope="module")
def network(trained):
    return trained.design.network


def expected(picture, golden):
    """The clip of what the original draws, with the phase and the range of its input."""
    drawn = Range.of(picture).unscale(golden["out_small"][..., 0].astype(np.float32))
    return SPECTROGRAM.synthesise(np.stack([drawn, picture[..., 1]], axis=-1))


def error_db(found, true):
    return 10 * np.log10(np.mean((found - true) ** 2) / np.mean(true**2))


def test_a_clip_sounds_as_the_original_s(network, melody, picture, golden):
    audio = melody("bowed", 22050, 2.95)
    played = player.play_clip(network, SPECTROGRAM, audio, golden["f0_hz"])
    assert error_db(played, expected(picture, golden)) < -45  # those figures are in half precision


def test_a_preprocessed_clip(trained, picture, line, golden, tmp_path, melody):
    clips.write(tmp_path / clips.INPUTS / "tune.wav.npy", Range.of(line).scale(line))
    clips.write(tmp_path / clips.TARGETS / "tune.wav.npy", Range.of(picture).scale(picture))
    path = tmp_path / clips.INPUTS / "tune.wav.npy"
    with pytest.raises(UserError, match="min_max_values.pkl: cannot be read"):
        trained.design.render_clip(trained.name, path)
    clips.write_ranges(tmp_path, {"tune.wav": Range.of(picture)})
    original, generated = trained.design.render_clip(trained.name, path)
    audio = melody("bowed", 22050, 2.95)
    assert error_db(original[: len(audio)], audio) < -60
    assert error_db(generated, expected(picture, golden)) < -45
    clips.write_ranges(tmp_path, {"other.wav": Range.of(picture)})
    with pytest.raises(UserError, match="does not know tune.wav"):
        trained.design.render_clip(trained.name, path)


def played(network, audio, caplog, size=50000, **pitch):
    blocks = (audio[start : start + size] for start in range(0, len(audio), size))
    parts = list(player.ClipPlayer(network, SPECTROGRAM, pitch).play(blocks, "tune.wav"))
    return np.concatenate(parts), list(caplog.messages)


def test_any_length_in_any_blocks(network, melody, caplog):
    audio = melody("bowed", 22050, 6.0)
    long, messages = played(network, audio, caplog, method="yin")
    assert len(long) == len(audio) and not messages
    again, _ = played(network, audio, caplog, size=70001, method="yin")
    np.testing.assert_array_equal(long, again)
    first = player.play_clip(
        network, SPECTROGRAM, audio[:65048], SPECTROGRAM.pitch(audio[:65048], "yin")
    )
    start = 65048 - player.OVERLAP
    np.testing.assert_array_equal(long[:start], first[:start])
    # No click where clips meet: nothing that steps more than the sound does elsewhere.
    steps = np.abs(np.diff(long))
    assert steps[start - 100 : 65048 + 100].max() < 2 * np.percentile(steps, 99.9)


@pytest.mark.parametrize("samples", [1, 30000, 65048, 65049, 130000])
def test_silence_stays_silence(network, caplog, samples):
    found, messages = played(network, np.zeros(samples, np.float32), caplog)
    assert len(found) == samples and not found.any()
    assert messages == ["tune.wav: no pitch was found in it, so the output is silence"]


def test_noise_becomes_silence(network, caplog):
    noise = np.random.default_rng(0).normal(0, 0.1, 40000).astype(np.float32)
    found, (message,) = played(network, noise, caplog)
    assert not found.any() and "no pitch" in message


def test_chords_are_warned_about(network, melody, caplog):
    audio = melody("bowed", 22050, 2.5, 1.2)
    chord = audio + np.interp(np.arange(len(audio)) * 1.19, np.arange(len(audio)), audio)
    _, messages = played(network, chord.astype(np.float32), caplog)
    assert len(messages) == 1 and "tune.wav: several notes sound at once" in messages[0]


def test_models_go_both_ways(trained, folder, tmp_path):
    trained.design.write_sizes(tmp_path)
    weights.save_weights(trained.design.network, tmp_path / "weights.h5")
    assert (tmp_path / "parameters.pkl").read_bytes() == (folder / "parameters.pkl").read_bytes()
    again = loading.load(tmp_path).design.network
    gin.clear_config()
    for before, after in zip(
        trained.design.network.get_weights(), again.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_half_a_model(folder, tmp_path):
    shutil.copy(folder / "parameters.pkl", tmp_path)
    with pytest.raises(UserError, match="weights.h5 is missing"):
        loading.load(tmp_path)
    (tmp_path / "weights.h5").write_bytes(b"nothing")
    with pytest.raises(UserError, match="weights.h5 is not an HDF5 file"):
        loading.load(tmp_path)
    (tmp_path / "parameters.pkl").unlink()
    with pytest.raises(UserError, match="operative_config.gin or parameters.pkl is missing"):
        loading.load(tmp_path)


def test_sizes_that_do_not_fit_together(tmp_path):
    sizes = [(15, 16, 2), (4, 4), (3, 3), (2, 2), 3]
    (tmp_path / "parameters.pkl").write_bytes(pickle.dumps(sizes))
    (tmp_path / "weights.h5").write_bytes(b"nothing")
    with pytest.raises(UserError, match="do not divide a picture"):
        loading.load(tmp_path)
    gin.clear_config()


def test_what_sounds_above_the_highest_pitch_is_said(network, melody, caplog):
    """pYIN takes a whistle for half its pitch, and is sure of that."""
    t = np.arange(40000) / 22050
    whistle = (0.3 * np.sin(2 * np.pi * 2637.0 * t)).astype(np.float32)
    f0_hz = SPECTROGRAM.pitch(whistle)
    assert np.median(f0_hz[f0_hz > 0]) == pytest.approx(2637.0 / 2, rel=0.01)
    clip_player = player.ClipPlayer(network, SPECTROGRAM)
    for audio, count in ((melody("bowed", 22050, 2.0), 0), (whistle, 1)):
        list(clip_player.play([audio], "it.wav"))
        assert caplog.text.count("it.wav: some of it sounds above 2093 Hz") == count
