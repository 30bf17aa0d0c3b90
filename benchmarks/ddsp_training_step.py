"""A training step of the published solo instrument: this project against ddsp 3.7.0.

Run in an environment that holds both: .venv-reference/bin/python benchmarks/ddsp_training_step.py
Where .venv-jax stands beside it, this project is measured on JAX as well.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import paired

ROOT = Path(__file__).resolve().parents[1]
FRAMES, HOP = 1000, 64


def make_batch(size):
    rng = np.random.default_rng(0)
    time = np.arange(FRAMES) / 250
    f0_hz = np.stack([440.0 * 2.0 ** (np.sin(time + i) / 2.0) for i in range(size)])
    audio = 0.1 * rng.standard_normal((size, FRAMES * HOP))
    batch = {"f0_hz": f0_hz, "loudness_db": np.full((size, FRAMES), -30.0), "audio": audio}
    return {key: x.astype("float32") for key, x in batch.items()}


def ours(size):
    from audio_tt import settings
    from ddsp_tt.configurables import loop, models

    settings.parse_gin(("ddsp/published.gin",))
    model, batch = models.get_model(), make_batch(size)
    model(batch)
    model.compile(loop.Trainer(3e-4).optimizer)
    paired.serve(lambda: model.train_on_batch(batch, return_dict=True)["loss"])


def original(size):
    from original import build_model, ddsp, tf

    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        trainer = ddsp.training.trainers.Trainer(build_model(FRAMES, angular=False), strategy)
    batch = {key: tf.constant(x) for key, x in make_batch(size).items()}
    paired.serve(lambda: float(trainer.train_step(batch)["total_loss"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch_size", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--worker", choices=("ours", "original"))
    arguments = parser.parse_args()
    if arguments.worker:
        sys.exit({"ours": ours, "original": original}[arguments.worker](arguments.batch_size))
    options = [Path(__file__).resolve(), f"--batch_size={arguments.batch_size}"]
    mine = [*options, "--worker=ours"]
    programs = {
        "timbre-tt, TensorFlow": ([sys.executable, *mine], {"KERAS_BACKEND": "tensorflow"}),
        "ddsp 3.7.0": ([sys.executable, *options, "--worker=original"], {}),
    }
    jax = ROOT / ".venv-jax" / "bin" / "python"
    if jax.exists():
        programs["timbre-tt, JAX"] = ([jax, *mine], {"KERAS_BACKEND": "jax"})
    figures = paired.measure(programs, arguments.repeats)
    title = f"Training step, batch {arguments.batch_size} x 4 s, published size"
    paired.report(title, figures, "ddsp 3.7.0")


if __name__ == "__main__":
    main()
