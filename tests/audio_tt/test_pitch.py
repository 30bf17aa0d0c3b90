import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.pitch import crepe, tracking, viterbi

GOLDEN = Path(__file__).parents[1] / "golden" / "audio_crepe.npz"
RATE = 16000


def cents(ours, other):
    return np.abs(1200 * np.log2(ours / other))


def tone(f0_hz, seconds=1.0, rate=RATE):
    time = np.arange(int(seconds * rate)) / rate
    return 0.2 * sum(np.sin(2 * np.pi * f0_hz * k * time) / k for k in range(1, 6))


@pytest.mark.parametrize(("capacity", "key"), [("tiny", "tiny_vit1"), ("full", "full_viterbi")])
def test_crepe_s_line_is_the_original_s(capacity, key):
    with np.load(GOLDEN) as file:
        golden = dict(file)
    try:
        f0_hz, confidence = tracking.track(golden["audio"], crepe_capacity=capacity)
    except UserError:
        pytest.skip(f"the weights of CREPE {capacity} are not installed")
    assert f0_hz.shape == confidence.shape == (251,)
    assert f0_hz.dtype == confidence.dtype == np.float32
    # The file ends in digital silence from frame 243 on. The original's line bends towards what its
    # network makes of a division by zero there, beginning five frames ahead.
    assert not confidence[243:].any()
    np.testing.assert_allclose(confidence[:243], golden[f"{key}_conf"][:243], atol=5e-6)
    assert cents(f0_hz, golden[f"{key}_f0"])[:238].max() < 0.01


@pytest.mark.parametrize("f0_hz", [65.4, 220.0, 880.0])
@pytest.mark.parametrize("method", ["crepe", "yin"])
def test_a_steady_tone(method, f0_hz):
    found, confidence = tracking.track(tone(f0_hz), method=method)
    assert cents(found, f0_hz)[20:-20].max() < 15
    assert confidence[20:-20].min() > 0.6


