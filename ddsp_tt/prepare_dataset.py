"""Measures f0 and loudness of recordings and writes what training reads.

python -m ddsp_tt.prepare_dataset --input_audio_filepatterns='mine/*.wav' --output_path=data/mine
"""

from absl import flags

from audio_tt import app, pitch_flags

_INPUT = flags.DEFINE_list(
    "input_audio_filepatterns", None, "Files, folders or globs, comma-separated.", required=True
)
_OUTPUT = flags.DEFINE_string("output_path", None, "Folder for the examples.", required=True)
flags.adopt_module_key_flags(pitch_flags)


def main():
    """Prepares all files; those that are there already are kept."""
    from ddsp_tt.preparation import prepare

    return prepare(_INPUT.value, _OUTPUT.value, **pitch_flags.options())


if __name__ == "__main__":
    app.run(main)
