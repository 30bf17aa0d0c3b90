"""An instrument as every command plays it: what goes in comes out as long, and is left alone."""

import commands
import keras
import numpy as np
import pytest
from absl import logging
from keras import ops

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.music.notes import read_midi
from ddsp_tt import models
from ddsp_tt.features import extraction
from ddsp_tt.playing import player as player_module
from ddsp_tt.playing.adjustment import Adjustment
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.synthesis import core, processors, synths
from ddsp_tt.trained import catalogue, files, instruments, loading

YIN = {"method": "yin"}


@pytest.fixture(scope="module")
def flute():
    return instruments.load("flute")


@pytest.fixture(scope="module")
def tone():
    t = np.arange(16000) / 16000
    return (0.3 * np.sin(2 * np.pi * 440 * t) * np.minimum(1, 10 * t)).astype("float32")


@pytest.fixture(scope="module")
def listener():
    """A model that reads the recording beside pitch and loudness."""
    keras.utils.set_random_seed(0)
    encoder = models.CrepeEncoder(filters=(2, 2), z_dims=3)
    harmonic = synths.Harmonic(n_samples=None)
    model = models.Autoencoder(
        models.F0LoudnessPreprocessor(time_steps=None, compute_loudness=False),
        encoder,
        models.RnnFcDecoder(8, ch=8, layers_per_stack=1, input_keys=("ld_scaled", "z")),
        processors.ProcessorGroup([(harmonic, ["amps", "harmonic_distribution", "f0_hz"])]),
    )
    return loading.TrainedModel("listener", loading.build(model), None)


@pytest.fixture
def warnings(monkeypatch):
    """The warnings of a test, as they are printed."""
    printed = []
    monkeypatch.setattr(logging, "warning", lambda text, *values: printed.append(text % values))
    return printed


def run(**values):
    """Runs the command with these flags, in a process of its own; returns its exit status."""
    words = [f"--{name}={value}" for name, value in values.items()]
    return commands.run("ddsp_tt.timbre_transfer", *words).returncode


def play(player, audio, size=None):
    size = size or max(len(audio), 1)
    pieces = (audio[i : i + size] for i in range(0, len(audio), size))
    return np.concatenate([np.zeros(0, "float32"), *player.play(pieces, "a.wav")])


def chord(seconds=2, hz=(262.0, 330.0, 392.0)):
    t = np.arange(16000 * seconds) / 16000
    harmonics = [np.sin(2 * np.pi * f * k * t) / k for f in hz for k in range(1, 8)]
    return (0.05 * sum(harmonics)).astype("float32")


def test_a_chord_plays_without_a_warning(flute, warnings):
    opening = np.zeros(5000, "float32")
    sound = play(DdspPlayer(flute, pitch=YIN), np.concatenate([opening, chord()]), 777)
    assert np.abs(sound).max() > 0.01
    assert not warnings


def test_notes_that_stay_one_line_get_one_warning(flute, warnings, monkeypatch):
    monkeypatch.setattr(player_module.voices_lib, "are_chords", lambda *_: False)
    play(DdspPlayer(flute, pitch=YIN), chord())
    (warning,) = warnings
    assert warning.startswith("a.wav: several notes sound at once")
    assert "let --voices=4 play them all" in warning and warning.endswith("pix2pix or style")
    play(DdspPlayer(flute, pitch=YIN, voices=1), chord())
    assert len(warnings) == 1


def test_one_voice_gets_no_warning(flute, warnings):
    line = np.concatenate([chord(1, [hz]) for hz in (262.0, 330.0, 392.0)])
    play(DdspPlayer(flute, pitch=YIN), line)
    assert not warnings


