"""The standing comparison: its tasks, what was measured when, and the tables made of it."""

import hashlib
import importlib.metadata
import json
import math
import subprocess
from collections.abc import Sequence
from pathlib import Path

from audio_tt.files.atomic import replacing
from audio_tt.metrics import tables
from audio_tt.music.instruments import PROGRAMS, VOICES
from audio_tt.music.soundfont import describe
from timbre_tt import systems
from timbre_tt.comparison import held_out_music, report_page
from timbre_tt.comparison.reference_figures import FIGURES
from timbre_tt.comparison.side_by_side import COPY, RESYNTHESIS, SAMPLE_RATE, Recording, Row

POLYPHONIC = {"guitar_acoustic": "keyboard_acoustic"}  # target: source
RENDER_RATE = 44100
_ANY_VOICES = (
    "loudness_correlation",
    "loudness_l1_db",
    "log_spectral_distance_db",
    "multiscale_spectral_distance",
    "mfcc_distance",
    "mfcc_frechet",
)
# F0 and loudness of chords say little, notes of one voice are said by its pitch.
ONE_VOICE = (
    "raw_pitch_accuracy",
    "raw_chroma_accuracy",
    "f0_l1_semitones",
    "f0_outliers",
    *_ANY_VOICES,
)
MANY_VOICES = ("pitch_jaccard", *_ANY_VOICES)
PACKAGES = ("keras", "librosa", "numpy", "soxr")
NOTABLE = 0.02  # a relative change that is worth a line

_HEAD = """# Results: every included model on the same held-out music

Written by `python -m timbre_tt.benchmark_suite`; [results.json](results.json) holds all figures and
the settings of each row. Melodies for one voice, and pieces for several, that no included model has
learned from are played by a SoundFont's instruments, on the one that goes in and
on the one that should come out: about 10 s each, 44.1 kHz, with dynamics and vibrato. Which
SoundFont, synthesiser and packages those were stands above each table. Pitch, notes
and the course of loudness are compared with the input, the rest with the target, whose power every
output is given by one gain; all at 16 kHz, mono, f0 by CREPE tiny. Arrows say which way is better.

*Copy of the input* is what doing nothing scores. *Notes on a sampled instrument* writes down the
notes that are heard in the input and plays them on the SoundFont that made the target, so its
timbre is the target's own: it shows what is lost when a performance is reduced to notes. "Code" and
"gin" name the commit, and a digest of the model's files and settings, that a row was measured with;
"x real time" is seconds of audio a second on the machine that measured the row, compilation
included; other work on that machine makes it less, so compare it within one row's commit only.
"""


def instruments() -> list[str]:
    """Every instrument that comes with a system, in alphabetical order; the user's own are not."""
    names = {name for system in systems.NAMES for name in systems.load(system).instruments()}
    return sorted(names & {*PROGRAMS, *VOICES})


def source_of(instrument: str) -> str:
    """What plays the input of an instrument's task."""
    return POLYPHONIC.get(instrument, "flute" if instrument == "violin" else "violin")


def recordings(instrument: str, soundfont: str | Path | None = None) -> list[Recording]:
    """The task of an instrument: held-out music on its source, each with its parallel target."""
    polyphonic = instrument in POLYPHONIC
    music = held_out_music.pieces() if polyphonic else held_out_music.melodies()
    return [
        Recording(
            name.rpartition("/")[2],
            held_out_music.render(played, source_of(instrument), RENDER_RATE, soundfont),
            RENDER_RATE,
            held_out_music.render(played, instrument, SAMPLE_RATE, soundfont),
            played if polyphonic else None,
        )
        for name, played in music.items()
    ]


def read(path: Path) -> dict:
    """What is known so far: {instrument: {label: row}}; empty where nothing is."""
    path = Path(path).with_suffix(".json")
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def setup(soundfont: str | Path | None = None) -> str:
    """What a figure depends on beside the model: SoundFont, synthesiser, and package versions.

    Raises:
      UserError: there is no such SoundFont, or nothing that plays one.
    """
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    return ", ".join([describe(soundfont), *versions])


