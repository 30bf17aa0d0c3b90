"""Trains one network for several target instruments, told apart by an example of the target.

python -m pix2pix_tt.train_multitarget --dataset_path=features --origin=piano --target=guitar,violin
"""

from absl import flags

from audio_tt.command import app
from pix2pix_tt import training_flags
from pix2pix_tt.data import targets

_ORIGIN = flags.DEFINE_string(
    "origin", None, "Instrument to start from, or any: another one of the targets.", required=True
)
_TARGET = flags.DEFINE_string(
    "target", None, "Instruments to turn it into, as a,b or \"['a','b']\".", required=True
)
_GENERATOR_RATE = flags.DEFINE_float("gen_lr", None, "Learning rate of the generator.")
_DISCRIMINATOR_RATE = flags.DEFINE_float("disc_lr", None, "Learning rate of the discriminator.")
flags.adopt_module_key_flags(training_flags)


def main() -> None:
    """Trains in MODELS/ORIGIN_2_any."""
    training_flags.run(
        f"{_ORIGIN.value}_2_any",
        _ORIGIN.value,
        targets.target_names(_TARGET.value),
        conditioned=True,
        settings={
            "Pix2PixTrainer.generator_learning_rate": _GENERATOR_RATE.value,
            "Pix2PixTrainer.discriminator_learning_rate": _DISCRIMINATOR_RATE.value,
        },
    )


if __name__ == "__main__":
    app.run(main)
