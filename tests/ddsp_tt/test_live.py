"""An instrument that is played live sounds as it does when played from a file."""

import keras
import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from audio_tt.errors import UserError
from ddsp_tt import models
from ddsp_tt.features import extraction
from ddsp_tt.magenta import legacy_names
from ddsp_tt.playing.engine import analysis, live
from ddsp_tt.synthesis import effects, processors, shared, synths
from ddsp_tt.trained import loading

HOP = 64


def make(decoder, dag, encoder=None, convention="ddsp3", frame_rate=250):
    """A model with random weights that is loud enough to hear all of its parts."""
    keras.utils.set_random_seed(3)
    model = models.Autoencoder(
        preprocessor=models.F0LoudnessPreprocessor(
            time_steps=None,
            compute_loudness=False,
            loudness_convention=convention,
            frame_rate=frame_rate,
        ),
        encoder=encoder,
        decoder=decoder,
        processor_group=processors.ProcessorGroup(dag),
    )
    loading.build(model)
    rng = np.random.default_rng(0)
    for weight in model.decoder.trainable_variables:
        weight.assign(ops.convert_to_numpy(weight) + 0.2 * rng.standard_normal(weight.shape))
    return loading.TrainedModel("random", model, None)


def decoder(keys, splits):
    return models.RnnFcDecoder(
        rnn_channels=12, ch=16, layers_per_stack=2, input_keys=keys, output_splits=splits
    )


def harmonic(f0="f0_hz", **rates):
    return (synths.Harmonic(n_samples=None, **rates), ["amps", "harmonic_distribution", f0])


def noisy_dag(bands=65, window_size=0, delay_compensation=None, sample_rate=16000, frame_rate=250):
    noise = synths.FilteredNoise(
        n_samples=None,
        window_size=window_size,
        initial_bias=0.0,
        delay_compensation=delay_compensation,
        samples_per_frame=sample_rate // frame_rate,
    )
    return [
        harmonic(sample_rate=sample_rate, frame_rate=frame_rate),
        (noise, ["noise_magnitudes"]),
        (processors.Add(), ["filtered_noise/signal", "harmonic/signal"]),
    ], (("amps", 1), ("harmonic_distribution", 20), ("noise_magnitudes", bands))


@pytest.fixture(scope="module")
def solo():
    """As the included instruments, and with a room."""
    dag, splits = noisy_dag()
    room = effects.Reverb(trainable=True, reverb_length=3000)
    trained = make(decoder(("ld_scaled", "f0_scaled"), splits), [*dag, (room, ["add/signal"])])
    rng = np.random.default_rng(0)
    response = rng.standard_normal(3000) * np.exp(-np.arange(3000) / 700) * 0.02
    room.trainable_variables[0].assign(response)
    return trained


def encoder(**settings):
    layer = models.CrepeEncoder(filters=(4, 4, 6), z_dims=5, **settings)
    layer.build(None)
    rng = np.random.default_rng(1)
    for weight in layer.weights:
        change = 0.1 * rng.standard_normal(weight.shape)
        weight.assign(
            ops.convert_to_numpy(weight) + (np.abs(change) if "var" in weight.path else change)
        )
    return layer


@pytest.fixture(scope="module")
def cured():
    """With an encoder beside pitch and loudness."""
    dag, splits = noisy_dag(33)
    keys = ("ld_scaled", "f0_scaled", "z")
    return make(decoder(keys, splits), dag, encoder(normalize_z=True))


@pytest.fixture(scope="module")
def published():
    """Everything from the latent, the pitch too."""
    dag = [(processors.LogFrequency(), ["f0"]), harmonic("log_frequency/signal")]
    splits = (("f0", 1), ("amps", 1), ("harmonic_distribution", 20))
    layer = encoder(normalize_frames=False, windowed=True, hop_length=128)
    return make(decoder(("z",), splits), dag, layer)


@pytest.fixture(scope="module")
def sound():
    """Half a second: a tone that slides and swells, in some noise, after a silence."""
    time = np.arange(8000) / 16000
    tone = np.sin(2 * np.pi * (300 * time + 200 * time**2)) * np.minimum(1, 5 * time)
    noise = 0.01 * np.random.default_rng(0).standard_normal(8000)
    return ((0.3 * tone + noise) * (time > 0.05)).astype("float32")