def add(
    known: dict, instrument: str, count: int, rows: Sequence[Row], made_with: str = ""
) -> list[str]:
    """Puts the rows of a task in the place of those that are known.

    Rows of a label that no system has any more are dropped: nobody could measure them again. So
    are rows of other music or another set-up, which say nothing beside the new ones.

    Args:
      known: as `read` returns it.
      instrument: of the task.
      count: recordings that were played.
      rows: what came of them.
      made_with: see `setup`.

    Returns:
      A line for each figure that changed by more than 2 %, for the better or the worse, and for
      each row that was dropped.
    """
    task, lines = known.setdefault(instrument, {}), []
    version = code_version()
    for label, row in list(task.items()):
        if (row.get("pieces", count), row.get("setup", "")) != (count, made_with):
            del task[label]
            lines.append(f"{instrument}, {label}: dropped, it was measured on another set-up")
    for row in rows:
        new = {
            "why_not": row.why_not,
            "figures": {name: report_page.finite(value) for name, value in row.figures.items()},
            "speed": report_page.finite(row.speed),
            "pieces": count,
            "setup": made_with,
            "code": version,
            "gin": row.gin,
        }
        for name, before, after in _changes(task.get(row.label, {}).get("figures", {}), new):
            is_better = (after < before) == (FIGURES[name].better == "lower")
            lines.append(
                f"{instrument}, {row.label}: {FIGURES[name].title} {before:.4g} -> {after:.4g}, "
                f"{'better' if is_better else 'worse'}"
            )
        task[row.label] = new
    labels = {COPY, RESYNTHESIS}.union(*(systems.variants(x, instrument) for x in systems.NAMES))
    for label in set(task) - labels:
        del task[label]
        lines.append(f"{instrument}, {label}: dropped, no system is called so")
    return lines


def _changes(before, new):
    for name, after in new["figures"].items():
        old = before.get(name)
        if None not in (old, after) and abs(after - old) > NOTABLE * max(abs(old), 0.01):
            yield name, old, after


def write(path: Path, known: dict) -> None:
    """Writes the page and the file of all figures beside it."""
    sections = [_HEAD]
    for instrument in sorted(known):
        source = source_of(instrument)
        pieces = max(row["pieces"] for row in known[instrument].values())
        kind = "pieces of several voices" if instrument in POLYPHONIC else "melodies"
        made_with = next(iter(known[instrument].values())).get("setup") or "set-up not recorded"
        sections.append(
            f"## {source.replace('_', ' ')} to {instrument.replace('_', ' ')}\n\n"
            f"{pieces} {kind}; {made_with}.\n\n{as_markdown(instrument, known[instrument])}"
        )
    sections.append(_published())
    with replacing(path) as temporary:
        temporary.write_text("\n".join(sections), "utf-8")
    with replacing(Path(path).with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(known, indent=1), "utf-8")


def as_markdown(instrument: str, task: dict) -> str:
    """The table of one task."""
    names = MANY_VOICES if instrument in POLYPHONIC else ONE_VOICE
    arrows = {"lower": "↓", "higher": "↑"}
    heads = [f"{FIGURES[name].title} {arrows[FIGURES[name].better]}" for name in names]
    heads = ["system", *heads, "x real time", "code", "gin"]
    lines = []
    for label, row in task.items():
        if row["why_not"]:
            lines.append([label, row["why_not"]])
            continue
        values = [row["figures"].get(name) for name in names]
        cells = [report_page.shown(n, _nan(value)) for n, value in zip(names, values, strict=True)]
        gin = hashlib.sha256(row["gin"].encode()).hexdigest()[:7] if row["gin"] else ""
        cells += [report_page.speed(_nan(row["speed"])), row["code"], gin]
        lines.append([label, *cells])
    return tables.markdown(heads, lines) + "\n"


def _published():
    lines = [
        "## What the columns mean, and what others have published\n",
        "The published figures are of other recordings and, where it is said, other units: they "
        "say where a figure usually lies.\n",
    ]
    figures = [FIGURES[name] for name in dict.fromkeys((*ONE_VOICE, *MANY_VOICES))]
    cells = [[x.title, x.better, x.meaning, x.published] for x in figures]
    lines.append(tables.markdown(["figure", "better", "meaning", "published"], cells, n_names=4))
    return "\n".join(lines) + "\n"


def code_version(root: Path = Path(__file__).parents[2]) -> str:
    """The commit of the checkout, with a + where files have changed; else the package's version.

    What is in docs/ does not count: the results themselves are written there.
    """
    if (root / ".git").exists():
        commit = _git(root, "describe", "--always", "--abbrev=7", "--tags")
        changed = _git(root, "diff", "--quiet", "HEAD", "--", ".", ":(exclude)docs")
        if commit.returncode == 0:
            return commit.stdout.strip() + ("+" if changed.returncode else "")
    return importlib.metadata.version("timbre-tt")


def _git(root, *arguments):
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _nan(value):
    return math.nan if value is None else value
