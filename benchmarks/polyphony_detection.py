"""How often `audio_tt.pitch.polyphony` is right: melodies and chords of 27 SoundFont programs.

python benchmarks/polyphony_detection.py [--reverb]

Of each program: two melodies at two speeds, played with expression; chords of eight kinds that
follow a melody; a melody over a bass. With --reverb all of it in a room (1.2 s to -60 dB).
"""

import argparse
import time
from dataclasses import replace

import numpy as np
from scipy.signal import fftconvolve

from audio_tt.music import soundfont
from audio_tt.music.melodies import BUILT_IN
from audio_tt.music.notes import Note
from audio_tt.music.performance import perform
from audio_tt.pitch.polyphony import POLYPHONIC, polyphonic_share

# General MIDI programs and how many semitones off they play.
ONE_VOICE = {21: 0, 22: 0, 40: 0, 42: -12, 56: 0, 57: -12, 65: 0, 68: 0, 70: -12, 71: 0, 72: 12}
ONE_VOICE |= {73: 0, 78: 12, 80: 0}  # reeds, bows, winds, and a synthesiser
RINGING = {0: 0, 6: 0, 11: 0, 12: 0, 16: 0, 19: 0, 24: 0, 25: 0, 30: 0, 33: -24, 48: 0, 52: 0}
RINGING |= {104: 0}  # notes that sound on, ensembles, organs
CHORDS = [(0, 3), (0, 4), (0, 7), (0, 9), (0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 7, 16)]
SECONDS = 10.0


def melodies(play, semitones):
    """Yields audio and sample rate of melodies of one voice."""
    for index, melody in enumerate(BUILT_IN):
        for seconds_per_note in (0.18, 0.4):
            line = melody.at_speed(seconds_per_note, semitones)
            played = perform(line, np.random.default_rng(index))
            notes = [note for note in played.notes if note.end < 16.0]
            yield play(notes, played.controls(), played.bends(), 16.0)


def chords(play, semitones):
    """Yields audio and sample rate of music of several voices."""
    line = [n for n in BUILT_IN[0].at_speed(0.5, semitones) if n.end < SECONDS]
    for intervals in CHORDS:
        notes = [replace(n, pitch=n.pitch + i, velocity=90) for n in line for i in intervals]
        yield play(notes, (), (), SECONDS)
    bass = [
        Note(48 + semitones + step, 80, 2.0 * i, 2.0 * i + 2.0)
        for i, step in enumerate((0, 5, 7, 0, 7))
    ]
    yield play([replace(n, velocity=90) for n in line] + bass, (), (), SECONDS)


def room(sample_rate):
    """Impulse response `[samples]` of a room: direct sound, and noise that dies away."""
    seconds = np.arange(int(1.5 * sample_rate)) / sample_rate
    noise = np.random.default_rng(0).standard_normal(len(seconds)) * 10.0 ** (-3 * seconds / 1.2)
    response = 0.25 * noise / np.sqrt(np.sum(noise**2))
    response[0] += 1.0
    return response


def main():
    """Prints how many of each kind are called polyphonic, and the speed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reverb", action="store_true")
    parser.add_argument("--programs", type=int, nargs="+", help="General MIDI's; all by default")
    arguments = parser.parse_args()
    font = soundfont.find_soundfont()
    player = soundfont.find_player(font)
    heard, processor = 0.0, 0.0
    for title, programs, make in (
        ("melodies of instruments with one voice", ONE_VOICE, melodies),
        ("melodies of instruments that ring on, ensembles, organs", RINGING, melodies),
        ("chords, and melodies over a bass", ONE_VOICE | RINGING, chords),
    ):
        shares = []
        for program, semitones in programs.items():
            if arguments.programs and program not in arguments.programs:
                continue
            for audio, rate in make(
                lambda *events, program=program: player(font, program, *events), semitones
            ):
                if arguments.reverb:
                    audio = fftconvolve(audio, room(rate))[: len(audio)]
                start = time.process_time()
                shares.append(polyphonic_share(audio, rate))
                processor += time.process_time() - start
                heard += len(audio) / rate
        called = np.sum(np.array(shares) > POLYPHONIC)
        print(f"{title}: {called} of {len(shares)} called polyphonic")
    print(f"{heard:.0f} s of audio in {processor:.1f} s of processor")


if __name__ == "__main__":
    main()