@pytest.mark.parametrize(
    ("hz", "said"), [(110.0, "two octaves higher"), (440.0, ""), (4000.0, "one octave lower")]
)
def test_an_octave_is_moved_in_so_many_words(flute, caplog, hz, said):
    measured = {
        "f0_hz": np.full(200, hz, "float32"),
        "f0_confidence": np.ones(200, "float32"),
        "loudness_db": np.full(200, -20.0, "float32"),
    }
    with caplog.at_level("INFO", logger="absl"):
        Adjustment(threshold=0.0, octave_shift=1).apply(measured, flute)
        Adjustment(threshold=0.0, keep_octave=True).apply(measured, flute)
    assert [record.message.split(",")[0] for record in caplog.records] == (
        [f"played {said}"] if said else []
    )


def test_the_notes_are_those_that_are_played(flute, melody):
    player = DdspPlayer(flute, Adjustment(octave_shift=1), YIN)
    notes = []
    plain = play(player, melody)
    with_notes = player.play_and_transcribe([melody], notes.append)
    np.testing.assert_array_equal(np.concatenate([*with_notes]), plain)
    assert [note.pitch for note in notes[0].notes] == [81, 84, 79]
    list(player.play_and_transcribe([np.zeros(8000, "float32")], notes.append))
    assert notes[1].notes == ()


def test_what_reads_no_pitch_has_no_notes(flute):
    class Listener:
        rates, statistics, name, origin = flute.rates, None, "listener", None
        reads_features = False

    with pytest.raises(UserError, match="does not play from a pitch"):
        DdspPlayer(Listener()).play_and_transcribe([], print)


def test_the_command_writes_them(tmp_path, melody):
    io.write(tmp_path / "a.wav", melody, 16000)
    flags = {"model": "flute", "input": tmp_path / "a.wav", "f0_method": "yin"}
    assert run(output=tmp_path / "b.wav", midi=tmp_path / "b.mid", **flags) == 0
    assert [note.pitch for note in read_midi(tmp_path / "b.mid")] == [69, 72, 67]
    assert run(output=tmp_path / "c.wav", midi=tmp_path / "b.mid", **flags) == 1
    assert not (tmp_path / "c.wav").exists()


@pytest.mark.parametrize("n_samples", [0, 1, 63, 64, 65, 5000])
def test_as_many_samples_come_out(flute, tone, n_samples):
    output = play(DdspPlayer(flute, pitch=YIN), tone[8000 : 8000 + n_samples])
    assert output.dtype == np.float32 and output.shape == (n_samples,)


def test_blocks_of_any_size_give_the_same(flute, tone):
    player = DdspPlayer(flute, pitch=YIN)
    whole = play(player, tone)
    assert np.abs(whole).max() > 0.01
    for size in (777, 4096):
        np.testing.assert_allclose(play(player, tone, size), whole, atol=1e-6)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "a.wav is silent, so the output is silence"),
        (np.nan, "a.wav holds no number that is finite"),
        (np.inf, "a.wav holds no number that is finite"),
    ],
)
def test_nothing_to_play_is_silence_and_one_warning_says_why(flute, warnings, value, words):
    output = play(DdspPlayer(flute, pitch=YIN), np.full(4000, value, "float32"))
    assert len(output) == 4000 and not output.any()
    assert len(warnings) == 1 and words in warnings[0]


def test_two_channels_that_cancel_are_not_silence(flute, tone, warnings):
    output = DdspPlayer(flute, pitch=YIN).render(np.stack([tone, -tone], axis=1), 16000)
    assert output.shape == tone.shape and np.abs(output).max() > 0.01
    assert len(warnings) == 1 and "cancel" in warnings[0]


def test_some_samples_that_are_not_finite_do_no_harm(flute, tone):
    broken = tone.copy()
    broken[9000:9100] = np.nan
    output = play(DdspPlayer(flute, pitch=YIN), broken)
    assert np.isfinite(output).all() and np.abs(output).max() > 0.01


