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


def test_a_truncated_file_is_a_users_mistake(tmp_path):
    path = tmp_path / "tune.mid"
    notes_lib.write_midi(path, [Note(60, 80, i, i + 0.5) for i in range(40)])
    path.write_bytes(path.read_bytes()[:120])
    with pytest.raises(UserError):
        notes_lib.read_midi(path)


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
