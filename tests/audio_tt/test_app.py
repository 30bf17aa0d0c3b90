import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import commands
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

COMMAND = '''
"""Turn a flute into a violin."""
from absl import flags, logging
from audio_tt.command import app, path_flags
from audio_tt.errors import UserError

INPUT = path_flags.DEFINE_paths("input", None, "Recordings.")
OUTPUT = path_flags.DEFINE_path("output", "$HOME/here", "Where to.")
EPOCHS = flags.DEFINE_integer("epochs", None, "Total number of epochs.", lower_bound=1)
FINDLR = flags.DEFINE_boolean("findlr", False, "Look for a learning rate.")
DO = flags.DEFINE_string("do", None, "What to do.", required=True)


def train_with_gin():
    import gin

    @gin.configurable
    def train(epochs=3, name=None, note=""):
        return f"{epochs} {name}"

    app.parse_gin()
    app.bind("train.epochs", EPOCHS.value)
    print(train())
    print(app.operative_gin())


def main(*arguments):
    logging.info("an info")
    logging.warning("a %s", "warning")
    if DO.value == "user":
        raise UserError("no such\\nfile")
    if DO.value == "interrupt":
        raise KeyboardInterrupt
    if DO.value == "full":
        raise OSError(28, "No space left on device", "x.wav")
    if DO.value == "defect":
        raise ValueError("a defect")
    if DO.value == "print":
        for number in range(100000):
            print(number)
    if DO.value == "gin":
        train_with_gin()
    if DO.value == "show":
        import os
        print(*arguments, FINDLR.value, os.environ.get("CUDA_VISIBLE_DEVICES"))
    if DO.value == "paths":
        print(INPUT.value, OUTPUT.value)
    if DO.value == "code":
        return 7


if __name__ == "__main__":
    app.run(main, positional="[INPUT] [OUTPUT]")
'''


@pytest.fixture
def command(tmp_path):
    (tmp_path / "command.py").write_text(COMMAND)

    def call(*arguments):
        return commands.run("command.py", *arguments, cwd=tmp_path, CUDA_VISIBLE_DEVICES=None)

    call.folder = tmp_path
    return call


def write(folder, name, text):
    (folder / name).write_text(textwrap.dedent(text))


def test_help_is_the_docstring_and_own_flags_and_is_quick(command):
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "command.py", "--epochs=wrong", "--help"],
        cwd=command.folder,
        env=dict(os.environ, PYTHONPATH=str(REPOSITORY)),
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "Turn a flute into a violin."
    assert "  command.py [flags] [INPUT] [OUTPUT]" in lines
    assert "  --do=TEXT             What to do. (required)" in lines
    assert any(line.startswith("  --gpu=N") for line in lines)
    assert any(line.startswith("  --gin_file=TEXT") for line in lines)
    assert len(lines) < 25
    assert seconds < 2  # a lone process takes 0.2 s; importing a framework takes several


def test_helpfull_lists_the_flags_of_all_modules(command):
    done = command("--helpfull")
    assert done.returncode == 0
    assert "--log_dir" in done.stdout and "--epochs" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--do=show", "--epoch=3"], "there is no flag --epoch; did you mean --epochs?"),
        (["--do=show", "--epochs=x"], "--epochs=x is not a whole number"),
        ([], "--do is required"),
        (["--do=show", "a", "b", "c"], "unexpected argument 'c'"),
        (["--do=show", "--gpu=-2"], "flag --gpu=-2: -2 is not"),
    ],
)
def test_wrong_flags_are_one_line_and_exit_2(command, arguments, message):
    done = command(*arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: " + message)


@pytest.mark.parametrize(
    ("do", "code", "last_line"),
    [
        ("user", 1, "error: no such file"),
        ("interrupt", 130, "interrupted"),
        ("full", 1, "error: no space left on the disk for x.wav"),
        ("code", 7, "warning: a warning"),
    ],
)
def test_failures_are_one_line_with_their_exit_code(command, do, code, last_line):
    done = command(f"--do={do}")
    assert done.returncode == code
    assert (
        done.stderr.splitlines() == ["an info", "warning: a warning", last_line][: 2 + (code != 7)]
    )


def test_a_defect_keeps_its_traceback(command):
    done = command("--do=defect")
    assert done.returncode == 1
    assert "Traceback" in done.stderr and "ValueError: a defect" in done.stderr


def test_quiet_prints_errors_only(command):
    assert command("--do=user", "--verbosity=-1").stderr == "error: no such file\n"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("--findlr", True),
        ("--findlr=true", True),
        ("--findlr True", True),
        ("--findlr False", False),
    ],
)
def test_boolean_flags_take_a_separate_word_as_well(command, given, read):
    done = command("--do=show", *given.split(), "in.wav", "out.wav")
    assert done.stdout == f"in.wav out.wav {read} None\n"


