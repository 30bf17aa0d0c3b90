"""The step is the published one; a run can be stopped and resumed at any moment."""

import errno
import shutil

import gin
import h5py
import keras
import numpy as np
import pytest
from keras import ops

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.models import weights
from audio_tt.training.run_directory import RunDirectory
from pix2pix_tt import models
from pix2pix_tt.configurables import features, loop, slice_pairs, trainer

COLUMNS = ["gen_mae", "gen_mae_val", "gen_loss", "gen_loss_val", "disc_loss", "disc_loss_val"]


def arrays(variables):
    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def assert_same(found, expected, **tolerances):
    for a, b in zip(arrays(found), arrays(expected), strict=True):
        np.testing.assert_allclose(a, b, **tolerances)


@pytest.fixture(scope="module")
def make(tiny_gin, features_path):
    """Makes (trainer, pairs) anew, as a command does."""

    def make(seed=0, conditioned=False, **bindings):
        settings.parse_gin((tiny_gin,))
        for name, value in bindings.items():
            settings.bind(name.replace("__", "."), value)
        settings.bind("unet_generator.channels", 2 if conditioned else 1)
        keras.utils.set_random_seed(seed)
        spectrogram = features.SliceSpectrogram()
        shape = (spectrogram.n_bins, spectrogram.slice_frames)
        targets = ["guitar", "violin"] if conditioned else ["guitar"]
        pairs = slice_pairs.SlicePairs(features_path, "piano", targets, shape, conditioned)
        return trainer.Trainer(), pairs

    return make


def softplus(x):
    return ops.log1p(ops.exp(x))


def plain_losses(generator, discriminator, image, target):
    """The formulas of Pix2Pix-Timbre-Transfer's training, as they stand in the paper."""
    output = generator(image, training=True)
    real = discriminator([image, target], training=True)
    fake = discriminator([image, output], training=True)
    distance = ops.mean(ops.abs(target - output))
    generator_loss = ops.mean(softplus(-fake)) + 100.0 * distance
    discriminator_loss = ops.mean(softplus(-real)) + ops.mean(softplus(fake))
    return distance, generator_loss, discriminator_loss


def plain_step(networks, image, target):
    """(figures, gradients of each network's loss to its variables, statistics afterwards)."""
    trainable = [network.trainable_variables for network in networks]
    others = [v for network in networks for v in network.non_trainable_variables]
    if keras.backend.backend() == "jax":
        import jax

        def loss(values, which):
            mapping = list(zip(sum(trainable, []), values, strict=True))
            mapping += [(v, v.value) for v in others]
            with keras.StatelessScope(state_mapping=mapping) as scope:
                figures = plain_losses(*networks, image, target)
            return figures[1 + which], (figures, [scope.get_current_value(v) for v in others])

        values = [v.value for v in sum(trainable, [])]
        gradient = jax.jit(jax.grad(loss, has_aux=True), static_argnums=1)
        of_generator, (figures, statistics) = gradient(values, 0)
        of_discriminator, _ = gradient(values, 1)
        count = len(trainable[0])
        return figures, [of_generator[:count], of_discriminator[count:]], statistics
    import tensorflow as tf

    with tf.GradientTape(persistent=True) as tape:
        figures = plain_losses(*networks, image, target)
    gradients = [
        tape.gradient(loss, [v.value for v in variables])
        for loss, variables in zip(figures[1:], trainable, strict=True)
    ]
    return figures, gradients, others


