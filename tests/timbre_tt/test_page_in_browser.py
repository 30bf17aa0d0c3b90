"""The page in a headless browser, as a musician uses it, and its interface for programs."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browser import CHROMIUM, DRIVER, Browser

from audio_tt.errors import UserError
from timbre_tt.page import examples, serving
from timbre_tt.page.limits import Limits
from timbre_tt.page.training import Workshop

RATE, SECONDS = 16000, 4
pytestmark = [
    pytest.mark.browser,
    # Gradio's, of pandas.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no chromium and chromedriver on PATH"
)
PLAYERS = ["flute", "trumpet", "clarinet"]
SOUNDS = "return document.querySelectorAll('.tt-grid figure').length == {}"
READY = "return document.querySelector('#play') && document.querySelector('.tt-rec-button')"


def tone(seconds, f0_hz=440.0):
    t = np.arange(round(seconds * RATE)) / RATE
    return 0.3 * sum(np.sin(2 * np.pi * k * f0_hz * t) / k for k in range(1, 6))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uploads")
    soundfile.write(folder / "melody.wav", tone(SECONDS), RATE)
    soundfile.write(folder / "long.wav", np.zeros(RATE * 7), RATE)
    (folder / "words.wav").write_text("these are words " * 100)
    (folder / "large.wav").write_bytes(bytes(3_000_000))
    examples.write_whistle(folder)
    return folder


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    apprentice = (sys.executable, str(Path(__file__).with_name("apprentice.py")))
    workshop = Workshop(tmp_path_factory.mktemp("training"), apprentice)
    limits = Limits(megabytes=2.0, minutes=0.1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIMBRE_TT_HOME", str(workshop.root.with_name("home")))
        with serving.serving(limits=limits, training=workshop) as url:
            yield url


@pytest.fixture(scope="module")
def browser():
    with Browser(width=1280) as browser:
        yield browser


def click(browser, selector):
    browser.wait_for(f"return document.querySelector({json.dumps(selector)})")
    browser.run(f"document.querySelector({json.dumps(selector)}).click()")


def upload(browser, path):
    """Into the recording's field, which is cleared first."""
    browser.run("document.querySelector('#recording .top-panel button')?.click()")
    browser.wait_for("return document.querySelector('#recording input[type=file]')")
    browser.upload("#recording input[type=file]", path)
    browser.wait_for("return document.querySelector('#recording audio')")


def errors(browser):
    """Those since it was asked last, but for what Gradio warns of itself after every upload."""
    return [line for line in browser.errors() if '"Method not implemented."' not in line]


def text(browser, selector):
    return browser.run(f"return document.querySelector({json.dumps(selector)})?.innerText ?? ''")


@needs_browser
def test_upload_play_switch_and_download(browser, url, files, tmp_path):
    browser.open(url)
    browser.wait_for(READY)
    assert text(browser, ".tt-cards").startswith("Flute: a flute to 8 kHz")
    upload(browser, files / "melody.wav")
    click(browser, "#play")
    browser.wait_for(SOUNDS.format(3))
    _switches(browser)
    _downloads(browser)
    _is_drawn(browser)
    browser.screenshot(tmp_path / "desktop.png")
    assert errors(browser) == []
    assert [a for a in browser.addresses() if not a.startswith((url, "blob:", "data:"))] == []
    sound = browser.run("return document.querySelector('.tt-file').href")
    browser.open("about:blank")
    assert is_gone(sound)  # with the visitor


def is_gone(address):
    for _ in range(100):
        try:
            urllib.request.urlopen(address).read()
        except urllib.error.HTTPError:
            return True
        time.sleep(0.1)
    return False


