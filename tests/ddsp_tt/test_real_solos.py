"""Models judged on real solos: which are read, what is measured, and that each is analysed once."""

import functools

import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.metrics import spectral_metrics
from ddsp_tt.evaluation import real_solos, scoring
from ddsp_tt.features import extraction
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.trained import catalogue, loading

RATE = 16000
MFCC = {"mfcc": functools.partial(spectral_metrics.sounding_mfcc, sample_rate=RATE)}


@pytest.fixture(scope="module")
def flute():
    return loading.load(catalogue.folder("flute"))


@pytest.fixture(scope="module")
def solos(flute, melody, tmp_path_factory):
    """Flutes are what the flute makes of the melody; the singer and the violin are the melody."""
    folder = tmp_path_factory.mktemp("solos")
    melody = melody[:RATE]
    played = DdspPlayer(flute).render(melody, RATE)
    for name, audio in {
        "flute_0": played,
        "flute_1": 0.8 * played[::-1],
        "singer_0": melody,
        "violin_0": 0.9 * melody,
        "violin_1": np.zeros(RATE),
    }.items():
        io.write(folder / f"{name}.wav", audio, RATE)
    return folder


@pytest.fixture(scope="module")
def tracker():
    return real_solos.RememberingTracker(frame_rate=100, capacity="tiny")


def test_solos_are_named_by_who_plays(tmp_path, melody):
    for name in ("flute_0.wav", "tenor_sax_12.flac", "singer.wav", "b2/oboe-3.ogg"):
        io.write(tmp_path / name, melody[:400], RATE)
    kinds = [solo.kind for solo in real_solos.read_solos(tmp_path)]
    assert sorted(kinds) == ["flute", "oboe", "singer", "tenor_sax"]
    with pytest.raises(UserError, match="no such folder of solos"):
        real_solos.read_solos(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("flute_48k", "flute"), ("my_tenor_sax", "tenor_sax"), ("sax", "sax"), ("oboe", None)],
)
def test_the_kind_is_in_the_name_of_a_model(name, kind):
    assert real_solos.kind_of(name, ["flute", "sax", "tenor_sax"]) == kind


class Told(scoring.Tracker):
    """Takes the first sample for the pitch in kHz, so that nothing has to be tracked."""

    def __call__(self, audio):
        n_frames = len(audio) * self.frame_rate // RATE + 1
        return np.full(n_frames, 1000.0 * abs(audio[0])), np.ones(n_frames)


@pytest.mark.parametrize("name", ["flute", pytest.param("flute_48k", marks=pytest.mark.slow)])
def test_a_flute_sounds_like_its_own_recordings(name, solos, tracker):
    trained = loading.load(catalogue.folder(name))
    judge = real_solos.Judge(real_solos.read_solos(solos), tracker, MFCC)
    result = judge.judge(trained, name)
    timbre = result["timbre"]
    assert result["kind"] == "flute"
    assert timbre["mfcc_frechet"] < 0.7 * timbre["mfcc_frechet_copied"]
    assert timbre["mfcc_frechet_halves"] < timbre["mfcc_frechet_copied"]
    assert list(result["kept_by_kind"]) == ["singer", "violin"]  # the silent violin is passed over
    assert result["kept"]["raw_pitch_accuracy"] > 0.95
    assert result["kept"]["raw_chroma_accuracy"] >= result["kept"]["raw_pitch_accuracy"]
    assert result["kept"]["loudness_correlation"] > 0.8
    assert result["kept"]["pitch_jumps"] < 5.0
    assert 0.0 < result["resynthesis"]["spectral_loss"] < 15.0
    assert result["resynthesis"]["loudness_l1_db"] < 6.0


def test_the_pitch_that_is_kept_is_that_of_the_octave_played():
    judge = real_solos.Judge([], Told(), {})
    low, high = np.full(RATE, 0.44), np.full(RATE, 0.88)
    assert judge.kept(low, high, octaves=1)["raw_pitch_accuracy"] == 1.0
    kept = judge.kept(low, high)
    assert kept["raw_pitch_accuracy"] == 0.0 and kept["raw_chroma_accuracy"] == 1.0
    assert kept["pitch_jumps"] == 0.0


def test_only_some_solos_are_played_from(flute, solos):
    judge = real_solos.Judge(real_solos.read_solos(solos), Told(), {}, ["singer", "flute"])
    result = judge.judge(flute, "oboe")
    assert list(result["kept_by_kind"]) == ["flute", "singer"]
    assert set(result) == {"kind", "kept", "kept_by_kind"}
    with pytest.raises(UserError, match="no solos of tuba; there are: flute, singer, violin"):
        real_solos.Judge(real_solos.read_solos(solos), Told(), {}, ["tuba"])


def test_each_solo_is_analysed_once(flute, solos, monkeypatch):
    analysed, embedded = [], []
    extract = extraction.extract
    monkeypatch.setattr(extraction, "extract", lambda x, **o: analysed.append(x) or extract(x, **o))
    embedding = {"length": lambda audio: embedded.append(audio) or np.full((2, 1), len(audio))}
    only = [s for s in real_solos.read_solos(solos) if s.path.stem in ("flute_0", "singer_0")]
    judge = real_solos.Judge(only, Told(), embedding)
    judge.judge(flute, "flute")
    judge.judge(flute, "flute_48k")
    assert len(analysed) == 2
    assert len(embedded) == 2 + 2  # the solos once, what was played each time


def test_the_same_audio_is_tracked_once(monkeypatch):
    tracked = []
    monkeypatch.setattr(scoring.Tracker, "__call__", lambda self, audio: tracked.append(audio))
    tracker = real_solos.RememberingTracker()
    for audio in (np.zeros(100), np.zeros(100), np.ones(100)):
        tracker(audio)
    assert len(tracked) == 2
