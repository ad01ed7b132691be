"""Shared by all tests."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Compiled programs of a test run go to a cache of its own, so that nothing kept from before can hide a fault."""
    patch = pytest.MonkeyPatch()
    base = tmp_path_factory.getbasetemp()
    # Workers of one run lie side by side in its folder and share the cache.
    run = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    patch.setenv("BIORNN_CACHE", str(run / "biornn-cache"))
    yield
    patch.undo()
