"""The flags of every command that plays recordings through a generator."""

from absl import flags

from audio_tt.command import app

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
app.define_gpu_flag()


def options() -> dict:
    """Returns the flags' values by their names."""
    return {"phase": _PHASE.value, "overlap_frames": _OVERLAP.value, "seed": _SEED.value}


def run(model, input_path, output_path, style=None):
    """Plays what the flags say.

    Args:
      model: folder or file of the trained model.
      input_path: sound file, or folder of sound files.
      output_path: sound file to write, or folder.
      style: what a conditioned model draws by, see `pix2pix_tt.playing.styles.choose`.

    Returns:
      1 where files of a folder failed, otherwise 0.
    """
    from pix2pix_tt.playing import conversion

    jobs = conversion.plan(input_path, output_path)

    from pix2pix_tt.playing import styles
    from pix2pix_tt.trained import loading

    trained = loading.load(model)
    app.parse_gin()
    app.bind("Transfer.phase", _PHASE.value)
    app.bind("Blending.overlap_frames", _OVERLAP.value)
    example = styles.choose(trained, style, _SEED.value)
    return int(conversion.convert_all(jobs, trained, example, _SEED.value) > 0)
