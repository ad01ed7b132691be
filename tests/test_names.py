"""Names that completion by the tab key shows: the public ones, and no others."""

import subprocess
import sys
from importlib import import_module

import pytest

import biornn

STAGES = ("tasks", "rate", "bridge", "spiking", "compare", "plots", "interop")
RECORDS = ("InputError", "RateNetwork", "Recording", "Score", "SpikingNetwork", "Task", "Trials")


def test_biornn_shows_stages_records_and_files():
    wanted = {*STAGES, *RECORDS, "store", "experiment", "config", "load", "save", "__version__"}
    assert set(dir(biornn)) == wanted
    for name in wanted:
        assert getattr(biornn, name) is not None


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_shows_its_public_names_only(name):
    stage = import_module(f"biornn.{name}")
    assert dir(stage) == sorted(stage.__all__)
    for public in stage.__all__:
        assert getattr(stage, public) is not None


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'biornn' has no attribute 'spikes'"):
        _ = biornn.spikes


def test_a_stage_is_imported_when_it_is_asked_for():
    code = "import sys, biornn; before = 'biornn.tasks' in sys.modules; biornn.tasks.GoNoGo(); print(before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