def play(instrument, audio, sizes):
    """Plays audio in blocks of the given sizes, the last again and again."""
    outputs, sizes = [], list(sizes)
    while len(audio):
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        outputs.append(instrument.process(audio[:size]))
        assert outputs[-1].shape == audio[:size].shape
        assert outputs[-1].dtype == np.float32
        audio = audio[size:]
    return np.concatenate(outputs)


@pytest.fixture(scope="module")
def whole(solo, cured, published, sound):
    return {
        name: live.LiveInstrument(trained).process(sound)
        for name, trained in (("solo", solo), ("cured", cured), ("published", published))
    }


def at_rates(sample_rate, frame_rate, encoder=None):
    """As the included instruments, of other rates."""
    dag, splits = noisy_dag(sample_rate=sample_rate, frame_rate=frame_rate)
    keys = ("ld_scaled", "f0_scaled", "z") if encoder else ("ld_scaled", "f0_scaled")
    return make(decoder(keys, splits), dag, encoder, frame_rate=frame_rate)


@settings(max_examples=4, deadline=None)
@given(sizes=st.lists(st.integers(1, 1500), min_size=1, max_size=12).filter(lambda x: x[-1] > 40))
@pytest.mark.parametrize("name", ["solo", "cured", "published"])
def test_blocks_of_any_size_make_the_same_sound(name, whole, solo, cured, published, sound, sizes):
    trained = {"solo": solo, "cured": cured, "published": published}[name]
    assert np.abs(whole[name]).max() > 0.05
    played = play(live.LiveInstrument(trained), sound, sizes)
    # Where the network names the pitch, its rounding adds up in the phase.
    np.testing.assert_allclose(played, whole[name], atol=2e-3 if name == "published" else 2e-5)


def overheard(instrument, name):
    """What an analysis of the instrument gives from now on, a list that grows."""
    given, analyse = [], getattr(instrument, name)

    def listen(audio, hop_length):
        given.append(analyse(audio, hop_length))
        return given[-1]

    if analyse is not None:
        listen.before, listen.after = analyse.before, analyse.after
        setattr(instrument, name, listen)
    return given


def heard(instrument, sound):
    """What the instrument plays, without its latency, and the pitch that it heard."""
    pitches = overheard(instrument, "_pitch")
    padded = np.pad(sound, (0, instrument.latency_samples + 64))
    audio = instrument.process(padded)[instrument.latency_samples :]
    return audio[: len(sound)], np.concatenate([f0 for f0, _ in pitches]) if pitches else None


@pytest.fixture
def same_noise(monkeypatch):
    """Makes a model's noise that of a live instrument."""

    def noise(shape, *_, **__):
        return ops.convert_to_tensor(shared.white_noise(0, shape[1], 0)[None])

    monkeypatch.setattr(keras.random, "uniform", noise)


def at_once(trained, measured):
    """What the model itself makes of features, with the live instrument's noise."""
    outputs = trained.model({key: x[None] for key, x in measured.items()})
    return ops.convert_to_numpy(outputs["audio_synth"])[0]


@pytest.mark.parametrize("name", ["solo", "cured", "published"])
def test_it_is_what_the_model_gives_after_the_latency(
    name, solo, cured, published, sound, same_noise
):
    trained = {"solo": solo, "cured": cured, "published": published}[name]
    audio, f0_hz = heard(live.LiveInstrument(trained), sound)
    n_frames = len(sound) // HOP
    f0_hz = np.full(n_frames, 440.0) if f0_hz is None else f0_hz[:n_frames]
    measured = {
        "audio": sound,
        "f0_hz": f0_hz.astype("float32"),
        "loudness_db": extraction.loudness(sound)[:n_frames],
    }
    # The last frames of a file see nothing after them; those of a live input do.
    end = len(sound) - 1000
    tolerance = 5e-3 if name == "published" else 2e-4
    np.testing.assert_allclose(audio[:end], at_once(trained, measured)[:end], atol=tolerance)


