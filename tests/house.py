"""What the code says of itself without being run: its modules, who imports whom, who is private."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SYSTEMS = ("autoencoder_tt", "ddsp_tt", "pix2pix_tt", "style_tt")
PACKAGES = ("audio_tt", *SYSTEMS, "timbre_tt")


@cache
def modules():
    """{dotted name: path} of every module of the packages and of tools/."""
    paths = [path for name in (*PACKAGES, "tools") for path in sorted((ROOT / name).rglob("*.py"))]
    return {_dotted(path): path for path in paths}


def _dotted(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree(name):
    return ast.parse(modules()[name].read_text("utf-8"))


def is_flags(name):
    return name.endswith("_flags")


@cache
def is_command(name):
    """Whether it runs something when it is the main module."""
    return any(
        isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        for node in tree(name).body
    )


def is_library(name):
    of_commands = name in ("audio_tt.command.app", "audio_tt.command.help_text")
    is_tool = name.split(".")[0] == "tools"
    return not (is_command(name) or is_flags(name) or of_commands or is_tool)


def room(name):
    """The part of a package that a module lives in; empty for a package itself."""
    return [*name.split("."), ""][1]


@cache
def imports(name):
    """Names of what a module imports, those inside of functions too: `a.b` of `from a import b`."""
    found = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@cache
def top_level_imports(name):
    """First parts of what a module imports as soon as it is imported itself."""
    found = set()
    for node in tree(name).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
    return found


@cache
def own_imports(name):
    """The modules of this project that a module imports."""
    found = set()
    for imported in imports(name):
        if imported in modules():
            found.add(imported)
        elif imported.rpartition(".")[0] in modules():
            found.add(imported.rpartition(".")[0])
    return frozenset(found - {name})


def circles():
    """Sets of modules that import each other, in however many steps, inside of functions too.

    Left out is what imports a system's `configurables`, so that gin knows every name: those that it
    names may load models, and what loads a model needs the names.
    """

    def needed(name):
        return [other for other in own_imports(name) if room(other) != "configurables"]

    reached = {name: _reached(name, needed) for name in modules()}
    found = {
        frozenset(other for other in reached[name] if name in reached[other]) for name in modules()
    }
    return [circle for circle in found if circle]


def users(name):
    """Who imports a module of audio_tt, by way of its other modules too: packages and tools."""
    importers = {module: set() for module in modules()}
    for module in modules():
        for imported in own_imports(module):
            importers[imported].add(module)
    reached = _reached(name, importers.__getitem__)
    return {module.split(".")[0] for module in reached} - {"audio_tt"}


def _reached(start, neighbours):
    found, waiting = set(), [start]
    while waiting:
        for name in neighbours(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


@cache
def _own_names():
    """Every name that the project defines: what is private under one of them is its own."""
    found = set()
    for name in modules():
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return found


def foreign_private_names(name):
    """What a module uses of keras, gin or absl that is private there.

    Of an object nobody says whose it is: a private attribute that the project defines nowhere is
    taken as theirs, unless it is one of another module that is imported.
    """
    tops = {imported.split(".")[0] for imported in imports(name)} - {"keras", "gin", "absl"}
    for imported in imports(name):
        parts = imported.split(".")
        private = any(part.startswith("_") for part in parts[1:]) or parts[1:2] == ["src"]
        if parts[0] in ("keras", "gin", "absl") and (private or parts[:2] == ["gin", "config"]):
            yield imported
    for node in ast.walk(tree(name)):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_"):
            continue
        is_inherited = ast.unparse(node.value) == "super()"
        is_foreign = node.attr not in _own_names() or is_inherited
        is_foreign = is_foreign and not node.attr.startswith("__")
        if is_foreign and ast.unparse(node.value) not in tops:
            yield ast.unparse(node)


def unannotated(name):
    """What public functions of a module take without saying of which type: `function.argument`."""
    return _unannotated(tree(name).body, "")


def _unannotated(body, owner):
    for node in body:
        is_public = not node.name.startswith("_") if hasattr(node, "name") else False
        if isinstance(node, ast.ClassDef) and is_public:
            yield from _unannotated(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and (is_public or owner and _is_called(node)):
            is_static = any(ast.unparse(x) == "staticmethod" for x in node.decorator_list)
            own = node.args.posonlyargs + node.args.args
            others = [*node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
            for argument in own[bool(owner) and not is_static :] + others:
                if argument is not None and argument.annotation is None:
                    yield f"{owner}{node.name}.{argument.arg}"


def _is_called(node):
    return node.name in ("__init__", "__call__")
