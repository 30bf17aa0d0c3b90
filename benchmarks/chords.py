"""Music of two to four voices on an instrument of one: what is left of its notes, and the time.

python benchmarks/chords.py [--instrument=clarinet] [--listen=FOLDER]

Ten pieces of music21's corpus, strings and piano by a SoundFont that no part was trained on, played
by `--system=ddsp` with one voice and with several, beside copying and beside the notes that
`audio_tt.pitch.multipitch` finds, on a sampled instrument. Pitch Jaccard: of the input and
the output by `audio_tt.pitch.multipitch`; and of the notes as written and those that another ear
hears in the output, basic-pitch where it is installed. Note F1: the same ear, onsets within 100 ms.
"""

import argparse
import time
from pathlib import Path

import mir_eval
import numpy as np

from audio_tt.dsp.units import midi_to_hz
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.metrics import pitch_metrics, tables
from audio_tt.music import corpus
from audio_tt.music.instruments import SoundFontInstrument
from audio_tt.music.notes import Note
from audio_tt.music.voices import split_voices
from audio_tt.pitch import multipitch, note_network
from ddsp_tt.features import basic_pitch, extraction, voices
from ddsp_tt.playing.adjustment import Adjustment
from timbre_tt import systems
from timbre_tt.comparison import baselines

RATE, SECONDS = 16000, 12.0
FONT = "MuseScore_General_Full.sf2"
PIECES = {
    "bach_bwv104-6": 2,
    "bach_bwv114-7": 2,
    "mozart_k155_movement1": 2,
    "mozart_k458_movement3": 2,
    "bach_bwv264": 3,
    "bach_bwv348": 3,
    "haydn_opus74no1_movement2": 3,
    "bach_bwv156-6": 4,
    "bach_bwv289": 4,
    "bach_bwv368": 4,
}
STRINGS = {2: (40, 42), 3: (40, 41, 42), 4: (40, 41, 42, 42)}
PIANO = 0


def voices_of(name, count):
    """The highest, the lowest and as many between of the voices of a piece."""
    notes = [n for n in corpus.read_piece(name) if n.start < SECONDS - 0.3]
    notes = [Note(n.pitch, n.velocity, n.start, min(n.end, SECONDS)) for n in notes]
    found = sorted(split_voices(notes), key=len)[-max(count, 4) :]
    found = sorted(found, key=lambda voice: -np.mean([n.pitch for n in voice]))
    return [found[i] for i in np.linspace(0, len(found) - 1, count).round().astype(int)]


def render(parts, font, is_piano):
    """Audio `[samples]`, peak 0.5, of voices."""
    if is_piano:
        together = sorted((n for part in parts for n in part), key=lambda n: (n.start, n.pitch))
        audio = SoundFontInstrument(PIANO, font).render(together, RATE)
    else:
        programs = STRINGS[len(parts)]
        sounds = [
            SoundFontInstrument(program, font).render(part, RATE)
            for program, part in zip(programs, parts, strict=True)
        ]
        audio = np.zeros(max(map(len, sounds)), np.float32)
        for sound in sounds:
            audio[: len(sound)] += sound
    return 0.5 * audio / np.abs(audio).max()


def roll_of(notes, n_frames):
    """Which notes sound: bool `[frames, 128]` at the frame rate of `multipitch`."""
    roll = np.zeros((n_frames, 128), bool)
    for note in notes:
        first, last = np.ceil(
            [note.start * multipitch.FRAME_RATE, note.end * multipitch.FRAME_RATE]
        )
        roll[int(first) : int(last), note.pitch] = True
    return roll


def f1(written, heard):
    """Note F1, onsets within 100 ms."""
    if not heard:
        return 0.0
    pairs = []
    for notes in (written, heard):
        pairs.append(np.array([[n.start, n.end] for n in notes]))
        pairs.append(midi_to_hz(np.array([n.pitch for n in notes], float)))
    return mir_eval.transcription.precision_recall_f1_overlap(
        *pairs, onset_tolerance=0.1, offset_ratio=None
    )[2]


def sampled(audio, instrument):
    """The notes of a recording on a sampled instrument."""
    roll = multipitch.piano_roll(audio, RATE)
    loudness_db = extraction.loudness(audio, frame_rate=multipitch.FRAME_RATE)
    notes = baselines.notes_of_roll(roll, loudness_db, multipitch.FRAME_RATE)
    return baselines.resynthesise(notes, instrument, RATE, len(audio))


def ways(instrument, ear):
    """{label: function of audio and number of voices that plays it}."""

    def playing(how, **options):
        def play(audio, count):
            number = {"one": 1, "auto": "auto", "several": count}[how]
            adjustment = Adjustment(keep_octave=True)
            player = systems.player(
                "ddsp", instrument, adjustment=adjustment, voices=number, **options
            )
            return player.render(audio, RATE)

        return play

    found = {
        "copying": lambda audio, _: audio,
        "notes on a sampled instrument": lambda audio, _: sampled(audio, instrument),
        "one voice": playing("one"),
        "--voices=auto": playing("auto"),
        "--voices=N": playing("several"),
    }
    if ear is basic_pitch.likelihoods:
        found["--voices=N, basic-pitch"] = playing("several", likelihoods=ear)
    return found


def main():
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instrument", default="clarinet")
    parser.add_argument("--font", default=FONT)
    parser.add_argument("--pieces", type=int, default=len(PIECES))
    parser.add_argument("--listen", type=Path)
    arguments = parser.parse_args()
    ear = basic_pitch.likelihoods
    try:
        ear(np.zeros(RATE, np.float32))
    except UserError:
        ear = note_network.likelihoods
    results, seconds = {}, {}
    for index, (name, count) in enumerate(list(PIECES.items())[: arguments.pieces]):
        parts = voices_of(name, count)
        written = [n for part in parts for n in part]
        audio = render(parts, arguments.font, is_piano=index % 2 == 1)
        for label, play in ways(arguments.instrument, ear).items():
            start = time.process_time()
            output = play(audio, count)
            seconds.setdefault(label, []).append(time.process_time() - start)
            heard = voices.notes_of(ear(output), output)
            n_frames = len(output) * multipitch.FRAME_RATE // RATE
            rolls = [roll_of(notes, n_frames) for notes in (written, heard)]
            figures = (
                pitch_metrics.pitch_jaccard(audio, output, RATE),
                pitch_metrics.jaccard_distance(*rolls),
                f1(written, heard),
            )
            results.setdefault(label, []).append((count, *figures))
            if arguments.listen:
                slug = label.replace(" ", "_").strip("-").replace("=", "_").replace(",", "")
                io.write(arguments.listen / f"{name}_{slug}.ogg", output, RATE)
    rows = []
    for label, figures in results.items():
        figures = np.array(figures)
        two = figures[:, 0] == 2
        row = [f"{figures[:, 1].mean():.3f}", f"{figures[two, 1].mean():.3f}"]
        row += [f"{figures[:, 2].mean():.3f}", f"{figures[two, 2].mean():.3f}"]
        row += [f"{figures[:, 3].mean():.3f}", f"{sum(seconds[label]):.1f}"]
        rows.append([label, *row])
    titles = ["", "Jaccard to the input", "of two voices", "Jaccard to the score", "of two voices"]
    print(tables.markdown([*titles, "note F1", "processor (s)"], rows))


if __name__ == "__main__":
    main()
