"""Notes on the included instruments, beside a SoundFont that plays the same notes.

python benchmarks/midi_in.py --solos=FOLDER [--tunes=6]

Tunes of music21's corpus are written to MIDI files and played from these. Pitch accuracy: share of
the frames of a note, 50 ms from either end, within 50 cents of it. Onset error: distance from a
note's onset to the nearest peak of the onset strength within 100 ms. Both count against the file.
MFCC-Frechet: to real solos, named by who plays (flute_0.flac); without --solos it is left out.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from audio_tt.dsp.locked_librosa import librosa
from audio_tt.dsp.units import hz_to_midi
from audio_tt.files import io
from audio_tt.metrics import spectral_metrics, tables
from audio_tt.music import melodies
from audio_tt.music.instruments import SoundFontInstrument, get_voice
from audio_tt.music.notes import write_midi
from audio_tt.music.scores import read_tracks
from audio_tt.pitch import tracking
from timbre_tt import systems
from timbre_tt.scores import casting, playing

RATE, FRAME_RATE, ONSET_HOP = 16000, 100, 80
INSTRUMENTS = ("flute", "violin", "clarinet", "trumpet", "oboe")
SECONDS = 12.0
MARGIN, NEAR = 0.05, 0.1  # seconds


def tunes_for(name, chosen, rng):
    """Yields notes within an instrument's range, with a dynamic that rises and falls."""
    voice = get_voice(name)
    for melody in chosen:
        middle = (voice.low + voice.high) / 2 - (melody.low + melody.high) / 2
        line = melody.at_speed(max(0.2, voice.fastest_note_seconds), 12 * round(middle / 12))
        line = [n for n in line if n.end < SECONDS and voice.low <= n.pitch <= voice.high]
        phase, loud = rng.uniform(0, 6), rng.uniform(60, 90)
        yield [replace(n, velocity=round(loud + 20 * np.sin(n.start + phase))) for n in line]


def scores(notes, audio):
    """Hits (frames) and onset errors (seconds) of a tune's notes."""
    f0_hz, _ = tracking.track(audio, RATE, FRAME_RATE)
    pitch = hz_to_midi(np.maximum(f0_hz, 1.0))
    strength = librosa.onset.onset_strength(y=audio, sr=RATE, hop_length=ONSET_HOP)
    hits, errors = [], []
    for note in notes:
        inside = slice(
            *(np.array([note.start + MARGIN, note.end - MARGIN]) * FRAME_RATE).astype(int)
        )
        hits.append(np.abs(pitch[inside] - note.pitch) < 0.5)
        first = max(0, round((note.start - NEAR) * RATE / ONSET_HOP))
        around = strength[first : first + round(2 * NEAR * RATE / ONSET_HOP)]
        peak = (first + int(around.argmax())) * ONSET_HOP / RATE
        errors.append(abs(peak - note.start))
    return np.concatenate(hits), np.array(errors)


def real_solos(folder, kind):
    """MFCCs of the recordings of an instrument, `[frames, 19]`; None where there are none."""
    paths = sorted(Path(folder).glob(f"{kind}_[0-9]*")) if folder else []
    if not paths:
        return None
    solos = [io.read(path, RATE)[0] for path in paths]
    return np.concatenate([spectral_metrics.sounding_mfcc(x, RATE) for x in solos])


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--solos")
    parser.add_argument("--tunes", type=int, default=6)
    arguments = parser.parse_args()
    known = [m for m in melodies.read_corpus(20) if melodies.is_held_out(m.name, 0.5)]
    rng = np.random.default_rng(0)
    chosen = [known[i] for i in rng.permutation(len(known))[: arguments.tunes]]
    rows, heard, processor = [], 0.0, 0.0
    for name in INSTRUMENTS:
        real = real_solos(arguments.solos, name)
        sampled = SoundFontInstrument(get_voice(name).program)
        results = {"notes on timbre-tt": [], f"notes on {sampled.path.name}": []}
        for notes in tunes_for(name, chosen, rng):
            with tempfile.TemporaryDirectory() as folder:
                write_midi(Path(folder) / "tune.mid", notes, get_voice(name).program)
                (track,) = read_tracks(Path(folder) / "tune.mid")
            part = casting.Part(0, track, name)
            start = time.process_time()
            blocks, _ = playing.mix([part], lambda name: systems.player("ddsp", name), RATE)
            played = np.concatenate(list(blocks))
            processor += time.process_time() - start
            heard += len(played) / RATE
            sounds = (played, sampled.render(track.notes, RATE))
            for result, audio in zip(results.values(), sounds, strict=True):
                result.append((audio, *scores(track.notes, audio)))
        for label, result in results.items():
            audios, hits, errors = zip(*result, strict=True)
            errors = 1000 * np.concatenate(errors)
            mfcc = np.concatenate([spectral_metrics.sounding_mfcc(x, RATE) for x in audios])
            distance = real is not None and spectral_metrics.frechet_distance(real, mfcc)
            rows.append(
                [name, label, f"{np.concatenate(hits).mean():.3f}"]
                + [f"{np.median(errors):.0f}", f"{np.mean(errors < 50):.3f}"]
                + [f"{distance:.0f}" if distance else ""]
            )
    titles = ["instrument", "", "pitch accuracy", "onset error (ms, median)"]
    titles += ["onsets within 50 ms", "MFCC-Frechet to real solos"]
    print(tables.markdown(titles, rows))
    print(f"{heard:.0f} s of audio in {processor:.1f} s of processor")


if __name__ == "__main__":
    main()
