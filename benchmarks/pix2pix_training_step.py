"""A training step of the published networks: this project against the same step run eagerly.

The original's own step runs on TensorFlow 2.0 only, one operation at a time. The peer is that step
written down again for today's TensorFlow: the same networks, losses and optimisers.

Run: .venv/bin/python benchmarks/pix2pix_training_step.py
Where .venv-jax stands in the project, this project is measured on JAX as well.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import paired

ROOT = Path(__file__).resolve().parents[1]
RATES = (5e-5, 5e-6)


def make_batch(size):
    random = np.random.default_rng(0)
    shape = (size, 256, 256, 1)
    return [np.tanh(random.standard_normal(shape)).astype("float32") for _ in range(2)]


def ours(size):
    from pix2pix_tt.training.trainer import Trainer

    trainer, batch = Trainer(True, *RATES, precision="float32"), make_batch(size)
    paired.serve(lambda: np.asarray(trainer.step(batch)))


def eager(size):
    import keras
    import tensorflow as tf

    from pix2pix_tt.models import patch_discriminator, unet_generator

    networks = unet_generator(), patch_discriminator()
    generator, discriminator = networks
    optimizers = [keras.optimizers.Adam(rate) for rate in RATES]
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    image, target = map(tf.constant, make_batch(size))

    def step():
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            output = generator(image, training=True)
            real = discriminator([image, target], training=True)
            fake = discriminator([image, output], training=True)
            distance = tf.reduce_mean(tf.abs(target - output))
            generator_loss = cross_entropy(tf.ones_like(fake), fake) + 100.0 * distance
            discriminator_loss = cross_entropy(tf.ones_like(real), real)
            discriminator_loss += cross_entropy(tf.zeros_like(fake), fake)
        tapes = (generator_tape, generator_loss), (discriminator_tape, discriminator_loss)
        gradients = [
            tape.gradient(loss, network.trainable_variables)
            for (tape, loss), network in zip(tapes, networks, strict=True)
        ]
        for optimizer, values, network in zip(optimizers, gradients, networks, strict=True):
            optimizer.apply(values, network.trainable_variables)
        return float(distance)

    paired.serve(step)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch_size", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--worker", choices=("ours", "eager"))
    arguments = parser.parse_args()
    if arguments.worker:
        sys.path.insert(0, str(ROOT))
        sys.exit({"ours": ours, "eager": eager}[arguments.worker](arguments.batch_size))
    options = [Path(__file__).resolve(), f"--batch_size={arguments.batch_size}"]
    mine = [*options, "--worker=ours"]
    peer = "eager TensorFlow"
    programs = {
        "timbre-tt, TensorFlow": ([sys.executable, *mine], {"KERAS_BACKEND": "tensorflow"}),
        peer: ([sys.executable, *options, "--worker=eager"], {"KERAS_BACKEND": "tensorflow"}),
    }
    jax = ROOT / ".venv-jax" / "bin" / "python"
    if jax.exists():
        programs["timbre-tt, JAX"] = ([jax, *mine], {"KERAS_BACKEND": "jax"})
    figures = paired.measure(programs, arguments.repeats)
    title = f"Training step, batch {arguments.batch_size}, published size"
    paired.report(title, figures, peer)


if __name__ == "__main__":
    main()
