"""ddsp_tt.synthesis.core against figures measured on ddsp 3.7.0 and against exact arithmetic."""

from pathlib import Path

import numpy as np
import pytest
from keras import ops

from audio_tt.dsp import units
from ddsp_tt.synthesis import core

GOLDEN = dict(np.load(Path(__file__).parents[1] / "golden" / "ddsp_core.npz"))
# What the original's float32 running phase is off by: the exact phase is further from it than this
# only where something else is wrong.
PHASE = 8e-3
# TensorFlow's bicubic kernel is a table of 1024 steps; ours is the formula.
CUBIC_TABLE = 2e-3
# Relative to the largest value: TensorFlow's CPU FFT.
FFT = 4e-5


def check(value, key, atol=1e-5, rtol=1e-6):
    value = ops.convert_to_numpy(value)
    assert value.shape == GOLDEN[key].shape
    np.testing.assert_allclose(value, GOLDEN[key], atol=atol, rtol=rtol)


def check_peak(value, key, tolerance):
    check(value, key, atol=tolerance * np.abs(GOLDEN[key]).max())


def test_exp_sigmoid():
    x = GOLDEN["exp_sigmoid/x"]
    check(core.exp_sigmoid(x), "exp_sigmoid/y")
    check(core.exp_sigmoid(x, 5.0, 1.0, 1e-3), "exp_sigmoid/y_e5_m1_t1e-3")
    check(core.sym_exp_sigmoid(x), "sym_exp_sigmoid/y")


def test_decibels():
    amplitude = GOLDEN["db/amp"]
    level_db = units.power_to_db(amplitude, -core.DB_RANGE, ops)
    check(level_db, "db/power_to_db", atol=1e-4)
    check(core.scale_db(level_db), "db/scale_db")
    check(core.safe_log(amplitude), "db/safe_log")
    check(core.safe_divide(1.0, amplitude), "db/safe_divide")


def test_pitch_units():
    check(core.hz_to_midi(GOLDEN["hz_to_midi/hz"]), "hz_to_midi/midi", atol=3e-5)
    check(core.midi_to_hz(GOLDEN["midi_to_hz/midi"]), "midi_to_hz/hz", rtol=3e-6)
    check(core.midi_to_hz(GOLDEN["midi_to_hz/midi"], True), "midi_to_hz/hz_zero_silence", rtol=3e-6)
    check(core.scale_f0_hz(GOLDEN["hz_to_midi/hz"]), "scale_f0_hz")


RESAMPLED = sorted(key for key in GOLDEN if key.startswith("resample/") and key.count("/") == 3)


@pytest.mark.parametrize("key", RESAMPLED)
def test_resample(key):
    _, method, endpoint, n_timesteps = key.split("/")
    value = core.resample(GOLDEN["resample/x"], int(n_timesteps[1:]), method, endpoint == "ep1")
    check(value, key, atol=CUBIC_TABLE if method == "cubic" else 1e-5)


def test_resample_lines():
    check(core.resample(GOLDEN["resample/1d_x"], 64), "resample/1d_25to64")
    check(core.resample(GOLDEN["resample/1d_x"], 1000), "resample/1d_25to1000")
    check(core.resample(GOLDEN["resample/x1001"], 1000), "resample/1001to1000", atol=3e-4)


@pytest.mark.parametrize("n_timesteps, endpoint", [(37, True), (7, True), (40, False), (80, False)])
def test_window_needs_a_whole_hop(n_timesteps, endpoint):
    with pytest.raises(ValueError, match="whole number of samples"):
        core.resample(GOLDEN["resample/x"], n_timesteps, "window", endpoint)


def test_unknown_resampling():
    with pytest.raises(ValueError, match="unknown resampling method"):
        core.resample(GOLDEN["resample/x"], 20, "sinc")


def test_angular_cumsum():
    phase = ops.convert_to_numpy(core.angular_cumsum(GOLDEN["angular_cumsum/omega"]))
    exact = np.cumsum(GOLDEN["angular_cumsum/omega"].astype("float64"), axis=1)
    assert phase.min() >= 0.0
    assert phase.max() < 2.0 * np.pi + 1e-6
    np.testing.assert_allclose(np.exp(1j * phase), np.exp(1j * exact), atol=2e-4)
    np.testing.assert_allclose(
        np.exp(1j * phase), np.exp(1j * GOLDEN["angular_cumsum/phase"]), atol=2e-3
    )


def test_oscillator_bank():
    frequency, amplitude = GOLDEN["osc/freq"], GOLDEN["osc/amp"]
    check(core.oscillator_bank(frequency, amplitude), "osc/audio", atol=PHASE)
    check(core.oscillator_bank(frequency, amplitude, 48000), "osc/audio_sr48k", atol=PHASE)
    each = core.oscillator_bank(frequency, amplitude, sum_sinusoids=False)
    check(each, "osc/audio_each", atol=PHASE)


