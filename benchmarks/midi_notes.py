"""How well the notes of `--midi` agree with those that were played.

python benchmarks/midi_notes.py --folder=solos [--basic_pitch]

Rendered: two melodies at two speeds on seven SoundFont programs, with vibrato, dynamics and
staccato to legato, whose notes are known. Real: the clips of Medley-solos-DB whose notes were read
by hand, solo_notes.txt. Figures are means over the files of mir_eval's F-measure of notes: an onset
within 50 ms and the same key, and the end too (within 50 ms, or a fifth of the note).

With --basic_pitch the same files go through basic-pitch with its own settings
(pip install --no-deps basic-pitch; pip install onnxruntime resampy).
"""

import argparse
import collections
import tempfile
import time
from pathlib import Path

import mir_eval
import numpy as np
import soundfile

from audio_tt.command.progress import progress
from audio_tt.dsp.units import midi_to_hz
from audio_tt.files import io
from audio_tt.music.instruments import SoundFontInstrument
from audio_tt.music.melodies import BUILT_IN
from audio_tt.music.notes import Note
from audio_tt.music.performance import perform
from audio_tt.music.transcription import transcribe
from ddsp_tt.features import extraction

RATE = 16000
NOTES = Path(__file__).with_name("solo_notes.txt")
# General MIDI programs and how many semitones off they play.
PROGRAMS = {40: 0, 42: -12, 56: 0, 65: 0, 68: 0, 71: 0, 73: 0}


def rendered():
    """Yields (name, audio, notes) of melodies that are played from a SoundFont."""
    for program, semitones in PROGRAMS.items():
        instrument = SoundFontInstrument(program)
        for index, melody in enumerate(BUILT_IN):
            for seconds_per_note in (0.18, 0.4):
                line = melody.at_speed(seconds_per_note, semitones)
                played = perform(line, np.random.default_rng(index))
                yield melody.name, instrument.render(played, RATE), list(played.notes)


def annotated(folder):
    """Yields (name, audio, notes) of the clips that were read by hand."""
    clips = collections.defaultdict(list)
    for line in NOTES.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            clip, start, end, pitch = line.split()
            clips[clip].append(Note(int(pitch), 80, float(start), float(end)))
    for path in io.find_audio([folder]):
        if path.stem in clips:
            yield path.stem, io.read(path, RATE)[0], clips[path.stem]


def ours(audio):
    """Notes as `--midi` writes them."""
    return transcribe(extraction.extract(audio), extraction.FRAME_RATE).notes


def basic_pitch(audio):
    """Notes by basic-pitch, as its command makes them."""
    from basic_pitch import ICASSP_2022_MODEL_PATH, inference

    model = Path(ICASSP_2022_MODEL_PATH).with_name("nmp.onnx")
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        soundfile.write(file.name, audio, RATE)
        _, _, events = inference.predict(file.name, inference.Model(model))
    return [Note(int(pitch), 80, start, end) for start, end, pitch, *_ in events]


def f_measures(truth, found):
    """F-measure by onset and key, and by the end too."""
    if not found:
        return 0.0, 0.0
    notes = [
        (np.array([(n.start, n.end) for n in x]), midi_to_hz([n.pitch for n in x]))
        for x in (truth, found)
    ]
    arguments = (*notes[0], *notes[1])
    score = mir_eval.transcription.precision_recall_f1_overlap
    return score(*arguments, offset_ratio=None)[2], score(*arguments)[2]


def main():
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="of the clips")
    parser.add_argument("--basic_pitch", action="store_true")
    options = parser.parse_args()
    sets = {"rendered": list(rendered())}
    if options.folder:
        sets["real"] = list(annotated(options.folder))
    for title, files in sets.items():
        print(f"{title}: {len(files)} files, {sum(len(notes) for *_, notes in files)} notes")
        seconds = sum(len(audio) for _, audio, _ in files) / RATE
        for method in (ours, basic_pitch) if options.basic_pitch else (ours,):
            method(files[0][1])  # tables and caches are made
            begin = time.process_time()
            scores = [
                f_measures(notes, method(audio)) for _, audio, notes in progress(files, title)
            ]
            cost = (time.process_time() - begin) / seconds
            onset, whole = np.mean(scores, axis=0)
            print(
                f"  {method.__name__:12s} onset {onset:.3f}, onset and end {whole:.3f}; "
                f"{cost:.3f} processor seconds a second"
            )


if __name__ == "__main__":
    main()
