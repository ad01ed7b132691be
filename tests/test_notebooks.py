"""Every notebook runs from top to bottom, is stored without outputs and leaves nothing on stderr."""

import asyncio
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BAR = re.compile(r"\d+%\|.*\| *\d+/\d+ \[.*\]")
"""A progress bar of tqdm."""


def code_cells(path):
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def complaints(cells):
    """Return what the cells left on stderr, line by line, without progress bars."""
    text = "".join(
        out.text for cell in cells for out in cell.outputs if out.output_type == "stream" and out.name == "stderr"
    )
    lines = (line.strip() for line in re.split(r"[\r\n]+", text))
    return [line for line in lines if line and not BAR.search(line)]


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_outputs(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.filterwarnings("default")  # of the Jupyter client in this process; the kernel has its own filters
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
    asyncio.run(client.async_execute())
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert complaints(cells) == []
    drawn = [cell for cell in cells if any("image/png" in out.get("data", {}) for out in cell.outputs)]
    assert drawn, "a notebook shows at least one figure"
    assert not any(tmp_path.glob("*.png")), "figures are shown, not left behind"


def test_complaints_are_seen_and_bars_are_not():
    bar = "\rsimulating:   0%|          | 0/16 [00:00<?, ?trial/s]\rsimulating: 100%|███| 16/16 [00:02<00:00, 7.1trial/s]\n"
    cell = nbformat.v4.new_code_cell()
    cell.outputs = [nbformat.v4.new_output("stream", name="stderr", text=bar)]
    assert complaints([cell]) == []
    cell.outputs[0].text += "module.py:3: UserWarning: beware\n"
    assert complaints([cell]) == ["module.py:3: UserWarning: beware"]
