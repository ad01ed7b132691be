"""What the structure promises: light imports, no pickle, small documented modules. lint-imports checks direction."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "biornn").rglob("*.py"))


def loaded_after(code):
    """Return the modules that a fresh interpreter has loaded after running `code`."""
    script = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_biornn_imports_no_stage():
    modules = loaded_after("import biornn")
    assert not {name for name in modules if name.startswith("biornn.")}
    assert not modules & {"jax", "brian2", "numpy", "matplotlib"}


def test_running_and_comparing_needs_neither_jax_nor_brian2():
    code = """
import logging
from biornn import bridge, experiment, rate, spiking, store, compare
network = store.load(store.find("go-nogo-sigmoid"))
task = experiment.task_of(network)
trials = task.trials(2, 1)
rates = rate.run(network, trials)
snn, fit = bridge.Population(neurons_per_unit=5)(network, trials)
"""
    modules = loaded_after(code)
    assert "biornn.spiking.simulate" in modules
    assert not modules & {"jax", "optax", "brian2"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_small_documented_and_free_of_pickle(path):
    text = path.read_text()
    assert text.count("\n") <= 300, "asks to be split by idea"
    tree = ast.parse(text)
    assert not text or ast.get_docstring(tree), "a module says what its one idea is"
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {"pickle", "cloudpickle", "dill", "joblib", "shelve"} & imported
    assert "allow_pickle=True" not in text
