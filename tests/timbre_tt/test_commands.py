"""The commands as a user runs them: real files in, real files out, and every kind of bad input."""

import shutil

import commands
import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from autoencoder_tt.trained import catalogue as autoencoder_catalogue
from ddsp_tt.trained import catalogue
from timbre_tt import systems

pytestmark = pytest.mark.skipif(not catalogue.instruments(), reason="no instrument is trained yet")
RATE = 16000


def transfer(*arguments, **options):
    return commands.run("timbre_tt.transfer", *arguments, **options)


@pytest.fixture(scope="module")
def tone():
    t = np.arange(2 * RATE) / RATE
    phase = 2 * np.pi * 440.0 * t + 0.3 * np.sin(2 * np.pi * 5 * t)
    envelope = np.minimum(1.0, np.minimum(t, t[-1] - t) / 0.1)
    return (0.3 * envelope * sum(np.sin(k * phase) / k for k in range(1, 6))).astype("float32")


def assert_failed(result, *words):
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    for word in words:
        assert word in lines[0]


def assert_plays(result, path, n_samples, rate=RATE):
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    audio, output_rate = soundfile.read(path)
    assert output_rate == rate and len(audio) == n_samples and np.isfinite(audio).all()
    return audio


def test_transfer(tmp_path, tone):
    source = tmp_path / "my tone é.wav"
    soundfile.write(source, tone, RATE)
    result = transfer(source, tmp_path / "new folder" / "out.wav", "--instrument=flute")
    audio = assert_plays(result, tmp_path / "new folder" / "out.wav", len(tone))
    assert np.abs(audio).max() > 0.01
    spectrum = np.abs(np.fft.rfft(audio[8000:24000] * np.hanning(16000)))
    peaks = np.argmax(spectrum[300:2000]) + 300
    assert min(abs(peaks - 440 * k) for k in (1, 2, 3, 4)) < 12


@pytest.mark.parametrize(
    ("flags", "octave"),
    [
        (["--octave_shift=1", "--keep_octave"], 2),
        (["--nokeep_octave"], 2),  # the flute is at home at 740 Hz
        ([], 1),
    ],
)
def test_octaves(tmp_path, tone, flags, octave):
    soundfile.write(tmp_path / "in.wav", tone, RATE)
    played = tmp_path / "out.flac"
    audio = assert_plays(
        transfer(tmp_path / "in.wav", played, *flags, "--f0_method=yin"), played, len(tone)
    )
    spectrum = np.abs(np.fft.rfft(audio[8000:24000] * np.hanning(16000)))
    low, high = spectrum[420:460].max(), spectrum[860:900].max()
    assert high > 10 * low if octave == 2 else low > 0.1 * high


def test_loudness_shift_is_heard(tmp_path, tone):
    """In the original's demo it is ignored."""
    soundfile.write(tmp_path / "in.wav", tone, RATE)
    levels = []
    for shift in (0, -20):
        out = tmp_path / f"out{shift}.wav"
        result = transfer(tmp_path / "in.wav", out, f"--loudness_shift={shift}", "--f0_method=yin")
        levels.append(np.std(assert_plays(result, out, len(tone))))
    assert levels[1] < 0.35 * levels[0]


def test_list_instruments():
    result = transfer("--list_instruments")
    assert result.returncode == 0
    words = result.stdout.split()
    assert words[0] == "--system=ddsp" and "--system=pix2pix" in words
    assert {"flute", "violin", "trumpet"} <= set(words[: words.index("--system=pix2pix")])
    assert "learned from" not in result.stdout
    assert "a violin to 11 kHz" in transfer("--list_instruments", "--verbosity=1").stdout


