"""A library of recorded single notes: which recording plays a note of some pitch and velocity."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.errors import UserError
from audio_tt.files import batches, io
from audio_tt.music import sfz, takes
from audio_tt.music.takes import Take

DYNAMICS = ("ppp", "pp", "p", "mp", "m", "mf", "f", "ff", "fff")
VELOCITIES = (36, 118)  # what performances use; layers divide it evenly by ratio
SHORT_SECONDS = 0.3  # notes below it are played by short takes, where there are some

_NOTE = re.compile(r"([A-Ga-g])(#|b|s)?(-?\d)(?:v(\d+))?")  # as in D#4, or D#4v10
_DYNAMIC = re.compile(r"(ppp|pp|p|mp|mf|m|fff|ff|f)\d*")
_NSYNTH = re.compile(r"-(\d{3})-(\d{3})$")
_SHORT = re.compile(r"(?i)stac|spic|short")
_OTHER = re.compile(r"(?i)pizz|trem|trill|harmonics?\b|col_?legno|gliss|fall|noise|release")
_SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_NEAR = 0.6  # semitones by which a pitch may differ from what the file's name says
_AGREEING = 0.7  # of the files
_STRETCH = 4  # semitones that a map may move a sample by for its key to count as a note
_STEADY_PITCH = 1.0  # semitones
_FEWEST_NOTES, _LONGEST_NOTE = 6, 15.0  # files, seconds
_LOUDER_DB = 6.0  # takes of one pitch that differ by more are layers
_MAP_SUFFIXES = (".sfz", ".txt")


@dataclass(frozen=True)
class Sample:
    """A take and what it plays.

    Attributes:
        take: the recording.
        pitch: MIDI pitch that it is played from, with fractions.
        keys: lowest and highest key that a map lets it play; (1, 0) without a map.
        layer: its dynamic, 0 for the softest.
        gain_db: what brings it to the level of its layer.
        is_short: whether it is for short notes.
    """

    take: Take
    pitch: float
    keys: tuple[int, int]
    layer: int
    gain_db: float
    is_short: bool = False

    @property
    def is_mapped(self) -> bool:
        """Whether a map says which keys it plays."""
        return self.keys[0] <= self.keys[1]


@dataclass(frozen=True)
class SampleLibrary:
    """Recordings of one instrument's notes.

    Attributes:
        samples: all of them.
        layer_edges: highest velocity of each layer, the softest first.
    """

    samples: tuple[Sample, ...]
    layer_edges: tuple[float, ...]

    @property
    def low(self) -> int:
        """Lowest key that is recorded, or mapped to a recording near it."""
        return min(self._keys())

    @property
    def high(self) -> int:
        """Highest such key."""
        return max(self._keys())

    @property
    def has_vibrato(self) -> bool:
        """Whether most of the recordings that can have vibrato have some."""
        long = [sample.take.vibrato for sample in self.samples if sample.take.can_go_on]
        return bool(long) and np.mean(long) > 0.5

    def _keys(self):
        for sample in self.samples:
            middle = round(sample.pitch)
            yield middle
            yield from (
                key for key in sample.keys if abs(key - middle) <= _STRETCH and sample.is_mapped
            )

    def choose(self, pitch: int, velocity: int, seconds: float, rng: np.random.Generator) -> Sample:
        """Chooses a sample for a note; several that suit it are taken at random."""
        layer = int(np.searchsorted(self.layer_edges[:-1], velocity))
        wants_short = seconds < SHORT_SECONDS
        of_kind = [s for s in self.samples if s.is_short == wants_short]
        of_kind = of_kind or list(self.samples)
        for away in sorted(range(len(self.layer_edges)), key=lambda other: abs(other - layer)):
            if found := _playing([s for s in of_kind if s.layer == away], pitch):
                return found[int(rng.integers(len(found)))]
        raise AssertionError("every sample is in a layer")


def _playing(samples: Sequence[Sample], pitch: int) -> list[Sample]:
    """Those mapped to a key, or else those nearest to it."""
    mapped = [s for s in samples if s.keys[0] <= pitch <= s.keys[1]]
    if mapped or not samples:
        return mapped
    nearest = min(abs(s.pitch - pitch) for s in samples)
    return [s for s in samples if abs(s.pitch - pitch) <= nearest + 0.5]


def is_single_notes(inputs: Sequence[str | os.PathLike]) -> bool:
    """Whether recordings look like a sample library: short files, a pitch in each name, or a map.

    Args:
        inputs: files, folders or globs, as of `io.find_audio`.
    """
    folders = [Path(folder) for folder in inputs if Path(folder).is_dir()]
    if len(folders) == len(inputs) and all(_maps(folder) for folder in folders):
        return True
    paths = io.find_audio(inputs)
    if len(paths) < _FEWEST_NOTES:
        return False
    named = [_NSYNTH.search(path.stem) or _named_pitch(path.stem) is not None for path in paths]
    if np.mean(list(map(bool, named))) < _AGREEING:
        return False
    lengths = [info.duration for info in batches.each(io.info, paths)[0]]
    return bool(np.percentile(lengths, 90) < _LONGEST_NOTE)


def read(
    source: str | os.PathLike, run: Callable[[Callable, Sequence], Iterable] = map
) -> SampleLibrary:
    """Reads a sample library.

    Of a folder with SFZ maps those files are read that the maps name, of one without all sound
    files. Then their pitch is in their names (`NAME-060-100`, `A#3`, `Bb2`, `Cs4`, a MIDI number),
    or else it is what is heard; so are dynamics (`pp` to `ff`, NSynth's velocity, or the level).
    Octaves are checked by ear: a library that calls 60 `C3` is moved.

    Args:
        source: a folder, or an SFZ file.
        run: calls a function for each of a list of files, as `map` does.

    Raises:
        UserError: there is no such folder or file, it holds no note, or a file cannot be read.
    """
    source = Path(source)
    if not source.exists():
        raise UserError(f"{source}: no such folder or SFZ file; check --samples")
    maps = [source] if source.is_file() else _maps(source)
    if source.is_file() and source.suffix.lower() not in _MAP_SUFFIXES:
        raise UserError(f"{source}: not an SFZ file; --samples takes a folder or an SFZ file")
    regions = [region for path in maps for region in sfz.read(path)]
    paths = [region.path for region in regions] if regions else io.find_audio([source])
    paths = [path for path in dict.fromkeys(paths) if not _OTHER.search(path.stem)]
    if not paths:
        raise UserError(f"{source}: holds no recording of a plain note")
    heard = {take.path: take for take in run(takes.listen, paths)}
    samples = _of_regions(regions, heard) if regions else _of_names(source, paths, heard)
    if not samples:
        raise UserError(f"{source}: no pitch was heard in its recordings; give single notes")
    return samples


def _maps(folder):
    """The SFZ maps of a folder that no other one includes; text files where there is no .sfz."""
    for suffix in _MAP_SUFFIXES:
        found = [p for p in sorted(folder.iterdir()) if p.suffix.lower() == suffix]
        found = [path for path in found if sfz.is_map(path)]
        inner = {file.resolve() for path in found for file in sfz.included(path)}
        if roots := [path for path in found if path.resolve() not in inner]:
            return roots
    return []


def _of_regions(regions, heard):
    regions = [region for region in regions if region.path in heard]
    pitches = np.array([region.pitch for region in regions])
    shift, _ = _octaves(pitches, np.array([heard[region.path].pitch for region in regions]))
    _say_shift(regions[0].path.parent, shift)
    lowest = sorted({region.velocities[0] for region in regions})
    if len(lowest) > 1:
        layers = [lowest.index(region.velocities[0]) for region in regions]
        highest = {region.velocities[0]: region.velocities[1] for region in regions}
        edges = tuple(float(highest[low]) for low in lowest)
    else:
        layers, edges = _layers([region.path for region in regions], pitches, heard)
    keys = [tuple(int(key + shift) for key in region.keys) for region in regions]
    volumes = [region.volume_db for region in regions]
    return _library([r.path for r in regions], pitches + shift, keys, layers, edges, volumes, heard)


def _of_names(source, paths, heard):
    measured = np.array([heard[path].pitch for path in paths])
    named = _pitches_by_name(paths, measured)
    if named is None:
        logging.info("%s: pitches are taken from the recordings, not from their names", source)
        sure = [i for i, path in enumerate(paths) if heard[path].wobble < _STEADY_PITCH]
        paths, pitches = [paths[i] for i in sure], measured[sure]
    else:
        pitches, shift = named
        _say_shift(source, shift)
    if not len(paths):
        return None
    layers, edges = _layers(paths, pitches, heard)
    nobody = [(1, 0)] * len(paths)  # each plays what is nearest to it
    return _library(paths, pitches, nobody, layers, edges, np.zeros(len(paths)), heard)


def _library(paths, pitches, keys, layers, edges, volumes, heard):
    levels = np.array([heard[path].level_db for path in paths]) + volumes
    layers = np.asarray(layers)
    usual = [np.median(levels[layers == layer]) for layer in layers]
    short = [bool(_SHORT.search(path.stem)) for path in paths]
    if all(short):
        short = [False] * len(paths)
    return SampleLibrary(
        tuple(
            Sample(
                heard[path],
                float(pitch),
                key,
                int(layer),
                float(volume - level),
                is_short,
            )
            for path, pitch, key, layer, volume, level, is_short in zip(
                paths, pitches, keys, layers, volumes, usual, short, strict=True
            )
        ),
        tuple(edges),
    )


def _pitches_by_name(paths, measured):
    """(MIDI pitches, octave shift) as the names say and the ear confirms; None where it does not.

    Files whose measured pitch is near the named one have the measured one, which is finer.
    """
    for named in _readings(paths):
        shift, agreeing = _octaves(named, measured)
        if agreeing >= _AGREEING:
            named = named + shift
            return np.where(np.abs(measured - named) < _NEAR, measured, named), shift
    return None


def _readings(paths):
    """Ways to read a MIDI pitch `[files]` from the names."""
    stems = [path.stem for path in paths]
    nsynth = [_NSYNTH.search(stem) for stem in stems]
    if all(nsynth):
        yield np.array([float(match[1]) for match in nsynth])
    notes = [_named_pitch(stem) for stem in stems]
    if None not in notes:
        yield np.array(notes, float)
    numbers = [[int(number) for number in re.findall(r"\d+", stem)] for stem in stems]
    for place in range(min(map(len, numbers), default=0)):
        column = np.array([row[place] for row in numbers], float)
        if column.min() >= 12 and column.max() <= 127:
            yield column


def _words(stem):
    return [word for word in re.split(r"[^A-Za-z0-9#-]+|-(?!\d)", stem) if word]


def _named_pitch(stem):
    """MIDI pitch of the first note name among the words of a file's name; None without one."""
    for word in _words(stem):
        if note := _NOTE.fullmatch(word):
            accidental = {"#": 1, "s": 1, "b": -1, None: 0}[note[2]]
            return _SEMITONES[note[1].lower()] + accidental + 12 * (int(note[3]) + 1)
    return None


def _named_layer(stem):
    """Number of the layer behind the note of a file's name, as in D#4v10; None without one."""
    notes = [_NOTE.fullmatch(word) for word in _words(stem)]
    return next((int(note[4]) for note in notes if note and note[4]), None)


def _named_dynamic(stem):
    """Index in `DYNAMICS` of the last word of a file's name that is one; None without one."""
    for word in reversed(_words(stem)):
        dynamic = _DYNAMIC.fullmatch(word)
        if dynamic and not (_NOTE.fullmatch(word) and _named_pitch(stem) == _named_pitch(word)):
            return DYNAMICS.index(dynamic[1])
    return None


def _octaves(named, measured):
    """(semitones that octaves are off by, share of the files that then agree)."""
    away = (measured - named)[np.isfinite(measured)]
    if not len(away):
        return 0, 0.0
    shift = 12 * round(float(np.median(away)) / 12)
    return shift, float(np.mean(np.abs(away - shift) < _NEAR))


def _say_shift(source, shift):
    if shift:
        logging.info("%s: its octaves are numbered %+d from what is heard", source, -shift // 12)


def _layers(paths, pitches, heard):
    """Layer of each file, and the highest velocity of each: by names, or else by level."""
    nsynth = [_NSYNTH.search(path.stem) for path in paths]
    dynamics = [_named_dynamic(path.stem) for path in paths]
    if all(nsynth):
        velocities = [int(match[2]) for match in nsynth]
        known = sorted(set(velocities))
        middles = [np.sqrt(a * b) for a, b in zip(known, known[1:], strict=False)]
        return [known.index(velocity) for velocity in velocities], (*middles, 127.0)
    numbered = [_named_layer(path.stem) for path in paths]
    if None not in numbered:
        known = sorted(set(numbered))
        return [known.index(number) for number in numbered], _edges(len(known))
    if None not in dynamics:
        known = sorted(set(dynamics))
        return [known.index(dynamic) for dynamic in dynamics], _edges(len(known))
    layers = np.zeros(len(paths), int)
    levels = np.array([heard[path].level_db for path in paths])
    for pitch in set(np.round(pitches)):
        same = np.flatnonzero(np.round(pitches) == pitch)
        if np.ptp(levels[same]) > _LOUDER_DB:
            layers[same] = levels[same] > levels[same].mean()
    return list(layers), _edges(layers.max() + 1)


def _edges(count):
    softest, loudest = np.log(VELOCITIES)
    inner = np.exp(np.linspace(softest, loudest, count + 1)[1:-1])
    return (*map(float, inner), 127.0)
