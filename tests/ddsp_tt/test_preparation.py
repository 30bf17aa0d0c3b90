"""From recordings to prepared examples: one file after the other, in processes, or on Beam."""

import shutil

import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.training import parallel
from ddsp_tt.data import example_files, preparation, urmp
from ddsp_tt.data.cleaning import Cleaning
from ddsp_tt.features import statistics
from ddsp_tt.features.rates import Rates

RATE = 16000


def write(path, seconds=1.0, hz=330.0, gain=0.3):
    t = np.arange(round(seconds * RATE)) / RATE
    io.write(path, (gain * np.sin(2 * np.pi * hz * t)).astype("float32"), RATE)
    return path


@pytest.fixture
def recordings(tmp_path):
    for index, name in enumerate("abc"):
        write(tmp_path / "in" / f"{name}.wav", hz=300.0 + 50.0 * index)
    return tmp_path / "in"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def same_examples(first, second):
    names = [sorted(path.name for path in folder.glob("*")) for folder in (first, second)]
    assert names[0] == names[1] and len(list(first.glob("*.npz"))) == 3
    for path in example_files.find_examples(first):
        a, b = example_files.load_example(path), example_files.load_example(second / path.name)
        for key in a:
            np.testing.assert_array_equal(a[key], b[key])


def test_what_is_there_is_kept_and_the_rest_made(recordings, tmp_path):
    out = tmp_path / "out"
    assert preparation.prepare([recordings], out, "yin", run=map) == 0
    before = contents(out)
    first, second, _ = example_files.find_examples(out)
    first.unlink()
    kept = second.stat().st_mtime_ns
    assert preparation.prepare([recordings], out, "yin", run=map) == 0
    assert contents(out) == before and second.stat().st_mtime_ns == kept


def test_what_has_changed_is_made_anew(recordings, tmp_path, monkeypatch):
    monkeypatch.setattr(preparation, "CHUNK_SECONDS", 1)
    out = tmp_path / "out"
    write(recordings / "b.wav", 2.5)
    preparation.prepare([recordings], out, "yin", run=map)
    before = contents(out)
    assert len(example_files.find_examples(out)) == 5
    shutil.copy(recordings / "c.wav", tmp_path / "c.wav")
    shutil.copyfile(tmp_path / "c.wav", recordings / "c.wav")  # with another time
    write(recordings / "b.wav", 1.5, hz=600.0)
    assert preparation.prepare([recordings], out, "yin", run=map) == 0
    a, b, rest, c = example_files.find_examples(out)
    assert np.median(example_files.load_example(b)["f0_hz"]) == pytest.approx(600.0, rel=0.01)
    assert len(example_files.load_example(rest)["f0_hz"]) == 125
    assert all(path.read_bytes() == before[path.name] for path in (a, c))
    table = statistics.load_json(out / preparation.STATISTICS_FILE)
    assert table["max_pitch"] > statistics.hz_to_midi(590.0)
    b.write_bytes(b.read_bytes()[:1000])
    assert preparation.prepare([recordings], out, "yin", run=map) == 0
    assert len(example_files.load_example(b)["f0_hz"]) == 250


def test_examples_that_do_not_say_what_they_are_of_are_kept(recordings, tmp_path):
    """As they were written before they said."""
    out = tmp_path / "out"
    preparation.prepare([recordings], out, "yin", run=map)
    path = example_files.find_examples(out)[0]
    with np.load(path) as file:
        np.savez_compressed(path, **{key: file[key] for key in file if key != "source"})
    before = contents(out)
    preparation.prepare([recordings], out, "yin", run=map)
    assert contents(out) == before


def test_a_folder_is_filled_in_two_calls_and_says_so(recordings, tmp_path, caplog):
    out = tmp_path / "out"
    write(tmp_path / "more" / "a.wav", hz=500.0)
    preparation.prepare([recordings], out, "yin", run=map)
    assert "not among these" not in caplog.text
    preparation.prepare([tmp_path / "more"], out, "yin", run=map)
    assert len(example_files.find_examples(out)) == 4
    (line,) = [message for message in caplog.messages if "not among these" in message]
    kept = [example_files.recording_of(path) for path in example_files.find_examples(out)]
    assert sum(f"{name}_*.npz" in line for name in kept) == 3 and str(out) in line


