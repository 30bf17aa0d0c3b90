"""Trains one instrument into another: a U-Net against a discriminator.

python -m pix2pix_tt.train --dataset_path=features --origin=piano --target=guitar
"""

from absl import flags

from audio_tt.command import app
from pix2pix_tt import training_flags

_ORIGIN = flags.DEFINE_string("origin", None, "Instrument to start from.", required=True)
_TARGET = flags.DEFINE_string("target", None, "Instrument to turn it into.", required=True)
_GENERATOR_RATE = flags.DEFINE_float("gen_lr", None, "Learning rate of the generator.")
_DISCRIMINATOR_RATE = flags.DEFINE_float("disc_lr", None, "Learning rate of the discriminator.")
flags.adopt_module_key_flags(training_flags)


def main() -> None:
    """Trains in MODELS/ORIGIN_2_TARGET."""
    training_flags.run(
        f"{_ORIGIN.value}_2_{_TARGET.value}",
        _ORIGIN.value,
        [_TARGET.value],
        settings={
            "Pix2PixTrainer.generator_learning_rate": _GENERATOR_RATE.value,
            "Pix2PixTrainer.discriminator_learning_rate": _DISCRIMINATOR_RATE.value,
        },
    )


if __name__ == "__main__":
    app.run(main)
