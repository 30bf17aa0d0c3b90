"""Notes from curves of pitch, loudness and confidence."""

import mido
import numpy as np
import pytest

from audio_tt.dsp.units import midi_to_hz
from audio_tt.music.notes import read_midi
from audio_tt.music.transcription import Transcription, transcribe

RATE = 250
SILENT_DB = -90.0


def curves(*parts, rate=RATE):
    """Curves of (MIDI pitch or None for a rest, seconds, dB) one after the other."""
    midi, level_db = [], []
    for pitch, seconds, db in parts:
        n_frames = round(seconds * rate)
        midi.append(np.full(n_frames, np.nan) if pitch is None else np.zeros(n_frames) + pitch)
        level_db.append(np.full(n_frames, SILENT_DB if pitch is None else db))
    midi = np.concatenate(midi)
    return {
        "f0_hz": np.where(np.isnan(midi), 0.0, midi_to_hz(np.nan_to_num(midi))),
        "f0_confidence": np.where(np.isnan(midi), 0.0, 0.9),
        "loudness_db": np.concatenate(level_db),
    }


def notes(*parts, rate=RATE):
    found = transcribe(curves(*parts, rate=rate), rate).notes
    return [(note.pitch, round(note.start, 2), round(note.end, 2)) for note in found]


@pytest.mark.parametrize("rate", [250, 50])
def test_keys_onsets_and_ends(rate):
    played = ((None, 0.2, 0), (60, 0.5, -20), (62, 0.3, -20), (None, 0.3, 0), (55, 0.5, -20))
    found = transcribe(curves(*played, rate=rate), rate).notes
    assert [note.pitch for note in found] == [60, 62, 55]
    times = [time for note in found for time in (note.start, note.end)]
    assert times == pytest.approx([0.2, 0.7, 0.7, 1.0, 1.3, 1.8], abs=1.01 / rate)


def test_a_vibrato_is_one_note_and_a_trill_is_many():
    seconds = np.arange(RATE) / RATE
    vibrato = 69.3 + 0.6 * np.sin(2 * np.pi * 5.5 * seconds)
    assert notes((vibrato, 1.0, -20)) == [(69, 0.0, 1.0)]
    trill = 69.0 + 2.0 * (seconds * 5 % 1 >= 0.5)
    assert [pitch for pitch, *_ in notes((trill, 1.0, -20))] == [69, 71] * 5


def test_a_recording_between_the_keys_keeps_to_one_side():
    leaning = [70 + 0.42 + x for x in (0.0, 0.1, -0.05, 0.12)]
    assert notes(*((pitch, 0.4, -20) for pitch in leaning)) == [(70, 0.0, 1.6)]


def test_a_dip_in_loudness_tells_two_notes_of_a_key_apart():
    dip = -20.0 - 8.0 * np.hanning(20)
    again = notes((64, 0.4, -20), (64, 20 / RATE, dip), (64, 0.4, -20))
    assert again == [(64, 0.0, 0.44), (64, 0.44, 0.88)]
    shallow = -20.0 - 2.0 * np.hanning(20)
    assert len(notes((64, 0.4, -20), (64, 20 / RATE, shallow), (64, 0.4, -20))) == 1
    swell = -20.0 - 8.0 * np.hanning(RATE)  # it rises too slowly to have been struck
    assert len(notes((64, 0.4, -20), (64, 1.0, swell), (64, 0.4, -20))) == 1


def test_an_echo_is_no_note():
    echo = np.linspace(-40.0, -70.0, RATE)
    assert notes((60, 0.5, -20), (60, 1.0, echo)) == [(60, 0.0, 0.5)]


def test_a_pitch_that_is_heard_late_gets_the_onset_of_its_loudness():
    heard = curves((None, 0.4, 0), (60, 0.6, -20))
    heard["f0_confidence"][100:115] = 0.0
    (note,) = transcribe(heard, RATE).notes
    assert note.start == pytest.approx(0.4, abs=0.008)


def test_velocities_keep_the_differences_of_loudness():
    found = transcribe(curves((60, 0.5, -20), (None, 0.5, 0), (62, 0.5, -26)), RATE).notes
    loud, soft = (note.velocity for note in found)
    assert loud == 112 and 40 * np.log10(loud / soft) == pytest.approx(6.0, abs=0.2)


def test_bends_follow_the_pitch_in_the_file(tmp_path):
    glide = np.linspace(69.0, 69.4, RATE)
    transcribe(curves((69.0, 1.0, -20), (glide, 1.0, -20)), RATE).write(tmp_path / "a.mid")
    (note,) = read_midi(tmp_path / "a.mid")
    assert (note.pitch, note.velocity) == (69, 112)
    assert (note.start, note.end) == pytest.approx((0.0, 2.0), abs=0.002)
    messages = [m for m in mido.MidiFile(tmp_path / "a.mid") if not m.is_meta]
    bends = [message.pitch for message in messages if message.type == "pitchwheel"]
    assert bends == sorted(bends) and bends[-1] / 8192 * 2 == pytest.approx(0.4, abs=0.03)
    controls = [(m.control, m.value) for m in messages if m.type == "control_change"]
    assert controls == [(101, 0), (100, 0), (6, 2), (38, 0)]


def test_without_pitch_there_are_no_notes(tmp_path):
    empty = {name: np.zeros(0) for name in ("f0_hz", "f0_confidence", "loudness_db")}
    assert transcribe(empty, RATE) == Transcription()
    assert transcribe(curves((None, 1.0, 0)), RATE) == Transcription()
    unsure = curves((60, 1.0, -20))
    unsure["f0_confidence"][:] = 0.05
    assert transcribe(unsure, RATE).notes == ()
    Transcription().write(tmp_path / "none.mid")
    assert mido.MidiFile(tmp_path / "none.mid").length < 0.01
