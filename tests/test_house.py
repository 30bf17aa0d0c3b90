"""The rules of the house: who may import whom, and what must not be loaded before it is needed."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SYSTEMS = {"pix2pix_tt", "ddsp_tt", "autoencoder_tt", "style_tt"}
PACKAGES = {*SYSTEMS, "audio_tt", "timbre_tt"}
ALLOWED = {
    "audio_tt": {"audio_tt"},
    **{system: {"audio_tt", system} for system in SYSTEMS},
    "timbre_tt": PACKAGES,
}
LIBROSA = re.compile(r"^\s*(import|from) librosa", re.M)
# Modules that import TensorFlow at their top because they are about nothing else.
TENSORFLOW_MODULES = set()


def imported(path, top_level_only=False):
    tree = ast.parse(path.read_text("utf-8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def modules():
    return [path for package in sorted(PACKAGES) for path in sorted((ROOT / package).rglob("*.py"))]


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def is_command(path):
    return "app.run(main" in path.read_text("utf-8")


def test_all_packages_are_looked_at():
    assert {path.relative_to(ROOT).parts[0] for path in modules()} == PACKAGES


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_import_rule(package):
    for path in (ROOT / package).rglob("*.py"):
        others = {name for name in imported(path) if name in PACKAGES} - ALLOWED[package]
        assert not others, f"{path.relative_to(ROOT)} imports {others}"


def test_examples_in_docstrings_are_shown_in_full():
    """A single backslash at the end of a line would join it with the next in what --help prints."""
    joined = re.compile(r"(?<!\\)(\\\\)*\\$", re.M)
    for path in modules():
        text = path.read_text("utf-8")
        first = ast.parse(text).body[0]
        docstring = text.splitlines()[first.lineno - 1 : first.end_lineno]
        assert not joined.search("\n".join(docstring)), path.relative_to(ROOT)


def test_tensorflow_is_imported_only_where_it_is_used():
    for path in modules():
        name = str(path.relative_to(ROOT))
        if name not in TENSORFLOW_MODULES:
            assert "tensorflow" not in imported(path, top_level_only=True), name


@pytest.mark.parametrize(
    "module",
    [
        "audio_tt.command.app",
        "audio_tt.files.io",
        "audio_tt.music.notes",
        "audio_tt.training.run_directory",
        "autoencoder_tt.encode",
        "autoencoder_tt.evaluate",
        "autoencoder_tt.pack_model",
        "autoencoder_tt.plot_latent",
        "autoencoder_tt.preprocess",
        "autoencoder_tt.soundgenerator",
        "autoencoder_tt.train",
        "ddsp_tt.run",
        "ddsp_tt.evaluate",
        "ddsp_tt.interpolate",
        "ddsp_tt.prepare_dataset",
        "ddsp_tt.timbre_transfer",
        "ddsp_tt.stream",
        "ddsp_tt.train_two_stage",
        "ddsp_tt.detect_pitch",
        "ddsp_tt.train_instrument",
        "pix2pix_tt.data.feature_files",
        "pix2pix_tt.synthesis.recordings",
        "pix2pix_tt.evaluate",
        "pix2pix_tt.predict",
        "pix2pix_tt.predict_multitarget",
        "style_tt.evaluate",
        "style_tt.graphs",
        "style_tt.style_transfer",
        "timbre_tt.compare",
        "timbre_tt.demo",
        "timbre_tt.systems.autoencoder",
        "timbre_tt.systems.ddsp",
        "timbre_tt.systems.pix2pix",
        "timbre_tt.systems.style",
        "timbre_tt.systems.style",
        "timbre_tt.transfer",
    ],
)
def test_commands_and_plain_modules_load_no_framework(module):
    code = (
        f"import sys, {module}; heavy = {{'keras', 'tensorflow', 'jax', 'librosa', 'matplotlib'}};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.split() == []


def test_gin_is_no_package():
    """The import name belongs to gin-config."""
    assert not (ROOT / "gin" / "__init__.py").exists()


def test_every_system_has_its_published_settings():
    for system in SYSTEMS:
        assert (ROOT / "gin" / system.removesuffix("_tt") / "published.gin").is_file()


def test_librosa_is_only_imported_behind_its_lock():
    """Two processes that compile librosa at once can break its cache (dsp.locked_librosa)."""
    files = [
        path
        for folder in (*SYSTEMS, "audio_tt", "timbre_tt", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert [path.name for path in files if LIBROSA.search(path.read_text("utf-8"))] == [
        "locked_librosa.py"
    ]


def test_an_application_with_flags_of_its_own_can_import_all_and_read_all_settings():
    """The library defines no flag; names in gin are short, so no two systems may have the same."""
    names = [module_name(path) for path in modules() if not is_command(path)]
    code = f"""if True:
        import importlib
        from absl import flags
        flags.DEFINE_string("gin_file", None, "The application's own.")
        for name in {[name for name in names if not name.endswith("_flags")]}:
            importlib.import_module(name)
        of_modules = flags.FLAGS.flags_by_module_dict()
        print(*[name for name in of_modules if name.split(".")[0] in {sorted(PACKAGES)}])
        from audio_tt import settings
        for path in sorted(settings.gin_folder().rglob("*.gin")):
            settings.parse_gin([path])
    """
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (result.returncode, result.stdout.strip()) == (0, ""), result.stderr
