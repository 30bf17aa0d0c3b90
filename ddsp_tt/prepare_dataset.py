"""Measures f0 and loudness of recordings and writes what training reads.

python -m ddsp_tt.prepare_dataset --input_audio_filepatterns='my_flute/*.wav' --output_path=data/flute
"""

from absl import flags

from audio_tt import app

_INPUT = flags.DEFINE_list(
    "input_audio_filepatterns", None, "Files, folders or globs, comma-separated.", required=True
)
_OUTPUT = flags.DEFINE_string("output_path", None, "Folder for the examples.", required=True)
_METHOD = flags.DEFINE_enum("f0_method", "crepe", ["crepe", "pyin", "yin"], "Pitch tracker.")
_CAPACITY = flags.DEFINE_enum(
    "crepe_capacity", "tiny", ["tiny", "small", "medium", "large", "full"], "Size of CREPE."
)
_WEIGHTS = flags.DEFINE_string("crepe_weights", None, "CREPE weights of your own (.h5).")


def main():
    """Prepares all files; those that are there already are kept."""
    from ddsp_tt.preparation import prepare

    app.parse_gin()
    options = {}
    if _METHOD.value == "crepe":
        options = {"crepe_capacity": _CAPACITY.value, "crepe_weights": _WEIGHTS.value}
    return prepare(_INPUT.value, _OUTPUT.value, method=_METHOD.value, **options)


if __name__ == "__main__":
    app.run(main)
