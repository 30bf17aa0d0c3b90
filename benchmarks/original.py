"""The original ddsp 3.7.0, imported so that it runs on today's TensorFlow."""

import os
import sys
import types
import warnings

os.environ["TF_USE_LEGACY_KERAS"] = "1"
sys.modules["crepe"] = types.ModuleType("crepe")
warnings.filterwarnings("ignore")

import ddsp.training  # noqa: E402
import gin  # noqa: E402
import tensorflow as tf  # noqa: E402

__all__ = ["build_model", "ddsp", "tf"]


def build_model(n_frames, compute_loudness=True, angular=True):
    """The solo instrument of its own gin file, for `n_frames` frames of 64 samples.

    Args:
      n_frames: frames that every call has.
      compute_loudness: from the audio, as its default is.
      angular: its more exact running phase.
    """
    gin.add_config_file_search_path(os.path.dirname(ddsp.training.__file__) + "/gin")
    gin.parse_config_files_and_bindings(
        ["models/solo_instrument.gin", "optimization/base.gin"],
        [
            f"Harmonic.n_samples = {n_frames * 64}",
            f"Harmonic.use_angular_cumsum = {angular}",
            f"FilteredNoise.n_samples = {n_frames * 64}",
            f"F0LoudnessPreprocessor.time_steps = {n_frames}",
            f"F0LoudnessPreprocessor.compute_loudness = {compute_loudness}",
        ],
    )
    return ddsp.training.models.get_model()