def test_a_step_is_the_published_one(make):
    learner, pairs = make(unet_generator__dropout=0.0)
    batch = pairs.batch(0)
    networks = list(learner.networks.values())
    copies = models.unet_generator(), models.patch_discriminator()
    for copy, network in zip(copies, networks, strict=True):
        copy.set_weights(network.get_weights())
    figures, expected, statistics = plain_step(copies, *map(ops.convert_to_tensor, batch))

    np.testing.assert_allclose(learner.step(batch), figures, rtol=1e-5)
    for optimizer, gradients, network in zip(
        learner.optimizers, expected, learner.networks.values(), strict=True
    ):
        # After one step, Adam's first moment is a tenth of the gradient.
        count = len(network.trainable_variables)
        moments = [v for v in optimizer.variables if "momentum" in v.path]
        assert len(moments) == count
        for moment, gradient in zip(moments, gradients, strict=True):
            gradient = np.asarray(gradient)
            np.testing.assert_allclose(
                10.0 * np.asarray(moment), gradient, rtol=1e-3, atol=1e-3 * np.abs(gradient).max()
            )
    # The discriminator's statistics have moved twice.
    moved = [v for network in networks for v in network.non_trainable_variables]
    assert_same(moved, statistics, rtol=1e-4)

    # Each network learns at its own rate.
    before = arrays(learner.generator.trainable_variables)
    learner.step(batch, 0.0, 1e-2)
    assert_same(learner.generator.trainable_variables, before, rtol=0)
    before = arrays(learner.discriminator.trainable_variables)
    learner.step(batch, 1e-3, 0.0)
    assert_same(learner.discriminator.trainable_variables, before, rtol=0)
    learner.step(batch, 1e-3, 1e-2)
    after = arrays(learner.discriminator.trainable_variables)
    # A step of Adam is about the learning rate where gradients agree.
    assert 3e-3 < max(np.abs(a - b).max() for a, b in zip(after, before, strict=True)) < 2e-2


def test_the_discriminator_does_not_see_the_example(make):
    learner, pairs = make(conditioned=True, unet_generator__dropout=0.0)
    assert learner.generator.input_shape[-1] == 2
    image, target = pairs.batch(0)
    figures = learner.evaluate([(image, target)])
    output = learner.draw(image)
    real, fake = (learner.discriminator([image[..., :1], x]) for x in (target, output))
    expected = ops.mean(softplus(-real)) + ops.mean(softplus(fake))
    assert figures[2] == pytest.approx(float(expected), rel=1e-5)
    assert figures[0] == pytest.approx(np.abs(target - output).mean(), rel=1e-5)


def run(make, path, epochs, **bindings):
    learner, pairs = make(**bindings)
    loop.train(
        learner, pairs, path, epochs=epochs, steps_per_epoch=8, decay_epochs=1, keep_epochs=(1,)
    )
    return learner, RunDirectory(path).history()


@pytest.fixture(scope="module")
def straight(make, tmp_path_factory):
    """(run directory, trainer) of a run of two epochs."""
    path = tmp_path_factory.mktemp("run with space") / "straight"
    return path, run(make, path, 2)[0]


def test_what_a_run_leaves(straight):
    path, _ = straight
    assert {file.name for file in path.iterdir()} >= {
        *("generator.h5", "discriminator.h5", "generator_best.h5", "operative_config.gin"),
        *("state.h5", "history.csv", "history.png", "samples"),
    }
    history = RunDirectory(path).history()
    assert [row["epoch"] for row in history] == [1, 2]
    assert list(history[0])[1:] == COLUMNS
    assert all(np.isfinite(list(row.values())).all() for row in history)
    assert history[1]["gen_mae"] < history[0]["gen_mae"]
    assert {file.name for file in (path / "samples" / "000001").iterdir()} == {
        "spectrogram_input.png",
        "spectrogram_true.png",
        "spectrogram_pred.png",
        "generator.h5",
    }
    assert not (path / "samples" / "000002" / "generator.h5").exists()
    assert (path / "samples" / "spectrogram.gif").is_file()


def test_the_operative_gin_alone_rebuilds_the_model(straight):
    path, learner = straight
    assert "generator_loss.l1_weight = 100.0" in (path / "operative_config.gin").read_text("utf-8")
    settings.parse_gin((path / "operative_config.gin",))
    network = models.unet_generator()
    weights.load_weights(network, path / "generator.h5")
    assert_same(network.variables[:3], learner.generator.variables[:3], rtol=0)
    assert features.SliceSpectrogram().n_bins == 32


@pytest.fixture
def no_plots(monkeypatch):
    """Saves the second that a plot takes."""
    monkeypatch.setattr(RunDirectory, "plot_history", lambda run: None)


class Killed(Exception):
    pass


