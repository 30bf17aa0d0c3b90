"""Synthesisers, effects and the group that chains them."""

from pathlib import Path

import numpy as np
import pytest
from keras import ops

from ddsp_tt.synthesis import effects, processors, shared, synths

GOLDEN = dict(np.load(Path(__file__).parents[1] / "golden" / "ddsp_core.npz"))
REVERB = dict(np.load(Path(__file__).parents[1] / "golden" / "ddsp_reverb.npz"))


def numpy_of(x):
    return ops.convert_to_numpy(x)


def test_harmonic_controls_and_signal():
    synth = synths.Harmonic(n_samples=6400)
    inputs = [GOLDEN["harm/amp_in"], GOLDEN["harm/hd_in"], GOLDEN["harm/f0"]]
    controls = synth.get_controls(*inputs)
    for key in ("amplitudes", "harmonic_distribution"):
        np.testing.assert_allclose(numpy_of(controls[key]), GOLDEN[f"harm/ctl_{key}"], atol=1e-5)
    # The tolerance is the error of the original's float32 phase.
    np.testing.assert_allclose(numpy_of(synth(*inputs)), GOLDEN["harm/audio"], atol=8e-3)


def test_harmonic_follows_the_frames_it_gets():
    synth = synths.Harmonic(n_samples=None, sample_rate=16000, frame_rate=250)
    inputs = [GOLDEN["harm/amp_in"], GOLDEN["harm/hd_in"], GOLDEN["harm/f0"]]
    assert synth(*[x[:, :37] for x in inputs]).shape == (2, 37 * 64)


def test_all_harmonics_above_nyquist_are_silence():
    synth = synths.Harmonic(n_samples=640)
    high = np.full((1, 10, 1), 9000.0, "float32")
    audio = synth(np.ones((1, 10, 1), "float32"), np.ones((1, 10, 4), "float32"), high)
    assert np.abs(numpy_of(audio)).max() == 0.0


def test_filtered_noise_as_the_original():
    synth = synths.FilteredNoise(n_samples=6400, window_size=0, delay_compensation=-1)
    controls = synth.get_controls(GOLDEN["noise/mag_in"])
    np.testing.assert_allclose(
        numpy_of(controls["magnitudes"]), GOLDEN["noise/ctl_magnitudes"], atol=1e-6
    )
    audio = synth.get_signal(**controls, noise=GOLDEN["noise/noise"])
    np.testing.assert_allclose(numpy_of(audio), GOLDEN["noise/filtered_ctl_ws0"], atol=1e-6)


def test_noise_is_fresh_and_bounded():
    synth = synths.FilteredNoise(n_samples=None, window_size=0)
    magnitudes = np.full((2, 50, 65), 5.0, "float32")
    first, second = numpy_of(synth(magnitudes)), numpy_of(synth(magnitudes))
    assert first.shape == (2, 50 * 64)
    assert np.abs(first - second).max() > 0.01
    assert np.isfinite(first).all()


def test_white_noise_does_not_depend_on_the_cut():
    whole = shared.white_noise(0, 200_000, seed=3)
    np.testing.assert_array_equal(whole[65_000:131_500], shared.white_noise(65_000, 66_500, 3))
    assert np.abs(shared.white_noise(-100, 100, 3)).max() == 0.0
    assert whole.min() < -0.999 and whole.max() > 0.999 and abs(whole.mean()) < 0.01


def test_reverb():
    reverb = effects.Reverb(trainable=False, add_dry=True)
    wet_dry = numpy_of(reverb(REVERB["reverb/audio"], REVERB["reverb/ir"]))
    peak = np.abs(REVERB["reverb/wet_dry"]).max()
    np.testing.assert_allclose(wet_dry, REVERB["reverb/wet_dry"], atol=1e-4 * peak)
    masked = numpy_of(effects.mask_dry(REVERB["reverb/ir"]))
    np.testing.assert_array_equal(masked, REVERB["reverb/masked_ir"])
    audio, ir = REVERB["reverb/audio"].astype("float64"), REVERB["reverb/masked_ir"]
    exact = np.stack([np.convolve(a, h)[: a.size] + a for a, h in zip(audio, ir, strict=True)])
    np.testing.assert_allclose(wet_dry, exact, atol=1e-5 * peak)


