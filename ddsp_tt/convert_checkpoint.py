"""Turns a folder of Magenta's into a model that every command here takes.

python -m ddsp_tt.convert_checkpoint --checkpoint_dir=solo_flute_ckpt --output=models/flute/model.h5
"""

from audio_tt.command import app, ending, gin_flags, path_flags

_INPUT = path_flags.DEFINE_path(
    "checkpoint_dir", None, "Folder with ckpt-N.*, operative_config-0.gin, ...", required=True
)
_OUTPUT = path_flags.DEFINE_path(
    "output",
    None,
    "FOLDER/model.h5 to write; settings and statistics go beside it, and FOLDER is the model.",
    required=True,
)


def main() -> None:
    """Reads one folder, writes one."""
    from ddsp_tt.magenta import folders
    from ddsp_tt.trained.files import MODEL_FILE

    written = folders.convert(_INPUT.value, _OUTPUT.value, **gin_flags.given())
    ending.say_written(*written)
    is_folder = written[0].name == MODEL_FILE
    ending.say_model(written[0].parent if is_folder else written[0])


if __name__ == "__main__":
    app.run(main)
