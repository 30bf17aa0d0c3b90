"""The flags of every command that transfers by DDSP: fitting to the instrument, notes as MIDI."""

from typing import Any

from absl import flags

from audio_tt.command import path_flags
from audio_tt.errors import UserError

_AUTO = flags.DEFINE_bool("auto_adjust", True, "Fit octave and loudness to the instrument.")
_KEEP = flags.DEFINE_bool(
    "keep_octave",
    None,
    "Keep the octave, or fit it as Magenta's demo; by default as needed.",
)
_OCTAVES = flags.DEFINE_integer("octave_shift", 0, "Octaves to move the pitch by.")
_LOUDNESS = flags.DEFINE_float("loudness_shift", 0.0, "dB to add to the loudness.")
_AUTOTUNE = flags.DEFINE_float(
    "autotune", 0.0, "Draw pitch to a scale, 0 to 1.", lower_bound=0.0, upper_bound=1.0
)
_CHROMATIC = flags.DEFINE_bool(
    "chromatic", False, "Let --autotune draw to all twelve notes, not to a scale."
)
_THRESHOLD = flags.DEFINE_float(
    "threshold", 1.0, "What counts as a note, 0 (all) to 2.", lower_bound=0.0
)
_QUIET = flags.DEFINE_float("quiet", 10.0, "dB to turn rests down by, at most.", lower_bound=0.0)
_FIT = flags.DEFINE_enum(
    "loudness_fit",
    "range",
    ["range", "quantiles"],
    "Keep the dynamics' proportions, or fill the range as Magenta's demo.",
)
_VOICES = flags.DEFINE_string(
    "voices", "auto", "Notes at once, 1 to 6; auto plays several where chords are beyond doubt."
)
_FINDER = flags.DEFINE_enum(
    "note_finder", "own", ["own", "basic_pitch"], "Of several voices; docs/chords.md compares them."
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the noise.", lower_bound=0)

_MIDI = path_flags.DEFINE_path(
    "midi", None, "Write the notes that are played too: a .mid file, or for several a folder."
)


def midi() -> str | None:
    """The value of `--midi`."""
    return _MIDI.value


def options() -> dict[str, Any]:
    """Keyword arguments of `ddsp_tt.playing.player.DdspPlayer`."""
    from ddsp_tt.playing.adjustment import Adjustment

    adjustment = Adjustment(
        auto_adjust=_AUTO.value,
        keep_octave=_KEEP.value,
        threshold=_THRESHOLD.value,
        quiet=_QUIET.value,
        autotune=_AUTOTUNE.value,
        chromatic=_CHROMATIC.value,
        octave_shift=_OCTAVES.value,
        loudness_shift=_LOUDNESS.value,
        loudness_fit=_FIT.value,
    )
    options = {"adjustment": adjustment, "seed": _SEED.value, "voices": _voices()}
    if _FINDER.value == "basic_pitch":
        from ddsp_tt.features import basic_pitch

        options["likelihoods"] = basic_pitch.likelihoods
    return options


def _voices():
    if _VOICES.value == "auto":
        return "auto"
    if _VOICES.value not in map(str, range(1, 7)):
        raise UserError(f"--voices={_VOICES.value}: write auto, or a number from 1 to 6")
    return int(_VOICES.value)
