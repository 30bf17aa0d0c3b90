"""Jobs on Apache Beam, whose direct runner needs no cluster."""

import importlib.util
import math

import pytest

from audio_tt.errors import UserError
from audio_tt.training.beam import Beam

INSTALLED = importlib.util.find_spec("apache_beam") is not None
with_beam = pytest.mark.skipif(not INSTALLED, reason="needs the extra beam; make test-beam runs it")


def refuse(job):
    raise UserError(f"job {job} cannot be done")


@with_beam
def test_results_come_back_and_nothing_is_left(tmp_path):
    run = Beam("DirectRunner", [], tmp_path)
    assert sorted(run(math.factorial, range(6))) == [1, 1, 2, 6, 24, 120]
    assert list(run(math.factorial, [])) == []
    assert list(tmp_path.iterdir()) == []


@with_beam
def test_what_the_user_can_put_right_is_told(tmp_path):
    with pytest.raises(UserError, match="job 7 cannot be done"):
        list(Beam("DirectRunner", [], tmp_path)(refuse, [7]))
    with pytest.raises(UserError, match="--beam_runner=NoRunner"):
        list(Beam("NoRunner", [], tmp_path)(math.factorial, [1]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(INSTALLED, reason="Apache Beam is installed")
def test_without_beam_one_line_says_what_to_install(tmp_path):
    with pytest.raises(UserError, match=r"pip install 'apache-beam"):
        Beam("DirectRunner", [], tmp_path)
