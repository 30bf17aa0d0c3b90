"""Ten minutes of audio through the real command, in bounded memory, with no click at a border."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.ndimage import uniform_filter1d

DEMO = Path(__file__).parents[2] / "timbre_tt" / "assets" / "demo.flac"
# Samples that are read, rendered, and worked on at once.
BLOCKS = (65536, 64000, 16384)
CLICK = 2.0  # times what bends as sharply elsewhere


def sharpest_at_borders(audio, period):
    """How much sharper the sound bends at one place of every `period` samples than at the others.

    The place need not be known: the sound is laid over itself, block upon block.
    """
    bend = np.abs(np.diff(audio, 2))
    bend /= uniform_filter1d(bend, 401) + 1e-6
    whole = len(bend) // period * period
    folded = bend[:whole].reshape(-1, period).mean(axis=0)
    return folded.max() / np.median(folded)


def run_alone(arguments):
    """Runs a command; returns its exit status and the most memory that it held, in bytes."""
    # Begun by a small process: a child counts what its parent held when it was begun.
    code = """if True:
        import os, subprocess, sys
        process = subprocess.Popen([sys.executable, *sys.argv[1:]])
        _, status, usage = os.wait4(process.pid, 0)
        print("\\n", os.waitstatus_to_exitcode(status), usage.ru_maxrss)
    """
    command = [sys.executable, "-c", code, *map(str, arguments)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    status, kilobytes = map(int, printed.split()[-2:])
    return status, 1024 * kilobytes


@pytest.fixture
def sound():
    random = np.random.default_rng(0)
    time = np.arange(60 * 4000) / 16000
    swelling = 0.2 * (1.1 + np.sin(2.0 * np.pi * 0.3 * time))
    tone = swelling * np.sin(2.0 * np.pi * 441.7 * time)
    return tone + 0.003 * random.standard_normal(len(time))


def test_a_click_at_the_borders_is_found(sound):
    assert sharpest_at_borders(sound, 4000) < CLICK
    jump = np.where(np.arange(len(sound)) // 4000 % 2, 0.02, 0.0)
    assert sharpest_at_borders(sound + jump, 4000) > CLICK
    assert sharpest_at_borders(np.roll(sound + jump, 777), 4000) > CLICK


def test_memory_is_measured_of_one_command():
    hold = "import numpy; numpy.ones({} << 17).sum()"
    _, large = run_alone(["-c", hold.format(300)])
    status, small = run_alone(["-c", hold.format(1)])
    assert status == 0 and small + 250e6 < large < small + 400e6
    assert run_alone(["-c", "raise SystemExit(3)"])[0] == 3


@pytest.mark.slow
def test_ten_minutes_in_less_than_one_and_a_half_gigabytes(tmp_path):
    melody, rate = soundfile.read(DEMO)
    long = np.tile(melody, 41)[: 600 * rate]
    soundfile.write(tmp_path / "in.wav", long, rate)
    arguments = ["-m", "timbre_tt.transfer", tmp_path / "in.wav", tmp_path / "out.wav"]
    status, peak_bytes = run_alone(arguments)
    assert status == 0 and peak_bytes < 1.5e9
    audio, _ = soundfile.read(tmp_path / "out.wav")
    assert len(audio) == len(long) and np.abs(audio).max() > 0.01
    for period in BLOCKS:
        assert sharpest_at_borders(audio, period) < CLICK, period