def test_reverb_longer_than_the_audio():
    reverb = effects.Reverb(trainable=False)
    audio = REVERB["reverb/audio"][:1]
    value = numpy_of(reverb(audio, REVERB["reverb/ir_long"]))
    peak = np.abs(REVERB["reverb/long"]).max()
    np.testing.assert_allclose(value, REVERB["reverb/long"], atol=2e-4 * peak)


@pytest.mark.parametrize(
    "room", [effects.Reverb, effects.ExpDecayReverb, effects.FilteredNoiseReverb]
)
def test_learned_rooms_have_weights_and_keep_the_length(room):
    layer = room(trainable=True, reverb_length=1000)
    assert layer.trainable_variables
    audio = np.random.default_rng(0).normal(size=(2, 3000)).astype("float32")
    assert layer(audio).shape == (2, 3000)


def test_given_rooms_need_their_controls():
    audio = np.zeros((1, 100), "float32")
    for room in (effects.Reverb, effects.ExpDecayReverb, effects.FilteredNoiseReverb):
        with pytest.raises(ValueError, match="not trainable"):
            room(trainable=False, reverb_length=100)(audio)


def test_fir_filter_removes_the_upper_band():
    rate, n = 16000, 16000
    low, high = (np.sin(2 * np.pi * hz * np.arange(n) / rate) for hz in (500.0, 6000.0))
    magnitudes = np.concatenate([np.ones((1, 10, 32)), np.zeros((1, 10, 33))], axis=-1)
    synth = effects.FIRFilter(window_size=0, scale_fn=None)
    audio = numpy_of(synth((low + high)[None].astype("float32"), magnitudes.astype("float32")))[0]
    middle = slice(2000, 14000)
    assert np.std(audio[middle] - low[middle]) < 0.02


def test_group_runs_its_dag():
    group = processors.ProcessorGroup(
        [
            (synths.Harmonic(n_samples=640), ["amps", "harmonic_distribution", "f0_hz"]),
            (synths.FilteredNoise(n_samples=640, window_size=0), ["noise_magnitudes"]),
            (processors.Add(), ["filtered_noise/signal", "harmonic/signal"]),
            (effects.Reverb(trainable=True, reverb_length=100), ["add/signal"]),
        ]
    )
    features = {
        "amps": np.zeros((2, 10, 1), "float32"),
        "harmonic_distribution": np.zeros((2, 10, 5), "float32"),
        "f0_hz": np.full((2, 10, 1), 440.0, "float32"),
        "noise_magnitudes": np.zeros((2, 10, 65), "float32"),
    }
    outputs = group(features, return_outputs_dict=True)
    added = numpy_of(outputs["harmonic"]["signal"]) + numpy_of(outputs["filtered_noise"]["signal"])
    np.testing.assert_allclose(numpy_of(outputs["add"]["signal"]), added, atol=1e-6)
    np.testing.assert_array_equal(numpy_of(outputs["out"]), numpy_of(outputs["reverb"]["signal"]))
    with pytest.raises(KeyError, match="'amps' in the outputs"):
        group({key: x for key, x in features.items() if key != "amps"})


def test_mix_is_equal_power():
    ones = np.ones((1, 100), "float32")
    mixed = numpy_of(processors.Mix()(ones, 0 * ones, np.zeros((1, 10, 1), "float32")))
    np.testing.assert_allclose(mixed, np.sqrt(0.5), atol=1e-5)


def test_names_in_a_dag_differ():
    with pytest.raises(ValueError, match="different names"):
        processors.ProcessorGroup([(processors.Add(), ["a", "b"]), (processors.Add(), ["c", "d"])])
