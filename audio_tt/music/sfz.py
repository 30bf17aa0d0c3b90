"""SFZ maps: which sound file plays which key and velocity.

The part of the format (https://sfzformat.com) that says what a sample is: regions with what they
inherit, `#include` and `#define`, keys, velocities, tuning, volume and round robins. Envelopes,
filters and modulation are passed over.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from absl import logging

from audio_tt.errors import UserError
from audio_tt.files import io

_MOST_NESTED = 16
_LEVELS = ("control", "global", "master", "group", "region")
_HEADER = re.compile(r"<(\w+)>")
_OPCODE = re.compile(r"(?:^|(?<=\s))([A-Za-z_][\w$]*)=")
_INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"')
_DEFINE = re.compile(r"^\s*#define\s+(\$\w+)\s+(\S+)")
_NOTE = re.compile(r"([A-Ga-g])([#b]?)(-?\d)")
_SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_READ = frozenset(
    "sample key lokey hikey pitch_keycenter tune volume lovel hivel seq_position seq_length "
    "default_path note_offset octave_offset transpose trigger".split()
)
_LABELS = re.compile(r"(region|group|master|global|sw)_?label|loop.*|ampeg.*|lorand|hirand")


@dataclass(frozen=True)
class Region:
    """A sound file and what it plays.

    Attributes:
        path: the sound file.
        keys: lowest and highest MIDI key.
        pitch: MIDI pitch that the file sounds at, with its tuning: 60.1 is 10 cents sharp.
        velocities: lowest and highest velocity, 0..127.
        volume_db: what its level is changed by.
    """

    path: Path
    keys: tuple[int, int]
    pitch: float
    velocities: tuple[int, int] = (0, 127)
    volume_db: float = 0.0


def read(path: str | os.PathLike) -> list[Region]:
    """Reads an SFZ file, or a fragment of one.

    A variable that is nowhere defined takes its opcode away, but for the extension of a sample:
    then any sound file of that name does. An included file that is not where it is said to be is
    looked for beside the map. What is unknown is named in a warning, once.

    Args:
        path: the file.

    Returns:
        The regions whose sample is there, in order.

    Raises:
        UserError: it cannot be read, includes itself, or no sample of it is there.
    """
    path = Path(path)
    reader = _Reader(path)
    reader.read(path)
    regions = reader.regions()
    if not regions:
        raise UserError(f"{path}: names no sample that is there; keep the map beside its samples")
    return regions


def included(path: str | os.PathLike) -> list[Path]:
    """The files that a map includes itself, as far as they are there."""
    names = (_INCLUDE.match(line) for line in _text(Path(path)).splitlines())
    found = (_find(Path(path).parent, name[1]) for name in names if name)
    return [file for file in found if file]


def is_map(path: str | os.PathLike) -> bool:
    """Whether a text file has a region, or includes files that may have some."""
    text = _text(Path(path))
    return "<region>" in text or bool(re.search(_INCLUDE.pattern, text, re.MULTILINE))


def parse_note(text: str) -> int | None:
    """Reads a key: a MIDI number or a name such as `c#4` (c4 is 60); None if it is neither."""
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    note = _NOTE.fullmatch(text)
    if not note:
        return None
    accidental = {"#": 1, "b": -1, "": 0}[note[2]]
    return _SEMITONES[note[1].lower()] + accidental + 12 * (int(note[3]) + 1)


class _Reader:
    """Collects the opcodes of every region, with those of the headers above it."""

    def __init__(self, root):
        self.root = root
        self.variables = {}
        self.found = []
        self._open = {level: {} for level in _LEVELS}
        self._level = None
        self._unknown = set()

    def read(self, path, depth=0):
        if depth > _MOST_NESTED:
            raise UserError(f"{path}: files that include each other; take one #include out")
        for line in _text(path).splitlines():
            if include := _INCLUDE.match(line):
                inner = _find(self.root.parent, include[1]) or _find(path.parent, include[1])
                if inner:
                    self.read(inner, depth + 1)
                else:
                    logging.warning("%s: %s is not there; passed over", path, include[1])
            elif define := _DEFINE.match(line):
                self.variables[define[1]] = define[2]
            else:
                self._line(line)

    def _line(self, line):
        parts = _HEADER.split(line)
        self._opcodes(parts[0])
        for header, rest in zip(parts[1::2], parts[2::2], strict=True):
            self._begin(header)
            self._opcodes(rest)

    def _begin(self, header):
        self._level = header if header in _LEVELS else None
        if self._level is None:
            return
        for level in _LEVELS[_LEVELS.index(header) :]:
            self._open[level] = {}
        if header == "region":
            above = [self._open[level] for level in _LEVELS[:-1]]
            self.found.append((above, self._open["region"]))

    def _opcodes(self, text):
        parts = _OPCODE.split(text)
        for name, value in zip(parts[1::2], parts[2::2], strict=True):
            value = self._replaced(value.strip())
            if name in _READ:
                if self._level and (name == "sample" or "$" not in value):
                    self._open[self._level][name] = value
            elif not _LABELS.fullmatch(name) and name not in self._unknown:
                self._unknown.add(name)
                logging.log_first_n(
                    logging.WARNING, "%s: %s is not known here; passed over", 20, self.root, name
                )

    def _replaced(self, value):
        for name in sorted(self.variables, key=len, reverse=True):
            value = value.replace(name, self.variables[name])
        return value

    def regions(self):
        made, missing = [], []
        for above, own in self.found:
            opcodes = {name: value for level in (*above, own) for name, value in level.items()}
            if "sample" not in opcodes or opcodes.get("trigger", "attack") not in (
                "attack",
                "first",
            ):
                continue
            sample = opcodes.get("default_path", "") + opcodes["sample"]
            path = _find(self.root.parent, sample)
            if path is None:
                missing.append(sample)
            else:
                made.append(self._region(path, opcodes))
        if missing and made:
            logging.warning(
                "%s: %d samples are not there, such as %s", self.root, len(missing), missing[0]
            )
        return made

    def _region(self, path, opcodes):
        def number(name, default):
            try:
                return float(opcodes.get(name, default))
            except ValueError:
                return float(default)

        shift = number("note_offset", 0) + 12 * number("octave_offset", 0)

        def key(name, default):
            value = parse_note(opcodes[name]) if name in opcodes else None
            return default if value is None else value + int(shift)

        only = key("key", None)
        lowest, highest = (0, 127) if only is None else (only, only)
        centre = key("pitch_keycenter", 60 if only is None else only)
        tune = number("tune", 0) + 100 * number("transpose", 0)
        return Region(
            path,
            (key("lokey", lowest), key("hikey", highest)),
            centre - tune / 100,
            (int(number("lovel", 0)), int(number("hivel", 127))),
            number("volume", 0),
        )


def _text(path):
    try:
        text = path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    return re.sub(r"/\*.*?\*/|(?m://.*$)", "", text, flags=re.DOTALL)


def _find(folder, name):
    """A file by the name that a map gives it, in its place or in the map's own folder; or None."""
    name = name.replace("\\", "/").strip()
    for path in (folder / name, folder / Path(name).name):
        if path.is_file():
            return path
        if "$" in path.name or not path.suffix:
            stem = path.name.partition(".$")[0]
            near = path.parent.glob(f"{stem}.*") if path.parent.is_dir() else ()
            for other in sorted(near):
                if other.suffix.lower() in io.AUDIO_EXTENSIONS:
                    return other
    return None
