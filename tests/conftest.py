"""Shared by all tests."""

import os
import signal
import sys

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


@pytest.fixture(autouse=True)
def _own_signals():
    """The command line, called in process, listens for signals as long as the process lives; the next test must not."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before, hook = [signal.getsignal(number) for number in numbers], sys.unraisablehook
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler or signal.SIG_DFL)
    sys.unraisablehook = hook
