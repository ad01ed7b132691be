"""Every notebook runs from top to bottom, is stored without outputs, and leaves no warning unread."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the Jupyter client, not of the notebook
def test_notebook_runs(path, monkeypatch):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code), "store notebooks without outputs"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    outputs = [output for cell in code for output in cell.outputs]
    said = [output["text"] for output in outputs if output.get("name") == "stderr"]
    # A bar is drawn where a mapping takes longer than a second.
    assert not [text for text in said if text.strip() and not text.startswith("\r")]
    assert any("image/png" in output.get("data", {}) for output in outputs)
