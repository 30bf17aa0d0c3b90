import numpy as np
import pytest

from pix2pix_tt import losses


def softplus(x):
    return np.log1p(np.exp(x))


def test_closed_forms():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 2, 4, 4, 1)).astype(np.float32)
    target, output = rng.uniform(-1, 1, (2, 2, 8, 8, 1)).astype(np.float32)
    total, distance = losses.GeneratorLoss()(fake, target, output)
    assert float(distance) == pytest.approx(np.abs(target - output).mean(), rel=1e-5)
    wanted = softplus(-fake).mean() + 100 * np.abs(target - output).mean()
    assert float(total) == pytest.approx(wanted, rel=1e-5)
    wanted = softplus(-real).mean() + softplus(fake).mean()
    assert float(losses.discriminator_loss(real, fake)) == pytest.approx(wanted, rel=1e-5)


def test_figures_of_the_original(golden, slices):
    _, bowed = slices
    output = golden["gen_out"][..., None].astype(np.float32)
    total, distance = losses.GeneratorLoss()(golden["disc_fake"], bowed, output)
    _, wanted_total, wanted_disc = golden["losses_l1_gen_disc"]
    assert float(total) == pytest.approx(wanted_total, rel=1e-4)
    assert float(distance) == pytest.approx(golden["losses_l1_gen_disc"][0], rel=1e-4)
    found = losses.discriminator_loss(golden["disc_real"], golden["disc_fake"])
    assert float(found) == pytest.approx(wanted_disc, rel=1e-6)


def test_confident_logits_stay_finite():
    far = np.full((1, 2, 2, 1), 1e4, np.float32)
    assert float(losses.discriminator_loss(-far, far)) == pytest.approx(2e4)