@pytest.mark.parametrize("method", ["pyin", "yin"])
def test_rates_that_do_not_divide_16000(method):
    found, _ = tracking.track(tone(440.0, 0.5), frame_rate=86.13, method=method)
    assert len(found) == int(8000 * 86.13 // RATE) + 1
    assert cents(found, 440.0)[6:-6].max() < 15


def test_pyin_on_a_steady_tone():
    found, confidence = tracking.track(tone(220.0, 0.5), frame_rate=50, method="pyin")
    assert cents(found, 220.0)[3:-3].max() < 15
    assert confidence[3:-3].min() > 0.6


@pytest.mark.parametrize(("sample_rate", "frame_rate"), [(44100, 250), (8000, 100), (22050, 86.13)])
def test_other_rates(sample_rate, frame_rate):
    found, confidence = tracking.track(tone(440.0, 0.7, sample_rate), sample_rate, frame_rate)
    assert len(found) == int(int(0.7 * sample_rate) * frame_rate // sample_rate) + 1
    assert cents(found, 440.0)[15:-15].max() < 10


@pytest.mark.parametrize("method", ["crepe", "pyin", "yin"])
def test_silence_has_no_confidence(method):
    found, confidence = tracking.track(np.zeros(4000), frame_rate=50, method=method)
    assert not confidence.any() and not found.any()


@pytest.mark.parametrize("method", ["crepe", "pyin", "yin"])
def test_noise_has_little_confidence(method):
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE // 2)
    found, confidence = tracking.track(noise, frame_rate=50, method=method)
    assert np.median(confidence) < 0.3
    assert np.isfinite(found).all()


def test_f0_is_held_through_silence_and_the_line_begins_anew():
    audio = np.concatenate([tone(220.0, 0.5), np.zeros(RATE), tone(880.0, 0.5)])
    found, confidence = tracking.track(audio)
    silent = slice(134, 367)
    assert not confidence[silent].any()
    assert (found[silent] == found[133]).all()
    assert cents(found[20:110], 220.0).max() < 20
    assert cents(found[390:480], 880.0).max() < 20


def test_samples_that_are_not_finite_spoil_their_frames_alone():
    audio = tone(220.0)
    audio[8000] = np.nan
    found, confidence = tracking.track(audio)
    assert not confidence[118:132].any()
    assert confidence[20:116].min() > 0.5 and confidence[135:230].min() > 0.5
    assert cents(found[20:230], 220.0).max() < 30


@pytest.mark.parametrize("samples", [0, 1, 200, 1023])
def test_short_audio(samples):
    found, confidence = tracking.track(tone(220.0)[:samples])
    assert len(found) == len(confidence) == samples * 250 // RATE + 1
    assert np.isfinite(found).all()


def test_blocks_of_a_long_file_join_as_if_it_were_one(monkeypatch):
    rise = np.cumsum(2 * np.pi * np.linspace(150, 900, 3 * RATE) / RATE)
    audio = 0.2 * np.sin(rise)
    for method in ("crepe", "yin"):
        monkeypatch.setattr(tracking, "_BLOCK", 2048)
        whole = tracking.track(audio, method=method)
        monkeypatch.setattr(tracking, "_BLOCK", 100)
        pieces = tracking.track(audio, method=method)
        assert cents(pieces[0], whole[0]).max() < 0.1
        np.testing.assert_allclose(pieces[1], whole[1], atol=1e-5)


def test_memory_does_not_grow_with_activations(monkeypatch):
    """Two minutes have 30,001 frames; their activations would be 43 MB, were they kept."""

    def network(audio, hop_length):
        count = (len(audio) - crepe.FRAME_LENGTH) // hop_length + 1
        activations = np.zeros((count, crepe.BINS), np.float32)
        activations[:, 180] = 1.0
        return activations

    monkeypatch.setattr(crepe, "load_fast", lambda capacity, weights_path: network)
    audio = np.tile(tone(220.0).astype(np.float32), 120)[: 120 * RATE]
    tracking.track(audio[:RATE])
    tracemalloc.start()
    tracking.track(audio)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 38e6


def test_progress_is_reported(monkeypatch):
    monkeypatch.setattr(tracking, "_BLOCK", 100)
    calls = []
    tracking.track(
        tone(220.0), method="yin", progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(100, 251), (200, 251), (251, 251)]


def test_requests_that_cannot_be_met():
    with pytest.raises(UserError, match="'swipe'"):
        tracking.track(np.zeros(10), method="swipe")
    with pytest.raises(ValueError, match="shape"):
        tracking.track(np.zeros((10, 2)))
    with pytest.raises(ValueError, match="fmin"):
        tracking.track(np.zeros(10), fmin=500, fmax=100)
    with pytest.raises(ValueError, match="positive"):
        tracking.track(np.zeros(10), frame_rate=0)


def test_a_stride_tracks_the_same_line_at_a_part_of_the_cost():
    """A glide with a rest in it: frames that CREPE does not see lie on the line between others."""
    time = np.arange(RATE) / RATE
    audio = np.sin(2 * np.pi * (300 * time + 60 * time**2)).astype(np.float32)
    audio[7000:9000] = 0.0
    whole = tracking.track(audio)
    tracker = tracking.PitchTracker(crepe_stride=2)
    tracker.push(audio)
    f0_hz, confidence = tracker.finish()
    assert f0_hz.shape == confidence.shape == whole[0].shape
    sure = (whole[1] > 0.5) & (confidence > 0.5)
    assert sure.mean() > 0.7
    cents = 1200 * np.log2(f0_hz[sure] / whole[0][sure])
    assert np.quantile(np.abs(cents), 0.95) < 10
    np.testing.assert_allclose(confidence[:100:2], whole[1][:100:2], atol=1e-5)
    assert confidence[120:130].max() == 0.0


def test_a_stride_does_not_glide_over_a_leap():
    f0_hz = np.array([100.0, 105.0, 210.0, np.nan, 300.0])
    expected = [100, np.sqrt(100 * 105), 105, 210, 210, np.nan, np.nan, 300, 300, 300]
    found, confidence = tracking._between(f0_hz, np.linspace(0, 1, 5), 2, 10)
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(confidence[:9], np.linspace(0, 1, 9))


def test_a_new_line_does_not_make_its_tables_anew():
    """Live, one begins with every silent frame."""
    assert viterbi.Decoder()._moves is viterbi.Decoder()._moves
