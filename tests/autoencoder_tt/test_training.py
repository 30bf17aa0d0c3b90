import itertools
import json
import shutil

import gin
import keras
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.models import weights
from audio_tt.training.run_directory import RunDirectory
from autoencoder_tt import losses
from autoencoder_tt.configurables import design as designs
from autoencoder_tt.design import HeldOut
from autoencoder_tt.frames import recordings
from autoencoder_tt.frames.data import RecordingCrops
from autoencoder_tt.frames.features import FrameSpectrogram
from autoencoder_tt.published import clips
from autoencoder_tt.published.data import PicturePairs
from autoencoder_tt.published.features import Range
from autoencoder_tt.published.parameters import read_parameters
from autoencoder_tt.trained import loading, packing
from autoencoder_tt.training import loop, warm_start
from autoencoder_tt.training.corruption import Corruption

SMALL_FRAMES = """
include 'autoencoder/flute.gin'
FrameSpectrogram.n_fft = 128
FrameSpectrogram.hop_length = 128
FrameSpectrogram.sample_rate = 8000
frame_autoencoder.channels = (16,)
frame_autoencoder.latent_size = 4
frame_autoencoder.width = 3
RecordingCrops.batch_size = 4
RecordingCrops.crop_frames = 8
RecordingCrops.validation_split = 0.5
AutoencoderTrainer.learning_rate = 0.02
AutoencoderTrainer.decays = False
"""
SMALL_PICTURES = """
include 'autoencoder/published.gin'
ClipSpectrogram.n_samples = 2040
ClipSpectrogram.n_fft = 32
ClipSpectrogram.hop_length = 128
convolutional_autoencoder.input_shape = (16, 16, 2)
convolutional_autoencoder.filters = (4, 4)
convolutional_autoencoder.latent_size = 4
PicturePairs.batch_size = 2
PicturePairs.validation_split = 0.3
AutoencoderTrainer.learning_rate = 0.01
"""


@pytest.fixture(scope="module")
def tunes(tmp_path_factory, melody):
    folder = tmp_path_factory.mktemp("tunes")
    for i, name in enumerate(("a", "b")):
        io.write(folder / f"{name}.wav", melody("bowed", 8000, 2.0 + i), 8000)
    return folder


@pytest.fixture(scope="module")
def measured_path(tmp_path_factory):
    return tmp_path_factory.mktemp("measured")


@pytest.fixture
def opened(tmp_path, tunes, measured_path):
    def make(lines="", seed=0):
        (tmp_path / "small.gin").write_text(SMALL_FRAMES + lines)
        settings.parse_gin([tmp_path / "small.gin"])
        keras.utils.set_random_seed(seed)
        design = designs.get_design()
        return design, design.open_data(tunes, measured_path, {"method": "yin"})

    yield make
    gin.clear_config()


