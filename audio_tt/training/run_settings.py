"""The settings of a run directory: what a training goes on with, and what was changed on the way.

operative_config.gin       the settings of the last training
settings_until_000300.gin  those before, where they were changed after 300 steps or epochs
changes.log                what was changed, and when
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from absl import logging

from audio_tt import gin_values, settings
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.training.run_directory import GIN_FILE, RunDirectory

_LOG = "changes.log"


def files(run_path: str | Path, default_files: Sequence[str | Path]) -> list[str | Path]:
    """Returns what to read before the command line's own settings: a run goes on as it began.

    Args:
      run_path: Where the run is or will be.
      default_files: What a new run begins with.
    """
    own = Path(run_path) / GIN_FILE
    return [*default_files, *([own] if own.is_file() else [])]


def check(
    run: RunDirectory, free: Collection[str] = (), allow_changes: bool = False
) -> list[tuple[str, object, object]]:
    """Makes sure that a run goes on with the settings that it has; call it once all are in use.

    Args:
      run: It may be new.
      free: Parameters that may change at any time, such as "train.num_steps".
      allow_changes: Whether all others may.

    Returns:
      [(parameter, value before, value now)] of what was changed.

    Raises:
      UserError: Something was changed and may not be, or was given and would do nothing.
    """
    settings.refuse_unused()
    if not run.has_state or not (run.path / GIN_FILE).is_file():
        return []
    try:
        before, now = (
            gin_values.read(run.path / GIN_FILE),
            gin_values.parse(settings.operative_gin()),
        )
    except (gin_values.NotPlain, SyntaxError, OSError):
        return []
    changes = [
        (name, before[name], now[name])
        for name in sorted(before.keys() & now.keys() - set(free))
        if _plain(before[name]) != _plain(now[name])
    ]
    if changes and not allow_changes:
        more = f" (and {len(changes) - 1} more)" if len(changes) > 1 else ""
        name, old, new = changes[0]
        raise UserError(
            f"{run.path} was trained with {name} = {old!r}, and now it is {new!r}{more}; leave "
            "the settings out to go on as before, train in another folder, or change them with "
            "--change_settings"
        )
    return changes


def keep(run: RunDirectory, changes: Collection[tuple[str, object, object]], step: int) -> None:
    """Writes the settings in use to a run directory; what they replace is kept and noted.

    Args:
      run: Its model is built.
      changes: What `check` returned.
      step: Steps or epochs that are done.
    """
    if changes:
        old = run.path / GIN_FILE
        with replacing(run.path / f"settings_until_{step:06d}.gin") as temporary:
            temporary.write_bytes(old.read_bytes())
        lines = [f"after {step}: {name} = {new!r}, before {old!r}" for name, old, new in changes]
        for line in lines:
            logging.info("%s: %s", run.path, line)
        log = run.path / _LOG
        known = log.read_text("utf-8") if log.is_file() else ""
        with replacing(log) as temporary:
            temporary.write_text(known + "\n".join(lines) + "\n", "utf-8")
    run.write_gin()


def _plain(value):
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