def test_a_low_threshold_rescues_a_quiet_voiced_recording(flute, warnings):
    """Noise has little periodicity, so that at the usual threshold nothing of it is a note."""
    noise = (0.1 * np.random.default_rng(0).standard_normal(16000)).astype("float32")
    assert not play(DdspPlayer(flute, pitch=YIN), noise).any()
    assert len(warnings) == 1 and "--threshold" in warnings[0]
    rescued = play(DdspPlayer(flute, Adjustment(threshold=0.0), YIN), noise)
    assert np.abs(rescued).max() > 1e-3 and len(warnings) == 1


def test_a_model_that_reads_the_recording_is_not_silenced_for_want_of_pitch(listener, warnings):
    noise = (0.1 * np.random.default_rng(0).standard_normal(4000)).astype("float32")
    output = play(DdspPlayer(listener, pitch=YIN), noise)
    assert output.shape == noise.shape and output.any()
    assert warnings == [
        "listener has no statistics of what it learned from, so nothing is fitted to it"
    ]


def test_features_of_blocks_are_those_of_the_whole(tone):
    whole = extraction.extract(tone[:9999], method="yin", power_window_length=1024)
    pieces = [tone[:1], tone[1:5000], tone[5000:9999]]
    blocks = extraction.extract_blocks(pieces, method="yin", power_window_length=1024)
    assert set(whole) == set(blocks) and len(whole["f0_hz"]) == 157
    for name in whole:
        np.testing.assert_allclose(blocks[name], whole[name], atol=1e-5)


def test_a_model_is_found_by_folder_name_and_weights_alone(flute):
    folder = catalogue.folder("flute")
    for model in (folder, "flute", folder / files.MODEL_FILE):
        assert files.find(model).weights == folder / "model.h5"
    assert loading.load(folder / "model.h5").name == "flute"


def test_loading_another_model_changes_none(tone):
    loaded, alone = {}, {}
    for name in catalogue.instruments():
        loaded[name] = DdspPlayer(instruments.load(name), pitch=YIN)
        alone[name] = loaded[name].render(tone, 16000)
    for name, player in loaded.items():
        np.testing.assert_array_equal(player.render(tone, 16000), alone[name])


def test_a_keras_model_stays_as_it_was_too(tone):
    audio = tone[4000:8000]
    player = DdspPlayer(loading.load("flute"), pitch=YIN)
    before = player.render(audio, 16000)
    loading.load("violin")
    np.testing.assert_array_equal(player.render(audio, 16000), before)


def test_a_function_that_gin_set_stays_as_it_was(tmp_path):
    """Gin's functions read the settings of the day at each call."""
    text = "exp_sigmoid.max_value = {}\nHarmonic.scale_fn = @core.exp_sigmoid\n"
    made = []
    for value in (2.0, 8.0):
        (tmp_path / "settings.gin").write_text(text.format(value))
        settings.parse_gin((tmp_path / "settings.gin",))
        import gin

        made.append(gin.get_configurable("Harmonic")())
    scales = [float(ops.convert_to_numpy(x.scale_fn(100.0))) for x in made]
    assert scales == pytest.approx([2.0, 8.0])
    assert "exp_sigmoid.max_value = 8.0" in settings.operative_gin()
    assert core.resolved(None) is None and core.resolved(abs) is abs


def test_settings_of_runs_from_before_are_read():
    """A run's gin file may still have what fitting took from gin once."""
    settings.parse_gin((), ["adjust.quiet = 3.0", "detect_notes.exponent = 2.0"])


def test_the_command_plays_files_and_folders(tmp_path, tone):
    for name in ("a", "b/c"):
        io.write(tmp_path / "in" / f"{name}.wav", tone[4000:8000], 16000)
    options = {"model": "flute", "f0_method": "yin"}
    one, folder = tmp_path / "in" / "a.wav", tmp_path / "in"
    assert run(**options, input=one, output=tmp_path / "x.wav") == 0
    assert len(io.read(tmp_path / "x.wav")[0]) == 4000
    assert run(**options, input=folder, output_dir=tmp_path / "out", jobs=2) == 0
    written = sorted((tmp_path / "out").rglob("*.wav"))
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        "a.wav",
        "b/c.wav",
    ]
