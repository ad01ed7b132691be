"""Every example of docs/extending.md runs as it stands, and does what the page says."""

import re
from pathlib import Path

import numpy as np

from biornn import compare, tasks
from biornn.core import cells as layouts
from biornn.theory import cells, neurons

PAGE = Path(__file__).resolve().parent.parent / "docs" / "extending.md"
REGISTRIES = (tasks.TASKS, neurons.NEURON_MODELS, compare.MEASURES, layouts.CELLS, cells.CELLS)


def test_the_examples_run_one_after_the_other(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    before = [dict(registry) for registry in REGISTRIES]
    space = {"__name__": "extending"}
    try:
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), space)
        assert all(len(registry) == len(old) + 1 for registry, old in zip(REGISTRIES, before, strict=True))
    finally:
        for registry, old in zip(REGISTRIES, before, strict=True):
            registry.clear()
            registry.update(old)
    report = space["report"]
    assert report.accuracy.rate > 0.8
    assert report.fano_factor > 0
    assert report.mapping == "doubled"
    assert space["spiking_network"].neurons == 30 * 20
    assert space["adaptive"].cell == "adaptive"
    assert "Fano factor" in capsys.readouterr().out
    # A threshold of 15.1 mV in 10 ms takes 22.95 ms at 40 Hz, after 2 ms and half a step.
    assert space["steady"].item() == np.float64(-0.065) + 0.01 * 0.0151 / (1 / 40 - 0.00205)