@pytest.mark.parametrize(
    "bands, window_size, delay_compensation", [(65, 0, -1), (33, 33, None), (129, 0, None)]
)
def test_filters_of_any_length(bands, window_size, delay_compensation, sound, same_noise):
    dag, splits = noisy_dag(bands, window_size, delay_compensation)
    trained = make(decoder(("ld_scaled", "f0_scaled"), splits), dag)
    audio, f0_hz = heard(live.LiveInstrument(trained), sound[:4032])
    measured = {
        "f0_hz": f0_hz[:63].astype("float32"),
        "loudness_db": extraction.loudness(sound[:4032])[:63],
    }
    np.testing.assert_allclose(audio[:3000], at_once(trained, measured)[:3000], atol=2e-4)


RATES = [(48000, 250), (32000, 50), (44100, 100)]


@pytest.mark.parametrize("sample_rate, frame_rate", RATES)
def test_other_rates(sample_rate, frame_rate, sound, same_noise):
    trained = at_rates(sample_rate, frame_rate)
    sound = soxr.resample(sound, 16000, sample_rate)
    instrument = live.LiveInstrument(trained)
    levels = overheard(instrument, "_level")
    audio, f0_hz = heard(instrument, sound)
    hop = sample_rate // frame_rate
    n_frames = len(sound) // hop
    level_db = np.concatenate(levels)[:n_frames]
    measured = {
        "audio": sound[: n_frames * hop],
        "f0_hz": f0_hz[:n_frames].astype("float32"),
        "loudness_db": level_db.astype("float32"),
    }
    end = (n_frames - 4) * hop
    played = at_once(trained, measured)
    assert np.abs(played[:end]).max() > 0.05
    np.testing.assert_allclose(audio[:end], played[:end], atol=5e-4)
    expected = extraction.extract(sound, rates=trained.model.rates, method="yin")
    end = n_frames - 3
    sounds = expected["loudness_db"][:end] > -60
    difference = np.abs(level_db[:end] - expected["loudness_db"][:end])[sounds]
    assert np.quantile(difference, 0.9) < 0.15


