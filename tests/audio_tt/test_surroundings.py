"""What users have set up for other programs, each in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from audio_tt.command import surroundings
from audio_tt.errors import UserError


def answer(code, **variables):
    environment = {**os.environ, **variables}
    command = [sys.executable, "-c", "from audio_tt.command import app\n" + code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    "content",
    [
        {"floatx": "float16", "image_data_format": "channels_first", "backend": "theano"},
        {"floatx": "float8", "epsilon": 1},
        [],
    ],
)
def test_keras_json_counts_for_nothing(tmp_path, content):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(json.dumps(content))
    # The part of Keras that reads the file, without the rest, which takes seconds.
    code = """
import importlib.util, sys, types
where = importlib.util.find_spec("keras").submodule_search_locations[0]
for name in ("keras", "keras.src", "keras.src.backend"):
    package = types.ModuleType(name)
    package.__path__ = [where + name[5:].replace(".", "/")]
    sys.modules[name] = package
from keras.src.backend import config
print(config.floatx(), config.image_data_format(), config.epsilon())
"""
    variables = {"HOME": str(tmp_path), "KERAS_HOME": str(tmp_path / ".keras")}
    variables["KERAS_BACKEND"] = surroundings.choose_backend("")
    assert answer(code, **variables) == ["float32", "channels_last", "1e-07"]


def test_keras_runs_on_ours_whatever_keras_json_says(tmp_path):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text('{"backend": "theano", "floatx": "float64"}')
    code = "import keras; print(keras.backend.backend(), repr(keras.ops.ones(2).dtype))"
    backend, *dtype = answer(code, HOME=str(tmp_path), KERAS_BACKEND="", JAX_ENABLE_X64="1")
    assert backend == surroundings.choose_backend("") and "float32" in " ".join(dtype)


def test_a_backend_that_this_does_not_run_on_is_one_line_each_time():
    code = """
from audio_tt.errors import UserError
for _ in range(2):
    try:
        import keras
    except UserError as error:
        print(str(error).replace(" ", "_"))
"""
    line = "KERAS_BACKEND=torch:_this_runs_on_tensorflow_and_jax_only"
    assert answer(code, KERAS_BACKEND="torch") == [line, line]


def test_a_backend_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(surroundings.importlib.util, "find_spec", lambda name: name == "jax")
    assert surroundings.choose_backend("") == "jax"
    with pytest.raises(UserError, match="tensorflow is not installed"):
        surroundings.choose_backend("tensorflow")


CACHES = """
import os
from audio_tt.command import surroundings
surroundings.is_writable = lambda folder: {writable}
import numba, matplotlib
for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR"):
    print(os.environ.get(name), os.path.isdir(os.environ.get(name, "")))
"""


def test_caches_go_to_a_temporary_folder_that_is_removed(tmp_path):
    words = answer(CACHES.format(writable=False), TMPDIR=str(tmp_path), NUMBA_CACHE_DIR="/none")
    assert words[1::2] == ["True", "True"]
    assert all(os.path.dirname(folder) == str(tmp_path) for folder in words[::2])
    assert not list(tmp_path.iterdir())


def test_caches_stay_where_they_can_be_written(tmp_path):
    words = answer(CACHES.format(writable=True), NUMBA_CACHE_DIR=str(tmp_path))
    assert words == [str(tmp_path), "True", "None", "False"]


def test_what_is_writable(tmp_path):
    (tmp_path / "file").write_text("")
    assert surroundings.is_writable(tmp_path / "new" / "folder")
    assert not surroundings.is_writable(tmp_path / "file" / "folder")


def test_pictures_are_drawn_as_ever(tmp_path):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\n")
    code = "import matplotlib; print(matplotlib.rcParams['text.usetex'])"
    given = {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc"), "MPLBACKEND": "no_such_backend"}
    assert answer(code, **given) == ["False"]


def test_a_user_without_a_home():
    assert answer("from pathlib import Path; print(Path.home())", HOME="nowhere") == [os.sep]
