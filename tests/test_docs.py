"""What README and docs say can be done: every command line is taken, the cheap ones are run."""

import json
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec

import docs_commands
import docs_following
import docs_world
import pytest
from docs_commands import PAGES, ROOT
from docs_world import World

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def name(page):
    return str(page.relative_to(ROOT))


def problems_of(found):
    """Lines that say what is wrong with (whether it stands in a block, words) of modules."""
    result = subprocess.run(
        [sys.executable, ROOT / "tests" / "docs_commands.py"],
        input=json.dumps(found),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_every_command_is_one_that_its_module_takes():
    found = [(b, words) for page in PAGES for b, words in docs_commands.commands(page)]
    of_modules = {shlex.join(words): (b, words) for b, words in sorted(found)}
    assert not problems_of(
        [(b, words) for b, words in of_modules.values() if docs_commands.module_of(words)]
    )
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    for _, words in found:
        if words[0] == "make":
            wanted = {word for word in words[1:] if "=" not in word}
            assert wanted <= targets, shlex.join(words)
        elif len(words) > 1 and words[1].startswith("benchmarks/"):
            assert (ROOT / words[1]).is_file(), shlex.join(words)


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "tests" / "golden" / "README.md"], ids=name
)
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_extras_are_those_of_the_package():
    extras = set(re.findall(r'^ +"(\S+)": \[".*"\],$', (ROOT / "setup.py").read_text(), re.M))
    for page in PAGES:
        assert set(re.findall(r"timbre-tt\[([\w-]+)\]", page.read_text("utf-8"))) <= extras


def test_a_wrong_command_is_found(tmp_path):
    (tmp_path / "page.md").write_text(
        "Say `timbre-transfer a.wav b.wav --no_such_flag`.\n```\n"
        "python -m timbre_tt.compare --input=a.wav \\\n    --instrumnet=flute\n"
        "KERAS_BACKEND=jax python -m ddsp_tt.run --data_dir=a --save_dir=b  # fine\n```\n"
    )
    found = list(docs_commands.commands(tmp_path / "page.md"))
    assert [words[-1] for _, words in found] == [
        "--no_such_flag",
        "--instrumnet=flute",
        "--save_dir=b",
    ]
    lines = problems_of(found)
    assert len(lines) == 2 and "no_such_flag" in lines[0] and "instrumnet" in lines[1]


def is_cheap(words):
    module = docs_commands.module_of(words)
    return "--list_instruments" in words or module == "timbre_tt.plot" or "--help" in words


def cheap_commands():
    """Those in blocks that take a second."""
    found = [words for page in PAGES for b, words in docs_commands.commands(page) if b]
    return {shlex.join(words): words for words in found if is_cheap(words)}


@pytest.fixture(scope="session")
def world(tmp_path_factory, melody):
    """What pages take as given."""
    return World(tmp_path_factory.mktemp("given"), melody)


@pytest.mark.parametrize("words", cheap_commands().values(), ids=cheap_commands())
def test_cheap_commands_run(words, tmp_path, world):
    for path in docs_commands.paths_in(words):
        world.put(tmp_path, path)
    docs_world.run(docs_following.program_of(words), tmp_path)


def test_every_command_is_run_or_there_is_a_reason():
    found = [words for page in PAGES for _, words in docs_commands.commands(page)]
    for words in found:
        is_known = docs_following.is_passed_over(words) or docs_following.program_of(words)
        assert is_known, f"{shlex.join(words)}: add it to NOT_RUN with a reason, or a way to run it"
    texts = " ".join(map(shlex.join, found))
    for table in (docs_following.NOT_RUN, docs_following.SHORTENED, docs_following.PLACES):
        assert not [key for key in table if key not in texts]
    short = map(docs_following.made_short, found)
    named = {path for words in short for path in docs_commands.paths_in(words)}
    named |= {path for words in found for path in docs_following.also_read(words)}
    assert not [path for path in docs_world.GIVEN if not any(path in name for name in named)]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_page_can_be_followed(page, tmp_path, world):
    """Its commands one after the other, training and music made short."""
    docs_following.follow(page, tmp_path, world)


@pytest.mark.skipif(not find_spec("apache_beam"), reason="make test-beam runs it")
def test_what_runs_on_beam_can_be_followed(tmp_path, world):
    for page in PAGES:
        docs_following.follow(page, tmp_path, world, lambda words: "--beam_runner" in str(words))


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