def test_names_that_differ_in_the_extension_alone(recordings, tmp_path):
    write(recordings / "a.flac", hz=600.0)
    assert preparation.prepare([recordings], tmp_path / "out", "yin", run=map) == 0
    examples = example_files.load_folder(tmp_path / "out")
    heard = sorted(round(float(np.median(example["f0_hz"])) / 50) * 50 for example in examples)
    assert heard == [300, 350, 400, 600]


def test_other_settings_want_another_folder(recordings, tmp_path):
    preparation.prepare([recordings / "a.wav"], tmp_path / "out", "yin", run=map)
    with pytest.raises(UserError, match="prepared with normalize False; use another folder"):
        preparation.prepare([recordings], tmp_path / "out", "yin", Cleaning(True), run=map)


def test_a_file_that_cannot_be_read_is_left_out(recordings, tmp_path, caplog):
    (recordings / "d.wav").write_bytes(b"no sound")
    assert preparation.prepare([recordings], tmp_path / "out", "yin", run=map) == 1
    assert len(example_files.find_examples(tmp_path / "out")) == 3
    assert "d.wav" in caplog.text


@pytest.mark.slow
def test_processes_make_no_difference(recordings, tmp_path):
    preparation.prepare([recordings], tmp_path / "one", "yin", run=map)
    preparation.prepare([recordings], tmp_path / "two", "yin", run=parallel.run_jobs)
    same_examples(tmp_path / "one", tmp_path / "two")


def test_beam_makes_no_difference(recordings, tmp_path):
    pytest.importorskip("apache_beam", reason="needs the extra beam; make test-beam runs it")
    from audio_tt.training.beam import Beam

    preparation.prepare([recordings], tmp_path / "one", "yin", run=map)
    out = tmp_path / "two"
    assert preparation.prepare([recordings], out, "yin", run=Beam("DirectRunner", [], out)) == 0
    same_examples(tmp_path / "one", out)


def test_peaks_are_brought_to_one_height(tmp_path):
    path = write(tmp_path / "soft.wav", gain=0.05)
    audio = np.concatenate(list(Cleaning(normalize=True).blocks(path, 5000)))
    assert np.abs(audio).max() == pytest.approx(0.99, abs=1e-3)
    np.testing.assert_allclose(audio, io.read(path)[0] * np.abs(audio).max() / 0.05, atol=1e-3)


def test_a_recording_above_full_scale_is_not_clipped(tmp_path):
    """Audio and loudness are of the recording as it is turned down."""
    tone = write(tmp_path / "tone.wav")
    hot = 10 * io.read(tone)[0]
    io.write(tmp_path / "hot.wav", hot, 16000, "FLOAT")
    io.write(tmp_path / "turned_down.wav", hot * (0.999 / np.abs(hot).max()), 16000)
    for name in ("hot", "turned_down"):
        preparation.prepare([tmp_path / f"{name}.wav"], tmp_path / name, "yin", run=map)
    (example,), (expected,) = (
        example_files.load_folder(tmp_path / name) for name in ("hot", "turned_down")
    )
    np.testing.assert_allclose(example["audio"], expected["audio"], atol=2e-4)
    np.testing.assert_allclose(example["loudness_db"], expected["loudness_db"], atol=0.05)


def test_long_silences_are_cut_and_short_ones_stay(tmp_path):
    tone, hum = np.full(RATE, 0.5, "float32"), np.full(RATE, 1e-4, "float32")
    parts = [hum, hum, tone, 0.8 * np.split(hum, 2)[0], tone, hum, hum, hum, tone]
    io.write(tmp_path / "a.wav", np.concatenate(parts), RATE, "FLOAT")
    blocks = list(Cleaning(cut_silence=True).blocks(tmp_path / "a.wav", 7000))
    assert {len(block) for block in blocks[:-1]} == {7000}
    audio = np.concatenate(blocks)
    # Half a second at the start, half a second between the first two, one second before the last.
    loud = audio > 0.1
    assert loud.sum() == 3 * RATE
    changes = np.flatnonzero(np.diff(loud)) / RATE
    np.testing.assert_allclose(changes, [0.5, 1.5, 2.0, 3.0, 4.0], atol=0.021)


def test_a_silent_recording_is_left_out_where_silence_is_cut(recordings, tmp_path, caplog):
    write(recordings / "silent.wav", gain=0.0)
    cleaning = Cleaning(normalize=True, cut_silence=True)
    assert preparation.prepare([recordings], tmp_path / "out", "yin", cleaning, run=map) == 0
    assert "silent.wav is silent; left out" in caplog.text
    assert len(example_files.find_examples(tmp_path / "out")) == 3