def test_describe():
    result = transfer("--describe=violin", "--system=autoencoder")
    assert result.returncode == 0 and "# violin" in result.stdout and "| epochs |" in result.stdout
    folder = autoencoder_catalogue.folder("violin")
    assert transfer(f"--describe={folder}").stdout == result.stdout
    assert transfer("--describe=tuba", "--system=style").returncode == 1
    unknown = transfer("--describe=violni")
    assert unknown.returncode == 1 and unknown.stderr.count("\n") == 1
    assert "did you mean violin?" in unknown.stderr, unknown.stderr


@pytest.mark.parametrize("system", systems.NAMES)
def test_help_is_quick_and_fits(system):
    result = transfer("--help", f"--system={system}")
    assert result.returncode == 0
    assert "INPUT" in result.stdout and "--instrument" in result.stdout
    assert 24 <= len(result.stdout.splitlines()) <= 52


@pytest.mark.parametrize("arguments", [["--system=pix2pix"], ["in.wav", "-system", "pix2pix"]])
def test_a_system_has_its_own_flags(arguments):
    result = transfer(*arguments, "--help")
    assert "--phase=input|griffin_lim" in result.stdout
    assert "--octave_shift" not in result.stdout
    assert_failed(transfer(*arguments, "--octave_shift=1"), "--octave_shift")
    assert_failed(transfer("--system=kazoo"), "kazoo", "pix2pix")
    assert_failed(transfer("in.wav", "out.wav", "--phase=zero"), "--phase")


PIX2PIX_SETTINGS = """
SliceSpectrogram.n_bins = 32
SliceSpectrogram.slice_frames = 32
unet_generator.down_filters = (4, 8)
unet_generator.up_filters = (4,)
"""


def test_transfer_by_pix2pix(tmp_path, tone):
    """Stereo, chords or noise: it does not ask for a pitch."""
    from audio_tt.models import weights
    from pix2pix_tt.configurables import models

    folder = tmp_path / "pretrained" / "harp"
    folder.mkdir(parents=True)
    (folder / "operative_config.gin").write_text(PIX2PIX_SETTINGS)
    generator = models.unet_generator(down_filters=(4, 8), up_filters=(4,), initial_deviation=0.2)
    weights.save_weights(generator, folder / "generator.h5")
    soundfile.write(tmp_path / "in.wav", np.stack([tone, 0.5 * tone[::-1]], axis=1), RATE)
    code = (
        "import pathlib, pix2pix_tt.trained.catalogue as catalogue, timbre_tt.transfer as transfer;"
        "catalogue.MODELS.path = pathlib.Path('pretrained'); transfer.command()"
    )
    # The original's settings change how it sounds here, and neither length nor channels.
    published = "--gin_file=pix2pix/published.gin"
    arguments = ["in.wav", "out.wav", "--system=pix2pix", "--phase=griffin_lim", published]
    result = commands.run("-c", code, *arguments, "--instrument=harp", cwd=tmp_path)
    audio = assert_plays(result, tmp_path / "out.wav", len(tone))
    assert audio.shape[1] == 2 and np.abs(audio).max() > 0.01
    assert_failed(
        transfer("in.wav", "b.wav", *arguments[2:], "--instrument=kazoo", cwd=tmp_path), "kazoo"
    )


def test_many_recordings_at_once(tmp_path, tone):
    """Folders and globs; what cannot be played is said, and the others are."""
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    soundfile.write(tmp_path / "in" / "a.wav", tone[:RATE], RATE)
    soundfile.write(tmp_path / "in" / "a.flac", tone[:RATE], RATE)
    soundfile.write(tmp_path / "in" / "deeper" / "b.ogg", resampled(tone[:RATE], 44100), 44100)
    (tmp_path / "broken.wav").write_text("this is no sound")
    words = ["in", "*.wav", "--output_dir=out", "--f0_method=yin", "--instrument=oboe", "--jobs=2"]
    result = transfer(*words, cwd=tmp_path)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "broken.wav" in errors[0]
    out = tmp_path / "out"
    assert {str(path.relative_to(out)) for path in out.rglob("*.*")} == {
        "a_oboe.wav",
        "a.wav_oboe.wav",
        "deeper/b_oboe.wav",
    }
    assert soundfile.info(out / "deeper" / "b_oboe.wav").samplerate == 44100
    result = transfer("in/a.wav", "--output_dir=out", "--instrument=oboe", cwd=tmp_path)
    assert_failed(result, "a_oboe.wav", "--overwrite")


