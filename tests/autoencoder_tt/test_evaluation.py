import commands
import numpy as np
import pytest

from audio_tt.dsp.griffin_lim import GriffinLim
from audio_tt.errors import UserError
from audio_tt.files import io
from autoencoder_tt.evaluation import scoring
from autoencoder_tt.frames.features import FrameSpectrogram
from autoencoder_tt.frames.player import PHASES, FramePlayer, Playing

RATE = 22050


class Whisper:
    """Draws one quiet level everywhere, whatever it is given."""

    context = 0
    features = FrameSpectrogram()
    playing, griffin_lim = Playing(), GriffinLim(n_iter=4)

    def __init__(self):
        self.network = self

    def predict_on_batch(self, inputs):
        return np.full((*inputs.shape[:2], self.features.n_bins), 0.4, np.float32)


@pytest.fixture(scope="module")
def recording(melody):
    return melody("bowed", RATE, 2.0)


def test_a_perfect_copy_has_perfect_figures(recording):
    figures = scoring.compare(recording, recording, RATE)
    assert tuple(figures) == scoring.FIGURES
    assert figures["log_spectral_distance_db"] == figures["mfcc_distance"] == 0.0
    assert figures["raw_pitch_accuracy"] == 1.0
    assert figures["loudness_correlation"] == pytest.approx(1.0)
    louder = scoring.compare(recording, 0.5 * recording[:-100], RATE)
    assert 2.0 < louder["log_spectral_distance_db"] < 6.1
    assert louder["raw_pitch_accuracy"] == 1.0
    table = scoring.as_markdown({"a copy": figures}).splitlines()
    assert len(table) == 3 and table[2].startswith("| a copy | 0 | 0 | 1 | 1 |")


def test_all_phases_of_one_model(recording):
    statistics = {"loudness_db": -20.0, "lowest_hz": 100.0, "highest_hz": 900.0}
    player = FramePlayer(Whisper(), statistics, {"method": "yin"})
    played = dict(player.render_phases(recording, PHASES))
    assert list(played) == ["harmonics", "random", "input"]
    assert {len(audio) for audio in played.values()} == {len(recording)}
    assert np.abs(played["input"] - played["random"]).max() > 1e-4
    (silence,) = player.render_phases(np.zeros(5000, np.float32), ["input"])
    assert silence[0] == "input" and not silence[1].any()


def test_noise_is_as_loud_as_it_is_said(tmp_path, recording):
    io.write(tmp_path / "a.wav", recording, RATE, "FLOAT")
    clean = scoring.read_noisy(tmp_path / "a.wav", RATE)
    noisy = scoring.read_noisy(tmp_path / "a.wav", RATE, noise_db=20.0)
    assert noisy.dtype == np.float32
    level = 10 * np.log10(np.mean((noisy - clean) ** 2) / np.mean(clean**2))
    assert level == pytest.approx(-20.0, abs=0.2)


def test_pairs_go_by_their_names(tmp_path):
    recordings = [tmp_path / "x" / "a.wav"]
    assert scoring.pairs_of(recordings, [tmp_path / "y" / f"{name}.wav" for name in "ba"]) == [
        (recordings[0], tmp_path / "y" / "a.wav")
    ]
    with pytest.raises(UserError, match="a.wav has no recording"):
        scoring.pairs_of(recordings, [tmp_path / "b.wav"])
    with pytest.raises(UserError, match="targets of one name"):
        scoring.pairs_of(recordings, [tmp_path / "y" / "a.wav", tmp_path / "z" / "a.wav"])


def test_a_folder_is_measured_but_for_what_cannot_be_read(tmp_path, recording):
    """Of two recordings of one name each is its own target."""
    code = """
import numpy as np
from audio_tt.command import app
from autoencoder_tt import evaluate
from autoencoder_tt.evaluation import scoring
from autoencoder_tt.trained import loading

class Mirror:
    sample_rate = 22050

    def render_phases(self, audio, phases):
        return [("input", audio)]


loading.load_player = lambda *words, **options: Mirror()
scoring.compare = lambda true, audio, rate: dict.fromkeys(
    scoring.FIGURES, float(np.array_equal(true, audio))
)
app.run(evaluate.main)
"""
    for name in ("x/a", "y/a"):
        io.write(tmp_path / "in" / f"{name}.wav", recording[: RATE // (1 + (name < "y"))], RATE)
    (tmp_path / "in" / "broken.wav").write_text("no sound")
    for name in ("one/m", "two/m"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "weights.h5").touch()
    words = ["--models=one/m,two/m", "--input=in", "--output=out"]
    result = commands.run("-c", code, *words, cwd=tmp_path)
    assert result.returncode == 1 and result.stderr.count("\n") == 2, result.stderr
    assert result.stderr.endswith("\nwritten: out\n")
    assert "broken.wav" in result.stderr and "2 recording(s)" in result.stdout
    assert "| m, input phase | 1 |" in result.stdout and "| m_2, input phase | 1 |" in result.stdout
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {f"{model}_input_{name}_a.wav" for model in ("m", "m_2") for name in "xy"}
