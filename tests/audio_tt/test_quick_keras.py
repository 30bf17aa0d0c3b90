"""What the first import of a module finds, each in a process of its own."""

import subprocess
import sys

FAKE = """
import pathlib, sys
pathlib.Path("keras.py").write_text('''
try:
    import sklearn
except ImportError:
    sklearn = None
''')
pathlib.Path("sklearn.py").write_text("")
sys.path.insert(0, "")
"""


def answer(code, folder):
    code = FAKE + code
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    return done.stdout.split()


def test_keras_does_without_what_no_command_uses(tmp_path):
    code = (
        "from audio_tt.command import quick_keras; quick_keras.install(); quick_keras.install();"
        "import keras, sklearn; print(keras.sklearn, sklearn.__name__)"
    )
    assert answer(code, tmp_path) == ["None", "sklearn"]


def test_what_is_loaded_already_stays(tmp_path):
    code = (
        "from audio_tt.command import quick_keras; import sklearn; quick_keras.install();"
        "import keras; print(keras.sklearn is sklearn)"
    )
    assert answer(code, tmp_path) == ["True"]