def test_nothing_is_overwritten_unless_asked(tmp_path, tone):
    soundfile.write(tmp_path / "in.wav", tone[:RATE], RATE)
    (tmp_path / "out.wav").write_text("precious")
    words = [tmp_path / "in.wav", tmp_path / "out.wav", "--f0_method=yin"]
    assert_failed(transfer(*words), "out.wav", "--overwrite")
    assert (tmp_path / "out.wav").read_text() == "precious"
    assert_plays(transfer(*words, "--overwrite"), tmp_path / "out.wav", RATE)


def test_the_best_system_for_an_instrument_is_taken():
    assert systems.best_for(None) == "ddsp"
    assert systems.best_for("guitar_acoustic") == "pix2pix"
    assert "--phase" in transfer("--instrument=guitar_acoustic", "--help").stdout
    with pytest.raises(UserError, match="kazoo.*flute.*guitar_acoustic"):
        systems.best_for("kazoo")


FORMATS = {
    "8 kHz mu-law": ("in.wav", 8000, "ULAW", 1),
    "24-bit 96 kHz stereo": ("in.wav", 96000, "PCM_24", 2),
    "5.1": ("in.wav", 44100, "PCM_16", 6),
    "64-bit float": ("in.wav", 22050, "DOUBLE", 1),
    "flac": ("in.flac", 44100, "PCM_16", 1),
    "ogg": ("in.ogg", 44100, "VORBIS", 2),
    "mp3": ("in.mp3", 44100, "MPEG_LAYER_III", 2),
    "aiff": ("in.aiff", 48000, "PCM_16", 1),
}


def resampled(tone, rate):
    import soxr

    return soxr.resample(tone, RATE, rate)


@pytest.mark.parametrize("kind", FORMATS)
def test_formats(kind, tmp_path, tone):
    name, rate, subtype, channels = FORMATS[kind]
    audio = np.repeat(resampled(tone[:RATE], rate)[:, None], channels, axis=1)
    soundfile.write(tmp_path / name, audio, rate, subtype)
    result = transfer(tmp_path / name, tmp_path / "out.wav", "--f0_method=yin")
    expected, _ = soundfile.read(tmp_path / name, always_2d=True)
    heard = assert_plays(result, tmp_path / "out.wav", len(expected), rate)
    assert np.abs(heard).max() > 0.01


SILENT = {
    "silence": np.zeros(RATE, "float32"),
    "one sample": np.full(1, 0.5, "float32"),
    "noise": 0.1 * np.random.default_rng(0).normal(size=RATE).astype("float32"),
}


@pytest.mark.parametrize("kind", SILENT)
def test_no_pitch_is_silence_and_a_warning(kind, tmp_path):
    soundfile.write(tmp_path / "in.wav", SILENT[kind], RATE, "FLOAT")
    result = transfer(tmp_path / "in.wav", tmp_path / "out.wav")
    audio = assert_plays(result, tmp_path / "out.wav", len(SILENT[kind]))
    assert np.abs(audio).max() == 0.0
    warnings = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1 and "silence" in warnings[0]


def test_samples_that_are_not_finite_are_silence(tmp_path, tone):
    broken = tone.copy()
    broken[5000:5010], broken[6000] = np.nan, np.inf
    soundfile.write(tmp_path / "in.wav", broken, RATE, "FLOAT")
    result = transfer(tmp_path / "in.wav", tmp_path / "out.wav", "--f0_method=yin")
    assert np.abs(assert_plays(result, tmp_path / "out.wav", len(tone))).max() > 0.01
    assert "not finite" in result.stderr


