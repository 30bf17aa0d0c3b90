"""What README and docs say can be done: every command line is taken, the cheap ones are run."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import docs_commands
import numpy as np
import pytest
import soundfile
from docs_commands import PAGES, ROOT

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


_SHORT_TRAINING = [
    "--gin_param=train.num_steps=2",
    "--gin_param=train.batch_size=1",
    "--gin_param=train.crop_seconds=0.25",
]
# Run with this added, so that they end soon.
SHORTENED = {
    "timbre_tt.compare": ["--f0_method=yin"],
    "timbre_tt.demo": ["--f0_method=yin"],
    "timbre_tt.transfer": ["--overwrite"],  # what one command writes, another reads
    "ddsp_tt.prepare_dataset": ["--f0_method=yin"],
    "ddsp_tt.timbre_transfer": ["--f0_method=yin"],
    "ddsp_tt.run": _SHORT_TRAINING,
    "ddsp_tt.train_instrument": ["--f0_method=yin", *_SHORT_TRAINING],
}
RATE = 16000


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_one_that_its_module_takes(page):
    found = [(b, words) for b, words in docs_commands.commands(page)]
    of_modules = [(b, words) for b, words in found if docs_commands.module_of(words)]
    result = subprocess.run(
        [sys.executable, ROOT / "tests" / "docs_commands.py"],
        input=json.dumps(of_modules),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    assert not result.stdout, result.stdout
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    for _, words in found:
        if words[0] == "make":
            wanted = {word for word in words[1:] if "=" not in word}
            assert wanted <= targets, shlex.join(words)
        elif len(words) > 1 and words[1].startswith("benchmarks/"):
            assert (ROOT / words[1]).is_file(), shlex.join(words)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_a_wrong_command_is_found(tmp_path):
    (tmp_path / "page.md").write_text(
        "Say `timbre-transfer a.wav b.wav --no_such_flag`.\n```\n"
        "python -m timbre_tt.compare --input=a.wav \\\n    --instrumnet=flute\n"
        "KERAS_BACKEND=jax python -m ddsp_tt.run --data_dir=a --save_dir=b  # fine\n```\n"
    )
    found = list(docs_commands.commands(tmp_path / "page.md"))
    assert [words[-1] for _, words in found] == [
        "--instrumnet=flute",
        "--save_dir=b",
        "--no_such_flag",
    ]
    result = subprocess.run(
        [sys.executable, ROOT / "tests" / "docs_commands.py"],
        input=json.dumps(found),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    lines = result.stdout.splitlines()
    assert len(lines) == 2 and "instrumnet" in lines[0] and "no_such_flag" in lines[1]


def blocks_of(page):
    return [words for in_block, words in docs_commands.commands(page) if in_block]


def is_cheap(words):
    module = docs_commands.module_of(words)
    return "--list_instruments" in words or module == "timbre_tt.plot" or "--help" in words


def cheap_commands():
    found = [words for page in PAGES for words in blocks_of(page) if is_cheap(words)]
    return [list(words) for words in dict.fromkeys(map(tuple, found))]


def folder_of_recordings(folder):
    """A folder that holds whatever recordings the pages name."""
    t = np.arange(2 * RATE) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * t) * np.minimum(1, np.minimum(t, 2 - t) / 0.1)
    for page in PAGES:
        for words in blocks_of(page):
            for word in words:
                for path in word.rpartition("=")[2].split(","):
                    if path.endswith((".wav", ".flac", ".mp3")) and not path.startswith("/"):
                        path = path.replace("*", "one")
                        if not is_output(words, path):
                            (folder / path).parent.mkdir(parents=True, exist_ok=True)
                            soundfile.write(folder / path, tone, RATE)
    return folder


def is_output(words, path):
    last = [word for word in words if not word.startswith("-")][-1]
    is_named_last = docs_commands.module_of(words) == "timbre_tt.transfer" and path == last
    return f"--output={path}" in words or (is_named_last and "--output_dir" not in str(words))


def run(words, folder, extra=()):
    arguments = [sys.executable, "-m", docs_commands.module_of(words)]
    arguments += [*docs_commands.arguments_of(words), *extra]
    result = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TIMBRE_TT_HOME": str(folder / "home")},
    )
    assert result.returncode == 0, f"{shlex.join(words)}\n{result.stderr}"


@pytest.mark.parametrize("words", cheap_commands(), ids=shlex.join)
def test_cheap_commands_run(words, tmp_path):
    run(words, folder_of_recordings(tmp_path))


@pytest.mark.slow
def test_the_readme_can_be_followed(tmp_path):
    """Its commands one after the other, training made short."""
    folder = folder_of_recordings(tmp_path)
    for name in ("my_songs/a", "my_songs/b", "my_recordings/a", "my_recordings/b"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(folder / "my_melody.wav", folder / f"{name}.wav")
    for words in blocks_of(ROOT / "README.md"):
        module = docs_commands.module_of(words)
        if module:
            run(words, folder, SHORTENED.get(module, ()))


def test_pages_are_named_in_the_readme():
    """Every page of docs is reached from the README, in one step or two."""
    linked, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in linked or page.suffix != ".md":
            continue
        linked.add(page)
        for target in LINK.findall(page.read_text("utf-8")):
            if not re.match(r"[a-z]+:", target) and (page.parent / target).is_file():
                waiting.append((page.parent / target).resolve())
    missing = {page for page in PAGES if page.resolve() not in {p.resolve() for p in linked}}
    assert not missing
