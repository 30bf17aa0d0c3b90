"""The command that measures instruments, on a folder of real solos."""

import json
import shutil

import commands
import numpy as np
import pytest

from audio_tt.files import io
from ddsp_tt.trained import catalogue

RATE = 16000


def evaluate(*arguments):
    return commands.run("timbre_tt.evaluate_instruments", *arguments)


@pytest.fixture
def solos(tmp_path):
    t = np.arange(RATE) / RATE
    for name, hz, bright in (("flute_0", 440, 3), ("flute_1", 523, 3), ("singer_0", 494, 9)):
        tone = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, bright))
        io.write(tmp_path / "solos" / f"{name}.wav", 0.2 * tone, RATE)
    return tmp_path / "solos"


@pytest.mark.slow
def test_a_model_in_training_is_judged_beside_an_included_one(solos, tmp_path):
    shutil.copytree(catalogue.folder("flute"), tmp_path / "run")
    result = evaluate(
        f"--real={solos}",
        f"--models=new_flute={tmp_path / 'run'},oboe",
        "--eval_crepe_capacity=tiny",
        "--eval_frame_rate=50",
        f"--output_json={tmp_path / 'figures.json'}",
    )
    assert result.returncode == 0, result.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (figures["crepe"], figures["frame_rate"]) == ("tiny", 50)
    new, oboe = figures["models"]["new_flute"], figures["models"]["oboe"]
    assert list(figures["models"]) == ["new_flute", "oboe"]
    assert set(new["kept_by_kind"]) == {"singer"} and set(oboe["kept_by_kind"]) == {
        "flute",
        "singer",
    }
    assert new["resynthesis"]["loudness_l1_db"] > 0 and "resynthesis" not in oboe
    distances = [new["timbre"][f"mfcc_frechet{x}"] for x in ("", "_copied", "_halves")]
    row = " | ".join(f"{x:.0f}" for x in distances)
    assert f"| new_flute | {row} |" in result.stdout
    assert "| oboe plays singer |" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--real=nowhere"], "nowhere: no such folder of solos"),
        (["--real=SOLOS", "--only_solos=tuba"], "no solos of tuba; there are: flute, singer"),
        (
            ["--real=SOLOS", "--models=new=nowhere"],
            "nowhere: no such folder with a model.h5",
        ),
        (["--output_json=figures.json"], "--output_json goes with --real"),
    ],
)
def test_bad_input_is_one_line(arguments, words, solos):
    result = evaluate(*(word.replace("SOLOS", str(solos)) for word in arguments))
    assert result.returncode == 1
    (line,) = [x for x in result.stderr.splitlines() if x.startswith("error: ")]
    assert words in line and "Traceback" not in result.stderr
