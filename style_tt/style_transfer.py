"""Plays recordings in the style of another, by the Gram matrices of random filters.

python -m style_tt.style_transfer content.wav style.wav --output=out.wav
python -m style_tt.style_transfer songs/ 'more/*.mp3' style.wav --output_dir=out
python -m style_tt.style_transfer content.wav style.wav --gin_file=style/published.gin

The last file is the style. Without an output, that of one content has the original's name.
"""

import dataclasses
import functools
import os
from pathlib import Path

from absl import flags

from audio_tt.command import app, ending, path_flags
from audio_tt.errors import UserError
from audio_tt.files import io, paths
from audio_tt.playing import conversion, playing_flags
from style_tt import transfer_flags

_OUTPUT = path_flags.DEFINE_path(
    "output",
    None,
    "Sound file to write, or folder for several; by default a name with the settings, as the "
    "original's.",
)
_RUN_DIR = path_flags.DEFINE_path(
    "run_dir", None, "Folder to keep state, history and sounds on the way in."
)
_SAMPLE_EVERY = flags.DEFINE_integer(
    "sample_every", None, "Steps between two sounds on the way; needs --run_dir.", lower_bound=1
)
_PLOT = path_flags.DEFINE_path(
    "plot", None, "Picture (.png) of one content, style and output to draw at the end."
)
_SAVE = path_flags.DEFINE_path("save_network", None, "File (.h5) to write the random weights to.")
flags.adopt_module_key_flags(playing_flags)
flags.adopt_module_key_flags(transfer_flags)


def main(*words: str) -> int:
    """Any number of contents, one style."""
    *contents, style = words
    options = _checked(contents, style)

    from style_tt.playing import loading

    load = functools.partial(loading.load_player, style, **options)
    player = load()
    if _SAVE.value is not None:
        loading.save_network(player, _SAVE.value)
    target, folder = _OUTPUT.value, playing_flags.output_dir()
    if target is None and folder is None and _is_one(contents):
        target = loading.default_name(contents[0], style, player)
    jobs = conversion.plan(contents, target, folder, f"_{Path(style).stem}")
    keeping = _keeping(jobs)
    output = _as_published(playing_flags.output(), player)
    if output.jobs > 1:
        load = functools.partial(load, keeping=keeping)
    else:
        player.keeping = keeping
        load = functools.partial(_same, player)
    status = conversion.play_all(jobs, load, output)
    if _PLOT.value is not None:
        from style_tt import graphs

        graphs.draw(contents[0], style, jobs[0].target, _PLOT.value)
        ending.say_written(_PLOT.value)
    return status


def _checked(contents, style):
    """Keyword arguments of `loading.load_player`, once what is wrong at first sight is refused."""
    if _SAMPLE_EVERY.value and not _RUN_DIR.value:
        raise UserError("--sample_every needs --run_dir, where the sounds are kept")
    if _PLOT.value is not None and not _is_one(contents):
        raise UserError("--plot draws one content; name one")
    options = transfer_flags.options()
    for path in [*contents, style]:
        if path == style or not os.path.isdir(path) and not any(c in path for c in "*?["):
            io.info(path)
        if _OUTPUT.value is not None and _is_one(contents):
            io.check_writable(_OUTPUT.value, path)
    return options


def _is_one(contents):
    return len(contents) == 1 and os.path.isfile(contents[0])


def _keeping(jobs):
    """Where what is done of each content is kept: beside its output, or in the run directory."""
    from style_tt.training.kept_state import Keeping

    if _RUN_DIR.value is None:
        folders = {
            job: job.target.with_name(paths.shortened(f".{job.target.name}", ".run"))
            for job in jobs
        }
    elif len(jobs) == 1:
        folders = {jobs[0]: Path(_RUN_DIR.value)}
    else:
        folders = {job: Path(_RUN_DIR.value) / job.target.name for job in jobs}
    folders = {str(job.source): folder for job, folder in folders.items()}
    return Keeping(folders, _SAMPLE_EVERY.value, is_temporary=_RUN_DIR.value is None)


def _as_published(output, player):
    """The `Output` with what published settings do to it: shortened, at the rate of the player."""
    from style_tt.playing.recordings import whole_hops

    output = dataclasses.replace(output, max_seconds=player.settings.max_seconds)
    if player.settings.keep_length:
        return output
    hop_length = player.representation.hop_length
    return dataclasses.replace(
        output,
        finish=functools.partial(whole_hops, hop_length=hop_length),
        sample_rate=0 if output.sample_rate is None else output.sample_rate,
    )


def _same(player):
    return player


if __name__ == "__main__":
    app.run(main, positional="CONTENT... STYLE")