def test_gpu_is_chosen_before_main(command):
    assert command("--do=show", "--gpu=1").stdout == "False 1\n"


def test_a_reader_that_stops_early_is_no_error(command):
    program = f"{sys.executable} command.py --do=print --verbosity=-1 | head -n 1"
    done = subprocess.run(
        program,
        shell=True,
        cwd=command.folder,
        env=dict(os.environ, PYTHONPATH=str(REPOSITORY)),
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_gin_files_include_others_and_flags_win(command):
    write(command.folder, "run.gin", "import ddsp\ninclude 'base.gin'\ntrain.epochs = 5\n")
    write(command.folder, "base.gin", "import ddsp.training as d\ntrain.name = 'base'\n")
    done = command("--do=gin", "--gin_file=run.gin", "--gin_param=train.note='x'")
    assert done.stdout.startswith("5 base\n")
    done = command("--do=gin", "--gin_file=run.gin", "--epochs=8")
    assert done.stdout.startswith("8 base\n")
    write(command.folder, "operative.gin", done.stdout.partition("\n")[2])
    assert command("--do=gin", "--gin_file=operative.gin").stdout == done.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "\ntrain.epoch = 1",
            "bad.gin, line 2: train has no parameter epoch; did you mean epochs?",
        ),
        ("trian.epochs = 1", "bad.gin, line 1: nothing is called trian; did you mean train?"),
        ("train.name = @trian()", "bad.gin, line 1: nothing is called trian; did you mean train?"),
        ("train.epochs = [1,\n", "bad.gin: a bracket or a quotation mark is not closed"),
        ("train.epochs == 3", "bad.gin, line 1: Couldn't parse statement"),
        ("train.epochs = %lost", "the settings do not fit together: %lost is used but never set"),
        ("include 'bad.gin'", "bad.gin includes itself"),
        ("include 'nowhere.gin'", "no such gin file: nowhere.gin"),
    ],
)
def test_wrong_gin_is_one_line(command, text, message):
    write(command.folder, "bad.gin", text)
    done = command("--do=gin", "--gin_file=bad.gin", "--verbosity=-1")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: " + message)


def test_unknown_settings_can_be_passed_over(command):
    write(
        command.folder,
        "foreign.gin",
        "import ddsp\nElsewhere.x = @Nowhere()\ntrain.name = 'kept'\n",
    )
    done = command("--do=gin", "--gin_file=foreign.gin", "--epochs=99")
    assert done.stdout.startswith("99 kept\n")
    assert (
        "warning: foreign.gin: not known here and passed over: Nowhere, Elsewhere\n" in done.stderr
    )
    write(command.folder, "foreign.gin", "import ddsp\ntrain.name = [@Nowhere, @train]\n")
    done = command("--do=gin", "--gin_file=foreign.gin", "--epochs=99")
    assert "foreign.gin: not known here and passed over: Nowhere" in done.stderr
    assert "99 [<function train" in done.stdout


def test_gin_folder_holds_the_settings():
    from audio_tt.command import app

    assert app.gin_folder().name in ("gin", "gin_files")


def test_progress_prints_plain_lines_and_none_for_short_work(capsys, monkeypatch):
    from absl import logging

    from audio_tt.command import app
    from audio_tt.command import progress as module

    monkeypatch.setattr(logging, "get_verbosity", lambda: logging.INFO)
    assert sum(app.progress(range(4), "adding", "number")) == 6
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_LINES", 0.02)
    for _ in app.progress(range(4), "adding", "number"):
        time.sleep(0.03)
    printed = capsys.readouterr().err
    assert "\r" not in printed
    assert [line.startswith("adding: 100% 4/4") for line in printed.splitlines()[-2:]] == [
        False,
        True,
    ]
    with app.progress(2, "adding", "number") as bar:
        time.sleep(0.03)
        bar.set_postfix(sum="1.5")
        assert capsys.readouterr().err == ""
        bar.update(1)
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("adding:  50% 1/2") and line.endswith("sum=1.5]")
    monkeypatch.setattr(logging, "get_verbosity", lambda: logging.ERROR)
    for _ in app.progress(range(4), "adding", "number"):
        time.sleep(0.03)
    assert capsys.readouterr().err == ""


def test_a_path_is_a_path(command, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    (command.folder / "Bach, Partita.wav").touch()
    words = ["--do=paths", "--input=Bach, Partita.wav", "--input=~/a.wav,b.wav", "--output=$HOME/o"]
    done = command(*words)
    read = ["Bach, Partita.wav", "/home/somebody/a.wav", "b.wav"]
    assert done.stdout.splitlines()[-1] == f"{read} /home/somebody/o"
    assert command(b"--do=paths", b"--output=tromp\xe9te").stdout.endswith("tromp\\udce9te\n")
    assert command("--do=paths").stdout.splitlines()[-1] == "None /home/somebody/here"
    assert "--input=PATH,..." in command("--help").stdout