def _switches(browser):
    """Another sound goes on from the same moment; all of them started at one."""
    click(browser, ".tt-play")
    browser.wait_for("return document.querySelector('.tt-play.tt-playing')")
    browser.wait_for("return Number(document.querySelector('.tt-bar input').value) > 0.3")
    place = "Number(document.querySelector('.tt-bar input').value)"
    before, after, heard = browser.run(
        f"""const before = {place};
        document.querySelectorAll('.tt-switches button')[0].click();
        return [before, {place},
                [...document.querySelectorAll('.tt-switches button')].map(b => b.ariaChecked)]"""
    )
    assert 0.0 <= after - before < 0.1 and heard == ["true", "false", "false"]
    assert browser.run("return document.querySelector('figure.tt-chosen b').innerText") == "Input"
    browser.run(
        """const place = document.querySelector('.tt-bar input');
        place.value = 3.6;
        place.dispatchEvent(new Event('input'));"""
    )
    browser.wait_for("return !document.querySelector('.tt-play.tt-playing')")  # it has ended
    assert text(browser, ".tt-time") == "0:00 / 0:04"


def _downloads(browser):
    links = browser.run(
        "return [...document.querySelectorAll('.tt-file')].map(a => [a.download, a.href])"
    )
    assert {"input.wav", "flute.wav", "flute.flac", "notes.mid"} <= {name for name, _ in links}
    for name, address in links:
        if name == "notes.mid":
            assert urllib.request.urlopen(address).read(4) == b"MThd"
            continue
        sound, rate = soundfile.read(io.BytesIO(urllib.request.urlopen(address).read()))
        assert (len(sound), rate) == (SECONDS * RATE, RATE) and np.abs(sound).max() > 0.01, name


def _is_drawn(browser):
    colours = browser.run(
        """return [...document.querySelectorAll('.tt-grid canvas')].map(c => new Set(
        c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size)"""
    )
    assert len(colours) == 3 and min(colours) > 50


@needs_browser
def test_uploads_that_are_not_taken_get_one_line(browser, url, files):
    browser.open(url)
    browser.wait_for(READY)
    for file, line in [
        (None, "there is no recording yet: record one, upload one or take an example"),
        ("words.wav", "words.wav: is not a sound file that can be read (it is text); use wav"),
        ("long.wav", "long.wav is 0.1 minutes long; this page takes 0.1"),
    ]:
        if file:
            upload(browser, files / file)
        click(browser, "#play")
        wanted = json.dumps(line[:30])
        browser.wait_for(
            f"return document.querySelector('#problem')?.innerText.startsWith({wanted})"
        )
        assert text(browser, "#problem").startswith(line)
    upload_input = "#recording input[type=file]"
    browser.run("document.querySelector('#recording .top-panel button')?.click()")
    browser.wait_for(f"return document.querySelector('{upload_input}')")
    browser.upload(upload_input, files / "large.wav")
    browser.wait_for("return document.querySelector('.toast-body')")
    assert 'exceed the maximum allowed size of 1.9 Mb: "large.wav"' in text(browser, ".toast-body")


@needs_browser
def test_the_microphone_on_a_phone(url, files, tmp_path):
    with Browser(width=400, microphone=files / "whistle.wav") as browser:
        browser.open(url)
        browser.wait_for(READY)
        click(browser, ".tt-rec-button")
        said = "document.querySelector('.tt-rec-readout').textContent"
        browser.wait_for(f"return /f0 1[23]\\d\\d Hz, E6/.test({said})")  # its first note
        browser.wait_for(f"return /^2/.test({said})")
        browser.screenshot(tmp_path / "recording.png")
        click(browser, ".tt-rec-button")
        browser.wait_for("return document.querySelector('#recording audio')")
        click(browser, "#play")
        browser.wait_for(SOUNDS.format(3))
        assert browser.run("return document.documentElement.scrollWidth") <= 400
        seconds = browser.run("return Number(document.querySelector('.tt-bar input').max)")
        assert 1.9 < seconds < 4.0
        browser.screenshot(tmp_path / "phone.png")
        assert errors(browser) == []


