"""The rules of the house: who may import whom, and what must not be loaded before it is needed."""

import ast
import json
import re
import subprocess
import sys

import house
import pytest
from house import PACKAGES, ROOT, SYSTEMS

LIBRARIES = sorted(filter(house.is_library, house.modules()))
COMMANDS = sorted(filter(house.is_command, house.modules()))
FRAMEWORKS = ("jax", "keras", "librosa", "matplotlib", "tensorflow")
# Library modules that commands use before there is work for a framework.
PLAIN = (
    "audio_tt.files.io",
    "audio_tt.music.notes",
    "audio_tt.playing.conversion",
    "audio_tt.training.run_directory",
    "pix2pix_tt.data.feature_files",
    "pix2pix_tt.synthesis.recordings",
    *(f"timbre_tt.systems.{name.removesuffix('_tt')}" for name in SYSTEMS),
)
# The original's name of the run directory.
RUN_DIRECTORIES = {"ddsp_tt.run": "save_dir", "autoencoder_tt.train": "run_path"}
# What may stand at the top of a system beside its commands.
ROOMS = {"data", "evaluation", "features", "losses", "models", "player", "training"}
FORBIDDEN = {
    "features": {"models", "files"},
    "models": {"files", "training"},
    "losses": {"models"},
    "data": {"models"},
    "training": {"plots"},
}
# What stands against a rule, and why it may.
EXCEPTIONS = {
    # What both designs are asked for, and what both call recordings.
    "autoencoder_tt": {"design"},
    # The table is made of features and read by what fits them; its file is one of them.
    "ddsp_tt.features.statistics": {"files"},
    # The pictures that a run directory promises: samples of each epoch, the search for a rate.
    "pix2pix_tt.training.epoch_pictures": {"plots"},
    "pix2pix_tt.training.finder": {"plots"},
    # Plain objects that gin fills while a model is loaded, and the function that loads it.
    "pix2pix_tt.playing.settings": {"gin"},
    "style_tt.playing.loading": {"gin"},
    "style_tt.playing.player": {"gin"},
}
# Any system can make its data by these, or be judged by them, whoever does so today.
FOR_ANY_SYSTEM = ("audio_tt.music.", "audio_tt.embeddings.", "audio_tt.files.provenance")


def of_package(package):
    return [name for name in house.modules() if name.split(".")[0] == package]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package):
    allowed = {"audio_tt", package} if package != "timbre_tt" else {*PACKAGES}
    for name in of_package(package):
        tops = {imported.split(".")[0] for imported in house.imports(name)}
        assert not tops & {*PACKAGES, "tools", "tests"} - allowed, name


def test_no_circle_of_files():
    assert [sorted(circle) for circle in house.circles()] == []


def test_no_flags_in_libraries():
    for name in LIBRARIES:
        assert "absl.flags" not in house.imports(name), name
        asked = house.own_imports(name)
        assert not [other for other in asked if other not in LIBRARIES], name


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_a_room_does_not_know_what_it_must_not(room):
    for name in LIBRARIES:
        if name.split(".")[0] in SYSTEMS and house.room(name) == room:
            known = {house.room(other) for other in house.own_imports(name)}
            if "plots" in FORBIDDEN[room] and "matplotlib" in str(house.imports(name)):
                known.add("plots")
            assert known & FORBIDDEN[room] == EXCEPTIONS.get(name, set()), name


def test_what_plays_knows_no_gin():
    for name in LIBRARIES:
        if house.room(name) in ("playing", "player"):
            tops = {imported.split(".")[0] for imported in house.imports(name)}
            knows = "gin" in tops or "audio_tt.settings" in house.own_imports(name)
            assert knows == ("gin" in EXCEPTIONS.get(name, ())), name


def test_the_shared_floor_is_shared():
    for name in of_package("audio_tt"):
        if house.modules()[name].stem != "__init__" and not name.startswith(FOR_ANY_SYSTEM):
            assert len(house.users(name)) > 1, f"{name} serves only {house.users(name)}"


@pytest.mark.parametrize("package", [*SYSTEMS, "timbre_tt"])
def test_the_top_of_a_package_holds_its_commands(package):
    others = {
        path.stem
        for name, path in house.modules().items()
        if path.parent == ROOT / package and not (house.is_command(name) or house.is_flags(name))
    }
    assert others <= {"__init__", "configurables", *ROOMS} | EXCEPTIONS.get(package, set())


def test_commands_stand_nowhere_else():
    assert {name.count(".") for name in COMMANDS} == {1}
    assert all(house.is_command(name) for name in of_package("tools") if name != "tools")


