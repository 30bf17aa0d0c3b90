"""The comparison: baselines, figures, the files that it writes, and the page in a real browser."""

import csv
import json
import re
import types

import commands
import numpy as np
import pytest
import soundfile
from browser import CHROMIUM, DRIVER, Browser

from audio_tt.errors import UserError
from audio_tt.metrics import audio_metrics
from audio_tt.pitch import multipitch
from audio_tt.playing.origin import Origin
from audio_tt.playing.player import Player
from timbre_tt import systems
from timbre_tt.comparison import baselines, held_out_music, report_page, side_by_side

RATE = 16000


def line(*notes, rate=RATE):
    """One voice of (MIDI pitch, seconds, level); pitch 0 is a rest."""
    parts = []
    for pitch, seconds, level in notes:
        t = np.arange(round(seconds * rate)) / rate
        f0_hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
        envelope = level * np.minimum(1.0, np.minimum(t, t[-1] - t) / 0.02) * (pitch > 0)
        parts.append(envelope * sum(np.sin(2 * np.pi * k * f0_hz * t) / k for k in range(1, 6)))
    return np.concatenate(parts).astype(np.float32)


MELODY = line((69, 0.5, 0.3), (72, 0.4, 0.1), (0, 0.3, 0.0), (64, 0.5, 0.2))


def test_notes_of_a_line_are_written_down():
    heard = side_by_side.analyse(MELODY, RATE, method="yin")
    notes = baselines.notes_of_line(heard.f0_hz, heard.confidence, heard.loudness_db, 100)
    assert [note.pitch for note in notes] == [69, 72, 64]
    np.testing.assert_allclose([note.start for note in notes], [0.0, 0.5, 1.2], atol=0.05)
    np.testing.assert_allclose(notes[-1].end, 1.7, atol=0.06)
    assert notes[0].velocity == 112 and notes[1].velocity < notes[2].velocity < 112
    silent = side_by_side.analyse(np.zeros(RATE), RATE, method="yin")
    assert not baselines.notes_of_line(silent.f0_hz, silent.confidence, silent.loudness_db, 100)


def test_chords_are_written_down():
    chord = line((57, 1.0, 0.1)) + line((61, 1.0, 0.1)) + line((64, 1.0, 0.1))
    roll = multipitch.piano_roll(chord, RATE)
    notes = baselines.notes_of_roll(roll, np.full(len(roll), -10.0), 25)
    assert [(note.pitch, note.velocity) for note in notes] == [(57, 112), (61, 112), (64, 112)]
    assert all(note.start < 0.1 and note.end > 0.9 for note in notes)


def test_vibrato_is_one_note():
    t = np.arange(100) / 100
    f0_hz = 440.0 * 2.0 ** (0.4 * np.sin(2 * np.pi * 5 * t) / 12)
    (note,) = baselines.notes_of_line(f0_hz, np.ones(100), np.full(100, -20.0), 100)
    assert (note.pitch, note.start, note.end) == (69, 0.0, 1.0)


def test_resynthesis_says_why_it_cannot(tmp_path):
    with pytest.raises(UserError, match="kazoo"):
        baselines.resynthesise([], "kazoo", RATE, RATE)
    with pytest.raises(UserError, match="no such SoundFont"):
        baselines.resynthesise([], "flute", RATE, RATE, tmp_path / "none.sf2")


def test_a_bad_midi_beside_a_recording_is_left_out(tmp_path, caplog):
    assert baselines.known_notes(tmp_path / "song.wav") is None
    (tmp_path / "song.mid").write_bytes(b"no MIDI")
    soundfile.write(tmp_path / "song.wav", np.zeros(1600), 16000)
    assert side_by_side.read(tmp_path / "song.wav").notes is None
    assert "left out: " in caplog.text and "song.mid: not a readable MIDI file" in caplog.text


def test_held_out_music_is_held_out_and_fixed():
    from audio_tt.music.melodies import is_held_out

    assert all(map(is_held_out, held_out_music.melodies()))
    played = held_out_music.melodies()["bach/bwv311"]
    again = held_out_music.melodies()["bach/bwv311"]
    assert played.notes == again.notes and 8 < played.duration < 12
    assert all(len(notes) > 10 for notes in held_out_music.pieces().values())
    assert {"flute", "violin", "guitar_acoustic"} <= set(held_out_music.clips())
    with pytest.raises(UserError, match=r"kazoo.*flute"):
        held_out_music.clip("kazoo")


class Louder(Player):
    sample_rate = 22050

    def __init__(self, gain):
        self.gain = np.float32(gain)
        self.origin = Origin((), f"Louder.gain = {gain}")

    def play(self, blocks, name="the recording"):
        yield from (self.gain * block for block in blocks)


