import pickle

import pytest

from audio_tt.errors import UserError
from autoencoder_tt.published.parameters import read_parameters

PUBLISHED = [(512, 128, 2), (512, 256), (3, 3), (2, (2, 1)), 128]


class Executed:
    def __reduce__(self):
        return (open, ("executed", "w"))


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(value, protocol=pickle.DEFAULT_PROTOCOL):
        path = tmp_path / "parameters.pkl"
        path.write_bytes(value if isinstance(value, bytes) else pickle.dumps(value, protocol))
        return path

    return write


def test_the_originals_file(golden_folder):
    assert read_parameters(golden_folder / "autoencoder_small_parameters.pkl") == {
        "input_shape": (512, 128, 2),
        "filters": (8, 4),
        "kernel_sizes": (3, 3),
        "strides": (2, (2, 1)),
        "latent_size": 8,
    }


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(written, protocol):
    assert read_parameters(written(PUBLISHED, protocol))["latent_size"] == 128


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_in_the_file_is_run(written, tmp_path, protocol):
    path = written([*PUBLISHED[:4], Executed()], protocol)
    with pytest.raises(UserError, match="parameters.pkl is refused: it asks for .*open"):
        read_parameters(path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "value",
    [
        PUBLISHED[:4],
        [*PUBLISHED[:4], 0],
        [*PUBLISHED[:4], True],
        [*PUBLISHED[:4], "128"],
        [(512, 128), *PUBLISHED[1:]],
        [(512, 128, 2), (512,), *PUBLISHED[2:]],
        [(512, 128, 2), (512, 256), (3, 3), (2, (2, 1, 1)), 128],
        [(512, 128, 2), 512, 3, 2, 128],
        {"latent_size": 128},
        7,
    ],
)
def test_other_contents_are_refused(written, value):
    with pytest.raises(UserError, match="five sizes"):
        read_parameters(written(value))


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps(PUBLISHED)[:-5]])
def test_damaged_files(written, content):
    with pytest.raises(UserError, match="damaged"):
        read_parameters(written(content))


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match="nothing.pkl: cannot be read: No such file"):
        read_parameters(tmp_path / "nothing.pkl")
