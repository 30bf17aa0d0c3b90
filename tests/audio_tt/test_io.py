import os
import stat
import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import soxr

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.atomic import replacing


@pytest.fixture
def warnings(caplog):
    """The text of all warnings so far."""
    caplog.set_level("WARNING", logger="absl")
    from absl import logging

    logging.get_absl_logger().propagate = True
    yield lambda: [record.getMessage() for record in caplog.records]


def tone(samples=16000, sample_rate=16000, hz=440.0, peak=0.5):
    return (peak * np.sin(2 * np.pi * hz * np.arange(samples) / sample_rate)).astype(np.float32)


FORMATS = [
    ("wav", "PCM_U8", 2e-2),
    ("wav", "PCM_16", 1e-4),
    ("wav", "PCM_24", 1e-6),
    ("wav", "PCM_32", 1e-6),
    ("wav", "FLOAT", 0),
    ("wav", "DOUBLE", 0),
    ("wav", "ULAW", 2e-2),
    ("wav", "ALAW", 2e-2),
    ("flac", "PCM_24", 1e-6),
    ("ogg", "VORBIS", 5e-2),
    ("ogg", "OPUS", 5e-2),
    ("mp3", "MPEG_LAYER_III", 5e-2),
    ("aiff", "PCM_16", 1e-4),
    ("au", "PCM_16", 1e-4),
]


@pytest.mark.parametrize("extension,subtype,tolerance", FORMATS)
def test_every_format_is_read(tmp_path, extension, subtype, tolerance):
    path, audio = tmp_path / f"a.{extension}", tone(48000, 48000)
    soundfile.write(path, audio, 48000, subtype=subtype)
    back, rate = io.read(path)
    assert (back.dtype, rate, back.shape) == (np.float32, 48000, audio.shape)
    assert np.abs(back - audio)[2000:-2000].max() <= tolerance
    assert io.info(path) == io.AudioInfo(1.0, 48000, 1)


def test_mono_is_the_mean_and_channels_are_kept_on_request(tmp_path):
    both = np.stack([tone(), tone(hz=700.0), tone(hz=90.0)], axis=1)
    soundfile.write(tmp_path / "a.wav", both, 16000, subtype="FLOAT")
    np.testing.assert_allclose(io.read(tmp_path / "a.wav")[0], both.mean(axis=1), atol=1e-7)
    np.testing.assert_array_equal(io.read(tmp_path / "a.wav", mono=False)[0], both)
    resampled, _ = io.read(tmp_path / "a.wav", 8000, mono=False)
    np.testing.assert_allclose(resampled, soxr.resample(both, 16000, 8000), atol=1e-6)


