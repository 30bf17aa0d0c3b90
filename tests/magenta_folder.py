"""Writes folders as Magenta published them: the settings, and the checkpoint of a small model.

python tests/magenta_folder.py FOLDER
"""

import sys
from pathlib import Path

SETTINGS = """
import ddsp
get_model.model = @models.Autoencoder()
Autoencoder.preprocessor = @preprocessing.F0LoudnessPreprocessor()
Autoencoder.decoder = @decoders.RnnFcDecoder()
Autoencoder.processor_group = @processors.ProcessorGroup()
ProcessorGroup.dag = [
    (@synths.Harmonic(), ['amps', 'harmonic_distribution', 'f0_hz']),
    (@effects.Reverb(), ['harmonic/signal'])]
F0LoudnessPreprocessor.time_steps = 16
Harmonic.n_samples = 1024
Reverb.trainable = True
Reverb.reverb_length = 32
RnnFcDecoder.rnn_channels = 6
RnnFcDecoder.ch = 4
RnnFcDecoder.layers_per_stack = 2
RnnFcDecoder.output_splits = (('amps', 1), ('harmonic_distribution', 5))
Trainer.checkpoints_to_keep = [
    100, 200,
]
run_dag.verbose = False
"""
NEW = (
    SETTINGS
    + """
F0LoudnessPreprocessor.compute_loudness = True
RnnFcDecoder.input_keys = ('ld_scaled', 'f0_scaled')
"""
)


def name_of_before_april_2020(name):
    """What a variable of `SETTINGS` was called then."""
    for new, old in (
        ("input_stacks/0", "f_stack"),
        ("input_stacks/1", "l_stack"),
        ("input_stacks/2", "z_stack"),
        ("rnn/rnn/cell", "rnn/cell"),
        ("processor_group/reverb", "processor_group/processors/1"),
    ):
        name = name.replace(new, old)
    return name


def write_checkpoint(folder, model, name="ckpt-300", named=str):
    """Writes a model's variables under the names that `ddsp_run` gives them.

    Args:
      folder: where to.
      model: an `Autoencoder`.
      name: of the checkpoint.
      named: function from such a name to the one that is written.
    """
    import tensorflow as tf

    from ddsp_tt.magenta import checkpoints

    root = tf.Module()
    for place, variable in checkpoints._places(model).items():
        node = root
        *path, last = named(place).split("/")
        for part in path:
            if part not in node.__dict__:
                setattr(node, part, tf.Module())
            node = node.__dict__[part]
        setattr(node, last, tf.Variable(variable.numpy()))
    root.optimizer = tf.Module()
    root.optimizer.iter = tf.Variable(3)
    root.model.slot = tf.Module()
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"model": root.model, "optimizer": root.optimizer}
    tf.train.Checkpoint(**parts).write(str(folder / name))


def write(folder, text=NEW, seed=0):
    """Writes settings and a checkpoint of random weights, and returns the model."""
    import keras

    from ddsp_tt.configurables import models
    from ddsp_tt.magenta import folders
    from ddsp_tt.trained import loading

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "operative_config-0.gin").write_text(text)
    folders.parse(folder / "operative_config-0.gin")
    keras.utils.set_random_seed(seed)
    model = loading.build(models.get_model())
    write_checkpoint(folder, model)
    return model


if __name__ == "__main__":
    write(Path(sys.argv[1]))