@pytest.mark.parametrize("package", [*PACKAGES, "tools"])
def test_public_functions_say_what_they_take(package):
    """What they return is asked for by ruff, which cannot tell public functions by arguments."""
    assert [(name, what) for name in of_package(package) for what in house.unannotated(name)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_says_what_lives_there(package):
    for path in (ROOT / package).rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path.relative_to(ROOT)


def test_private_names_of_others_stand_in_one_place():
    for name in house.modules():
        if name != "audio_tt.compat":
            assert not list(house.foreign_private_names(name)), name
    assert list(house.foreign_private_names("audio_tt.compat"))


def test_examples_in_docstrings_are_shown_in_full():
    """A single backslash at the end of a line would join it with the next in what --help prints."""
    joined = re.compile(r"(?<!\\)(\\\\)*\\$", re.M)
    for name, path in house.modules().items():
        first = house.tree(name).body[0]
        docstring = path.read_text("utf-8").splitlines()[first.lineno - 1 : first.end_lineno]
        assert not joined.search("\n".join(docstring)), name


def test_tensorflow_is_imported_only_where_it_is_used():
    for name in house.modules():
        assert "tensorflow" not in house.top_level_imports(name), name


def forked(names, work):
    """Does `work` with each name in a process of its own; returns {name: what it printed}.

    They are copies of one process, so that what all commands import is imported once.
    """
    code = """if True:
        import importlib, json, os, runpy, sys
        from audio_tt.command import app
        results = {}
        for name in json.loads(sys.argv[1]):
            reading, writing = os.pipe()
            if os.fork() == 0:
                os.dup2(writing, 1)
                os.dup2(writing, 2)
                code = 1
                try:
                    %s
                    code = 0
                except SystemExit as end:
                    code = end.code
                finally:
                    heavy = [name for name in %r if name in sys.modules]
                    print(f"\\nexit {code}, loaded {heavy}", flush=True)
                    os._exit(0)
            os.close(writing)
            with open(reading, encoding="utf-8") as said:
                results[name] = said.read()
            os.wait()
        print(json.dumps(results))
    """
    command = [sys.executable, "-c", code % (work, FRAMEWORKS), json.dumps(list(names))]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)


def test_every_command_answers_help_and_loads_no_framework_for_it():
    assert len(COMMANDS) > 30
    work = (
        "sys.argv = [name, '--help']; runpy.run_module(name, run_name='__main__', alter_sys=True)"
    )
    for name, said in forked(COMMANDS, work).items():
        summary = ast.get_docstring(house.tree(name)).splitlines()[0]
        assert said.startswith(summary) and "--gin_file=TEXT" in said, f"{name}: {said}"
        if name in RUN_DIRECTORIES:
            assert f"--{RUN_DIRECTORIES[name]}=PATH" in said and "--run_dir=PATH" in said, name
        assert said.endswith("exit 0, loaded []\n"), f"{name}: {said}"


def test_plain_modules_load_no_framework():
    for name, said in forked(PLAIN, "importlib.import_module(name)").items():
        assert said.endswith("exit 0, loaded []\n"), f"{name}: {said}"


def test_gin_is_no_package():
    """The import name belongs to gin-config."""
    assert not (ROOT / "gin" / "__init__.py").exists()


def test_every_system_has_its_published_settings():
    for system in SYSTEMS:
        assert (ROOT / "gin" / system.removesuffix("_tt") / "published.gin").is_file()


def test_librosa_is_only_imported_behind_its_lock():
    """Two processes that compile librosa at once can break its cache (dsp.locked_librosa)."""
    pattern = re.compile(r"^\s*(import|from) librosa", re.M)
    files = [
        path
        for folder in (*PACKAGES, "tests", "benchmarks", "tools")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert [path.name for path in files if pattern.search(path.read_text("utf-8"))] == [
        "locked_librosa.py"
    ]


def test_an_application_with_flags_of_its_own_can_import_all_and_read_all_settings():
    """The library defines no flag; names in gin are short, so no two systems may have the same."""
    code = f"""if True:
        import importlib
        from absl import flags
        flags.DEFINE_string("gin_file", None, "The application's own.")
        for name in {LIBRARIES}:
            importlib.import_module(name)
        of_modules = flags.FLAGS.flags_by_module_dict()
        print(*[name for name in of_modules if name.split(".")[0] in {PACKAGES}])
        from audio_tt import settings
        for path in sorted(settings.gin_folder().rglob("*.gin")):
            settings.parse_gin([path])
    """
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (result.returncode, result.stdout.strip()) == (0, ""), result.stderr


def test_tests_import_no_command():
    """Its flags would be there for every test after it in the process."""
    with_flags = {name for name in COMMANDS if "absl.flags" in house.imports(name)}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            assert not set(names) & with_flags, path


def test_what_the_makefile_tests_is_there():
    result = subprocess.run(
        ["make", "-n", "test-jax", "check-all"], cwd=ROOT, capture_output=True, text=True
    )
    paths = {word.split("::")[0] for word in result.stdout.split() if word.startswith("tests/")}
    assert "tests/ddsp_tt" in paths and "tests/test_docs.py" in paths
    assert not [path for path in sorted(paths) if not (ROOT / path).exists()]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="asks git which files are the project's")
def test_a_clone_is_small():
    """At most 58 MiB of files, sounds and weights among them."""
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    files = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    assert 0 < sum(path.stat().st_size for path in files) <= 58 * 2**20


def test_the_citation_names_the_version():
    """As setup.py has it."""
    version = re.search(r'version="(.+)"', (ROOT / "setup.py").read_text("utf-8"))[1]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
