"""Files through a player into files, with a player that does next to nothing."""

import functools
import io
import os
import threading

import numpy as np
import pytest
import soundfile
import tqdm

from audio_tt.errors import UserError
from audio_tt.files import io as audio_io
from audio_tt.music.notes import Note, read_midi
from audio_tt.music.transcription import Transcription
from audio_tt.playing import conversion, midi_files
from audio_tt.playing.conversion import Job, Output
from audio_tt.playing.player import Player, warn_of_silence

RATE = 16000


class Inverter(Player):
    """Turns every sample upside down, in blocks of its own length, a bit more than it was given."""

    def __init__(self, sample_rate=RATE, keeps_channels=False, block_size=777, surplus=0):
        self.sample_rate, self.keeps_channels = sample_rate, keeps_channels
        self._block_size, self._surplus = block_size, surplus

    def play(self, blocks, name="the recording"):
        blocks = list(blocks)
        if "refused" in name:
            raise UserError(f"{name}: is not to this player's taste")
        if "unset" in name:
            raise UserError("Inverter.strength is not set")
        sound = -np.concatenate(blocks)
        sound = np.concatenate([sound, np.ones((self._surplus, *sound.shape[1:]), np.float32)])
        for start in range(0, len(sound), self._block_size):
            yield sound[start : start + self._block_size]


def inverter(**options):
    return functools.partial(Inverter, **options)


def no_model():
    raise UserError("settings.gin, line 3: nothing is called Inverter")


def halved(blocks):
    """A published treatment: half as loud, and without the last 100 samples."""
    joined = np.concatenate(list(blocks))
    yield 0.5 * joined[:-100]


def tone(samples=RATE, rate=RATE, hz=440.0):
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(samples) / rate)).astype(np.float32)


def write(path, audio=None, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone() if audio is None else audio, rate, subtype="PCM_16")
    return path


def read(path, rate=RATE):
    audio, found = soundfile.read(path, dtype="float32")
    assert found == rate
    return audio


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


@pytest.mark.parametrize("player_rate", [8000, 16000, 44100])
@pytest.mark.parametrize("samples", [1, 997, 100_003])
@pytest.mark.parametrize("block_size", [1, 777, 10**6])
def test_length_and_rate_are_the_recording_s(tmp_path, player_rate, samples, block_size):
    if block_size == 1 and samples > 1000:
        samples = 2000
    job = Job(write(tmp_path / "in.wav", tone(samples)), tmp_path / "out.wav")
    conversion.convert(job, Inverter(player_rate, block_size=block_size, surplus=50))
    audio = read(job.target)
    assert len(audio) == samples
    if samples > 1000:
        np.testing.assert_allclose(audio[400:-400], -tone(samples)[400:-400], atol=1e-3)


@pytest.mark.parametrize("keeps_channels", [True, False])
@pytest.mark.parametrize("mono", [True, False])
def test_channels_are_kept_where_the_player_can(tmp_path, keeps_channels, mono):
    both = np.stack([tone(), tone(hz=660.0)], axis=1)
    job = Job(write(tmp_path / "in.wav", both), tmp_path / "out.wav")
    conversion.convert(job, Inverter(22050, keeps_channels), Output(mono=mono))
    expected = both if keeps_channels and not mono else both.mean(axis=1)
    audio = read(job.target)
    assert audio.shape == expected.shape
    np.testing.assert_allclose(audio[400:-400], -expected[400:-400], atol=1e-3)


@pytest.mark.parametrize(
    "wanted,rate,samples", [(None, 16000, 16000), (0, 8000, 8000), (48000, 48000, 48000)]
)
def test_the_rate_of_the_output(tmp_path, wanted, rate, samples):
    job = Job(write(tmp_path / "in.wav"), tmp_path / "out.wav")
    conversion.convert(job, Inverter(8000), Output(sample_rate=wanted))
    assert len(read(job.target, rate)) == samples


def test_what_is_published_is_done_before_resampling(tmp_path):
    job = Job(write(tmp_path / "in.wav"), tmp_path / "out.wav")
    conversion.convert(job, Inverter(8000), Output(finish=halved, subtype="FLOAT"))
    audio = read(job.target)
    assert len(audio) == 2 * (8000 - 100) and soundfile.info(job.target).subtype == "FLOAT"
    np.testing.assert_allclose(audio[400:-400], -0.5 * tone(15800)[400:-400], atol=1e-3)


def test_progress_counts_the_seconds_that_are_written(tmp_path):
    seconds = []
    job = Job(write(tmp_path / "in.wav"), tmp_path / "out.wav")
    conversion.convert(job, Inverter(44100), report=seconds.append)
    assert sum(seconds) == pytest.approx(1.0) and len(seconds) > 5


def test_progress_counts_what_is_read_until_something_is_written(tmp_path, monkeypatch):
    """A player that hears the recording to its end first is at work all the while."""
    bars = []

    def progress(total, what, unit):
        bars.append((what, tqdm.tqdm(total=total, desc=what, file=io.StringIO())))
        return bars[-1][1]

    monkeypatch.setattr(conversion, "progress", progress)
    plan = conversion.plan([write(tmp_path / "in.wav", tone(3 * RATE))], tmp_path / "out.wav")
    assert conversion.play_all(plan, inverter(block_size=4000)) == 0
    assert [(what, bar.n, bar.total) for what, bar in bars] == [
        ("Listening", 3, 3),
        ("Playing", 3, 3),
    ]


def test_a_player_plays_what_is_in_memory():
    both = np.stack([tone(), tone(hz=660.0)], axis=1)
    for audio in (both, both[:, 0]):
        assert Inverter(8000, keeps_channels=True).render(audio, RATE).shape == (
            8000,
            *audio.shape[1:],
        )
        assert Inverter(8000).render(audio, RATE).shape == (8000,)
    np.testing.assert_allclose(Inverter().render(both, RATE), -both.mean(axis=1), atol=1e-7)
    opposite = np.stack([tone(), -0.9 * tone()], axis=1)
    np.testing.assert_array_equal(Inverter().render(opposite, RATE), -tone())
    broken = tone()
    broken[[3, 4]] = np.nan, np.inf
    assert np.flatnonzero(Inverter().render(broken, RATE) != -tone()).tolist() == [3, 4]
    assert Inverter(44100).render(np.zeros(1, np.float32), RATE).shape == (3,)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_is_played_whatever_becomes_of_one(tmp_path, caplog, jobs):
    inside = tmp_path / "in"
    for name in ("a.wav", "a.flac", "deep/b.wav", "deep/refused.wav"):
        write(inside / name)
    (inside / "text.wav").write_text("no sound at all")
    plan = conversion.plan([inside], output_dir=tmp_path / "out", ending="_flute")
    assert conversion.play_all(plan, inverter(), Output(jobs=jobs)) == 1
    expected = ["a.wav_flute.wav", "a_flute.wav", "deep/b_flute.wav"]
    assert names(tmp_path / "out") == expected
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 2 and "text.wav" in errors[0] and "refused.wav" in errors[1]
    before = [(tmp_path / "out" / name).stat().st_mtime_ns for name in expected]
    again = Output(skip_existing=True)
    (inside / "text.wav").unlink()
    (inside / "deep" / "refused.wav").unlink()
    plan = conversion.plan([inside], output_dir=tmp_path / "out", ending="_flute")
    assert conversion.play_all(plan, no_model, again) == 0
    assert [(tmp_path / "out" / name).stat().st_mtime_ns for name in expected] == before
    assert conversion.play_all(plan, inverter(), Output(overwrite=True)) == 0
    assert (tmp_path / "out" / expected[0]).stat().st_mtime_ns > before[0]


class Scribe(Inverter):
    """Hears one note in whatever it plays."""

    def play_and_transcribe(self, blocks, report, name="the recording"):
        report(Transcription((Note(60, 80, 0.0, 0.5),)))
        return self.play(blocks, name)


def test_the_notes_of_a_recording_go_to_a_file_of_their_own(tmp_path):
    plan = conversion.plan([write(tmp_path / "in.wav")], tmp_path / "out.wav")
    plan = midi_files.with_midi(plan, tmp_path / "new" / "out.mid")
    with pytest.raises(UserError, match="does not play from a pitch"):
        conversion.play_all(plan, inverter())
    assert names(tmp_path) == ["in.wav"]
    assert conversion.play_all(plan, Scribe) == 0
    assert [note.pitch for note in read_midi(plan[0].midi)] == [60]
    np.testing.assert_allclose(read(tmp_path / "out.wav"), -tone(), atol=1e-4)
    (tmp_path / "out.wav").unlink()
    with pytest.raises(UserError, match=r"out\.mid is there already; --overwrite"):
        conversion.play_all(plan, no_model)
    assert conversion.play_all(plan, Scribe, Output(overwrite=True)) == 0


def test_where_midi_files_go(tmp_path):
    assert midi_files.places(tmp_path / "a.mid", ["song"]) == [tmp_path / "a.mid"]
    several = midi_files.places(tmp_path / "a", ["song", "song", "air"])
    assert [path.name for path in several] == ["song.mid", "song_2.mid", "air.mid"]
    for midi, stems, message in (
        (tmp_path, ["song"], "is a folder; say --midi=.*song.mid"),
        (tmp_path / "song.wav", ["song"], "ends in .mid"),
        (tmp_path / "a.mid", ["song", "air"], "several recordings need a folder"),
        (tmp_path / "a.mid" / "b.mid", ["song"], "a.mid is a file, not a folder"),
    ):
        (tmp_path / "a.mid").touch()
        with pytest.raises(UserError, match=message):
            midi_files.places(midi, stems)


def test_what_is_there_is_kept_unless_it_is_to_be_replaced(tmp_path, caplog):
    source = write(tmp_path / "in.wav")
    (tmp_path / "out.wav").write_text("precious")
    plan = conversion.plan([source], tmp_path / "out.wav")
    with pytest.raises(UserError, match=r"out\.wav is there already; --overwrite"):
        conversion.play_all(plan, inverter())
    assert conversion.play_all(plan, no_model, Output(skip_existing=True)) == 0
    assert (tmp_path / "out.wav").read_text() == "precious"
    assert conversion.play_all(plan, inverter(), Output(overwrite=True)) == 0
    np.testing.assert_allclose(read(tmp_path / "out.wav"), -tone(), atol=1e-4)
    many = conversion.plan(
        [write(tmp_path / "more" / name) for name in ("a.wav", "b.wav")], output_dir=tmp_path / "o"
    )
    many[0].target.parent.mkdir()
    many[0].target.write_text("precious")
    assert conversion.play_all(many, inverter()) == 1
    assert many[0].target.read_text() == "precious" and many[1].target.exists()


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_a_recording_is_never_its_own_output(tmp_path, link):
    source = write(tmp_path / "in.wav")
    target = source if link is None else tmp_path / "out.wav"
    if link is not None:
        link(source, target)
    before = source.read_bytes()
    with pytest.raises(UserError, match="is the recording that is read"):
        conversion.plan([source], target)
    write(tmp_path / "other.wav")
    with pytest.raises(UserError, match="is the recording that is read"):
        conversion.plan([source, tmp_path / "other.wav"], output_dir=tmp_path)
    assert source.read_bytes() == before


def test_a_recording_is_never_the_output_of_another(tmp_path):
    write(tmp_path / "a.wav")
    write(tmp_path / "a_flute.wav")
    both = [tmp_path / "a.wav", tmp_path / "a_flute.wav"]
    with pytest.raises(
        UserError, match=r"a_flute\.wav is to be read, and is what .*a\.wav would be"
    ):
        conversion.plan(both, output_dir=tmp_path, ending="_flute")
    (job,) = conversion.plan([tmp_path], output_dir=tmp_path, ending="_flute")
    assert job == Job(tmp_path / "a.wav", tmp_path / "a_flute.wav")