@pytest.mark.graph
def test_training_learns_and_goes_on_after_a_stop(tmp_path, opened):
    design, crops = opened()
    loop.train(design.network, crops, tmp_path / "whole", epochs=3)
    design, crops = opened()

    class Stop(Exception):
        pass

    def stop(run, epoch):
        if epoch == 2:
            raise Stop

    with pytest.raises(Stop):
        loop.train(design.network, crops, tmp_path / "halves", stop, epochs=3)
    design, crops = opened(seed=1)
    loop.train(design.network, crops, tmp_path / "halves", epochs=3)
    histories = [RunDirectory(tmp_path / name).history() for name in ("whole", "halves")]
    assert [row["epoch"] for row in histories[0]] == [1, 2, 3]
    assert histories[0][-1]["val_lsd_db"] < 0.9 * histories[0][0]["val_lsd_db"]
    for a, b in zip(*histories, strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    assert (tmp_path / "whole" / "history.png").is_file()


def test_a_run_is_a_model(tmp_path, opened):
    design, crops = opened()
    loop.train(design.network, crops, tmp_path, design.sampler(crops), epochs=1)
    written = json.loads((tmp_path / "statistics.json").read_text())
    assert 100 < written["lowest_hz"] < written["highest_hz"] < 600
    for name in ("drawn.wav", "recording.wav"):
        assert io.info(tmp_path / "samples" / "000001" / name).duration > 1.9
    gin.clear_config()
    trained = loading.load(tmp_path)
    np.testing.assert_allclose(
        trained.design.network(crops.batch(0)[0]), design.network(crops.batch(0)[0]), atol=1e-5
    )
    size = packing.pack(tmp_path, tmp_path / "packed")
    assert size < (tmp_path / "weights.h5").stat().st_size
    packed = loading.load(tmp_path / "packed")
    assert packed.statistics == pytest.approx(written)
    np.testing.assert_allclose(
        packed.design.network(crops.batch(0)[0]), design.network(crops.batch(0)[0]), atol=0.01
    )
    with pytest.raises(UserError, match="the run itself"):
        packing.pack(tmp_path, tmp_path)
    (tmp_path / "weights.h5").unlink()
    with pytest.raises(UserError, match="not a model"):
        loading.load(tmp_path)


def command(run_path, data_path, measured_path, *given):
    """What `autoencoder_tt.train` does with settings that are read; returns weights and samples."""
    settings.parse_gin(*given)
    seeds = [settings.value_of(f"{data_set}.seed", 0) for data_set in designs.DATA_SETS]
    keras.utils.set_random_seed(max(seeds))
    design = designs.get_design()
    data = design.open_data(data_path, measured_path, {"method": "yin"})
    loop.train(design.network, data, run_path, design.sampler(data))
    files = sorted(run_path.glob("samples/*/*.wav"))
    return weights.read_tensors(run_path / "weights.h5"), [io.read(path)[0] for path in files]


def assert_replayed(tmp_path, *given):
    """The saved settings alone make the same weights, figures and sounds."""
    first = command(tmp_path / "first", *given)
    again = command(tmp_path / "again", *given[:2], [tmp_path / "first" / "operative_config.gin"])
    for name, tensor in first[0].items():
        np.testing.assert_allclose(again[0][name], tensor, atol=1e-5, err_msg=name)
    for sound, other in zip(*(sounds for _, sounds in (first, again)), strict=True):
        np.testing.assert_allclose(other, sound, atol=1e-3)
    rows = [RunDirectory(tmp_path / name).history() for name in ("first", "again")]
    assert rows[1] == [pytest.approx(row, rel=1e-4) for row in rows[0]] and len(rows[0]) == 1


def test_the_saved_settings_repeat_a_run(tmp_path, tunes, measured_path):
    (tmp_path / "small.gin").write_text(SMALL_FRAMES)
    parameters = ["train_autoencoder.epochs = 1", "RecordingCrops.seed = 3"]
    parameters += ["GriffinLim.n_iter = 3", "RecordingCrops.batch_size = 3"]
    given = [tmp_path / "small.gin"], parameters
    assert_replayed(tmp_path, tunes, measured_path, *given)


@pytest.mark.slow
def test_the_saved_settings_repeat_a_published_run(tmp_path, pictures):
    parameters = ["train_autoencoder.epochs = 1", "PicturePairs.seed = 3"]
    given = [tmp_path / "small.gin"], parameters
    assert_replayed(tmp_path, tmp_path, None, *given)


class Scripted(keras.Model):
    """Draws what its one weight says."""

    def __init__(self):
        super().__init__()
        self.value = self.add_weight((1,), "zeros", name="value")

    def call(self, x):
        return x * 0.0 + self.value


class Endless:
    """A data set on which the weight grows beyond its best value."""

    steps_per_epoch = 1

    def __init__(self):
        target = np.ones((1, 2, 1), np.float32)
        self.held_out = [HeldOut(target, 0.2 * target, lambda x: x)]

    def batch(self, step):
        x = np.ones((1, 2, 1), np.float32)
        return x, 10.0 * x


def test_training_ends_when_nothing_gets_better_and_keeps_the_best(tmp_path):
    with gin.unlock_config():
        gin.bind_parameter("AutoencoderTrainer.learning_rate", 0.1)
    for _ in range(2):  # the second time there is nothing left to do
        network = Scripted()
        network(np.zeros((1, 2, 1)))
        loop.train(network, Endless(), tmp_path, epochs=50, patience=2)
        rows = RunDirectory(tmp_path).history()
        assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    distances = [row["val_lsd_db"] for row in rows]
    assert distances.index(min(distances)) == 1
    weights.load_weights(network, tmp_path / "weights.h5")
    assert float(network.value[0]) == pytest.approx(0.2, abs=0.01)
    gin.clear_config()


def test_a_loss_that_is_not_finite_ends_in_one_line(tmp_path):
    class Broken(Endless):
        def batch(self, step):
            return (np.full((1, 2, 1), np.nan, np.float32),) * 2

    network = Scripted()
    network(np.zeros((1, 2, 1)))
    with pytest.raises(UserError, match="no longer finite in epoch 1"):
        loop.train(network, Broken(), tmp_path)


def test_the_loss_is_the_distance():
    true, drawn = np.zeros((1, 2, 4), np.float32), np.zeros((1, 2, 4), np.float32)
    drawn[0, 0] = [0.3, -0.4, 0.0, 0.0]
    loss = losses.named("frame_distance")(true, drawn)
    np.testing.assert_allclose(loss, [[0.25, 0.0]], atol=1e-5)


def test_crops_depend_on_seed_and_step_alone(opened):
    _, crops = opened("RecordingCrops.seed = 5\n")
    inputs, levels = crops.batch(7)
    assert inputs.shape == (4, 8 + 2 * crops.context, 65 + 121 + 1)
    assert levels.shape == (4, 8, 65)
    for a, b in zip(opened("RecordingCrops.seed = 5\n")[1].batch(7), (inputs, levels), strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.abs(crops.batch(8)[1] - levels).max() > 0.1
    assert len(crops.held_out_names) == len(crops.training_names) == 1
    held_out = crops.held_out[0]
    assert held_out.inputs.shape[1] == held_out.targets.shape[1] + 2 * crops.context


def test_what_is_measured_is_kept(tmp_path, tunes):
    features = FrameSpectrogram(sample_rate=8000)
    first = recordings.measure_folder(tunes, features, tmp_path, method="yin")
    files = sorted(tmp_path.iterdir())
    times = [file.stat().st_mtime_ns for file in files]
    again = recordings.measure_folder(tunes, features, tmp_path, method="yin")
    assert list(first) == ["a", "b"]
    np.testing.assert_array_equal(first["a"]["levels"], again["a"]["levels"])
    assert [file.stat().st_mtime_ns for file in files] == times and len(files) == 2
    whole = files[0].read_bytes()
    for spoiled in (b"damaged", b"", whole[:200], whole[:-100], whole[:300] + whole[400:]):
        files[0].write_bytes(spoiled)
        with pytest.raises(UserError, match="damaged"):
            recordings.measure_folder(tunes, features, tmp_path, method="yin")


def test_no_voice_in_any_recording(tmp_path, opened):
    _, crops = opened()
    silent = {**crops.measured["a"], "confidence": np.zeros_like(crops.measured["a"]["f0_hz"])}
    crops = RecordingCrops({"a": silent}, crops.features, 1)
    with pytest.raises(UserError, match="no pitch was found"):
        crops.statistics()


def test_corruption():
    random = np.random.default_rng(0)
    f0_hz, voiced = np.full((50, 200), 440.0), np.ones((50, 200), bool)
    loudness_db = np.full((50, 200), -30.0)
    same = Corruption().of_playing(f0_hz, voiced, loudness_db, random)
    for a, b in zip(same, (f0_hz, voiced, loudness_db), strict=True):
        np.testing.assert_array_equal(a, b)
    damage = Corruption((-40.0, -20.0), 0.1, 0.1, 0.3, 10.0)
    pitch, kept, loudness = damage.of_playing(f0_hz, voiced, loudness_db, random)
    octaves = np.rint(np.log2(pitch / 440.0))
    assert 0.05 < np.mean(octaves != 0) < 0.15 and set(octaves.ravel()) == {-1, 0, 1}
    assert np.std(1200 * np.log2(pitch / 440.0) - 1200 * octaves) == pytest.approx(10, rel=0.1)
    assert 0.05 < np.mean(~kept) < 0.15
    assert 0.3 < np.mean(loudness[:, 0] > -29.9) < 0.7 and loudness.min() == -30.0
    picture = damage.of_picture(np.ones((50, 20, 101)), 100, random)
    assert 0.2 < np.mean(picture[..., :96] == 0) < 0.4 and (picture[..., 100] == 1).all()
    assert (picture == picture[:, :1]).all()


@pytest.fixture
def pictures(tmp_path):
    (tmp_path / "small.gin").write_text(SMALL_PICTURES)
    settings.parse_gin([tmp_path / "small.gin"])
    random = np.random.default_rng(0)
    ranges = {}
    for i in range(6):
        name = f"tune{i // 2}_{i % 2:03d}.wav"
        ranges[name] = Range(-70.0, 10.0)
        for folder in ("f0_spectrograms", "spectrograms"):
            clips.write(tmp_path / folder / f"{name}.npy", random.random((16, 16, 2)))
    clips.write_ranges(tmp_path, ranges)
    (tmp_path / clips.SETTINGS_FILE).write_text('{"whole": true}')
    yield tmp_path, ranges
    gin.clear_config()


def test_a_number_that_is_not_ours_is_of_a_recording(pictures):
    """As `flute_000.wav` to `flute_309.wav` are recordings, of which one in ten is held out."""
    folder, _ = pictures
    (folder / "settings.json").write_text('{"whole": false}')
    pairs = PicturePairs(folder, designs.get_design().spectrogram, validation_split=0.5)
    assert len({name[:5] for name in pairs.held_out_names}) > 1
    (folder / "settings.json").write_text('{"whole"')
    with pytest.raises(UserError, match="settings.json is damaged"):
        PicturePairs(folder, designs.get_design().spectrogram)


def test_the_published_design_trains_through_the_same_room(tmp_path, pictures):
    folder, ranges = pictures
    design = designs.get_design()
    pairs = PicturePairs(folder, design.spectrogram)
    assert len(pairs.training_names) == 4 and len(pairs.held_out_names) == 2
    assert len({name[:5] for name in pairs.held_out_names}) == 1
    run = tmp_path / "run"
    loop.train(design.network, pairs, run, design.sampler(pairs), epochs=2)
    rows = RunDirectory(run).history()
    assert rows[-1]["loss"] < rows[0]["loss"]
    held_out = next(iter(pairs.held_out))
    assert held_out.to_db(held_out.targets).min() >= -70.0
    distance = (held_out.targets - np.array(design.network(held_out.inputs)))[..., 0] * 80.0
    assert rows[-1]["val_lsd_db"] == pytest.approx(
        np.sqrt((distance**2).mean(axis=1)).mean(), rel=1e-4
    )
    assert (run / "samples" / "000002" / "drawn.wav").is_file()


def test_a_published_run_goes_on_and_is_a_model_for_the_original(tmp_path, pictures):
    folder, _ = pictures
    for name, epochs in (("whole", [2]), ("halves", [1, 2])):
        for count in epochs:
            keras.utils.set_random_seed(3)
            design = designs.get_design()
            design.write_sizes(tmp_path / name)
            pairs = PicturePairs(folder, design.spectrogram)
            loop.train(design.network, pairs, tmp_path / name, epochs=count)
    whole, halves = (RunDirectory(tmp_path / name).history() for name in ("whole", "halves"))
    assert [row["epoch"] for row in halves] == [1, 2]
    for a, b in zip(whole, halves, strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    best = min(halves, key=lambda row: row["val_lsd_db"])["val_lsd_db"]
    loaded = loading.load(tmp_path / "halves")
    assert loop.lsd_db(loaded.design.network, pairs.held_out) == pytest.approx(best, rel=1e-4)
    (tmp_path / "halves" / "operative_config.gin").unlink()  # what the original leaves
    again = loading.load(tmp_path / "halves")
    for a, b in zip(loaded.design.network.weights, again.design.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_numbers_tell_clips_apart_only_where_all_of_a_recording_was_taken(pictures):
    folder, ranges = pictures
    spectrogram = designs.get_design().spectrogram
    (folder / clips.SETTINGS_FILE).unlink()  # flute_000.wav, flute_001.wav, ... are recordings
    pairs = PicturePairs(folder, spectrogram, validation_split=0.5)
    assert len(pairs.held_out_names) == len(pairs.training_names) == 3
    (folder / clips.SETTINGS_FILE).write_text('{"whole": true}')
    pairs = PicturePairs(folder, spectrogram, validation_split=0.3)
    assert len({name[:5] for name in pairs.held_out_names}) == 1 and len(pairs.held_out_names) == 2
    (folder / clips.SETTINGS_FILE).write_text("{")
    with pytest.raises(UserError, match="settings.json is damaged"):
        PicturePairs(folder, spectrogram)


def test_the_first_clips_and_what_is_read_of_them(pictures):
    folder, ranges = pictures
    spectrogram = designs.get_design().spectrogram
    pairs = PicturePairs(folder, spectrogram, validation_split=0.0, n_clips=3)
    assert pairs.training_names == sorted(ranges)[:3]
    lines, targets = pairs.read(pairs.training_names)
    assert np.abs(lines - targets).max() > 0.1
    settings.bind("PictureDesign.reads", "spectrograms")
    inputs, targets = designs.get_design().open_data(folder, None, {}).read(sorted(ranges)[:3])
    np.testing.assert_array_equal(inputs, targets)
    settings.bind("PictureDesign.reads", "lines")
    with pytest.raises(UserError, match="reads must be"):
        designs.get_design()


def test_published_settings_after_the_default_ones():
    """As train reads them; nothing of the other design may be left."""
    settings.parse_gin(["autoencoder/flute.gin", "autoencoder/published.gin"])
    read = gin.query_parameter
    assert [read(f"AutoencoderTrainer.{name}") for name in ("learning_rate", "decays", "loss")] == [
        5e-4,
        False,
        "mse",
    ]
    assert read("train_autoencoder.epochs") == 5 and read("train_autoencoder.patience") is None
    assert read("PicturePairs.batch_size") == 50 and read("PicturePairs.n_clips") == 310
    gin.clear_config()


def test_a_clip_whose_range_is_unknown_is_named(pictures):
    folder, ranges = pictures
    design = designs.get_design()
    name = sorted(ranges)[0]
    clips.write_ranges(folder, {key: ranges[key] for key in ranges if key != name})
    with pytest.raises(UserError, match=name):
        PicturePairs(folder, design.spectrogram)


def test_the_originals_files_are_begun_from(tmp_path, golden_folder):
    """A folder with parameters.pkl and weights.h5 alone, and a run that begins from it."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in ("parameters.pkl", "weights.h5"):
        shutil.copy(golden_folder / f"autoencoder_small_{name}", theirs / name)
    expected = loading.load(theirs).design.network.get_weights()
    random = np.random.default_rng(0)
    for i, folder in itertools.product(range(2), (clips.INPUTS, clips.TARGETS)):
        clips.write(tmp_path / folder / f"tune{i}.npy", random.random((512, 128, 2)))
    clips.write_ranges(tmp_path, {f"tune{i}": Range(-70.0, 10.0) for i in range(2)})
    for run, source in ((theirs, None), (tmp_path / "ours", theirs)):
        start = warm_start.read_settings(run, source, ["autoencoder/flute.gin"], [], [])
        keras.utils.set_random_seed(3)
        design = designs.get_design()
        pairs = PicturePairs(tmp_path, design.spectrogram)
        sizes = design.write_sizes
        loop.train(design.network, pairs, run, epochs=0, start_from=start, write_sizes=sizes)
        for found, wanted in zip(design.network.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
        assert read_parameters(run / "parameters.pkl")["filters"] == (8, 4)
