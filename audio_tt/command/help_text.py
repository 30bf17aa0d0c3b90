"""The text that `--help` and `--helpfull` print."""

import os
import sys
import textwrap

from absl import flags

_WIDTH = 96
_OF_TRAINING = ("gpu", "strategy")
_SHARED = ("gin_file", "gin_param", "verbosity")
_PLACEHOLDERS = {"path": "PATH", "paths": "PATH,..."}
_REPEATABLE = "; repeat this option to specify a list of values"


def short_help(module_name: str, positional: str, program: str) -> str:
    """Returns the docstring of a command's module followed by its own flags, one or two lines each.

    Args:
      module_name: Name of the module that holds the command.
      positional: Names of the positional arguments, as in "INPUT OUTPUT".
      program: How the command was called.
    """
    doc = (sys.modules[module_name].__doc__ or "").strip()
    usage = " ".join(part for part in (program, "[flags]", positional) if part)
    own = [flag for flag in _own_flags(module_name) if flag.name not in _SHARED]
    names = {flag.name for flag in own}
    own += [flags.FLAGS[name] for name in _OF_TRAINING if name in flags.FLAGS and name not in names]
    shared = [flags.FLAGS[name] for name in _SHARED]
    lines = [doc, "", f"  {usage}", "", "Flags:"]
    lines += [line for flag in own for line in _describe(flag)]
    lines += [line for flag in shared for line in _describe(flag)]
    lines.append("--helpfull lists every flag.")
    return "\n".join(lines)


def full_help(module_name: str, positional: str, program: str) -> str:
    """Returns the short help followed by every flag of every module, as absl words them."""
    text = short_help(module_name, positional, program)
    return text.rsplit("\n", 1)[0] + "\n\nEvery flag:\n" + flags.FLAGS.get_help()


def program_name(argv: list[str]) -> str:
    """Returns how to call the running program again: `python -m package.module` or its name."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec and argv is sys.argv and spec.origin and os.path.samefile(spec.origin, argv[0]):
        return f"python -m {spec.name.removesuffix('.__main__')}"
    return os.path.basename(argv[0])


def _own_flags(module_name: str) -> list[flags.Flag]:
    key = sys.argv[0] if module_name == "__main__" else module_name
    return flags.FLAGS.get_key_flags_for_module(key)


def _describe(flag: flags.Flag) -> list[str]:
    head = f"  {_name_and_value(flag)}  "
    text = _VERBOSITY if flag.name == "verbosity" else " ".join((flag.help or "").split())
    text = text.removesuffix(_REPEATABLE).removeprefix(f"<{_choices(flag)}>: ")
    if any("other than None" in validator.message for validator in flag.validators):
        text += " (required)"
    elif flag.default not in (None, False, "", []) and flag.name != "verbosity":
        text += f" (default {flag.default_as_str.strip(chr(39))})"
    indent = " " * 24
    if len(head) <= len(indent):
        head = head.ljust(len(indent))
        return textwrap.wrap(text, _WIDTH, initial_indent=head, subsequent_indent=indent)
    if len(head) + len(text) <= _WIDTH:
        return [head + text]
    rest = textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    return [head.rstrip(), *rest]


def _name_and_value(flag: flags.Flag) -> str:
    if flag.boolean:
        return f"--[no]{flag.name}"
    if isinstance(flag.parser, flags.IntegerParser):
        value = "N"
    elif isinstance(flag.parser, flags.FloatParser):
        value = "X"
    else:
        value = _choices(flag) or _PLACEHOLDERS.get(flag.flag_type(), "TEXT")
    return f"--{flag.name}={value}" if flag.name != "verbosity" else "--verbosity=N"


def _choices(flag: flags.Flag) -> str:
    return "|".join(getattr(flag.parser, "enum_values", None) or ())


_VERBOSITY = "-1 prints errors only, 1 prints details."