def exact_harmonics(f0_hz, amplitudes, hop, sample_rate=16000):
    """The definition in float64: linear f0, raised-cosine amplitudes, running sum of frequency."""
    f0 = f0_hz[..., 0].astype("float64")
    j = np.arange(hop)
    following = np.concatenate([f0[:, 1:], f0[:, -1:]], axis=1)
    frequency = (f0[..., None] + (following - f0)[..., None] * j / hop).reshape(len(f0), -1)
    phase = 2.0 * np.pi * np.cumsum(frequency, axis=1) / sample_rate
    after = np.concatenate([amplitudes[:, 1:], amplitudes[:, -1:]], axis=1)
    fade = (0.5 + 0.5 * np.cos(np.pi * j / hop))[:, None]
    envelope = amplitudes[:, :, None] * fade + after[:, :, None] * (1.0 - fade)
    envelope = envelope.reshape(len(f0), -1, amplitudes.shape[-1])
    k = np.arange(1, amplitudes.shape[-1] + 1)
    audible = frequency[..., None] * k < sample_rate / 2
    return np.sum(envelope * audible * np.sin(phase[..., None] * k), axis=-1)


def test_harmonic_sines():
    cycles = np.random.default_rng(0).uniform(-0.5, 0.5, (3, 500)).astype("float32")
    sines = ops.convert_to_numpy(core.frames.harmonic_sines(cycles, 100))
    angles = 2 * np.pi * cycles[..., None].astype("float64") * np.arange(1, 101)
    np.testing.assert_allclose(sines, np.sin(angles), atol=2e-5)
    np.testing.assert_allclose(sines[..., 0], np.sin(angles[..., 0]), atol=3e-7)


def test_harmonic_synthesis():
    f0, amplitudes = GOLDEN["harm/f0"], GOLDEN["harm/ctl_amplitudes"]
    distribution = GOLDEN["harm/ctl_harmonic_distribution"]
    audio = core.harmonic_synthesis(f0, amplitudes, None, distribution, 6400)
    check(audio, "harm/audio", atol=PHASE)
    check(audio, "harm/audio_angular", atol=2e-3)
    exact = exact_harmonics(f0, amplitudes * distribution, 64)
    np.testing.assert_allclose(ops.convert_to_numpy(audio), exact, atol=1e-4)
    linear = core.harmonic_synthesis(
        f0, amplitudes, None, distribution, 6400, amp_resample_method="linear"
    )
    check(linear, "harm/audio_linear", atol=PHASE)


def test_harmonic_synthesis_unnormalised_and_shifted():
    f0 = GOLDEN["harm/f0"]
    amplitudes, distribution = np.abs(GOLDEN["harm/amp_in"]), np.abs(GOLDEN["harm/hd_in"])
    raw = core.harmonic_synthesis(f0, amplitudes, None, distribution, 6400)
    check_peak(raw, "harm/synthesis_raw", PHASE)
    shifted = core.harmonic_synthesis(
        f0, amplitudes, GOLDEN["harm/shifts"], distribution[..., :8], 6400
    )
    check_peak(shifted, "harm/synthesis_shifts", PHASE)


def test_phase_does_not_drift():
    """After ten minutes the phase is still exact; float32 sums lose it in ten seconds."""
    n_frames = 150_000
    f0 = np.full((1, n_frames, 1), 440.1, "float32")
    phases = core.harmonic_frames(f0[:, :1], np.ones((1, 1, 1), "float32"), 64)[1]
    step = int(ops.convert_to_numpy(phases)[0, 1])
    total = (step * n_frames) / 2.0**32
    exact = float(np.float32(440.1)) * 64 * n_frames / 16000
    assert abs((total - exact + 0.5) % 1.0 - 0.5) < 0.01


def test_streaming_harmonic_synthesis():
    f0 = GOLDEN["harm/f0"]
    amplitudes, distribution = np.abs(GOLDEN["harm/amp_in"]), np.abs(GOLDEN["harm/hd_in"])
    audio, phase = core.streaming_harmonic_synthesis(f0, amplitudes, distribution, None, 6400)
    # The original multiplies a float32 phase by the harmonic's number, up to 60.
    check_peak(audio, "harm/streaming_audio", 0.05)
    check(phase, "harm/streaming_final_phase", atol=2e-3)


