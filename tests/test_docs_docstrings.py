"""Docstrings: every example in the package runs and prints what it says; none is skipped."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

import biornn
from biornn import config

ROOT = Path(biornn.__file__).parent
MODULES = [path for path in sorted(ROOT.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]


def test_no_example_is_skipped():
    assert MODULES
    for path in ROOT.rglob("*.py"):
        assert "doctest: +SKIP" not in path.read_text(encoding="utf-8"), path


def test_no_block_of_code_escapes():
    """Code stands behind ``>>>``; what Sphinx would show as a block (``::``) or Markdown (fences) would never run."""
    fenced = [path for path in ROOT.rglob("*.py") if re.search(r"::$|^ *```", path.read_text("utf-8"), re.MULTILINE)]
    assert fenced == [ROOT / "config.py"]


def test_the_recipe_in_a_docstring_is_one(tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(re.search(r"```toml\n(.*?)```", config.__doc__, re.DOTALL)[1], encoding="utf-8")
    assert config.read_recipe(file).training["units"] == 200


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_examples_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = ".".join(["biornn", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")
    done = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS, raise_on_error=False)
    assert done.attempted
    assert not done.failed
