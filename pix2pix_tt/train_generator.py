"""Trains one instrument into another by the L1 distance alone, without a discriminator.

python -m pix2pix_tt.train_generator --dataset_path=features --origin=piano --target=guitar
"""

from absl import flags

from audio_tt.command import app
from pix2pix_tt import training_flags

_ORIGIN = flags.DEFINE_string("origin", None, "Instrument to start from.", required=True)
_TARGET = flags.DEFINE_string("target", None, "Instrument to turn it into.", required=True)
_RATE = flags.DEFINE_float("lr", None, "Learning rate.")
flags.adopt_module_key_flags(training_flags)


def main() -> None:
    """Trains in MODELS/ORIGIN_2_TARGET_generator."""
    training_flags.run(
        f"{_ORIGIN.value}_2_{_TARGET.value}_generator",
        _ORIGIN.value,
        [_TARGET.value],
        settings={
            "Pix2PixTrainer.adversarial": False,
            "Pix2PixTrainer.generator_learning_rate": _RATE.value,
        },
    )


if __name__ == "__main__":
    app.run(main)
