"""Magenta's data sets, read, written and trained from."""

import keras
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from ddsp_tt.configurables import loop, models
from ddsp_tt.data import example_files, preparation, tfrecords
from ddsp_tt.features.rates import DEFAULT_RATES, Rates

tf = pytest.importorskip("tensorflow")


@pytest.fixture
def example():
    rng = np.random.default_rng(0)
    frames = 1100  # 4.4 s
    audio = rng.uniform(-0.5, 0.5, frames * 64).astype("float32")
    return {
        "rates": DEFAULT_RATES,
        "audio": audio,
        "audio_16k": audio,
        "f0_hz": rng.uniform(200, 400, frames).astype("float32"),
        "f0_confidence": np.ones(frames, "float32"),
        "loudness_db": rng.uniform(-60, 0, frames).astype("float32"),
    }


def test_windows_overlap(example):
    cut = list(tfrecords.windows(example, example_secs=2.0, hop_secs=1.0))
    assert len(cut) == 3
    np.testing.assert_array_equal(cut[1]["audio"], example["audio"][16000:48000])
    np.testing.assert_array_equal(cut[2]["f0_hz"], example["f0_hz"][500:1000])
    assert not list(tfrecords.windows(example, example_secs=5.0))


def test_what_is_written_is_read(example, tmp_path):
    cut = list(tfrecords.windows(example, 1.0, 0.5))
    assert tfrecords.write(cut, tmp_path / "set.tfrecord", num_shards=3) == len(cut) == 7
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"set.tfrecord-0000{i}-of-00003" for i in range(3)]
    read = list(tfrecords.read(str(tmp_path / "set.tfrecord-*")))
    for shard, first in ((0, 0), (3, 1), (5, 2)):  # in turn: 0 3 6, 1 4, 2 5
        for key, values in cut[first].items():
            np.testing.assert_array_equal(read[shard][key], values)


def test_the_schema_is_magentas(example, tmp_path):
    tfrecords.write(tfrecords.windows(example), tmp_path / "a", num_shards=1)
    (record,) = tf.data.TFRecordDataset(str(tmp_path / "a-00000-of-00001")).as_numpy_iterator()
    stored = tf.train.Example.FromString(record).features.feature
    lengths = {key: len(value.float_list.value) for key, value in stored.items()}
    features = dict.fromkeys(("f0_hz", "f0_confidence", "loudness_db"), 1000)
    assert lengths == {"audio": 64000, "audio_16k": 64000, **features}


def test_prepared_examples_become_records(example, tmp_path):
    names = [f"{name}_0a1b2c_{minute:04d}" for name in "abcdefgh" for minute in (0, 1)]
    for index, name in enumerate(names):
        marked = {**example, "f0_hz": np.full_like(example["f0_hz"], 200.0 + index)}
        example_files.save_example(tmp_path / f"{name}.npz", marked["audio"], marked)
    counts = preparation.export_tfrecords(
        tmp_path, tmp_path / "set", num_shards=2, hop_secs=0.2, eval_split_fraction=0.3
    )
    assert counts.keys() == {str(tmp_path / "set-train"), str(tmp_path / "set-eval")}
    assert sum(counts.values()) == 3 * len(names)
    sides = [
        {round(float(e["f0_hz"][0] - 200.0)) // 2 for e in tfrecords.read(f"{name}-0*")}
        for name in counts
    ]
    assert sides[0] and sides[1] and not sides[0] & sides[1], "a recording is on one side"
    (whole,) = preparation.export_tfrecords(tmp_path, tmp_path / "all", hop_secs=4.0).values()
    assert whole == len(names)


def test_bad_files_get_one_line(tmp_path):
    with pytest.raises(UserError, match="no such TFRecord file"):
        list(tfrecords.read(str(tmp_path / "none*")))
    (tmp_path / "damaged").write_bytes(b"not a record of anything at all")
    with pytest.raises(UserError, match="not a TFRecord file, or it is damaged"):
        list(tfrecords.read(str(tmp_path / "damaged")))
    with tf.io.TFRecordWriter(str(tmp_path / "other")) as writer:
        writer.write(tf.train.Example().SerializeToString())
    with pytest.raises(UserError, match="have no audio"):
        list(tfrecords.read(str(tmp_path / "other")))


def test_trains_as_gin_says(example, small_gin, tmp_path):
    tfrecords.write(tfrecords.windows(example, 0.5, 0.5), tmp_path / "set", num_shards=2)
    gin_file = tmp_path / "run.gin"
    gin_file.write_text(
        f"include '{small_gin}'\ninclude 'datasets/tfrecord.gin'\n"
        f"TFRecordProvider.file_pattern = '{tmp_path}/set-*'\nTFRecordProvider.example_secs = 0.5\n"
        "train.num_steps = 2\n"
    )
    settings.parse_gin((gin_file,))
    keras.utils.set_random_seed(0)
    loop.train(models.get_model(), tmp_path / "run")
    for name in ("model.h5", "dataset_statistics.json", "history.csv"):
        assert (tmp_path / "run" / name).is_file()
    with pytest.raises(UserError, match="no data"):
        settings.parse_gin((small_gin,))
        loop.train(models.get_model(), tmp_path / "other")


def test_windows_of_other_rates_than_gin_says(example, tmp_path):
    tfrecords.write(tfrecords.windows(example, 1.0, 1.0), tmp_path / "set", num_shards=1)
    provider = tfrecords.TFRecordProvider(f"{tmp_path}/set-*", 1, batch_size=2)
    assert provider.rates == DEFAULT_RATES and provider.batch(0)["audio"].shape == (2, 16000)
    assert all(example["audio"] is example["audio_16k"] for example in provider.examples)
    with pytest.raises(UserError, match="16000 samples and 250 frames, where 1 s at 48000 Hz"):
        tfrecords.TFRecordProvider(f"{tmp_path}/set-*", 1, sample_rate=48000)


def test_records_of_48_khz_carry_their_copy(example, tmp_path):
    high = {**example, "rates": Rates(48000, 250), "audio": np.repeat(example["audio"], 3)}
    tfrecords.write(tfrecords.windows(high, 1.0, 1.0), tmp_path / "set", num_shards=1)
    provider = tfrecords.TFRecordProvider(f"{tmp_path}/set-*", 1, 48000, batch_size=2)
    batch = provider.batch(0)
    assert batch["audio"].shape == (2, 48000) and batch["audio_16k"].shape == (2, 16000)
    np.testing.assert_array_equal(batch["audio"][:, ::3], batch["audio_16k"])


def test_a_data_folder_goes_before_what_gin_provides(small_gin):
    settings.parse_gin((small_gin, "datasets/tfrecord.gin"))
    model = models.get_model()
    with pytest.raises(UserError, match="no data: give --data_dir"):
        loop.train(model, "unused")
    settings.clear("train.data_provider")
    with pytest.raises(UserError, match="nowhere: no such folder"):
        loop.train(model, "unused", "nowhere")
