import shutil

import numpy as np
import pytest

from audio_tt.errors import UserError
from pix2pix_tt.data import slice_pairs
from pix2pix_tt.data.slice_files import song_of

SHAPE = (32, 32)


def pairs(path, **settings):
    settings = {"origin": "piano", "targets": ["guitar"], "batch_size": 4} | settings
    return slice_pairs.SlicePairs(path, shape=SHAPE, **settings)


def keys(batch, channel=0):
    """(instrument, song, number) of the slices of a batch."""
    codes = np.round((batch[:, -1, -1, channel] + 1) / 2 * 1000).astype(int)
    return [(code // 100, code // 10 % 10, code % 10) for code in codes]


def one_pass(source, number):
    steps = range(number * source.steps_per_pass, (number + 1) * source.steps_per_pass)
    return [key for step in steps for key in keys(source.batch(step)[0])]


def held_out(source):
    return [keys(read()[0]) for read in source.held_out_batches()]


@pytest.fixture
def broken(features_path, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(features_path, tmp_path / "features with space")


def test_a_batch_holds_the_same_music_on_both_instruments(features_path):
    image, target = pairs(features_path).batch(3)
    assert image.shape == target.shape == (4, 32, 32, 1)
    assert image.dtype == target.dtype == np.float32
    np.testing.assert_allclose(image[:, 1:-1], target[:, -2:0:-1], atol=1e-6)
    assert all(a[1:] == b[1:] for a, b in zip(keys(image), keys(target), strict=True))
    assert image.min() < -0.5 and image.max() > 0.5


def test_each_pass_sees_everything_once_in_another_order(features_path):
    source = pairs(features_path, batch_size=5)
    first, second = one_pass(source, 0), one_pass(source, 1)
    assert len(first) == len(set(first)) == 15 == source.n_training
    assert set(first) == set(second) and first != second


def test_a_batch_depends_on_seed_and_step_alone(features_path):
    again = pairs(features_path).batch(9)
    np.testing.assert_array_equal(pairs(features_path).batch(9), again)
    assert keys(pairs(features_path, seed=1).batch(9)[0]) != keys(again[0])


def test_an_incomplete_last_batch_is_left_out(features_path):
    source = pairs(features_path, batch_size=4)
    assert source.steps_per_pass == 3
    assert len(set(one_pass(source, 0))) == 12


@pytest.mark.parametrize("share, songs", [(0.0, 0), (0.1, 1), (0.34, 2), (1.0, 5)])
def test_whole_songs_are_held_out(features_path, share, songs):
    source = pairs(features_path, validation_split=share, batch_size=1)
    outside = {song for batch in held_out(source) for _, song, _ in batch}
    inside = {song for _, song, _ in one_pass(source, 0)}
    assert len(outside) == songs
    assert inside | outside == set(range(6)) and not inside & outside
    assert source.n_held_out == 3 * songs


def test_slices_of_an_only_song_are_held_out(features_path, tmp_path):
    for path in features_path.rglob("song3_*.npy"):
        copy = tmp_path / path.relative_to(features_path)
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(path, copy)
    source = pairs(tmp_path, batch_size=1)
    assert (source.n_songs, source.n_training, source.n_held_out) == (1, 2, 1)


def test_what_is_held_out_does_not_change(features_path):
    settings = {"validation_split": 0.34, "conditioned": True, "batch_size": 2}
    source = pairs(features_path, **settings)
    reads = source.held_out_batches()
    for read in reads:
        np.testing.assert_array_equal(read()[0], read()[0])
    assert held_out(pairs(features_path, seed=5, **settings)) == held_out(source)
    assert len(reads) == 3 and len(source.held_out_batches(limit=1)) == 1


def test_fewer_held_out_examples_than_a_batch_are_one_batch(features_path):
    assert [len(batch) for batch in held_out(pairs(features_path))] == [3]


def test_the_example_of_the_target_is_neither_the_answer_nor_held_out(features_path):
    source = pairs(
        features_path, targets=["guitar", "violin"], conditioned=True, validation_split=0.34
    )
    assert source.n_training == 2 * 12
    outside = {song for batch in held_out(source) for _, song, _ in batch}
    seen = set()
    for step in range(3 * source.steps_per_pass):
        image, target = source.batch(step)
        assert image.shape[-1] == 2
        for style, answer in zip(keys(image, 1), keys(target), strict=True):
            assert style[0] == answer[0] and style[1:] != answer[1:]
            assert style[1] not in outside
            seen.add((style, answer))
    assert len(seen) > 60  # drawn anew each time
    for read in source.held_out_batches():
        assert not {song for _, song, _ in keys(read()[0], 1)} & outside


def test_any_origin_is_another_instrument_than_the_target(features_path):
    source = pairs(
        features_path, origin="any", targets=["piano", "guitar", "violin"], conditioned=True
    )
    ways = set()
    for step in range(source.steps_per_pass):
        image, target = source.batch(step)
        ways |= {(a[0], b[0]) for a, b in zip(keys(image), keys(target), strict=True)}
    assert ways == {(a, b) for a in range(3) for b in range(3) if a != b}


def test_beginning_of_a_held_out_song(features_path):
    source = pairs(features_path, targets=["guitar", "violin"], conditioned=True)
    image, target = source.beginning("violin", 2)
    songs = {song for batch in held_out(source) for _, song, _ in batch}
    assert [key[2] for key in keys(image)] == [0, 1]
    assert {key[1] for key in keys(image)} == songs
    assert {key[0] for key in keys(target)} == {2}


def test_style_is_a_loud_training_slice(features_path):
    source = pairs(features_path, batch_size=1)
    style = source.style("guitar")
    means = [np.mean(source.batch(step)[1] + 1) / 2 for step in range(source.steps_per_pass)]
    assert style.shape == SHAPE
    assert 0.5 < np.mean(np.array(means) <= np.mean(style) + 1e-6) < 1.0


def test_slices_that_are_kept_are_read_once(broken):
    source = pairs(broken, memory_gb=1.0, validation_split=0.0, batch_size=18)
    before, _ = source.batch(0)
    shutil.rmtree(broken)
    after, _ = source.batch(0)
    np.testing.assert_allclose(after, before, atol=1e-3)


def test_threads_that_read_slices_parse_nothing(features_path, monkeypatch):
    """Python 3.11's parser can fail where two threads use it; headers are parsed beforehand."""
    source = pairs(features_path)
    monkeypatch.setattr("ast.literal_eval", None)
    image, target = source.batch(0)
    assert np.abs(image - target).max() > 0


def test_files_that_are_being_written_are_no_slices(broken):
    (broken / "piano" / ".0a1b2c3d.song0_000.npy").write_bytes(b"half")
    assert len(pairs(broken).names) == 18


def test_prefetch_keeps_the_order_and_passes_errors_on():
    assert list(slice_pairs.prefetch([lambda i=i: i for i in range(20)], threads=3)) == list(
        range(20)
    )
    results = slice_pairs.prefetch([lambda: 1, lambda: 1 // 0])
    with pytest.raises(ZeroDivisionError):
        list(results)


def test_song_names():
    assert song_of("bach_bwv_1_012") == "bach_bwv_1"
    assert song_of("bach_bwv_1_copy3_012") == "bach_bwv_1"
    assert song_of("bach") == "bach"


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"origin": "oboe"}, "no instrument 'oboe'; there are: guitar, piano, violin"),
        ({"batch_size": 16}, "15 training examples, fewer than a batch of 16; use a smaller"),
        ({"origin": "any"}, "at least two targets"),
    ],
)
def test_what_cannot_be_done(features_path, settings, message):
    with pytest.raises(UserError, match=message):
        pairs(features_path, **settings)


def test_missing_folders(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such folder; pix2pix_tt.compute_features"):
        pairs(tmp_path / "nowhere")
    (tmp_path / "piano").mkdir()
    with pytest.raises(UserError, match="piano holds no features"):
        pairs(tmp_path)


@pytest.mark.parametrize("instrument", ["piano", "guitar"])
def test_missing_partners(broken, instrument):
    for name in ("song2_001", "song4_000"):
        (broken / instrument / f"{name}.npy").unlink()
    with pytest.raises(UserError, match=r"song2_001.npy has no partner .*\(2 files lack theirs\)"):
        pairs(broken)


def test_wrong_shapes(broken):
    np.save(broken / "guitar" / "song1_000.npy", np.zeros((32, 31, 1), "float32"))
    with pytest.raises(
        UserError, match=r"song1_000.npy holds \[32, 31, 1\] .* a slice is \[32, 32"
    ):
        pairs(broken)


def test_a_damaged_file(broken):
    (broken / "guitar" / "song1_000.npy").write_bytes(b"no array")
    with pytest.raises(UserError, match="song1_000.npy is no file of features, or is damaged"):
        pairs(broken)
