"""From MIDI files and NSynth's notes to parallel recordings."""

import errno
from functools import partial

import commands
import numpy as np
import pretty_midi
import pytest
import soundfile

from audio_tt.errors import UserError
from audio_tt.files import encoding
from audio_tt.music import corpus
from audio_tt.music.notes import Note, write_midi
from audio_tt.training.parallel import run_jobs
from pix2pix_tt.synthesis import recordings
from pix2pix_tt.synthesis.augmentation import Augmentation
from pix2pix_tt.synthesis.mixing import Mixer
from pix2pix_tt.synthesis.note_banks import Source
from pix2pix_tt.synthesis.sources import parse_source

BOTH = ("keyboard_acoustic", "guitar_acoustic")
SHORT = Mixer(duration_rate=1.0)


def tune(first):
    """Half a second of chords."""
    return [Note(first + i, 40 + 20 * i, 0.1 * i, 0.1 * i + 0.2) for i in range(4)]


@pytest.fixture
def midi_path(tmp_path):
    """Two pieces, and three files that are none."""
    folder = tmp_path / "midi"
    write_midi(folder / "a.mid", tune(57))
    write_midi(folder / "deeper" / "b.MIDI", tune(56))
    write_midi(folder / "empty.mid", [])
    (folder / "broken.mid").write_bytes(b"MThd" + bytes(20))
    (folder / "._a.mid").write_bytes(b"of another system")
    (folder / "notes.txt").touch()
    return folder


def run(midi_path, nsynth_path, audios_path, **settings):
    return recordings.record_all(
        recordings.find_sources(str(nsynth_path), None, settings.pop("instruments", BOTH)),
        recordings.find_pieces(str(midi_path)),
        audios_path,
        **{"mixer": SHORT, "augmentation": Augmentation(), "run": map} | settings,
    )