@pytest.mark.parametrize(
    "source,target", [(44100, 16000), (8000, 16000), (11025, 44100), (96000, 16000)]
)
@pytest.mark.parametrize("samples", [1, 2, 997, 100_003])
def test_resampling(tmp_path, source, target, samples):
    soundfile.write(tmp_path / "a.wav", tone(samples, source), source, subtype="FLOAT")
    audio, rate = io.read(tmp_path / "a.wav", target)
    assert rate == target
    assert len(audio) == -(-samples * target // source)
    if samples > 1000:
        middle = slice(1000, -1000)
        np.testing.assert_allclose(audio[middle], tone(len(audio), target)[middle], atol=1e-4)


@pytest.mark.parametrize("block_size", [1, 1000, 30_000, 10**6])
@pytest.mark.parametrize("target", [44100, 16000])
@pytest.mark.parametrize("mono", [True, False])
def test_blocks_join_to_what_read_gives(tmp_path, block_size, target, mono):
    samples = 3000 if block_size == 1 else 140_000
    stereo = np.stack([tone(samples, 44100), tone(samples, 44100, 3000.0)], axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, 44100)
    blocks = list(io.blocks(tmp_path / "a.wav", target, block_size, mono))
    assert all(len(block) == block_size for block in blocks[:-1])
    assert 0 < len(blocks[-1]) <= block_size
    np.testing.assert_allclose(
        np.concatenate(blocks), io.read(tmp_path / "a.wav", target, mono)[0], atol=1e-6
    )


def test_bad_samples_become_zero_with_one_warning(tmp_path, warnings):
    audio = tone()
    audio[[3, 5000, 9000]] = np.nan, np.inf, -np.inf
    soundfile.write(tmp_path / "a.wav", audio, 16000, subtype="FLOAT")
    back, _ = io.read(tmp_path / "a.wav")
    np.testing.assert_array_equal(back, np.where(np.isfinite(audio), audio, 0))
    (warning,) = warnings()
    assert "a.wav" in warning and "3 samples" in warning
    soundfile.write(tmp_path / "b.wav", np.full(100, np.nan), 16000, subtype="FLOAT")
    assert not io.read(tmp_path / "b.wav")[0].any()
    assert "every sample is NaN" in warnings()[1]


def test_unreadable_files_are_named_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16000)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("hello, this is no sound\n" * 50)
    (tmp_path / "text.raw").write_text("hello, this is no sound\n" * 50)
    (tmp_path / "song.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(5000))
    (tmp_path / "folder.wav").mkdir()
    reasons = {
        "missing.wav": "No such file",
        "folder.wav": "is a folder",
        "empty.wav": "is empty",
        "text.wav": "is not a sound file",
        "text.raw": "is not a sound file",
        "none.wav": "holds no samples",
        "song.m4a": "MP4.*ffmpeg",
    }
    for name, reason in reasons.items():
        with pytest.raises(UserError, match=reason) as error:
            io.read(tmp_path / name)
        assert name in str(error.value) and "\n" not in str(error.value)
        with pytest.raises(UserError, match=reason):
            next(io.blocks(tmp_path / name, 16000, 100))
    soundfile.write(tmp_path / "a.wav", tone(), 16000)
    with pytest.raises(UserError, match="sample rate"):
        io.read(tmp_path / "a.wav", 0)


@pytest.mark.parametrize("declared", [0, 320_000, 2**32 - 1])
def test_a_wav_with_a_wrong_length_is_read_to_its_end(tmp_path, warnings, declared):
    path = tmp_path / "a.wav"
    io.write(path, tone(), 16000)
    content = bytearray(path.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = struct.pack("<I", declared)
    content[4:8] = bytes(4) if declared == 0 else content[4:8]
    path.write_bytes(content)
    audio, _ = io.read(path)
    np.testing.assert_allclose(audio, tone(), atol=1 / 65536)
    (warning,) = warnings()
    assert "a.wav" in warning and "length" in warning


def test_foreign_formats_go_through_ffmpeg(tmp_path, monkeypatch):
    io.write(tmp_path / "a.wav", tone(), 16000)
    (tmp_path / "song.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(5000))
    tool = tmp_path / "ffmpeg"
    tool.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f"assert 'file:{tmp_path}/song.m4a' in sys.argv\n"
        f"shutil.copy({str(tmp_path / 'a.wav')!r}, sys.argv[-1])\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    np.testing.assert_array_equal(io.read(tmp_path / "song.m4a")[0], io.read(tmp_path / "a.wav")[0])
    tool.write_text(f"#!{sys.executable}\nraise SystemExit('it.m4a: moov atom not found')\n")
    (tmp_path / "voice.wav").write_bytes((tmp_path / "song.m4a").read_bytes())
    with pytest.raises(UserError, match=r"is MP4 \(AAC\) by its content.*moov atom not found"):
        io.read(tmp_path / "voice.wav")


def test_pcm_is_rounded_to_nearest_and_comes_back_exactly(tmp_path):
    steps = np.array([-32768, -32767, -1, 0, 1, 2, 32767])
    for name, subtype in [
        ("a.wav", None),
        ("a.flac", None),
        ("b.wav", "PCM_24"),
        ("c.wav", "PCM_32"),
    ]:
        io.write(tmp_path / name, steps / 32768, 8000, subtype)
        np.testing.assert_array_equal(io.read(tmp_path / name)[0], steps / 32768)
    io.write(tmp_path / "a.wav", np.array([0.4, 0.6, -0.6, 1.4, 40000.0 / 1.0e9]) / 32768, 8000)
    assert soundfile.read(tmp_path / "a.wav", dtype="int16")[0].tolist() == [0, 1, -1, 1, 0]


@pytest.mark.parametrize(
    "name,subtype", [("a.wav", None), ("a.flac", None), ("a.ogg", None), ("f.wav", "FLOAT")]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_an_iterator_is_written_like_an_array(tmp_path, name, subtype, channels):
    audio = np.stack([tone(150_000), tone(150_000, hz=100.0)], axis=1)[:, :channels]
    audio = audio[:, 0] if channels == 1 else audio
    io.write(tmp_path / "new" / name, audio, 16000, subtype)
    io.write(
        tmp_path / name, (audio[i : i + 7001] for i in range(0, 150_000, 7001)), 16000, subtype
    )
    first, rate = io.read(tmp_path / name, mono=False)
    assert (rate, len(first)) == (16000, 150_000)
    np.testing.assert_array_equal(first, io.read(tmp_path / "new" / name, mono=False)[0])
    tolerance = 5e-2 if name.endswith("ogg") else 1 / 65536
    np.testing.assert_allclose(first.squeeze(), audio, atol=tolerance)


@pytest.mark.parametrize("as_iterator", [False, True])
@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg"])
def test_loud_audio_is_turned_down_whole(tmp_path, warnings, name, as_iterator):
    audio = tone(peak=2.0)
    audio[:8000] *= 0.1
    io.write(tmp_path / name, iter(np.split(audio, 10)) if as_iterator else audio, 16000)
    back, _ = soundfile.read(tmp_path / name)
    np.testing.assert_allclose(back, audio * (0.999 / 2), atol=5e-2 if name == "a.ogg" else 2e-5)
    (warning,) = warnings()
    assert "6.0 dB" in warning


def test_float_wav_keeps_peaks_and_bad_samples_are_zeroed(tmp_path, warnings):
    audio = tone(peak=3.0)
    audio[7] = np.nan
    io.write(tmp_path / "a.wav", audio, 16000, "FLOAT")
    kept = soundfile.read(tmp_path / "a.wav", dtype="float32")[0]
    np.testing.assert_array_equal(kept, np.nan_to_num(audio))
    (warning,) = warnings()
    assert "1 samples" in warning


def test_nothing_is_left_behind_when_writing_fails(tmp_path):
    def breaks():
        yield tone(100)
        raise RuntimeError("half way")

    io.write(tmp_path / "a.wav", tone(), 16000)
    before = (tmp_path / "a.wav").read_bytes()
    with pytest.raises(RuntimeError):
        io.write(tmp_path / "a.wav", breaks(), 16000)
    for subtype in (None, "FLOAT"):
        with pytest.raises(UserError, match="no samples"):
            io.write(tmp_path / "a.wav", iter([]), 16000, subtype)
    with pytest.raises(ValueError, match="float"):
        io.write(tmp_path / "a.wav", np.zeros(5, np.int16), 16000)
    with pytest.raises(UserError, match="cannot be written"):
        io.write(tmp_path / "a.flac", np.zeros((10, 9), np.float32), 16000)
    with pytest.raises(UserError, match=r"\.wav, \.flac or \.ogg"):
        io.write(tmp_path / "a.mp3", tone(), 16000)
    with pytest.raises(UserError, match="VORBIS"):
        io.write(tmp_path / "a.ogg", tone(), 16000, "FLOAT")
    with pytest.raises(UserError, match="cannot be written"):
        io.write(tmp_path / "a.wav" / "b.wav", tone(), 16000)
    with pytest.raises(UserError, match="cannot be written"):
        io.write(tmp_path / "full.wav", full_disk(), 16000)
    assert os.listdir(tmp_path) == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == before


def full_disk():
    yield tone(100)
    raise OSError(28, "No space left on device")


def test_replacing_keeps_extension_mode_and_links(tmp_path):
    target = tmp_path / "deep" / "model.weights.h5"
    with replacing(target) as temporary:
        assert temporary.name.endswith(".weights.h5") and temporary.parent == target.parent
        temporary.write_text("one")
        assert not target.exists()
    (tmp_path / "plain").touch()
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    (tmp_path / "link").symlink_to(target)
    with replacing(tmp_path / "link") as temporary:
        temporary.write_text("two")
    assert (tmp_path / "link").is_symlink() and target.read_text() == "two"
    assert os.listdir(target.parent) == [target.name]
    with pytest.raises(UserError, match="no ordinary file"), replacing(os.devnull):
        pass


def test_find_audio(tmp_path):
    for name in ("b.WAV", "a.flac", "sub/c.mp3", "notes.txt", ".hidden.wav", "sub/._c.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [tmp_path / name for name in ("a.flac", "b.WAV", "sub/c.mp3")]
    assert io.find_audio(tmp_path) == found
    assert io.find_audio([tmp_path / "sub", tmp_path]) == [found[2], *found[:2]]
    assert io.find_audio(str(tmp_path / "**" / "*")) == found
    assert io.find_audio([tmp_path / "notes.txt"]) == [tmp_path / "notes.txt"]
    (tmp_path / "bare").mkdir()
    for nothing in (tmp_path / "bare", tmp_path / "none.wav", str(tmp_path / "*.ogg"), []):
        with pytest.raises(UserError):
            io.find_audio(nothing)


def test_import_is_light():
    code = "import sys, audio_tt.files.io; print([m for m in sys.modules if m in sys.argv])"
    heavy = ["keras", "tensorflow", "jax", "librosa", "scipy", "matplotlib"]
    output = subprocess.check_output([sys.executable, "-c", code, *heavy], text=True)
    assert output.strip() == "[]"


def test_check_writable_says_no_before_the_work(tmp_path):
    io.check_writable(tmp_path / "new" / "deep" / "out.wav")
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file, not a folder"):
        io.check_writable(tmp_path / "file" / "out.wav")
    with pytest.raises(UserError, match="extension"):
        io.check_writable(tmp_path / "out.xyz")
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        io.check_writable(tmp_path / "folder.wav")


def test_the_source_is_no_place_for_the_result(tmp_path):
    source = tmp_path / "in.wav"
    source.write_bytes(b"RIFF")
    (tmp_path / "link.wav").symlink_to(source)
    io.check_writable(tmp_path / "out.wav", source)
    for same in (source, tmp_path / "link.wav", tmp_path / "x" / ".." / "in.wav"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(UserError, match="is the recording that is read"):
            io.check_writable(same, source)
