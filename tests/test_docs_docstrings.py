"""Docstrings: every example in the package runs and prints what it says; none is skipped."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import biornn

ROOT = Path(biornn.__file__).parent
MODULES = [path for path in sorted(ROOT.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]


def test_no_example_is_skipped():
    assert MODULES
    for path in ROOT.rglob("*.py"):
        assert "doctest: +SKIP" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_examples_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = ".".join(["biornn", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")
    done = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS, raise_on_error=False)
    assert done.attempted
    assert not done.failed
