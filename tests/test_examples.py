"""The examples in docstrings give what they say."""

import doctest
import importlib

import house
import pytest

MODULES = [name for name, path in house.modules().items() if ">>> " in path.read_text("utf-8")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried and not failed


def test_every_package_has_one():
    assert {name.split(".")[0] for name in MODULES} == {*house.PACKAGES}
