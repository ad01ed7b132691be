"""Pages of docs/: every block of code runs, in a fresh process for each page, and prints what the page says it prints.

A page has blocks of three languages. Its ``python`` blocks run one after the other as one script, then its ``sh``
blocks as another; each line of its ``text`` blocks is a line that one of the two prints, whatever its numbers.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
BLOCK = re.compile(r"^( *)```(\w*).*?\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"\d+([.,]\d+)*(e-?\d+)?")


def blocks(page, language):
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [re.sub(f"^{indent}", "", code, flags=re.MULTILINE) for indent, name, code in found if name == language]


def words(line):
    """A line without its numbers, signs and spacing: figures differ between processors."""
    return " ".join(NUMBER.sub("#", line).replace("-#", "#").split())


def test_there_are_pages_with_code():
    assert sum(bool(blocks(page, "python")) for page in PAGES) >= 8


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_no_block_is_left_out(page):
    text = page.read_text(encoding="utf-8")
    assert {name for _, name, _ in BLOCK.findall(text)} <= {"python", "sh", "text"}
    # Lists continue with four spaces; a block that is only indented would escape.
    assert text.count("```") == 2 * len(BLOCK.findall(text))
    assert not re.search(r"\n\n {4}(>>>|import |from |\$ |python |biornn )", text)


RUNNABLE = [page for page in PAGES if blocks(page, "python") or blocks(page, "sh") or blocks(page, "text")]


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_blocks_of_a_page_run(page, tmp_path):
    printed = ""
    if code := blocks(page, "python"):
        script = tmp_path / "page.py"
        script.write_text("\n".join(code), encoding="utf-8")
        printed += run([sys.executable, "-W", "error:::__main__", str(script)], tmp_path)
    if code := blocks(page, "sh"):
        command = f'biornn() {{ "{sys.executable}" -m biornn "$@"; }}\n'
        printed += run(["bash", "-e", "-c", command + "\n".join(code)], tmp_path)
    lines = {words(line) for line in printed.splitlines()}
    for text in blocks(page, "text"):
        for line in filter(str.strip, text.splitlines()):
            assert words(line) in lines, f"{page.name} shows a line that was not printed: {line}\n{printed}"


def run(command, folder):
    environment = {**os.environ, "KERAS_BACKEND": "jax", "COLUMNS": "100"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    return done.stdout + done.stderr
