"""Makes clips to train the published system on: pictures of sound and pictures of its pitch.

    python -m autoencoder_tt.preprocess --input=recordings/flute --output=data/flute --whole

It writes OUTPUT/spectrograms/NAME.wav.npy, OUTPUT/f0_spectrograms/NAME.wav.npy and
OUTPUT/min_max_values.pkl. What is there is kept, so the same command continues.
"""

from absl import flags

from audio_tt.command import app, ending, gin_flags, path_flags, pitch_flags

_INPUT = path_flags.DEFINE_paths(
    "input", None, "Files, folders or globs, comma-separated.", required=True
)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder to write.", required=True)
_WHOLE = flags.DEFINE_bool(
    "whole", False, "Take all of a recording, clip after clip, not only its beginning."
)
_WORKERS = flags.DEFINE_integer(
    "num_workers", None, "Processes; one for each core by default.", lower_bound=1
)
flags.adopt_module_key_flags(pitch_flags)
flags.FLAGS.set_default("f0_method", "pyin")


def main() -> int:
    """Preprocesses all recordings; those that are done already are kept."""
    from audio_tt import settings
    from autoencoder_tt.published import preparation
    from autoencoder_tt.published.features import ClipSpectrogram

    if gin_flags.files():
        import autoencoder_tt.configurables  # noqa: F401  it may be about training as well
    app.parse_gin()
    spectrogram = ClipSpectrogram()
    settings.refuse_unused()
    failed = preparation.preprocess(
        _INPUT.value,
        _OUTPUT.value,
        spectrogram,
        _WHOLE.value,
        pitch_flags.options(),
        _WORKERS.value,
    )
    ending.say_written(_OUTPUT.value)
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main)