def tree(folder):
    """What is there for everybody to see."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def command(*arguments):
    return commands.run("pix2pix_tt.synthesize_audios", *arguments)


def test_parallel_recordings_and_a_line_for_each_bad_file(midi_path, nsynth_path, tmp_path, caplog):
    audios = tmp_path / "audios"
    assert run(midi_path, nsynth_path, audios) == 2
    assert sorted(tree(audios)) == [f"{name}/{s}.wav" for name in sorted(BOTH) for s in "ab"]
    for piece in "ab":
        sounds = [soundfile.read(audios / name / f"{piece}.wav", dtype="int16") for name in BOTH]
        assert {rate for _, rate in sounds} == {44100}
        assert {len(audio) for audio, _ in sounds} == {22050}
        assert {int(np.abs(audio).max()) for audio, _ in sounds} == {32000}
        assert np.abs(sounds[0][0] - sounds[1][0].astype(int)).max() > 1000
    left_out = [r.getMessage() for r in caplog.records if "left out" in r.getMessage()]
    assert len(left_out) == 2
    assert "broken.mid: not a readable MIDI file" in left_out[0]
    assert "empty.mid: holds no notes" in left_out[1]


def test_what_is_there_is_kept_and_what_is_missing_is_made(midi_path, nsynth_path, tmp_path):
    audios = tmp_path / "audios"
    run(midi_path, nsynth_path, audios)
    before = tree(audios)
    (audios / "guitar_acoustic" / "b.wav").unlink()
    (audios / "keyboard_acoustic" / "a.wav").write_bytes(b"the user's own")
    assert run(midi_path, nsynth_path, audios) == 2
    assert tree(audios) == before | {"keyboard_acoustic/a.wav": b"the user's own"}


def test_recordings_of_other_settings_are_made_again(midi_path, nsynth_path, tmp_path, caplog):
    audios, higher = tmp_path / "audios", Mixer(duration_rate=1.0, transpose=1)
    run(midi_path, nsynth_path, audios)
    caplog.clear()
    assert run(midi_path, nsynth_path, audios, mixer=higher) == 2
    run(midi_path, nsynth_path, tmp_path / "wanted", mixer=higher)
    assert tree(audios) == tree(tmp_path / "wanted")
    assert "4 files were made with other settings" in caplog.text
    assert "mixer.transpose was 0, now 1" in caplog.text


def test_what_the_user_changed_is_not_made_again(midi_path, nsynth_path, tmp_path):
    audios = tmp_path / "audios"
    run(midi_path, nsynth_path, audios)
    (audios / "guitar_acoustic" / "a.wav").write_bytes(b"the user's own")
    with pytest.raises(UserError, match=r"a\.wav: was made with other settings .* changed since"):
        run(midi_path, nsynth_path, audios, mixer=Mixer(duration_rate=2.0))
    assert (audios / "guitar_acoustic" / "a.wav").read_bytes() == b"the user's own"


def test_each_recording_is_played_by_one_of_several_sources(midi_path, nsynth_path, tmp_path):
    names = ("keyboard_acoustic_000", "guitar_acoustic_010")
    origins = [parse_source(f"{nsynth_path}:{name}", "keyboard_acoustic") for name in names]
    sources = recordings.find_sources(str(nsynth_path), None, ["guitar_acoustic"], origins)
    pieces = recordings.find_pieces(str(midi_path / "a.mid"))
    several = Augmentation(copies=9, semitones=0)
    recordings.record_all(sources, pieces, tmp_path / "several", SHORT, several, run=map)
    heard = tree(tmp_path / "several" / "keyboard_acoustic")
    assert sorted(tree(tmp_path / "several" / "guitar_acoustic")) == sorted(heard)
    played = []
    for origin in origins:
        place = tmp_path / origin.preset
        recordings.record_all([origin], pieces, place, SHORT, several, run=map)
        alone = tree(place / "keyboard_acoustic")
        played.append({name for name in heard if heard[name] == alone[name]})
    assert all(played)
    assert played[0] | played[1] == set(heard)
    assert not played[0] & played[1]


def test_sources_are_written_in_one_line_each(nsynth_path, tmp_path):
    font = tmp_path / "own.sf2"
    font.touch()
    assert parse_source(f"{font}:3", "piano") == Source("piano", font, 3)
    assert parse_source(f"{font}:8:24", "piano") == Source("piano", font, 24, bank=8)
    folder = Source("piano", nsynth_path, preset="guitar_acoustic_010")
    assert parse_source(f"{nsynth_path}:guitar_acoustic_010", "piano") == folder
    (tmp_path / "own.SFZ").touch()
    for library in (nsynth_path, tmp_path / "own.SFZ"):
        assert parse_source(str(library), "piano") == Source("piano", library, is_library=True)
    for wrong in (str(font), "gone:name", "gone.sfz", "own.sf2:x"):
        with pytest.raises(UserError, match="is no source of notes"):
            parse_source(wrong, "piano")
    with pytest.raises(UserError, match="gone.sf2: no such SoundFont"):
        parse_source("gone.sf2:0", "piano")


def test_processes_make_no_difference(midi_path, nsynth_path, tmp_path, caplog):
    guitar = ["guitar_acoustic"]
    run(midi_path, nsynth_path, tmp_path / "one", instruments=guitar)
    lines = sorted(record.getMessage() for record in caplog.records)
    caplog.clear()
    run(
        midi_path,
        nsynth_path,
        tmp_path / "two",
        instruments=guitar,
        run=partial(run_jobs, processes=2),
    )
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert sorted(record.getMessage() for record in caplog.records) == lines


def test_a_full_disk_leaves_whole_files_and_can_be_continued(
    midi_path, nsynth_path, tmp_path, monkeypatch
):
    encode, written = encoding.encode, []

    def encode_two(path, *arguments):
        if len(written) == 2:
            path.write_bytes(b"RIFF, and then")
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        written.append(path)
        encode(path, *arguments)

    monkeypatch.setattr(encoding, "encode", encode_two)
    audios = tmp_path / "audios"
    with pytest.raises(UserError, match=r"b\.wav: cannot be written: No space left"):
        run(midi_path, nsynth_path, audios)
    sounds = [path for path in audios.rglob("*.wav") if path.name[0] != "."]
    assert sorted(path.name for path in sounds) == ["a.wav", "a.wav"]
    monkeypatch.setattr(encoding, "encode", encode)
    assert run(midi_path, nsynth_path, audios) == 2
    run(midi_path, nsynth_path, tmp_path / "whole")
    assert tree(audios) == tree(tmp_path / "whole")


def test_the_command(midi_path, nsynth_path, tmp_path):
    audios = tmp_path / "audios"
    arguments = ["--nsynth_path", nsynth_path, "--audios_path", audios, "--processes", 1]
    arguments += ["--instruments", ",".join(BOTH), "--playback_speed", 2, "--duration_rate", 0.5]
    arguments += ["--transpose", 1, "--midi_path"]
    result = command(*arguments, midi_path / "a.mid")
    assert result.returncode == 0, result.stderr
    audio = soundfile.read(audios / "guitar_acoustic" / "a.wav")[0]
    assert len(audio) == 11025
    wanted = Mixer(duration_rate=0.5, playback_speed=2.0, transpose=1)
    run(midi_path / "a.mid", nsynth_path, tmp_path / "wanted", mixer=wanted)
    assert tree(audios) == tree(tmp_path / "wanted")

    result = command(*arguments, midi_path / "empty.mid")
    assert result.returncode == 1
    *_, left_out, error = result.stderr.splitlines()
    assert left_out.startswith("warning: left out: ")
    assert error == f"error: {midi_path / 'empty.mid'}: not one piece could be recorded."


def test_drums_are_left_out_unless_wanted(tmp_path):
    midi = pretty_midi.PrettyMIDI()
    for is_drum, pitch in ((False, 60), (True, 40)):
        track = pretty_midi.Instrument(0, is_drum=is_drum)
        track.notes = [pretty_midi.Note(100, pitch, 0.0, 1.0)]
        midi.instruments.append(track)
    midi.write(str(tmp_path / "band.mid"))
    assert [n.pitch for n in recordings.read_notes(str(tmp_path / "band.mid"))] == [60]
    everything = recordings.read_notes(str(tmp_path / "band.mid"), drums=True)
    assert [n.pitch for n in everything] == [40, 60]


def test_a_tree_of_folders_as_maestro_has(tmp_path):
    root = tmp_path / "maestro-v3.0.0"
    files = ["2004/MIDI-Unprocessed_SMF_02.midi", "2004/x.midi", "2006/x.midi", "2008/x.y.midi"]
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    (root / "maestro-v3.0.0.csv").touch()
    assert recordings.find_pieces(str(root)) == {
        "MIDI-Unprocessed_SMF_02": str(root / files[0]),
        "2004_x_midi": str(root / files[1]),
        "2006_x_midi": str(root / files[2]),
        "x.y": str(root / files[3]),
    }


def test_pieces_of_the_corpus(monkeypatch):
    names = {None: ["a", "b"], "train": ["a"]}
    monkeypatch.setattr(corpus, "list_pieces", names.get)
    monkeypatch.setattr(corpus, "read_piece", lambda name: [name])
    assert recordings.find_pieces("music21:train") == {"a": "music21:a"}
    assert list(recordings.find_pieces("music21:")) == ["a", "b"]
    assert recordings.read_notes("music21:b") == ["b"]


def test_no_pieces(tmp_path):
    with pytest.raises(UserError, match="gone.*--midi_path"):
        recordings.find_pieces(str(tmp_path / "gone"))
    with pytest.raises(UserError, match="no MIDI file"):
        recordings.find_pieces(str(tmp_path))
    for name in ("a.mid", "b.RMI", ".c.mid", "d.txt"):
        (tmp_path / name).touch()
    assert sorted(recordings.find_pieces(str(tmp_path))) == ["a", "b"]


def test_where_the_notes_come_from(nsynth_path, tmp_path):
    folder = nsynth_path
    four = recordings.find_sources(str(folder), None, None)
    assert [source.name for source in four] == [
        "keyboard_acoustic",
        "guitar_acoustic",
        "string_acoustic",
        "synth_lead_synthetic",
    ]
    font = tmp_path / "own.sf2"
    font.touch()
    names = ["flute", "program_46", "guitar_acoustic", "flute"]
    assert recordings.find_sources(None, str(font), names) == [
        Source("flute", font, 73),
        Source("program_46", font, 46),
        Source("guitar_acoustic", font, 24),
    ]
    with pytest.raises(UserError, match="leave one out"):
        recordings.find_sources(str(folder), str(font), None)
    with pytest.raises(UserError, match="no such folder"):
        recordings.find_sources(str(folder / "gone"), None, None)
    for unknown in ("flte", "program_128"):
        with pytest.raises(UserError, match=f"{unknown}.*choose from"):
            recordings.find_sources(None, str(font), [unknown])


def test_an_instrument_without_notes(midi_path, nsynth_path, tmp_path):
    with pytest.raises(UserError, match="holds no notes of harp"):
        run(midi_path, nsynth_path, tmp_path / "audios", instruments=["guitar_acoustic", "harp"])
    assert not list(tmp_path.rglob("*.wav"))


def test_beam_makes_no_difference(midi_path, nsynth_path, tmp_path):
    pytest.importorskip("apache_beam", reason="needs the extra beam; make test-beam runs it")
    from audio_tt.training.beam import Beam

    run(midi_path, nsynth_path, tmp_path / "one")
    run(midi_path, nsynth_path, tmp_path / "two", run=Beam("DirectRunner", [], tmp_path))
    assert tree(tmp_path / "one") == tree(tmp_path / "two") != {}
