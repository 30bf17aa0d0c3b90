"""Where the MIDI files go that commands write beside other files."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from audio_tt.errors import UserError
from audio_tt.files import batches, io
from audio_tt.playing.conversion import Job


def with_midi(jobs: Sequence[Job], midi: str | os.PathLike | None) -> list[Job]:
    """The jobs with the MIDI file that each writes too; as they are where none is asked for.

    Raises:
      UserError: see `places`.
    """
    if midi is None:
        return list(jobs)
    paths = places(midi, [job.target.stem for job in jobs])
    return [dataclasses.replace(job, midi=path) for job, path in zip(jobs, paths, strict=True)]


def places(midi: str | os.PathLike, names: Sequence[str]) -> list[Path]:
    """The MIDI file of each recording.

    Args:
      midi: the file, of one recording; of several a folder, which gets NAME.mid.
      names: of the recordings, without extension.

    Raises:
      UserError: it is a folder where a file is wanted, or the other way round, or it cannot be
        written to.
    """
    place = Path(midi)
    if len(names) == 1:
        if place.is_dir():
            raise UserError(f"{place} is a folder; say --midi={place / names[0]}.mid")
        if place.suffix.lower() not in (".mid", ".midi"):
            raise UserError(f"--midi={place}: the name of a MIDI file ends in .mid")
        paths = [place]
    elif place.is_file() or place.suffix.lower() in (".mid", ".midi"):
        raise UserError(f"--midi={place} is one file; several recordings need a folder")
    else:
        paths = [place / f"{name}.mid" for name in batches.distinct(names)]
    for path in paths:
        io.check_place(path)
    return paths