@needs_browser
def test_an_instrument_of_ones_own(browser, url, files, tmp_path):
    browser.open(url)
    browser.wait_for(READY)
    errors(browser)  # those of the bad uploads before
    browser.run("[...document.querySelectorAll('[role=tab]')].at(-1).click()")
    browser.wait_for("return document.querySelector('#training-files input[type=file]')")
    status = "document.querySelector('#training-status').innerText"
    click(browser, "#train")
    browser.wait_for(f"return {status}.includes('no name for an instrument')")
    browser.type("#training-name input", "my_sax\t")
    browser.upload("#training-files input[type=file]", files / "melody.wav")
    browser.wait_for("return document.querySelector('#training-files .file-preview')")
    click(browser, "#train")
    browser.wait_for(f"return {status}.includes('Step 40 of 4000.')")
    browser.wait_for("return document.querySelectorAll('.tt-loss polyline').length == 2")
    sample = browser.run("return document.querySelector('.tt-samples audio').src")
    sound = io.BytesIO(urllib.request.urlopen(sample).read())
    assert soundfile.info(sound).duration == 1.0
    click(browser, "#stop-training")
    browser.wait_for(f"return {status}.includes('Stopped at step 40 of 4000')")
    browser.screenshot(tmp_path / "training.png")
    model = Path(os.environ["TIMBRE_TT_HOME"]) / "ddsp" / "my_sax" / "model.h5"
    model.parent.mkdir(parents=True)
    model.touch()
    browser.run("document.querySelector('[role=tab]').click()")
    browser.wait_for("return document.querySelector('#instruments').innerText.includes('My sax')")
    assert browser.run("return document.querySelectorAll('#instruments :checked').length") == 2
    assert errors(browser) == []


def test_the_interface_for_programs(url, files):
    import gradio_client

    client = gradio_client.Client(url, verbose=False)
    assert client.predict(api_name="/instruments")["flute"].startswith("Flute: a flute to 8 kHz")
    melody = gradio_client.handle_file(files / "melody.wav")
    played = client.predict(melody, instrument="oboe", format="flac", api_name="/transfer")
    assert soundfile.info(played).format == "FLAC" and soundfile.info(played).duration == SECONDS
    waiting = [client.submit(melody, instrument=name, api_name="/transfer") for name in PLAYERS]
    assert [Path(job.result()).stem for job in waiting] == PLAYERS  # each in its turn
    with pytest.raises(gradio_client.exceptions.AppError, match="called 'kazoo'; there are: clar"):
        client.predict(melody, instrument="kazoo", api_name="/transfer")
    notes = client.predict(melody, format="mid", api_name="/transfer")
    assert Path(notes).read_bytes().startswith(b"MThd")
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {
        "/transfer",
        "/instruments",
    }


def example(language, url):
    page = (Path(__file__).parents[2] / "docs" / "app.md").read_text("utf-8")
    (code,) = re.findall(rf"```{language}\n(.*?)```", page, re.S)
    assert "http://127.0.0.1:7860" in code
    return code.replace("http://127.0.0.1:7860", url.rstrip("/"))


@pytest.mark.parametrize("language", ["python", "bash"])
def test_the_examples_of_the_documentation(language, url, files, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(files / "melody.wav", tmp_path)
    code = example(language, url)
    if language == "python":
        exec(code)
        path = capsys.readouterr().out.split()[-1]
    else:
        subprocess.run(["bash", "-euc", code], check=True)
        path = tmp_path / "violin.wav"
    assert soundfile.info(path).duration == SECONDS


def test_files_of_the_machine_cannot_be_read(url):
    for path in ("/etc/passwd", __file__):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{url}gradio_api/file={path}")


def test_a_port_that_is_taken_is_told(url):
    port = int(url.rstrip("/").rpartition(":")[2])
    before = os.environ["GRADIO_TEMP_DIR"]
    with pytest.raises(UserError, match=f"the page cannot be served: .*{port}"):
        with serving.serving(serving.Address(port=port)):
            pass
    assert os.environ["GRADIO_TEMP_DIR"] == before and Path(before).is_dir()