def test_streaming_blocks_join():
    f0 = np.full((1, 100, 1), 311.1, "float32")
    amplitudes = np.full((1, 100, 1), 0.5, "float32")
    distribution = np.linspace(1.0, 0.1, 20, dtype="float32") * np.ones((1, 100, 1), "float32")
    whole = core.streaming_harmonic_synthesis(f0, amplitudes, distribution, None, 6400)[0]
    halves, phase = [], None
    for part in (slice(0, 50), slice(50, 100)):
        half, phase = core.streaming_harmonic_synthesis(
            f0[:, part], amplitudes[:, part], distribution[:, part], phase, 3200
        )
        halves.append(ops.convert_to_numpy(half))
    np.testing.assert_allclose(
        np.concatenate(halves, axis=1), ops.convert_to_numpy(whole), atol=2e-4
    )


def test_normalize_harmonics():
    value = core.normalize_harmonics(np.abs(GOLDEN["harm/hd_in"]), GOLDEN["harm/f0"], 16000)
    check(value, "harm/normalize_harmonics")


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("delay", [-1, 0])
def test_fft_convolve(padding, delay):
    audio, ir = GOLDEN["fftconv/audio"], GOLDEN["fftconv/ir"]
    value = core.fft_convolve(audio, ir, padding, delay)
    check_peak(value, f"fftconv/{padding}_d{delay}", FFT)
    full = np.stack([np.convolve(a.astype("float64"), b) for a, b in zip(audio, ir, strict=True)])
    start = max((ir.shape[1] - 1) // 2 - 1, 0) if delay < 0 else 0
    full = np.pad(full, ((0, 0), (0, start)))[:, start : start + value.shape[1]]
    np.testing.assert_allclose(ops.convert_to_numpy(value), full, atol=2e-5)


def test_fft_convolve_over_time():
    audio, ir = GOLDEN["fftconv/audio"], GOLDEN["fftconv/ir3"]
    for delay in (-1, 0):
        value = core.fft_convolve(audio, ir, "same", delay)
        check_peak(value, f"fftconv/tv_same_d{delay}", FFT)


def test_long_impulse_response_is_exact():
    rng = np.random.default_rng(0)
    audio, ir = rng.normal(size=(1, 9000)), rng.normal(size=(1, 6000))
    value = core.fft_convolve(audio.astype("float32"), ir.astype("float32"), "valid", 0)
    exact = np.stack([np.convolve(a, ir[0]) for a in audio])
    error = np.abs(ops.convert_to_numpy(value) - exact).max()
    assert error < 5e-5 * np.abs(exact).max()


def test_convolution_is_never_empty():
    """The original returns nothing here (its crop ends at 0)."""
    audio = np.ones((1, 1025), "float32")
    assert core.fft_convolve(audio, np.ones((1, 1024), "float32"), "valid", 0).shape == (1, 2048)
    for size in (1, 2):
        assert core.fft_convolve(audio, np.ones((1, size), "float32")).shape == (1, 1025)


def test_filters_must_divide_the_audio():
    with pytest.raises(ValueError, match="cannot be cut"):
        core.frequency_filter(np.zeros((1, 6400), "float32"), np.ones((1, 101, 65), "float32"))
    with pytest.raises(ValueError, match="padding"):
        core.fft_convolve(np.zeros((1, 8), "float32"), np.zeros((1, 2), "float32"), "full")


@pytest.mark.parametrize("window_size", [0, 33, 64, 257])
def test_frequency_filter(window_size):
    magnitudes = GOLDEN["noise/mag_used"]
    ir = core.frequency_impulse_response(magnitudes[:1, :4], window_size)
    check(ir, f"noise/ir_ws{window_size}")
    audio = core.frequency_filter(
        GOLDEN["noise/noise"], magnitudes, window_size, delay_compensation=-1
    )
    check(audio, f"noise/filtered_ws{window_size}")


def test_frequency_filter_variants():
    noise, magnitudes = GOLDEN["noise/noise"], GOLDEN["noise/mag_used"]
    tail = core.frequency_filter(noise, magnitudes, 0, "valid", delay_compensation=-1)
    check(tail, "noise/filtered_valid_ws0")
    uneven = core.frequency_filter(noise, magnitudes[:, :99], 0, delay_compensation=-1)
    check(uneven, "noise/filtered_99frames")
    constant = core.frequency_filter(noise, magnitudes[:, 0], 0, delay_compensation=-1)
    check(constant, "noise/filtered_static", atol=5e-5)


@pytest.mark.parametrize("window_size", [0, 33, 64])
def test_noise_stays_where_it_is(window_size):
    """The original's comes two samples late with a whole window."""
    impulse = np.zeros((1, 6400), "float32")
    impulse[0, 1000] = 1.0
    flat = np.ones((1, 100, 65), "float32")
    audio = ops.convert_to_numpy(core.frequency_filter(impulse, flat, window_size))
    assert np.argmax(audio[0]) == 1000
    late = ops.convert_to_numpy(core.frequency_filter(impulse, flat, 0, delay_compensation=-1))
    assert np.argmax(late[0]) == 1002
