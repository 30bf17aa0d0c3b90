"""Melodies played on SoundFont instruments: planned from a seed, and written as recordings."""

import json
import multiprocessing
from dataclasses import astuple, replace
from pathlib import Path

import gin
import numpy as np

from audio_tt.command.progress import progress
from audio_tt.files import io, provenance
from audio_tt.files.atomic import replacing
from audio_tt.music import notes as notes_lib
from audio_tt.music.instruments import SoundFontInstrument, get_voice
from audio_tt.music.melodies import Melody
from audio_tt.music.planning import Piece, common_voice, plan_pieces

LOUDEST = 0.7


@gin.configurable(module="timbre_tt.performances")
def render_instrument(
    name: str,
    melodies: list[Melody],
    output_dir: Path,
    minutes: float,
    seed: int,
    soundfont: Path,
    sample_rate: int,
    together: list[str] | None = None,
    processes: int = 2,
) -> list[Path]:
    """Renders what is missing of one instrument's recordings and writes the manifest.

    With `together`, the names of all instruments that play the same, files go to
    OUTPUT/SPLIT/INSTRUMENT instead of OUTPUT/INSTRUMENT/SPLIT.

    One gain holds for all files of the instrument: the first run chooses it so that the loudest
    sample is 0.7, the manifest keeps it. Dynamics between the files stay as they were played.

    Returns:
        The paths of the files that were written.

    Raises:
        UserError: the folder was made with another seed, SoundFont or sample rate.
    """
    voice = get_voice(name)
    settings = {"seed": seed, "soundfont": soundfont.name, "sample_rate": sample_rate}
    if together:
        pieces = plan_pieces("", common_voice(together), melodies, minutes, seed)
        pieces = [replace(p, path=f"{p.split}/{name}/{Path(p.path).name}") for p in pieces]
        folder, manifest_path = Path(output_dir), Path(output_dir) / f"{name}.json"
        settings["together"] = together
    else:
        pieces = plan_pieces(name, voice, melodies, minutes, seed)
        folder = Path(output_dir) / name
        manifest_path = folder / "manifest.json"
    known = provenance.read_manifest(manifest_path, settings)
    gain = known and known["gain"]
    missing = [p for p in pieces if gain is None or not (folder / p.path).exists()]
    if not missing:
        return []
    jobs = [(soundfont, voice.program, piece.performance, sample_rate) for piece in missing]
    with multiprocessing.get_context("spawn").Pool(min(processes, len(jobs))) as pool:
        sounds = list(progress(pool.imap(_render, jobs), f"rendering {name}", "file"))
    if gain is None:
        gain = LOUDEST / max(float(np.abs(sound).max()) for sound in sounds)
    manifest = {"instrument": name, "program": voice.program, "gain": gain, **settings}
    manifest["files"] = [_describe(piece) for piece in pieces]
    with replacing(manifest_path) as temporary:
        temporary.write_text(json.dumps(manifest))
    for piece, sound in zip(missing, sounds, strict=True):
        _write_piece(folder / piece.path, sound * gain, sample_rate, piece, voice.program)
    return [folder / piece.path for piece in missing]


def _render(job):
    soundfont, program, performance, sample_rate = job
    return SoundFontInstrument(program, soundfont).render(performance, sample_rate)


def _describe(piece: Piece) -> dict:
    return {
        "path": piece.path,
        "melody": piece.melody,
        "split": piece.split,
        "seed": piece.seed,
        "seconds": piece.performance.duration,
        "notes": [
            [pitch, velocity, round(start, 4), round(end, 4)]
            for pitch, velocity, start, end in map(astuple, piece.performance.notes)
        ],
    }


def _write_piece(path: Path, audio: np.ndarray, sample_rate: int, piece: Piece, program: int):
    played = piece.performance
    notes_lib.write_midi(
        path.with_suffix(".mid"), played.notes, program, played.controls(), played.bends()
    )
    io.write(path, audio, sample_rate)
