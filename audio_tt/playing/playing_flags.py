"""The flags of every command that plays recordings; commands adopt them as key flags."""

from typing import Any

from absl import flags

from audio_tt.command import path_flags
from audio_tt.playing.conversion import Output

_OUTPUT_DIR = path_flags.DEFINE_path("output_dir", None, "Folder to write to, for one or several.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace files that are there.")
_SKIP = flags.DEFINE_bool("skip_existing", False, "Pass over recordings whose file is there.")
_JOBS = flags.DEFINE_integer("jobs", 1, "Recordings to play at once.", lower_bound=1)
_RATE = flags.DEFINE_integer(
    "output_rate", None, "Of the files, Hz; the recording's by default, 0 for the model's."
)


def output_dir() -> str | None:
    """The value of `--output_dir`."""
    return _OUTPUT_DIR.value


def output(**others: Any) -> Output:
    """How files are written, as the flags say; `others` are further fields of `Output`."""
    return Output(
        overwrite=_OVERWRITE.value,
        skip_existing=_SKIP.value,
        jobs=_JOBS.value,
        sample_rate=_RATE.value,
        **others,
    )