def test_a_run_that_was_killed_goes_on_as_if_it_had_not(
    make, straight, tmp_path, monkeypatch, no_plots
):
    monkeypatch.setattr(loop, "_LOOK_EVERY", 1)
    learner, pairs = make()
    take, taken = learner.step, []

    def step(*arguments):
        if len(taken) == 10:  # in the second epoch
            raise Killed
        taken.append(arguments)
        return take(*arguments)

    learner.step = step
    with pytest.raises(Killed):
        loop.train(
            learner, pairs, tmp_path, epochs=2, steps_per_epoch=8, decay_epochs=1, save_minutes=0.0
        )
    assert [row["epoch"] for row in RunDirectory(tmp_path).history()] == [1]
    with h5py.File(tmp_path / "state.h5") as file:
        assert b'"position": 2' in file["metadata"][()]
    # The same process goes on as another would: everything comes from the files.
    learner.step = take
    for variable in learner.state:
        variable.assign(np.zeros(variable.shape, "float32"))
    loop.train(learner, pairs, tmp_path, epochs=2, steps_per_epoch=8, decay_epochs=1)
    for row, other in zip(
        RunDirectory(tmp_path).history(), RunDirectory(straight[0]).history(), strict=True
    ):
        assert row == pytest.approx(other, rel=1e-5)
    assert_same(learner.state, straight[1].state, rtol=1e-4, atol=1e-6)


def test_a_finished_run_is_left_as_it_is(make, straight):
    before = {file: file.stat().st_mtime_ns for file in straight[0].glob("*.h5")}
    run(make, straight[0], 2)
    assert {file: file.stat().st_mtime_ns for file in straight[0].glob("*.h5")} == before


def test_weights_without_state_are_a_start_and_lose_no_rows(make, tmp_path, no_plots):
    settings_of_run = {
        "Pix2PixTrainer__adversarial": False,
        "Pix2PixTrainer__generator_learning_rate": 0.0,
    }
    learner, pairs = make(seed=7, **settings_of_run)
    weights.save_weights(learner.generator, tmp_path / "generator.h5")
    (tmp_path / "history.csv").write_text(",gen_mae,gen_mae_val\n0,0.07,0.0\n1,0.05,0.0\n", "utf-8")
    other, pairs = make(seed=0, **settings_of_run)
    loop.train(other, pairs, tmp_path, epochs=1, steps_per_epoch=1)
    assert RunDirectory(tmp_path).history()[:2] == [
        {"epoch": 1, "gen_mae": 0.07},
        {"epoch": 2, "gen_mae": 0.05},
    ]
    assert list(RunDirectory(tmp_path).history()[2]) == ["epoch", "gen_mae", "gen_mae_val"]
    assert RunDirectory(tmp_path).history()[2]["epoch"] == 3
    assert not (tmp_path / "discriminator.h5").exists()
    assert_same(other.generator.trainable_variables, learner.generator.trainable_variables, rtol=0)


def test_another_models_weights_are_a_start(make, straight, tmp_path, no_plots):
    rates = {
        f"Pix2PixTrainer__{name}_learning_rate": 0.0 for name in ("generator", "discriminator")
    }
    learner, pairs = make(seed=9, **rates)
    start = straight[0] / "generator.h5"
    loop.train(learner, pairs, tmp_path / "run", epochs=1, steps_per_epoch=1, start_from=start)
    for mine, theirs in (
        (learner.generator, straight[1].generator),
        (learner.discriminator, straight[1].discriminator),
    ):
        assert_same(mine.trainable_variables, theirs.trainable_variables, rtol=0)


def test_a_run_does_not_go_on_with_other_settings_unasked(make, straight, tmp_path, no_plots):
    shutil.copytree(straight[0], tmp_path / "run")
    before = (tmp_path / "run" / "operative_config.gin").read_bytes()
    other = {"SlicePairs__validation_split": 0.5}
    with pytest.raises(UserError, match="SlicePairs.validation_split = 0.1, and now it is 0.5"):
        run(make, tmp_path / "run", 3, **other)
    assert (tmp_path / "run" / "operative_config.gin").read_bytes() == before
    learner, pairs = make(**other)
    loop.train(
        learner,
        pairs,
        tmp_path / "run",
        epochs=2,
        steps_per_epoch=8,
        decay_epochs=1,
        change_settings=True,
    )
    assert (tmp_path / "run" / "settings_until_000002.gin").read_bytes() == before


