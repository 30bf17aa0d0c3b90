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


def write_checkpoint(folder, model, number=300):
    """Writes a model's variables under the names that `ddsp_run` gives them."""
    import tensorflow as tf

    from ddsp_tt.magenta import checkpoints

    root = tf.Module()
    for name, variable in checkpoints._places(model).items():
        node = root
        *path, last = name.split("/")
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
    tf.train.Checkpoint(**parts).write(str(folder / f"ckpt-{number}"))


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
