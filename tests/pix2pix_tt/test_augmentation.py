import numpy as np
import pytest
import scipy.signal

from audio_tt.errors import UserError
from audio_tt.music.effects import (
    add_noise,
    equalise,
    limit_band,
    repeat,
    reverberate,
    through_codec,
)
from audio_tt.music.notes import Note, write_midi
from pix2pix_tt.data import slice_pairs
from pix2pix_tt.synthesis import recordings
from pix2pix_tt.synthesis.augmentation import Augmentation
from pix2pix_tt.synthesis.mixing import Mixer

RATE = 16000


def impulse(seconds=1.0):
    audio = np.zeros(round(seconds * RATE), np.float32)
    audio[0] = 1.0
    return audio


def response_db(kind, middle, gain_db, hertz):
    """Gain at a frequency, from the impulse response."""
    filtered = equalise(impulse(), RATE, [(kind, middle, gain_db)])
    return 20 * np.log10(np.abs(np.fft.rfft(filtered))[hertz])


@pytest.mark.parametrize("gain_db", [6.0, -9.0])
def test_equaliser(gain_db):
    for kind, beyond, opposite in (("low", 10, 7500), ("high", 7500, 10)):
        assert response_db(kind, 1000, gain_db, beyond) == pytest.approx(gain_db, abs=0.1)
        assert response_db(kind, 1000, gain_db, 1000) == pytest.approx(gain_db / 2, abs=0.1)
        assert response_db(kind, 1000, gain_db, opposite) == pytest.approx(0, abs=0.1)
    assert response_db("peak", 1000, gain_db, 1000) == pytest.approx(gain_db, abs=0.01)
    for far in (20, 7900):
        assert response_db("peak", 1000, gain_db, far) == pytest.approx(0, abs=0.1)


def test_no_gain_changes_nothing():
    audio = np.random.default_rng(0).standard_normal(1000)
    bands = [("low", 200, 0.0), ("peak", 1000, 0.0), ("high", 9000, 0.0)]
    np.testing.assert_allclose(equalise(audio, RATE, bands), audio, atol=1e-12)


def test_echoes():
    echoes = repeat(impulse(), RATE, 0.3, -6.0)
    at = np.flatnonzero(echoes)
    np.testing.assert_array_equal(at, [0, 4800, 9600, 14400])
    np.testing.assert_allclose(echoes[at], 10 ** (np.arange(4) * -6 / 20), rtol=1e-6)
    assert np.count_nonzero(repeat(impulse(), RATE, 0.001, -20.0)) == 4  # down to -60 dB