def test_several_targets(make, tmp_path, no_plots):
    learner, pairs = make(conditioned=True, Pix2PixTrainer__adversarial=False)
    loop.train(learner, pairs, tmp_path, epochs=1, steps_per_epoch=1, validation_steps=1)
    styles = np.load(tmp_path / "styles.npz")
    assert set(styles) == {"guitar", "violin"}
    assert styles["guitar"].shape == (32, 32) and styles["guitar"].dtype == np.float16
    assert (tmp_path / "samples" / "000001" / "spectrogram_violin_pred.png").is_file()
    assert (tmp_path / "samples" / "spectrogram_violin.gif").is_file()


def test_losses_that_are_not_finite_end_the_training(make, tmp_path):
    learner, pairs = make()
    learner.step = lambda batch, *rates: np.array([1.0, np.nan, 1.0])
    with pytest.raises(UserError, match="no longer finite in epoch 1; use lower learning rates"):
        loop.train(learner, pairs, tmp_path, epochs=1)
    assert not (tmp_path / "generator.h5").exists()


def test_a_full_disk_leaves_what_was_there(make, straight, tmp_path, monkeypatch):
    shutil.copytree(straight[0], tmp_path / "run")
    before = (tmp_path / "run" / "generator.h5").read_bytes()
    learner, pairs = make()
    learner.step = lambda batch, *rates: np.ones(3)
    learner.evaluate = lambda batches: np.ones(3)

    def half(network, temporary, dtype):
        temporary.write_bytes(before[:1000])
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(weights.weights_keras2, "write", half)
    with pytest.raises(UserError, match="generator.h5: cannot be written: No space left"):
        loop.train(learner, pairs, tmp_path / "run", epochs=3, steps_per_epoch=8)
    assert (tmp_path / "run" / "generator.h5").read_bytes() == before
    assert not list((tmp_path / "run").glob(".*.h5"))
    state = RunDirectory(tmp_path / "run").load_state(learner.state)
    assert (state["epoch"], state["position"]) == (2, 0)


@pytest.mark.parametrize("epochs_done, factor", [(0, 1.0), (6, 1.0), (8, 0.5), (9.5, 0.125)])
def test_learning_rates_fall_at_the_end(epochs_done, factor):
    assert loop.learning_rates([4.0, 2.0], epochs_done, 10, 4) == [4 * factor, 2 * factor]
    assert loop.learning_rates([4.0], epochs_done, 10, 0) == [4.0]


def test_half_precision_ends_in_single(make):
    learner, pairs = make(
        Pix2PixTrainer__precision="mixed_bfloat16", Pix2PixTrainer__adversarial=False
    )
    assert {v.dtype for v in learner.generator.trainable_variables} == {"float32"}
    assert learner.generator.layers[1].compute_dtype == "bfloat16"
    assert learner.generator.output.dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"
    assert np.isfinite(np.asarray(learner.step(pairs.batch(0)))).all()


def test_float16_scales_the_loss(make):
    learner, _ = make(Pix2PixTrainer__precision="mixed_float16")
    for optimizer in learner.optimizers:
        assert float(optimizer.scale_loss(1.0)) > 1.0


def test_an_unknown_precision(make):
    with pytest.raises(UserError, match="precision is one of float32, mixed_bfloat16"):
        make(Pix2PixTrainer__precision="double")


@pytest.mark.slow
def test_training_the_published_networks(
    tmp_path, write_generator, write_discriminator, slices, golden
):
    gin.clear_config()
    gin.bind_parameter("unet_generator.dropout", 0.0)
    learner = trainer.Trainer(True, 1e-4, 1e-4)
    write_generator(tmp_path / "generator.h5")
    write_discriminator(tmp_path / "discriminator.h5")
    for name, network in learner.networks.items():
        weights.load_weights(network, tmp_path / name)
    batch = [np.asarray(x, np.float32) for x in slices]
    expected = golden["train_losses_l1_gen_disc"]
    np.testing.assert_allclose(learner.step(batch), expected[0], rtol=1e-5)
    for optimizer, kind in zip(learner.optimizers, ("gen", "disc"), strict=True):
        moments = [np.asarray(v) for v in optimizer.variables if "momentum" in v.path]
        norms = [10.0 * np.linalg.norm(moment) for moment in moments]
        np.testing.assert_allclose(norms, golden[f"grad_norm_{kind}"], rtol=5e-3)
    np.testing.assert_allclose(learner.step(batch), expected[1], rtol=1e-2)
