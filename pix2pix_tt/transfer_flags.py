"""The flags of every command that plays recordings through a generator."""

import functools

from absl import flags

from audio_tt.command import gin_flags
from audio_tt.playing import conversion, playing_flags

_PHASE = flags.DEFINE_enum(
    "phase",
    None,
    ["input", "griffin_lim", "zero", "random"],
    "Phase of what the network draws; by default the input's.",
)
_OVERLAP = flags.DEFINE_integer(
    "overlap_frames",
    None,
    "Frames that slices share, by default an eighth of a slice; 0 sets them side by side.",
    lower_bound=0,
)
_SEED = flags.DEFINE_integer("seed", 0, "Of random phase, and of a style from a folder.")


def options() -> dict:
    """The flags as keyword arguments of `pix2pix_tt.playing.player.load`."""
    return {"phase": _PHASE.value, "overlap_frames": _OVERLAP.value, "seed": _SEED.value}


def run(model: str, inputs: list[str], output: str | None, style: str | None = None) -> int:
    """Plays what the flags say.

    Args:
      model: as for `pix2pix_tt.playing.player.load`.
      inputs: recordings, folders and globs.
      output: sound file to write, or folder; None where `--output_dir` says it.
      style: what a conditioned model draws by, see `pix2pix_tt.playing.styles.choose`.

    Returns:
      Exit status, see `audio_tt.playing.conversion.play_all`.
    """
    jobs = conversion.plan(inputs, output, playing_flags.output_dir())

    from pix2pix_tt.playing import player, published
    from pix2pix_tt.trained import loading

    gin = gin_flags.given()
    transfer = loading.read_playing(**gin).transfer
    load = functools.partial(
        player.load, model, style, whole_hops=not transfer.keep_length, **options(), **gin
    )
    return conversion.play_all(jobs, load, published.applied(playing_flags.output(), transfer))
