import struct
import subprocess
import sys

import pretty_midi
import pytest

from audio_tt.errors import UserError
from audio_tt.music import notes as notes_lib
from audio_tt.music.notes import Note


def test_midi_round_trip(tmp_path):
    notes = [Note(60, 100, 0.0, 0.5), Note(67, 30, 0.5, 1.25), Note(64, 127, 0.5, 0.75)]
    path = tmp_path / "folder" / "tune.mid"
    notes_lib.write_midi(path, notes, program=40, controls=[(0.5, 11, 90)], bends=[(0.25, -300)])
    read = notes_lib.read_midi(path)
    assert [(n.pitch, n.velocity) for n in read] == [(60, 100), (64, 127), (67, 30)]
    assert read[2].start == pytest.approx(0.5, abs=1e-3)
    assert read[2].duration == pytest.approx(0.75, abs=2e-3)
    track = pretty_midi.PrettyMIDI(str(path)).instruments[0]
    assert track.program == 40
    assert [(c.number, c.value) for c in track.control_changes] == [(11, 90)]
    assert [b.pitch for b in track.pitch_bends] == [-300]


def test_drums_are_left_out_unless_asked_for(tmp_path):
    midi = pretty_midi.PrettyMIDI()
    for is_drum, pitch in ((False, 60), (True, 36)):
        track = pretty_midi.Instrument(0, is_drum=is_drum)
        track.notes.append(pretty_midi.Note(80, pitch, 0.0, 1.0))
        midi.instruments.append(track)
    midi.write(str(tmp_path / "band.mid"))
    assert [n.pitch for n in notes_lib.read_midi(tmp_path / "band.mid")] == [60]
    both = notes_lib.read_midi(tmp_path / "band.mid", drums=True)
    assert [n.pitch for n in both] == [36, 60]


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no such MIDI file"), (b"", "not a readable"), (b"RIFF" * 50, "not a readable")],
)
def test_unreadable_files_get_one_plain_line(tmp_path, content, words):
    path = tmp_path / "tune.mid"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=words) as error:
        notes_lib.read_midi(path)
    assert "tune.mid" in str(error.value)
    assert "\n" not in str(error.value)


def track(*events):
    """A track chunk of (delta, message) pairs and its end."""
    data = b"".join(bytes([delta]) + message for delta, message in (*events, (0, b"\xff\x2f\0")))
    return b"MTrk" + struct.pack(">I", len(data)) + data


def midi_file(*events, before=()):
    """Two tracks at 96 ticks a quarter note of 0.5 s."""
    tracks = track((0, b"\xff\x51\x03\x07\xa1\x20"), *before), track(*events)
    return b"MThd" + struct.pack(">IHHH", 6, 1, 2, 96) + b"".join(tracks)


TUNE = tuple(
    event
    for pitch in (60, 62, 64)
    for event in ((0, bytes([0x90, pitch, 90])), (96, bytes([0x80, pitch, 0])))
)
GOOD = midi_file(*TUNE)
NO_TRACK = GOOD[:10] + bytes(2) + GOOD[12:14]
IN_THE_WILD = {
    "eight sharps": midi_file(*TUNE, before=[(0, b"\xff\x59\x02\x08\0")]),
    "a volume of 200": midi_file((0, bytes([0xB0, 7, 200])), *TUNE),
    "in RIFF": b"RIFF"
    + struct.pack("<I", len(GOOD) + 12)
    + b"RMIDdata"
    + struct.pack("<I", len(GOOD))
    + GOOD,
    "after a MacBinary header": bytes(128) + GOOD,
    "more tracks promised": GOOD[:10] + struct.pack(">H", 5) + GOOD[12:],
    "a chunk of another kind": GOOD[:14] + b"XFIH" + struct.pack(">I", 2) + b"ab" + GOOD[14:],
    "a track without its end": GOOD[:-4],
    "a tempo of 0": midi_file(*TUNE, before=[(1, b"\xff\x51\x03\0\0\0")]),
    "24 frames of 8 ticks a second": GOOD[:12] + b"\xe8\x08" + GOOD[14:],
    "a size that is too small": GOOD.replace(track(*TUNE)[:8], b"MTrk" + struct.pack(">I", 7), 1),
}


@pytest.mark.parametrize("kind", IN_THE_WILD)
def test_midi_in_the_wild_is_read(tmp_path, kind, caplog):
    (tmp_path / "tune.mid").write_bytes(IN_THE_WILD[kind])
    read = notes_lib.read_midi(tmp_path / "tune.mid")
    assert [(n.pitch, n.velocity) for n in read] == [(60, 90), (62, 90), (64, 90)]
    assert [(n.start, n.end) for n in read] == [(0.0, 0.5), (0.5, 1.0), (1.0, 1.5)]
    assert "tune.mid: not as a MIDI file should be" in caplog.text


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "it is empty"), (GOOD[:14], "it ends early"), (NO_TRACK, "it holds no track")],
)
def test_what_is_wrong_with_a_midi_file_is_said_in_words(tmp_path, content, words):
    (tmp_path / "tune.mid").write_bytes(content)
    with pytest.raises(UserError, match=words):
        notes_lib.read_midi(tmp_path / "tune.mid")


def test_values_above_127_count_as_127(tmp_path):
    events = (0, bytes([0x90, 60, 255])), (96, bytes([0x80, 60, 0]))
    (tmp_path / "tune.mid").write_bytes(midi_file(*events))
    assert notes_lib.read_midi(tmp_path / "tune.mid") == [Note(60, 127, 0.0, 0.5)]


def test_of_a_file_that_breaks_off_the_notes_before_that_are_read(tmp_path):
    """The third note, whose end is lost, ends with the last time that is there."""
    cut = midi_file(*TUNE[:5], (48, bytes([0xB0, 7, 100])), TUNE[5])
    (tmp_path / "tune.mid").write_bytes(cut[:-6])
    read = notes_lib.read_midi(tmp_path / "tune.mid")
    assert [n.pitch for n in read] == [60, 62, 64]
    assert [n.end for n in read] == pytest.approx([0.5, 1.0, 1.25])
    (tmp_path / "tune.mid").write_bytes(cut[:20])
    with pytest.raises(UserError, match="not a readable MIDI file|holds no notes"):
        notes_lib.read_midi(tmp_path / "tune.mid")


def test_a_file_without_notes_is_a_users_mistake(tmp_path):
    pretty_midi.PrettyMIDI().write(str(tmp_path / "empty.mid"))
    with pytest.raises(UserError, match="holds no notes"):
        notes_lib.read_midi(tmp_path / "empty.mid")


def test_top_line_keeps_the_melody_above_chords():
    melody = [Note(72, 80, 0.0, 1.2), Note(74, 80, 1.0, 2.0), Note(67, 80, 2.5, 3.0)]
    chords = [Note(60, 80, 0.0, 2.0), Note(64, 80, 0.01, 2.0), Note(55, 80, 1.5, 2.0)]
    line = notes_lib.top_line(melody + chords)
    assert [n.pitch for n in line] == [72, 74, 67]
    assert line[0].end == 1.0
    assert notes_lib.is_monophonic(line)
    assert not notes_lib.is_monophonic(melody + chords)


def test_import_is_light():
    code = (
        "import sys, audio_tt.music.notes; "
        "print([m for m in ('keras', 'tensorflow', 'librosa', 'pretty_midi') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr
