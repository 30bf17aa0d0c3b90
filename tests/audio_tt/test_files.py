"""Sound files as they are found in the wild: what they are, not what their name says."""

import os
import shutil
import struct
import subprocess
import sys
import threading

import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from audio_tt.files import io, mono, paths
from audio_tt.files.text import read_text

RATE = 16000
needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")


@pytest.fixture
def warnings(caplog):
    """The text of all warnings so far."""
    from absl import logging

    logging.get_absl_logger().propagate = True
    caplog.set_level("INFO", logger="absl")
    return lambda: [record.getMessage() for record in caplog.records]


def tone(samples=RATE, hz=440.0, peak=0.5):
    return (peak * np.sin(2 * np.pi * hz * np.arange(samples) / RATE)).astype(np.float32)


def noise(samples=3 * RATE):
    return np.random.default_rng(0).uniform(-0.4, 0.4, samples).astype(np.float32)


def both_ways(path, rate=RATE, channels=True):
    """The file by `read`, which is the same as by `blocks`."""
    audio, _ = io.read(path, rate, mono=channels)
    np.testing.assert_array_equal(audio, np.concatenate(list(io.blocks(path, rate, 999, channels))))
    return audio


def wav_chunks(path):
    content = path.read_bytes()
    return content[12:36], content[36:]


def riff(*chunks):
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("partner", [-1.0, -0.9])
def test_the_louder_of_two_channels_that_cancel_is_taken(tmp_path, warnings, partner):
    both = np.stack([tone(), partner * tone()], axis=1)
    soundfile.write(tmp_path / "a.wav", both, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(both_ways(tmp_path / "a.wav"), tone())
    (warning,) = warnings()  # of two readings
    assert "cancel each other" in warning and "channel 1" in warning
    louder_second = mono.to_mono(both[:, ::-1])
    np.testing.assert_array_equal(louder_second, tone() if partner > -1.0 else -tone())
    np.testing.assert_array_equal(both_ways(tmp_path / "a.wav", channels=False), both)


@pytest.mark.parametrize("channels", [2, 6])
def test_other_channels_are_averaged(tmp_path, warnings, channels):
    only_one = np.zeros((RATE, channels), np.float32)
    only_one[:, 0] = tone()
    unrelated = np.stack([tone(hz=440.0 + 50 * n) for n in range(channels)], axis=1)
    for audio in (only_one, unrelated):
        soundfile.write(tmp_path / "a.wav", audio, RATE, subtype="FLOAT")
        np.testing.assert_allclose(both_ways(tmp_path / "a.wav"), audio.mean(axis=1), atol=1e-7)
    assert warnings() == []


def test_one_decision_is_made_for_the_whole_file(tmp_path):
    """The channels are the same at first, but cancel in most of the file."""
    right = -noise(200_000)
    right[:1000] *= -1
    both = np.stack([noise(200_000), right], axis=1)
    soundfile.write(tmp_path / "a.wav", both, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(both_ways(tmp_path / "a.wav"), both[:, 0])


def test_peaks_above_full_scale_are_turned_down_as_a_whole(tmp_path, warnings):
    audio = tone(200_000, peak=3.0)
    audio[:150_000] *= 0.1
    soundfile.write(tmp_path / "a.wav", audio, RATE, subtype="FLOAT")
    np.testing.assert_allclose(both_ways(tmp_path / "a.wav"), audio * (0.999 / 3), atol=1e-6)
    assert "a.wav" in warnings()[0] and "turned down by 9.6 dB" in warnings()[0]


@pytest.mark.parametrize("scale,bits", [(2**15, 16), (2**23, 24), (2**31, 32)])
def test_the_scale_of_whole_numbers_is_recognised(tmp_path, warnings, scale, bits):
    soundfile.write(tmp_path / "a.wav", tone() * scale, RATE, subtype="FLOAT")
    np.testing.assert_allclose(both_ways(tmp_path / "a.wav"), tone(), atol=1e-7)
    assert f"{bits}-bit" in warnings()[0]


def test_a_flac_without_a_length_is_read_to_its_end(tmp_path, warnings):
    soundfile.write(tmp_path / "a.flac", noise(), RATE)
    content = bytearray((tmp_path / "a.flac").read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    (tmp_path / "a.flac").write_bytes(content)
    np.testing.assert_allclose(both_ways(tmp_path / "a.flac"), noise(), atol=1e-4)
    assert io.info(tmp_path / "a.flac").duration == 3.0
    assert warnings() == []


@pytest.mark.parametrize("kind", ["flac", "mp3", "wav", "ogg", "caf", "w64", "aiff"])
def test_of_a_cut_file_what_is_there_is_read(tmp_path, warnings, monkeypatch, capfd, kind):
    monkeypatch.setenv("PATH", "")  # without ffmpeg
    path = tmp_path / f"a.{kind}"
    soundfile.write(path, noise(), RATE)
    whole = io.read(path)[0]
    assert warnings() == []
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    audio = both_ways(path)
    assert 0.25 * len(whole) < len(audio) < 0.65 * len(whole)
    np.testing.assert_allclose(audio[:12000], whole[:12000], atol=1e-4)
    assert "reading what is there" in warnings()[0]
    assert capfd.readouterr().err == ""  # libsndfile's mp3 decoder writes to it by itself


def test_headers_of_wav_files_that_are_not_quite_right(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(), RATE)
    form, data = wav_chunks(tmp_path / "a.wav")
    expected = io.read(tmp_path / "a.wav")[0]
    odd = b"LIST" + struct.pack("<I", 5) + b"INFOx"
    tag = b"ID3\4\0\0\0\0\x10\0" + bytes(2048)
    for content in (
        riff(form, odd, data),
        riff(odd, form, data),
        riff(form, odd + b"\0", data),
        tag + riff(form, data),
    ):
        (tmp_path / "b.wav").write_bytes(content)
        np.testing.assert_array_equal(both_ways(tmp_path / "b.wav"), expected)


def test_the_content_counts_and_not_the_name(tmp_path):
    soundfile.write(tmp_path / "a.mp3", noise(), RATE)
    soundfile.write(tmp_path / "a.wav", noise(), RATE)
    for name, other in (("a.mp3", "b.wav"), ("a.wav", "b.raw"), ("a.wav", "b.mp3")):
        shutil.copy(tmp_path / name, tmp_path / other)
        np.testing.assert_array_equal(io.read(tmp_path / other)[0], io.read(tmp_path / name)[0])


def test_an_mp3_beside_its_resource_fork(tmp_path):
    soundfile.write(tmp_path / "take.mp3", noise(), RATE)
    fork = struct.pack(">II16sH", 0x00051607, 0x00020000, b"Mac OS X".ljust(16), 0)
    (tmp_path / "._take.mp3").write_bytes(fork + bytes(4000))
    assert io.find_audio(tmp_path) == [tmp_path / "take.mp3"]
    assert len(io.read(tmp_path / "take.mp3")[0]) == 3 * RATE
    with pytest.raises(UserError, match="what macOS keeps beside"):
        io.read(tmp_path / "._take.mp3")


@pytest.mark.parametrize(
    "content,reason",
    [
        (b"MThd\0\0\0\6", "a MIDI file"),
        (b"<!DOCTYPE html><title>404</title>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"PK\3\4" + bytes(50), "archive"),
        (bytes(5000), "zeros only"),
        ("für Elise, Takt für Takt\n".encode() * 400, "text"),
    ],
)
def test_what_is_no_sound_is_said(tmp_path, content, reason):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(UserError, match=rf"a\.wav: is not a sound file.*{reason}"):
        io.info(tmp_path / "a.wav")


@needs_ffmpeg
def test_ffmpeg_reads_aac_under_any_name(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(2 * RATE), RATE)
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", "-c:a", "aac", tmp_path / "a.m4a"]
    subprocess.run(command, check=True)
    shutil.move(tmp_path / "a.m4a", tmp_path / "voice.wav")
    audio = both_ways(tmp_path / "voice.wav")
    np.testing.assert_allclose(audio[8000:16000].std(), tone().std(), rtol=0.1)
    assert io.info(tmp_path / "voice.wav").sample_rate == RATE


def test_a_pipe_is_read_as_often_as_is_needed(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(), RATE)
    os.mkfifo(tmp_path / "pipe")
    content = (tmp_path / "a.wav").read_bytes()
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[content])
    writer.start()
    assert io.info(tmp_path / "pipe").duration == 3.0
    writer.join()
    np.testing.assert_array_equal(both_ways(tmp_path / "pipe"), io.read(tmp_path / "a.wav")[0])
    code = (
        "from audio_tt.files import io; paths = io.find_audio('-');"
        "print(io.info(paths[0]).duration, len(io.read(paths[0])[0]))"
    )
    for command in (["cat", tmp_path / "a.wav"], None):
        with open(tmp_path / "a.wav", "rb") as file:
            source = subprocess.Popen(command, stdout=subprocess.PIPE).stdout if command else file
            said = subprocess.check_output([sys.executable, "-c", code], stdin=source, text=True)
        assert said.split() == ["3.0", str(3 * RATE)]


def test_names_in_another_encoding(tmp_path):
    name = os.fsdecode("tromp\xe9te.wav".encode("latin-1"))
    io.write(tmp_path / name, tone(), RATE)
    (found,) = io.find_audio(tmp_path)
    assert found.name == name and len(io.read(found)[0]) == RATE


def test_hidden_folders_and_the_trash_are_left_out_and_links_followed_once(tmp_path, warnings):
    inside, elsewhere = tmp_path / "in", tmp_path / "elsewhere"
    for name in (
        "a.wav",
        "b.webm",
        "c.amr",
        "notes.txt",
        ".x/d.wav",
        "$RECYCLE.BIN/e.wav",
        "._a.wav",
    ):
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).touch()
    elsewhere.mkdir()
    (elsewhere / "f.wav").touch()
    (inside / "link").symlink_to(elsewhere)
    (inside / "second").symlink_to(elsewhere)
    (inside / "round").symlink_to(inside)
    names = [path.relative_to(inside).as_posix() for path in io.find_audio(inside)]
    assert names == ["a.wav", "b.webm", "c.amr", "link/f.wav"]
    (line,) = warnings()
    for part in ("found: 4", "hidden folders: 2", "hidden files: 1", "other files: 1"):
        assert part in line
    assert io.find_audio(inside / ".x") == [inside / ".x" / "d.wav"]


def test_many_files_are_found_in_linear_time(tmp_path):
    import time

    from audio_tt.files import batches

    for index in range(8000):
        (tmp_path / f"{index}.wav").touch()
    begin = time.process_time()
    assert len(batches.names(io.find_audio(tmp_path))) == 8000
    assert time.process_time() - begin < 1.5


def test_a_comma_in_a_name_is_no_border(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SONGS", "songs")
    (tmp_path / "songs").mkdir()
    for name in ("a, b.wav", "c.wav", "$d.wav", "songs/e,f,g.wav"):
        (tmp_path / name).touch()
    assert paths.split("a, b.wav") == ["a, b.wav"]
    assert paths.split("c.wav,a, b.wav") == ["c.wav", "a, b.wav"]
    assert paths.split("new.wav, c.wav,") == ["new.wav", "c.wav"]
    assert paths.split("~/c.wav,$SONGS/e,f,g.wav") == [f"{tmp_path}/c.wav", "songs/e,f,g.wav"]
    assert paths.split("a, b.wav:0:3,c.wav:1,d.sf2") == ["a, b.wav:0:3", "c.wav:1", "d.sf2"]
    assert paths.split("$d.wav,$NOWHERE/x.wav") == ["$d.wav", "$NOWHERE/x.wav"]
    assert io.find_audio("$SONGS") == [tmp_path.joinpath("songs/e,f,g.wav").relative_to(tmp_path)]


@pytest.mark.parametrize("size", [246, 255])
def test_a_name_of_the_greatest_length_is_written(tmp_path, size):
    path = tmp_path / ("n" * (size - 4) + ".wav")
    io.check_writable(path)
    io.write(path, tone(), RATE)
    assert os.listdir(tmp_path) == [path.name]


def test_a_name_that_is_too_long_is_refused_before_the_work(tmp_path):
    for name in ("n" * 252 + ".wav", "é" * 130 + ".wav"):
        with pytest.raises(UserError, match="too long"):
            io.check_writable(tmp_path / "new" / name)
        with pytest.raises(UserError, match="too long"):
            io.write(tmp_path / name, tone(), RATE)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "data", ["\ufeffa = 'ü'\r\nb = 2\r\n".encode(), "\ufeffa = 'ü'\rb = 2\r".encode("utf-16-le")]
)
def test_text_files_as_windows_writes_them(tmp_path, warnings, data):
    (tmp_path / "a.gin").write_bytes(data)
    assert read_text(tmp_path / "a.gin") == "a = 'ü'\nb = 2\n"
    assert warnings() == []


def test_text_in_latin_1_is_read_and_no_text_is_refused(tmp_path, warnings):
    (tmp_path / "a.gin").write_bytes("# für\na = 1".encode("latin-1"))
    assert read_text(tmp_path / "a.gin") == "# für\na = 1"
    assert "Latin-1" in warnings()[0]
    (tmp_path / "a.gin").write_bytes(b"\x89HDF\xff\0\0")
    with pytest.raises(UserError, match="not a text file"):
        read_text(tmp_path / "a.gin")


def test_settings_and_histories_as_windows_writes_them(tmp_path):
    import gin

    from audio_tt import settings
    from audio_tt.training.run_directory import RunDirectory

    @gin.configurable(module="test_files")
    def strength(value=1.0):
        return value

    (tmp_path / "a.gin").write_bytes(b"\xef\xbb\xbf# stark\r\nstrength.value = 2.0\r\n")
    settings.parse_gin([tmp_path / "a.gin"])
    assert strength() == 2.0
    (tmp_path / "history.csv").write_bytes(b"\xef\xbb\xbfepoch,loss\r\n1,0.5\r\n")
    assert RunDirectory(tmp_path).history() == [{"epoch": 1, "loss": 0.5}]
    gin.clear_config()


@needs_ffmpeg
def test_what_ffmpeg_reads_of_a_cut_file_is_said(tmp_path, warnings):
    soundfile.write(tmp_path / "a.wav", noise(), RATE)
    command = ["ffmpeg", "-v", "quiet", "-i", tmp_path / "a.wav", "-c:a", "flac"]
    subprocess.run([*command, tmp_path / "a.mka"], check=True)
    assert len(io.read(tmp_path / "a.mka")[0]) == 3 * RATE and warnings() == []
    content = (tmp_path / "a.mka").read_bytes()
    (tmp_path / "b.mka").write_bytes(content[: 2 * len(content) // 3])
    io.info(tmp_path / "b.mka")  # decodes it, and keeps that
    assert RATE <= len(io.read(tmp_path / "b.mka")[0]) < 2.1 * RATE
    assert "cut off:" in warnings()[0] and "of 3.00 s can be read" in warnings()[0]


def test_names_are_cut_to_what_a_file_system_takes():
    assert paths.shortened("song", "_flute.wav") == "song_flute.wav"
    long = [paths.shortened("\u00e9" * 140 + end, "_flute.wav") for end in "ab"]
    assert long[0] != long[1]
    for name in long:
        assert 253 <= len(os.fsencode(name)) <= 255 and name.endswith("_flute.wav")


def test_text_in_other_encodings_is_text(tmp_path):
    for encoding in ("utf-16", "utf-8-sig"):
        (tmp_path / "a.wav").write_text("this is no sound", encoding)
        with pytest.raises(UserError, match="it is text"):
            io.read(tmp_path / "a.wav")
