"""Measures recordings and writes the slices that training reads.

    python -m pix2pix_tt.compute_features --audios_path=data/audios --features_path=data/features

It reads AUDIOS/INSTRUMENT/NAME.wav and writes FEATURES/INSTRUMENT/NAME_000.npy, NAME_001.npy, ...
What is there is kept, so the same command continues.
"""

import importlib
from pathlib import Path

from absl import flags

from audio_tt.command import app, ending, gin_flags, parallel_flags, path_flags

_AUDIOS_PATH = path_flags.DEFINE_path("audios_path", None, "Folder to read.", required=True)
_FEATURES_PATH = path_flags.DEFINE_path("features_path", None, "Folder to write.", required=True)
flags.adopt_module_key_flags(parallel_flags)


def main() -> int:
    """Measures all recordings; those that are done already are kept."""
    from audio_tt import settings
    from pix2pix_tt.data import feature_files
    from pix2pix_tt.features import SliceSpectrogram

    if gin_flags.files():
        importlib.import_module("pix2pix_tt.configurables")  # it may be about training as well
    app.parse_gin()
    spectrogram = SliceSpectrogram()
    settings.refuse_unused()
    features_path = Path(_FEATURES_PATH.value)
    failed = feature_files.compute_all(
        Path(_AUDIOS_PATH.value),
        features_path,
        spectrogram,
        parallel_flags.runner(features_path),
    )
    ending.say_written(features_path)
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main)
