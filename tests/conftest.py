"""Shared by all tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "spiking"))


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory, worker_id="master"):
    """Compiled programs of a test run go to a cache of its own, so that nothing kept from before can hide a fault."""
    patch = pytest.MonkeyPatch()
    patch.setenv("BIORNN_CACHE", str(tmp_path_factory.getbasetemp().parent / "biornn-cache"))
    yield
    patch.undo()