@pytest.fixture(scope="module")
def stand_ins():
    """Systems that need no network: one halves the level, one cannot."""

    def load(instrument, gain=0.5):
        return Louder(gain)

    def refuse(instrument):
        raise UserError(f"it has never heard a {instrument} </script>")

    known = {
        "INSTRUMENT": "flute",
        "instruments": lambda: dict.fromkeys(("flute", "tuba"), ""),
    }
    return {
        "halved": types.SimpleNamespace(
            load=load, variants=lambda instrument: {"halved": {}, "same": {"gain": 1.0}}, **known
        ),
        "broken": types.SimpleNamespace(load=refuse, **known),
    }


@pytest.fixture(scope="module")
def compared(stand_ins):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(systems, "load", stand_ins.__getitem__)
        recordings = [
            side_by_side.Recording("first <one>", MELODY, RATE, target=MELODY),
            side_by_side.Recording("second", np.stack([MELODY] * 2, axis=1), RATE, target=-MELODY),
        ]
        sources, rows = side_by_side.run(
            recordings, "flute", names=["halved", "broken"], known_notes=False, method="yin"
        )
    return recordings, sources, rows


def test_rows_hold_figures_or_a_reason(compared):
    recordings, sources, rows = compared
    by_label = {row.label: row for row in rows}
    assert list(by_label)[:4] == [side_by_side.COPY, "halved", "same", "broken"]
    assert "never heard" in by_label["broken"].why_not and not by_label["broken"].sounds
    same, halved = by_label["same"].figures, by_label["halved"].figures
    assert same["raw_pitch_accuracy"] == 1.0 and same["pitch_jaccard"] < 0.05
    for name in ("loudness_l1_db", "log_spectral_distance_db"):  # the level does not count
        assert halved[name] == pytest.approx(same[name], abs=0.2) and same[name] < 1.0
    assert by_label[side_by_side.COPY].figures["log_spectral_distance_db"] < 1e-6
    assert by_label[side_by_side.COPY].sounds[0].heard is sources[0]
    assert by_label["same"].speed > 0 and np.isnan(by_label[side_by_side.COPY].speed)
    assert len(by_label["same"].sounds) == 2 and by_label["same"].sounds[1].audio.ndim == 1


def test_a_row_has_the_settings_of_its_own_player(compared):
    gins = {row.label: row.gin for row in compared[2]}
    assert gins["halved"] == "Louder.gain = 0.5" and gins["same"] == "Louder.gain = 1.0"
    assert not gins[side_by_side.COPY] and not gins["broken"]


def test_without_a_target_only_what_needs_none_is_measured(stand_ins):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(systems, "load", stand_ins.__getitem__)
        recordings = [side_by_side.Recording("mine", MELODY, RATE)]
        _, rows = side_by_side.run(recordings, "tuba", names=["halved"], method="yin")
    measured = set(rows[1].figures)
    assert "pitch_jaccard" in measured and "raw_chroma_accuracy" in measured
    assert not measured & {"log_spectral_distance_db", "loudness_l1_db", "mfcc_frechet"}


@pytest.fixture(scope="module")
def page(compared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    report_page.write(folder, "Two & more", "<p>Hello.</p>", *compared)
    return folder / "index.html"


def test_the_page_needs_no_network(page, compared):
    text = page.read_text("utf-8")
    assert "http" not in text and "{{" not in text
    assert "Two &amp; more" in text and "first &lt;one&gt;" in text
    sources = re.findall(r'src="([^"]+)"', text)
    assert sources and all((page.parent / source).is_file() for source in sources)
    assert text.count("</script>") == 2  # what a message says does not end a script


def test_figures_are_written_for_people_and_programs(page):
    rows = list(csv.DictReader((page.parent / "metrics.csv").open()))
    assert {row["recording"] for row in rows} == {"first <one>", "second", "mean"}
    mean = next(row for row in rows if (row["system"], row["recording"]) == ("same", "mean"))
    everything = json.loads((page.parent / "metrics.json").read_text("utf-8"))
    same = next(row for row in everything["systems"] if row["system"] == "same")
    for name, figure in everything["figures"].items():
        assert figure["better"] in ("lower", "higher")
        if same["mean"][name] is not None:
            assert float(mean[name]) == pytest.approx(same["mean"][name])
    broken = next(row for row in rows if row["system"] == "broken")
    assert "never heard" in broken["why_not"]


needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no chromium and chromedriver on PATH"
)


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("width, dark", [(1280, False), (1280, True), (375, False)])
def test_the_page_in_a_browser(page, width, dark, tmp_path):
    with Browser(width=width, dark=dark) as browser:
        browser.open(page)
        assert browser.run("return matchMedia('(prefers-color-scheme: dark)').matches") is dark
        assert browser.run("return document.documentElement.scrollWidth") <= width
        _plays(browser, page)
        _sorts(browser)
        drawn = """
            const c = document.querySelector('canvas');
            const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            return new Set(pixels).size"""
        assert browser.run(drawn) > 50
        _points(browser)
        browser.screenshot(tmp_path / "page.png")
        assert browser.errors() == []