def test_outputs_below_a_folder_are_no_inputs(tmp_path):
    write(tmp_path / "a.wav")
    write(tmp_path / "out" / "old.wav")
    write(tmp_path / ".hidden" / "b.wav")
    jobs = conversion.plan([tmp_path, tmp_path / "a.wav"], output_dir=tmp_path / "out")
    assert jobs == [Job(tmp_path / "a.wav", tmp_path / "out" / "a.wav")]
    (job,) = conversion.plan(
        [tmp_path / "out" / "old.wav"], output_dir=tmp_path / "out", ending="_x"
    )
    assert job.source == tmp_path / "out" / "old.wav"


def test_a_comma_and_a_glob_are_taken_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "Bach, Partita [live].wav")
    (job,) = conversion.plan(["~/Bach, Partita [live].wav"], "~/out.wav")
    assert job == Job(tmp_path / "Bach, Partita [live].wav", tmp_path / "out.wav")
    assert len(conversion.plan([str(tmp_path / "*.wav")], output_dir=tmp_path / "o")) == 1


def test_a_pipe_is_played_in_another_process(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    content = write(tmp_path / "a.wav").read_bytes()
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[content])
    writer.start()
    plan = conversion.plan([tmp_path / "pipe", tmp_path / "a.wav"], output_dir=tmp_path / "out")
    assert conversion.play_all(plan, inverter(), Output(jobs=2)) == 0
    writer.join()
    np.testing.assert_array_equal(read(tmp_path / "out/pipe.wav"), read(tmp_path / "out/a.wav"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_wrong_with_the_settings_is_said_once(tmp_path, caplog, jobs):
    sources = [write(tmp_path / f"{name}.wav") for name in ("unset", "unset_2", "unset_3")]
    plan = conversion.plan(sources, output_dir=tmp_path / "out")
    with pytest.raises(UserError, match="line 3"):
        conversion.play_all(plan, no_model, Output(jobs=jobs))
    assert conversion.play_all(plan, inverter(), Output(jobs=jobs)) == 1
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["Inverter.strength is not set"]
    assert not (tmp_path / "out").exists() or names(tmp_path / "out") == []


def test_what_is_known_to_fail_is_said_before_the_model_is_loaded(tmp_path):
    source = write(tmp_path / "in.wav")
    (tmp_path / "text.wav").write_text("no sound at all")
    (tmp_path / "file").touch()
    for target, reason in {
        "out.xyz": "change the extension",
        "file/out.wav": "cannot be written",
        "n" * 300 + ".wav": "too long",
    }.items():
        with pytest.raises(UserError, match=reason):
            conversion.plan([source], tmp_path / target)
    with pytest.raises(UserError, match=r"text\.wav"):
        conversion.play_all(conversion.plan([tmp_path / "text.wav"], tmp_path / "o.wav"), no_model)
    with pytest.raises(UserError, match="name a file to write"):
        conversion.plan([source])
    with pytest.raises(UserError, match="leave one out"):
        conversion.plan([source], "a.wav", "folder")
    with pytest.raises(UserError, match="no such file"):
        conversion.plan([tmp_path / "none.wav"], "a.wav")


def test_a_file_that_holds_no_number_gets_one_line(tmp_path, caplog):
    path = str(tmp_path / "nothing.wav")
    soundfile.write(path, np.full(1000, np.nan, np.float32), RATE, "FLOAT")
    audio_io.read(path)
    warn_of_silence(path)
    assert len(caplog.messages) == 1 and "NaN or infinite" in caplog.text
    warn_of_silence("silent.wav")
    assert caplog.messages[1] == "silent.wav is silent, so the output is silence"
