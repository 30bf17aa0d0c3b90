"""What the page takes, so that one visitor cannot use up the machine."""

import dataclasses
from pathlib import Path

from audio_tt.errors import UserError
from audio_tt.files import io


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits of one upload and of one transfer.

    Attributes:
      megabytes: of an upload.
      minutes: of a recording.
      instruments: at once.
      waiting: transfers that may wait in the queue.
      keep_minutes: that files are kept of whoever has not closed the page.
    """

    megabytes: float = 100.0
    minutes: float = 5.0
    instruments: int = 6
    waiting: int = 20
    keep_minutes: float = 60.0

    def check(self, recording: str | Path | None, what: str = "recording") -> Path:
        """The path of an upload that can be read and is not too long.

        Raises:
          UserError: it is missing, no sound, too large or too long; the message names it as the
            visitor does, without the folder.
        """
        if not recording:
            raise UserError(f"there is no {what} yet: record one, upload one or take an example")
        path = Path(recording)
        if path.is_file() and path.stat().st_size > self.megabytes * 1e6:
            raise UserError(f"{path.name} is larger than {self.megabytes:g} MB")
        try:
            seconds = io.info(path).duration
        except UserError as error:
            raise UserError(plain(error, path)) from error
        if seconds > 60.0 * self.minutes:
            raise UserError(
                f"{path.name} is {seconds / 60.0:.1f} minutes long; this page takes "
                f"{self.minutes:g}, and timbre-transfer any length"
            )
        return path


DEFAULT = Limits()


def plain(message: object, *paths: Path) -> str:
    """A message with the names of files instead of their paths on the server."""
    text = str(message)
    for path in paths:
        text = text.replace(str(path), path.name)
    return " ".join(text.split())