def _plays(browser, page):
    browser.wait_for("return [...document.querySelectorAll('audio')].every(a => a.readyState > 0)")
    durations = browser.run("return [...document.querySelectorAll('audio')].map(a => a.duration)")
    files = browser.run(
        "return [...document.querySelectorAll('audio')].map(a => a.getAttribute('src'))"
    )
    for file, duration in zip(files, durations, strict=True):
        assert duration == pytest.approx(soundfile.info(page.parent / file).duration, abs=0.01)
    browser.run("const a = document.querySelector('audio'); a.muted = true; a.play()")
    browser.wait_for("return document.querySelector('audio').currentTime > 0.2")
    browser.run("document.querySelectorAll('audio')[1].play()")
    browser.wait_for("return document.querySelector('audio').paused")


def _sorts(browser):
    column = list(metrics_columns(browser)).index("LSD (dB)")
    click = f"document.querySelectorAll('th button')[{column}].click()"
    values = f"return [...document.querySelectorAll('tbody tr')].map(r => r.cells[{column}]"
    values += "?.dataset.value ?? '')"
    for ascending in (True, False):
        browser.run(click)
        order = browser.run(values)
        known = [float(value) for value in order if value]
        assert known == sorted(known, reverse=not ascending) and len(known) >= 3
        assert order[-1] == ""  # what cannot play stays below


def metrics_columns(browser):
    return browser.run("return [...document.querySelectorAll('th')].map(th => th.innerText.trim())")


def _points(browser):
    """The spectrum of the moment under the pointer, with its f0."""
    browser.run(
        """const canvas = document.querySelector('canvas'), box = canvas.getBoundingClientRect();
        canvas.dispatchEvent(new PointerEvent('pointermove',
            {clientX: box.x + 34 + 0.1 * (box.width - 110), clientY: box.y + 40}))"""
    )
    text = browser.run("return document.querySelector('.readout').innerText")
    f0_hz = float(re.search(r"f0 ([\d.]+) Hz", text)[1])
    assert audio_metrics.raw_pitch_accuracy(np.array([440.0]), np.array([f0_hz])) == 1.0


@pytest.mark.slow
def test_compare_command(tmp_path):
    soundfile.write(tmp_path / "mine.wav", MELODY, RATE)
    words = ["--input=mine.wav", "--instrument=violin", "--f0_method=yin"]
    result = run("timbre_tt.compare", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    systems_there = json.loads((tmp_path / "report" / "metrics.json").read_text())["systems"]
    assert {"ddsp", "pix2pix", side_by_side.COPY} <= {row["system"] for row in systems_there}
    (unable,) = [row for row in systems_there if row["system"] == "pix2pix"]
    assert "violin" in unable["why_not"]


COMPARE = """
import numpy as np
from audio_tt.command import app
from timbre_tt import compare
from timbre_tt.comparison import side_by_side


def run(recordings, instrument, **options):
    heard = [side_by_side.Analysis(r.audio, *np.zeros((3, 9))) for r in recordings]
    pairs = list(zip(recordings, heard))
    sounds = [side_by_side.Sound(r.name, r.audio, r.sample_rate, h, {}) for r, h in pairs]
    return heard, [side_by_side.Row(label, sounds) for label in (side_by_side.COPY, "same")]


side_by_side.run = run
app.run(compare.main)
"""


def run(*words, cwd):
    return commands.run(*words, cwd=cwd)


def test_recordings_of_one_name_and_one_that_cannot_be_read(tmp_path):
    for name in ("a/take", "b/take", "b/my take", "b/my_take"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / f"{name}.wav", MELODY, RATE)
    (tmp_path / "b" / "broken.wav").write_text("no sound")
    result = run("-c", COMPARE, "--input=a/take.wav,b", cwd=tmp_path)
    assert result.returncode == 1 and result.stderr.count("\n") == 1, result.stderr
    assert "broken.wav" in result.stderr
    written = {path.stem for path in (tmp_path / "report" / "sounds").iterdir()}
    names = ("a_take", "b_take", "my_take", "my_take_2")
    assert written == {f"{name}__{end}" for name in names for end in ("input", "same")}


@pytest.mark.parametrize(
    ("module", "flag"),
    [("compare", "style=typo.wav"), ("compare", "soundfont=typo.sf2")]
    + [("benchmark_suite", "soundfont=typo.sf2")],
)
def test_a_file_that_is_not_there_is_said_before_anything_is_played(module, flag, tmp_path):
    soundfile.write(tmp_path / "mine.wav", MELODY, RATE)
    words = ["--input=mine.wav"] if module == "compare" else ["--output=results.md"]
    result = run(f"timbre_tt.{module}", *words, f"--{flag}", cwd=tmp_path)
    assert result.returncode == 1 and result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("error: typo.")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.wav"]


def test_a_misspelt_instrument_is_said_before_a_recording_is_read(tmp_path):
    (tmp_path / "mine.wav").touch()
    result = run("timbre_tt.compare", "--input=mine.wav", "--instrument=flut", cwd=tmp_path)
    assert result.returncode == 1 and result.stderr.count("\n") == 1, result.stderr
    assert "did you mean flute?" in result.stderr
