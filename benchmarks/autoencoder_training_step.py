"""A step of training on as much audio: the frame-wise design against the published one.

python benchmarks/autoencoder_training_step.py

The peer is published_small.gin, the published design with a sixteenth of its filters; the published
size takes far longer (docs/autoencoder.md).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import paired

PEER = "published design, small"
CLIPS = 4  # of 2.97 s each


def worker(name):
    import keras

    from audio_tt import settings
    from autoencoder_tt.configurables import design as designs
    from autoencoder_tt.configurables import loop

    settings.parse_gin((f"autoencoder/{name}.gin",))
    design, trainer = designs.get_design(), loop.Trainer()
    network = design.network
    network.compile(keras.optimizers.Adam(trainer.learning_rate), trainer.loss)
    random = np.random.default_rng(0)
    if name == "flute":
        frames, channels = 256, network.input_shape[-1]
        inputs = random.random((CLIPS, frames + 2 * design.context, channels), np.float32)
        targets = random.random((CLIPS, frames, design.features.n_bins), np.float32)
    else:
        inputs = targets = random.random((CLIPS, 512, 128, 2), np.float32)
    paired.serve(lambda: float(network.train_on_batch(inputs, targets)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--worker", choices=("flute", "published_small"))
    arguments = parser.parse_args()
    if arguments.worker:
        worker(arguments.worker)
        return
    script = [sys.executable, Path(__file__).resolve()]
    programs = {
        name: ([*script, f"--worker={settings}"], {})
        for name, settings in (("frame-wise design", "flute"), (PEER, "published_small"))
    }
    figures = paired.measure(programs, arguments.repeats)
    seconds = CLIPS * 256 * 256 / 22050
    paired.report(f"A training step on {seconds:.1f} s of audio", figures, PEER, seconds)


if __name__ == "__main__":
    main()