def bad_file(kind, folder):
    path = folder / "in.wav"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("this is no sound\n" * 50)
    elif kind == "folder":
        path.mkdir()
    elif kind == "no samples":
        soundfile.write(path, np.zeros(0, "float32"), RATE)
    return path


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "folder", "no samples"])
def test_bad_input_is_one_line(kind, tmp_path):
    path = bad_file(kind, tmp_path)
    out = tmp_path / "out.wav"
    result = transfer(path, out)
    assert_failed(result, path.name)
    assert not out.exists()


@pytest.mark.parametrize(
    "output, word",
    [("out.xyz", "extension"), ("file/out.wav", "cannot be written"), (".", "--output_dir")],
)
def test_bad_output_is_one_line(output, word, tmp_path, tone):
    soundfile.write(tmp_path / "in.wav", tone, RATE)
    (tmp_path / "file").write_text("")
    assert_failed(transfer(tmp_path / "in.wav", tmp_path / output), word)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "in.wav"]


def test_unknown_instrument_is_one_line(tmp_path, tone):
    soundfile.write(tmp_path / "in.wav", tone, RATE)
    result = transfer(tmp_path / "in.wav", tmp_path / "out.wav", "--instrument=kazoo")
    assert_failed(result, "kazoo", "flute")
    assert not (tmp_path / "out.wav").exists()


def test_wrong_flags_and_arguments():
    for arguments in (["--instrumnet=flute"], ["only_one.wav"], ["a", "b", "c"], []):
        assert_failed(transfer(*arguments))


def test_wrong_weights_are_one_line(tmp_path, tone):
    soundfile.write(tmp_path / "in.wav", tone, RATE)
    model = tmp_path / "model"
    shutil.copytree(catalogue.folder("flute"), model)
    shutil.copy(catalogue.folder("violin") / "model.h5", model / "model.h5")
    arguments = ["ddsp_tt.timbre_transfer", f"--model={model}", f"--input={tmp_path / 'in.wav'}"]
    out = tmp_path / "out.wav"
    assert_failed(commands.run(*arguments, f"--output={out}"), "model.h5")
    (model / "model.h5").write_text("nothing")
    assert_failed(commands.run(*arguments, f"--output={out}"), "model.h5")
    (model / "model.h5").unlink()
    assert_failed(commands.run(*arguments, f"--output={out}"), "model.h5 is missing")
    assert not out.exists()


def test_model_folder_and_instrument_give_the_same(tmp_path, tone):
    soundfile.write(tmp_path / "in.wav", tone, RATE)
    first = transfer(tmp_path / "in.wav", tmp_path / "a.wav", "--f0_method=yin")
    second = commands.run(
        "ddsp_tt.timbre_transfer",
        f"--model={catalogue.folder('flute')}",
        f"--input={tmp_path / 'in.wav'}",
        f"--output={tmp_path / 'b.wav'}",
        "--f0_method=yin",
    )
    a = assert_plays(first, tmp_path / "a.wav", len(tone))
    b = assert_plays(second, tmp_path / "b.wav", len(tone))
    np.testing.assert_array_equal(a, b)


def test_demo(tmp_path, tone):
    soundfile.write(tmp_path / "in.wav", tone[:RATE], RATE)
    result = commands.run(
        "timbre_tt.demo",
        f"--input={tmp_path / 'in.wav'}",
        "--systems=ddsp",
        "--f0_method=yin",
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    output = tmp_path / "demo_output"
    sounds = {path.stem.removeprefix("in__") for path in (output / "sounds").glob("*.wav")}
    assert sounds == {"input", *(f"{name}__ddsp" for name in catalogue.instruments())}
    text = (output / "index.html").read_text("utf-8")
    assert "http" not in text
    assert text.count("<audio") == len(sounds) and text.count('spectrogram":') == len(sounds)
