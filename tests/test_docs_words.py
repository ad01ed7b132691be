"""Words: names that were replaced do not come back, in code, messages, pages or notebooks."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLACES = ("biornn", "benchmarks", "docs", "models", "notebooks", "tests")
KINDS = {".py", ".md", ".toml", ".ipynb", ".yml"}
REPLACED = {"TemporalXOR": "XOR"}
"""Old word: what stands for it now. A rename adds a line; a word matches as a whole, with its capitals."""


def texts():
    files = [path for place in PLACES for path in (ROOT / place).rglob("*") if path.suffix in KINDS]
    for path in [*files, ROOT / "README.md", ROOT / "mkdocs.yml", ROOT / "pyproject.toml"]:
        if path != Path(__file__) and "__pycache__" not in path.parts:
            yield path, path.read_text(encoding="utf-8")


def uses(text, word):
    return [number for number, line in enumerate(text.splitlines(), 1) if re.search(rf"(?<!\w){word}(?!\w)", line)]


def test_a_word_is_seen_as_a_whole():
    assert uses("task = TemporalXOR()\n", "TemporalXOR") == [1]
    assert uses("ATemporalXOR TemporalXORs", "TemporalXOR") == []


@pytest.mark.parametrize("word", REPLACED)
def test_no_old_word_is_left(word):
    found = [f"{path.relative_to(ROOT)}:{line}" for path, text in texts() for line in uses(text, word)]
    assert not found, f"write {REPLACED[word]!r} instead of {word!r}: {found}"
