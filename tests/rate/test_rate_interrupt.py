"""Ctrl-C in training raises KeyboardInterrupt once nothing is at work any more; Python then exits without a crash."""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import ClassVar

import pytest

from biornn import rate, tasks
from biornn.rate.interrupt import Deferred

PROGRAM = """
import os, signal, sys, threading, time
from biornn import rate, tasks
def interrupt():
    time.sleep(float(sys.argv[1]))
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
try:
    rate.train(tasks.GoNoGo(), units=50, goal=1.0, goal_loss=0.0, steps=100000, progress=False)
except KeyboardInterrupt:
    sys.exit(130)
"""


# While JAX is imported or compiles, and amid steps, wherever that is on the machine at hand.
@pytest.mark.parametrize("after", [0.2, 5.0])
def test_an_interrupted_program_ends_in_order(after):
    command = [sys.executable, "-c", PROGRAM, str(after)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (130, "")


class Interrupted(tasks.GoNoGo):
    """A task of which a draw brings an interrupt."""

    calls: ClassVar[list[int]] = [0]

    def trials(self, count, seed):
        self.calls[0] += 1
        if self.calls[0] == 12:
            os.kill(os.getpid(), signal.SIGINT)
        return super().trials(count, seed)


@pytest.mark.parametrize("train", [rate.train, rate.ensemble])
def test_a_session_goes_on_after_an_interrupt(train):
    Interrupted.calls[0] = 0
    settings = {"units": 4, "batch": 2, "validation_trials": 2, "steps": 400, "goal": 1.0, "progress": False}
    before = signal.getsignal(signal.SIGINT)
    more = {"way": "vmap", "seeds": 2} if train is rate.ensemble else {}
    with pytest.raises(KeyboardInterrupt):
        train(Interrupted(), **settings, **more)
    assert signal.getsignal(signal.SIGINT) is before
    assert Interrupted.calls[0] < 40
    network = rate.train(tasks.GoNoGo(), **{**settings, "steps": 2, "goal": 0.0})
    assert network.about["steps"] == 2


def interrupted(times, deliver=True, problem=None):
    """Send signals; return how far it came before one of them was raised."""
    reached = []
    try:
        with Deferred() as interrupts:
            for number in range(times):
                reached.append(number)
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0)
            if problem:
                raise problem
            if deliver:
                interrupts.deliver()
            reached.append("end")
    except KeyboardInterrupt:
        reached.append("raised")
    return reached


def test_a_signal_waits_and_a_second_one_does_not():
    assert interrupted(0) == ["end"]
    assert interrupted(1) == [0, "raised"]
    assert interrupted(1, deliver=False) == [0, "end", "raised"]
    assert interrupted(3) == [0, 1, "raised"]


def test_an_error_does_not_swallow_a_signal():
    assert interrupted(1, problem=ValueError()) == [0, "raised"]


def test_handlers_of_the_program_are_called():
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with Deferred():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0)
            assert not seen
        assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_other_threads_train_as_well():
    found = []
    thread = threading.Thread(target=lambda: found.append(Deferred().__enter__()))
    thread.start()
    thread.join()
    assert len(found) == 1