def test_reverberation():
    room = reverberate(impulse(), RATE, 0.8, -12.0, np.random.default_rng(0)) - impulse()
    assert 10 * np.log10(np.sum(room**2)) == pytest.approx(-12)
    early, late = room[: RATE // 10], room[RATE * 4 // 10 : RATE // 2]
    fall = 20 * np.log10(np.std(early) / np.std(late))
    assert fall == pytest.approx(60 * 0.4 / 0.8, abs=1.5)
    assert not room[round(0.8 * RATE) :].max() > 1e-6


def test_a_phone_hears_a_band():
    """Half power at both ends, 12 dB an octave beyond."""
    gain = 20 * np.log10(np.abs(np.fft.rfft(limit_band(impulse(), RATE, 200, 3200))))
    np.testing.assert_allclose(gain[[200, 3200]], -3.0, atol=0.2)
    np.testing.assert_allclose(gain[800], 0.0, atol=0.1)
    assert gain[50] == pytest.approx(-24, abs=1.5)
    assert gain[6400] < -12
    without_top = 20 * np.log10(np.abs(np.fft.rfft(limit_band(impulse(), RATE, 200, 7900))))
    assert without_top[7900] == pytest.approx(0, abs=0.1)


def test_noise_has_its_level():
    audio = np.zeros(RATE, np.float32)
    audio[100] = 0.5
    noise = add_noise(audio, -40.0, np.random.default_rng(0)) - audio
    assert 20 * np.log10(np.std(noise)) == pytest.approx(20 * np.log10(0.5) - 40, abs=0.1)
    assert not add_noise(np.zeros(10), -40.0, np.random.default_rng(0)).any()


@pytest.mark.parametrize("codec", ["mp3", "ogg"])
def test_coding_keeps_length_and_time(codec):
    """More than libvorbis can take at once, and a sound that dies away in the middle."""
    time = np.arange(40000) / 44100
    audio = np.where(time > 0.3, np.exp(-20 * (time - 0.3)) * np.sin(2765 * time), 0.0)
    decoded = through_codec(audio, 44100, codec, 0.9)
    assert decoded.shape == audio.shape
    lags = scipy.signal.correlate(decoded, audio[12000:30000], "valid", "fft")
    assert abs(int(np.argmax(lags)) - 12000) <= 1
    fewer, more = (through_codec(audio, 44100, codec, amount) for amount in (0.2, 0.9))
    assert np.abs(fewer - audio).sum() < np.abs(more - audio).sum()


def test_level_belongs_to_the_music_and_tuning_to_the_instrument():
    augmentation = Augmentation(level_db=(-24.0, -6.0), detune_cents=8.0)
    mixer = Mixer(detune_cents=1.0)
    varied = [augmentation.vary(mixer, "a", copy) for copy in range(30)]
    levels = [copy.level_db for copy in varied]
    assert -24.0 <= min(levels) < -20.0 < -10.0 < max(levels) <= -6.0
    assert {copy.detune_cents for copy in varied} == {1.0}
    cents = [augmentation.detune(mixer, "a", copy).detune_cents for copy in range(30)]
    assert -7.0 <= min(cents) < -3.0 < 5.0 < max(cents) <= 9.0


def test_a_copy_depends_on_seed_piece_and_number_alone():
    augmentation, mixer = Augmentation(copies=40), Mixer(transpose=1, duration_rate=2.0)
    copies = [augmentation.vary(mixer, "a", i) for i in range(41)]
    assert copies[0] == mixer
    assert copies == [augmentation.vary(mixer, "a", i) for i in range(41)]
    assert len(set(copies)) == 41
    assert augmentation.vary(mixer, "b", 1) != copies[1]
    assert Augmentation(copies=40, seed=1).vary(mixer, "a", 1) != copies[1]
    shifts = {copy.transpose - 1 for copy in copies[1:]}
    assert shifts <= {*range(-6, 0), *range(1, 7)}
    assert len(shifts) > 8
    speeds = np.array([copy.playback_speed for copy in copies[1:]])
    lengths = np.array([copy.duration_rate / 2.0 for copy in copies[1:]])
    for values, most in ((speeds, 1.25), (lengths, 1.5)):
        assert 1 / most <= values.min() < 0.9 < 1.1 < values.max() <= most


def test_effects_keep_time_and_peak_and_can_be_repeated():
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, RATE).astype(np.float32)
    audio[: RATE // 2] = 0
    every = Augmentation(equaliser=1.0, reverb=1.0, echo=1.0)
    treated = every.treat(audio, RATE, "a", 0)
    assert treated.shape == audio.shape
    assert treated.dtype == np.float32
    assert np.abs(treated).max() == pytest.approx(np.abs(audio).max())
    assert np.abs(treated[: RATE // 2]).max() < 1e-6
    np.testing.assert_array_equal(treated, every.treat(audio, RATE, "a", 0))
    assert np.abs(treated - every.treat(audio, RATE, "a", 1)).max() > 0.1
    never = Augmentation(equaliser=0.0, reverb=0.0, echo=0.0)
    np.testing.assert_allclose(never.treat(audio, RATE, "a", 0), audio, rtol=1e-6)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, nsynth_path):
    """Two instruments, the keyboard in rooms, and a copy of the piece."""
    folder = tmp_path_factory.mktemp("data")
    write_midi(folder / "a.mid", [Note(58, 100, 0.0, 0.4), Note(59, 100, 0.5, 1.0)])
    augmentation = Augmentation(copies=1, semitones=1, effects_on=["keyboard_acoustic"], reverb=1)
    names = ["keyboard_acoustic", "guitar_acoustic", "guitar_acoustic_010"]
    sources = recordings.find_sources(str(nsynth_path), None, names)
    pieces = recordings.find_pieces(str(folder))
    mixer = Mixer(sample_rate=RATE, duration_rate=1.0)
    recordings.record_all(sources, pieces, folder / "audios", mixer, augmentation, run=map)
    return folder / "audios"


def read(path):
    import soundfile

    return soundfile.read(path)[0]


def test_all_instruments_play_the_same_copy(recorded):
    files = sorted(str(path.relative_to(recorded)) for path in recorded.rglob("*.wav"))
    assert files == [
        f"{name}/{piece}.wav"
        for name in ("guitar_acoustic", "guitar_acoustic_010", "keyboard_acoustic")
        for piece in ("a", "a_copy1")
    ]
    lengths = {
        piece: len(read(recorded / "guitar_acoustic" / piece)) for piece in ("a.wav", "a_copy1.wav")
    }
    assert lengths["a.wav"] == RATE != lengths["a_copy1.wav"]
    for path in recorded.rglob("*.wav"):
        assert len(read(path)) == lengths[path.name]
    wanted = Augmentation(copies=1, semitones=1).vary(Mixer(), "a", 1)
    audio = read(recorded / "guitar_acoustic_010" / "a_copy1.wav")
    second = audio[round(0.5 * RATE / wanted.playback_speed) :][:3000]
    heard = np.argmax(np.abs(np.fft.rfft(second * np.hanning(3000), RATE)))
    assert heard == pytest.approx(440 * 2 ** ((59 + wanted.transpose - 69) / 12), abs=3)


def test_only_the_named_instruments_get_effects(recorded):
    """In the gap between the notes there is a room, or nothing."""
    gap = slice(round(0.42 * RATE), round(0.49 * RATE))
    assert np.abs(read(recorded / "keyboard_acoustic" / "a.wav")[gap]).max() > 1e-3
    assert not read(recorded / "guitar_acoustic_010" / "a.wav")[gap].any()


def test_effects_on_an_instrument_that_does_not_play(nsynth_path, tmp_path):
    sources = recordings.find_sources(str(nsynth_path), None, ["guitar_acoustic"])
    augmentation = Augmentation(effects_on=["piano"])
    with pytest.raises(UserError, match="piano, not among --instruments"):
        recordings.record_all(sources, {"a": "a.mid"}, tmp_path, Mixer(), augmentation)


def test_copies_are_held_out_together():
    assert slice_pairs.song_of("a_copy1_003") == slice_pairs.song_of("a_000") == "a"