def test_urmps_tracks_of_one_instrument(tmp_path):
    piece = tmp_path / "Dataset" / "03_Dance_fl_tpt"
    names = ["AuSep_1_fl_03_Dance.wav", "AuSep_2_tpt_03_Dance.wav", "AuMix_03_Dance_fl_tpt.wav"]
    for name in names:
        write(piece / name, 0.1)
    (piece / "F0s_2_tpt_03_Dance.txt").write_text("0.0 440.0\n")
    for instrument in ("trumpet", "tpt"):
        assert urmp.find_recordings([tmp_path], instrument) == [piece / names[1]]
    with pytest.raises(UserError, match="nobody plays tuba"):
        urmp.find_recordings([tmp_path], "tuba")
    with pytest.raises(UserError, match="URMP has no 'lute'; it has violin"):
        urmp.find_recordings([tmp_path], "lute")


def test_whole_recordings_are_held_out_where_there_are_several(tmp_path):
    paths = sorted(tmp_path / f"{name}_0a_{i:04d}.npz" for name in "abcdef" for i in range(3))
    train, held_out = example_files.split(paths, 0.2)
    assert sorted(train + held_out) == paths
    assert len(held_out) == 3 and len({path.name[0] for path in held_out}) == 1
    assert example_files.split(paths, 0.01) == (train, held_out)
    assert (
        example_files.split(paths[:3], 0.1)[1] and len(example_files.split(paths[:3], 0.1)[1]) == 1
    )
    assert example_files.split(paths[:1], 0.1) == (paths[:1], [])
    assert example_files.split(paths, 0.0) == (paths, [])


def test_crops_are_drawn_anew_each_time(tmp_path):
    frames = np.arange(1000, dtype="float32")
    features = {"f0_hz": frames, "f0_confidence": frames, "loudness_db": frames}
    example_files.save_example(tmp_path / "a.npz", np.zeros(64000), features)
    provider = example_files.CropProvider(tmp_path, 1.0, 4)
    starts = [tuple(provider.batch(step)["f0_hz"][:, 0]) for step in (0, 1, 2, 0)]
    assert len(set(starts)) == 3 and starts[0] == starts[3]


@pytest.mark.parametrize("rates", [Rates(16000), Rates(48000)], ids=str)
def test_batches_are_of_what_was_saved_at_half_its_memory(tmp_path, rates):
    rng = np.random.default_rng(0)
    for name, n_frames in (("a", 600), ("b", 300), ("short", 100)):
        features = {
            key: rng.uniform(1, 2, n_frames).astype("float32") for key in example_files.FEATURES
        }
        audio = rng.uniform(-1, 1, n_frames * rates.hop_length)
        path = tmp_path / f"{name}.npz"
        example_files.save_example(
            path, audio, features, rates, audio[:: rates.sample_rate // 16000]
        )
    paths = example_files.find_examples(tmp_path)
    provider = example_files.CropProvider(paths, 0.5, 8)
    in_floats = example_files.CropProvider(paths, 0.5, 8)
    in_floats._set_up([example_files.load_example(path) for path in paths], 0.5, 8, 0)
    for step in range(3):
        batch, expected = provider.batch(step), in_floats.batch(step)
        assert batch.keys() == expected.keys()
        for key in batch:
            assert batch[key].dtype == np.float32
            np.testing.assert_array_equal(batch[key], expected[key])
    whole = provider.examples
    assert len(whole) == 3 and whole[0]["audio_16k"].dtype == np.float32
    np.testing.assert_array_equal(whole[0]["audio"], example_files.load_example(paths[0])["audio"])

    def nbytes(provider):
        arrays = [array for example in provider._stored for array in example.values()]
        return sum({id(a): a.nbytes for a in arrays if isinstance(a, np.ndarray)}.values())

    assert nbytes(provider) < 0.56 * nbytes(in_floats)


def test_chords_are_warned_of_once(tmp_path, caplog):
    t = np.arange(3 * RATE) / RATE
    audio = sum(np.sin(2 * np.pi * hz * k * t) / k for hz in (262, 330, 392) for k in range(1, 8))
    io.write(tmp_path / "chord.wav", (0.1 * audio).astype("float32"), RATE)
    write(tmp_path / "line.wav", 3.0)
    preparation.prepare([tmp_path], tmp_path / "out", "yin", run=map)
    messages = [text for text in caplog.messages if "several notes sound at once" in text]
    assert len(messages) == 1 and messages[0].startswith(str(tmp_path / "chord.wav"))