@pytest.mark.parametrize("sample_rate, frame_rate", RATES)
def test_blocks_and_latency_at_other_rates(sample_rate, frame_rate, sound):
    step = 16000 // frame_rate
    trained = at_rates(
        sample_rate, frame_rate, encoder(hop_length=2 * step, frame_length=step, normalize_z=True)
    )
    sound = soxr.resample(sound, 16000, sample_rate)[: sample_rate // 4]
    whole = live.LiveInstrument(trained).process(sound)
    assert np.abs(whole).max() > 0.05
    for sizes in ([1] * 300 + [77], [500, 3, 1024]):
        np.testing.assert_allclose(
            play(live.LiveInstrument(trained), sound, sizes), whole, atol=3e-4
        )


@pytest.mark.parametrize("sample_rate", [48000, 32000, 44100])
def test_the_copy_that_is_measured(sample_rate):
    """Tones below 7 kHz stay as they are and where they are, those above 9 kHz are gone."""
    time = np.arange(sample_rate) / sample_rate
    copied = np.arange(15800) / 16000
    for f0_hz in (50.0, 1000.0, 6900.0):
        tone = np.sin(2 * np.pi * f0_hz * time).astype("float32")
        copy = analysis.Resampler(sample_rate)(tone)[200:15800]
        np.testing.assert_allclose(copy, np.sin(2 * np.pi * f0_hz * copied)[200:], atol=3e-3)
    tone = np.sin(2 * np.pi * 9100.0 * time).astype("float32")
    assert np.abs(analysis.Resampler(sample_rate)(tone)[200:15800]).max() < 3e-3


def test_latency_is_the_delay(solo, cured):
    assert live.LiveInstrument(solo, pitch_delay=0).latency_samples == 512 + 63
    assert live.LiveInstrument(solo, pitch_delay=100).latency_samples == 512 - 100 + 63
    assert live.LiveInstrument(solo).latency_samples == 256 + 63
    assert live.LiveInstrument(solo).latency_ms == pytest.approx(19.9375)
    assert live.LiveInstrument(cured).latency_samples == 512 + 255
    with pytest.raises(ValueError, match="512"):
        live.LiveInstrument(solo, pitch_delay=512)


def test_a_late_pitch_is_the_same_pitch(solo, sound):
    _, prompt = heard(live.LiveInstrument(solo, pitch_delay=0), sound)
    _, late = heard(live.LiveInstrument(solo, pitch_delay=2 * HOP), sound)
    np.testing.assert_allclose(late[2:120], prompt[:118], rtol=1e-6)


def test_the_older_loudness(sound):
    dag, splits = noisy_dag()
    trained = make(decoder(("ld_scaled", "f0_scaled"), splits), dag, convention="ddsp1")
    instrument = live.LiveInstrument(trained)
    padded = np.pad(sound, (0, 4096))
    measured = instrument._level(padded[: 100 * HOP + 2048 - HOP], HOP)
    np.testing.assert_allclose(measured, extraction.loudness(padded, "ddsp1")[:100], atol=2e-3)
    assert instrument.latency_samples == 2048 + 63


def test_power_is_measured_as_in_training(sound):
    meter = analysis.power_meter(1024)
    measured = meter(np.pad(sound, 512)[: 1024 + 99 * HOP], HOP)
    np.testing.assert_allclose(measured, extraction.power(sound, 250, 1024)[:100], atol=1e-3)


def test_a_whistle_is_followed_above_crepe_s_range():
    follow = analysis.PitchFollower(440.0)
    time = np.arange(8000) / 16000
    rise = np.cumsum(2000 * 2 ** (2 * time)) / 16000  # to 4 kHz in half a second
    f0_hz, confidence = follow(np.sin(2 * np.pi * rise).astype("float32"), HOP)
    middle = 512 + HOP * np.arange(len(f0_hz))
    distance = 12 * np.log2(f0_hz / (2000 * 2 ** (2 * time[middle])))
    assert np.mean(np.abs(distance[5:]) < 0.5) > 0.95
    assert np.median(confidence[5:]) > 0.9


def test_octaves_and_loudness_are_moved(solo, sound):
    plain, higher = live.LiveInstrument(solo), live.LiveInstrument(solo, octave_shift=1)
    louder = live.LiveInstrument(solo, loudness_shift=12.0)
    outputs = [instrument.process(sound) for instrument in (plain, higher, louder)]
    assert np.abs(outputs[0] - outputs[1]).max() > 0.01
    assert np.abs(outputs[0] - outputs[2]).max() > 0.01


def test_old_names_of_processors_are_known(solo, sound):
    dag, splits = noisy_dag()
    old = legacy_names.Additive(n_samples=None)
    renamed = [
        (old, dag[0][1]),
        dag[1],
        (processors.Add(), ["filtered_noise/signal", "additive/signal"]),
    ]
    outputs = []
    for nodes in (dag, renamed):
        keras.utils.set_random_seed(1)
        trained = make(decoder(("ld_scaled", "f0_scaled"), splits), nodes)
        outputs.append(live.LiveInstrument(trained).process(sound))
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_what_is_not_finite_counts_as_silence(solo, sound):
    broken, silent = sound.copy(), sound.copy()
    broken[3000:3200], silent[3000:3200] = np.nan, 0.0
    outputs = [live.LiveInstrument(solo).process(x) for x in (broken, silent)]
    np.testing.assert_array_equal(*outputs)


def test_what_cannot_be_played_live_is_named(solo, sound):
    with pytest.raises(UserError, match="mono"):
        live.LiveInstrument(solo).process(sound.reshape(2, -1))
    dag, splits = noisy_dag()
    with pytest.raises(UserError, match="WaveRnn cannot be played live"):
        live.LiveInstrument(loading.TrainedModel("w", object.__new__(models.WaveRnn), None))
    mix = (processors.Mix(), ["filtered_noise/signal", "harmonic/signal", "amps"])
    trained = make(decoder(("ld_scaled", "f0_scaled"), splits), [*dag[:2], mix])
    with pytest.raises(UserError, match="mix"):
        live.LiveInstrument(trained)
