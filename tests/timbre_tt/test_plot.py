"""Pictures of recordings, as a command."""

import commands
import numpy as np
import pytest
import soundfile


@pytest.fixture
def folder(tmp_path):
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)
    soundfile.write(tmp_path / "half a second.wav", tone, 16000)
    (tmp_path / "broken.wav").write_text("no sound")
    return tmp_path


def plot(folder, *words):
    return commands.run("timbre_tt.plot", *words, "--output=out.png", cwd=folder)


def test_a_moment_after_the_end(folder):
    result = plot(folder, "half a second.wav", "--at=99")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "error: half a second.wav ends before --at=99 s\n"
    assert not (folder / "out.png").exists()


def test_a_folder_is_drawn_but_for_what_cannot_be_read(folder):
    result = plot(folder, ".", "--at=0.25", "--f0_method=yin")
    assert result.returncode == 1 and result.stderr.count("\n") == 2, result.stderr
    assert result.stderr.endswith("\nwritten: out.png\n")
    assert "broken.wav" in result.stderr
    assert (folder / "out.png").read_bytes().startswith(b"\x89PNG")
