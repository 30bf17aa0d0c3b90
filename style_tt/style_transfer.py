"""Plays a recording in the style of another, by the Gram matrices of random filters.

python -m style_tt.style_transfer content.wav style.wav --output=out.wav
python -m style_tt.style_transfer content.wav style.wav --gin_file=style/published.gin
"""

from absl import flags

from audio_tt.command import app
from audio_tt.errors import UserError
from audio_tt.files import io
from style_tt import transfer_flags

_OUTPUT = flags.DEFINE_string(
    "output", None, "Sound file to write; by default a name with the settings, as the original's."
)
_RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "Folder to keep state, history and sounds on the way in."
)
_SAMPLE_EVERY = flags.DEFINE_integer(
    "sample_every", None, "Steps between two sounds on the way; needs --run_dir.", lower_bound=1
)
_PLOT = flags.DEFINE_string(
    "plot", None, "Picture (.png) of content, style and output to draw at the end."
)
_SAVE = flags.DEFINE_string("save_network", None, "File (.h5) to write the random weights to.")
flags.adopt_module_key_flags(transfer_flags)


def main(content_path, style_path):
    """One content, one style."""
    if _SAMPLE_EVERY.value and not _RUN_DIR.value:
        raise UserError("--sample_every needs --run_dir, where the sounds are kept")
    opened, played = transfer_flags.options()
    for path in (content_path, style_path):
        io.info(path)
        if _OUTPUT.value is not None:
            io.check_writable(_OUTPUT.value, path)

    from style_tt.playing import conversion

    session = conversion.open_session(style_path, **opened)
    if _SAVE.value is not None:
        conversion.save_network(session, _SAVE.value)
    output_path = _OUTPUT.value or conversion.default_name(content_path, style_path, session)
    io.check_writable(output_path)
    conversion.convert(
        session,
        content_path,
        output_path,
        run_dir=_RUN_DIR.value,
        sample_every=_SAMPLE_EVERY.value,
        **played,
    )
    if _PLOT.value is not None:
        from style_tt import graphs

        graphs.draw(content_path, style_path, output_path, _PLOT.value)
    print(output_path)


if __name__ == "__main__":
    app.run(main, positional="CONTENT STYLE")
