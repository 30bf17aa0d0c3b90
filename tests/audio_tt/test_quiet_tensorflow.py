import os
import subprocess
import sys
import textwrap

FAKE = """
import os
os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written\\n")
os.write(2, b"I0000 00:00:1 7 port.cc:153] oneDNN custom operations are on.\\n")
os.write(2, b"something else\\n")
VALUE = 3
"""


def run(tmp_path, code, **options):
    """Runs code where a stand-in for TensorFlow is installed."""
    (tmp_path / "tensorflow").mkdir(exist_ok=True)
    (tmp_path / "tensorflow" / "__init__.py").write_text(FAKE)
    (tmp_path / "tensorflow" / "part.py").write_text("VALUE = 4")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        **options,
    )


def test_only_the_chatter_is_held_back(tmp_path):
    result = run(
        tmp_path,
        """
        import os
        from audio_tt.command import app
        os.write(2, b"before\\n")
        import tensorflow, tensorflow.part
        assert (tensorflow.VALUE, tensorflow.part.VALUE) == (3, 4)
        os.write(2, b"after\\n")
        """,
    )
    assert (result.returncode, result.stderr) == (0, "before\nsomething else\nafter\n")


def test_an_import_that_fails_says_why(tmp_path):
    code = "from audio_tt.command import app; import tensorflow.missing"
    result = run(tmp_path, code)
    assert result.returncode == 1
    assert "something else" in result.stderr and "No module named" in result.stderr
