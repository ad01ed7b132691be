"""Every public callable of the tasks, given anything at all: a right result or one line."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from biornn import tasks
from biornn.core.checks import InputError
from biornn.core.trials import Trials

RNG = np.random.default_rng(0)
DATA = {
    "sequences": {"sequences": RNG.normal(size=(40, 4, 1)), "labels": np.arange(40) % 4 < 2, "classes": 2},
    "arrays": {"inputs": RNG.normal(size=(20, 5, 1)), "targets": RNG.normal(size=(20, 5, 1))},
    "tones": {"utterances": 40},
}
NAMES = sorted(set(tasks.TASKS) - {"series", "digits"})
FORECASTS = ("adding", "arrays", "lorenz", "mackey-glass", "sine", "sunspots")
FEW = {
    "mackey-glass": {"length": 300},
    "lorenz": {"length": 300},
    "perceptual-decision": {"coherences": (-0.5, 0.5)},
    "adding": {"length": 10},
}


class Refusing:
    """An object that fails at everything."""

    def __array__(self, *_, **__):
        raise RuntimeError("no array")

    def __iter__(self):
        raise KeyError("no iteration")

    def __len__(self):
        return 5

    def __repr__(self):
        raise RuntimeError("no text")


def odd_values():
    return [
        *(None, True, 0, -1, 3, 2**80, -(2**80), 1.5, float("nan"), float("inf"), 1e300, 1e-320, 1j, "abc", "", b"x"),
        *(
            [],
            [1, 2],
            [1, [2, 3]],
            [None],
            ["a", 1],
            {"a": 1},
            {1, 2},
            slice(0, 2),
            slice("a", None),
            range(3),
            iter([1]),
        ),
        *(
            int,
            tasks.GoNoGo,
            tasks.GoNoGo(),
            object(),
            Refusing(),
            len,
            ...,
            NotImplemented,
            "a\x1b[31mb\n",
            "\0",
            "\ud800",
        ),
        *(np.ma.masked_array([1, 2, 3], [0, 1, 0]), np.array([1 + 1j]), np.array(["a"]), np.array([None, 1], object)),
        *(np.zeros((2, 3, 1)), np.zeros((0, 3, 1)), np.full((2, 3, 1), np.nan), np.float32(0.01), np.array([0.01])),
        *(
            np.timedelta64(1, "s"),
            np.datetime64("2020-01-01"),
            [10**400],
            memoryview(b"abc"),
            np.array(2**63, np.uint64),
        ),
        *(torch.ones(2, 3, 1, requires_grad=True), torch.ones(3), pd.Series([1, 2, 3]), pd.DataFrame({"a": [1, 2]})),
        *(pd.Series([1, None], dtype="Int64"), pd.NA, pd.NaT, "/dev/zero"),
    ]


def made(name):
    return tasks.make(name, **DATA.get(name, {}), **FEW.get(name, {}))


def settle(call):
    """Call; a refusal must be one line, and any other error is a failure of the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            call()
        except InputError as refusal:
            return str(refusal)
    return ""


def refusals(call):
    """Return how many of the odd values a call refuses, each in one line."""
    lines = [settle(lambda value=value: call(value)) for value in odd_values()]
    assert not any("\n" in line or "\x1b" in line for line in lines)
    return sum(map(bool, lines))


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_that_is_anything_is_taken_or_refused_in_one_line(name):
    given = {**DATA.get(name, {}), **FEW.get(name, {})}
    for setting in tasks.settings(name):
        refused = refusals(lambda value, key=setting.name: tasks.make(name, **{**given, key: value}))
        assert refused > 10, setting.name


@pytest.mark.parametrize("name", NAMES)
def test_methods_that_are_given_anything_refuse_it_in_one_line(name):
    task = made(name)
    trials = task.trials(2, 0)
    everything = len(odd_values())
    assert refusals(lambda value: task.score(trials.targets, value)) == everything
    assert refusals(task.part) == everything
    assert refusals(lambda value: task.trials(2, value)) >= everything - 4
    assert refusals(lambda value: task.trials(value, 0)) >= everything - 4
    # Two trials of three steps are the only outputs among the values, of a shape that no task here has.
    assert refusals(lambda value: task.score(value, trials)) == everything
    for method in ("persistence", "axis", "bigram", "constant_guess"):
        if method in dir(task):
            assert refusals(getattr(task, method)) == everything
    if name in tasks.PUBLISHED:
        assert refusals(lambda value: tasks.published_score(task, trials.targets, value)) == everything
        assert refusals(lambda value: tasks.published_score(task, value, trials)) == everything
    if name == "perceptual-decision":
        assert refusals(lambda value: task.psychometric(trials.targets, value)) == everything
        assert refusals(lambda value: task.psychometric(value, trials)) == everything


CALLS = {
    "make": tasks.make,
    "make, in memory": lambda value: tasks.make(value, in_memory=value),
    "describe": tasks.describe,
    "settings": tasks.settings,
    "Series": tasks.Series,
    "from_csv": tasks.Series.from_csv,
    "lorenz samples": tasks.lorenz,
    "lorenz interval": lambda value: tasks.lorenz(5, value),
    "lorenz transient": lambda value: tasks.lorenz(5, transient=value),
    "lorenz start": lambda value: tasks.lorenz(5, start=value),
    "mackey_glass samples": tasks.mackey_glass,
    "mackey_glass tau": lambda value: tasks.mackey_glass(5, value),
    "mackey_glass step": lambda value: tasks.mackey_glass(5, step=value),
    "mackey_glass transient": lambda value: tasks.mackey_glass(5, transient=value),
    "published_score": lambda value: tasks.published_score(value, np.zeros((2, 200, 1)), tasks.GoNoGo().trials(2, 0)),
}


@pytest.mark.parametrize("name", CALLS)
def test_functions_that_are_given_anything_take_it_or_refuse_it_in_one_line(name):
    assert refusals(CALLS[name]) > len(odd_values()) // 2


@pytest.mark.parametrize("name", NAMES)
def test_trials_of_another_task_are_refused_in_one_line(name):
    task = made(name)
    refused = 0
    for other in NAMES:
        trials = made(other).trials(2, 0)
        refused += bool(settle(lambda trials=trials: task.score(trials.targets, trials)))
    # The error of a forecast is defined for any trials of the same channels and step.
    assert refused >= len(NAMES) - (7 if name in FORECASTS else 1)
    own = task.trials(2, 0)
    slower = Trials(own.inputs, own.targets, own.mask, own.dt * 1.5, own.conditions)
    with pytest.raises(InputError, match="must have the task's step of"):
        task.score(slower.targets, slower)
    text = {key: np.array(["a", "b"]) for key in own.conditions}
    for bare in (
        Trials(own.inputs, own.targets, own.mask, own.dt),
        Trials(own.inputs, own.targets, own.mask, own.dt, text),
        Trials(own.inputs[:, :3], own.targets[:, :3], own.mask[:, :3], own.dt, own.conditions),
        Trials(0 * own.inputs, own.targets, 0 * own.mask, own.dt, own.conditions),
    ):
        assert "\n" not in settle(lambda bare=bare: task.score(bare.targets, bare))


def test_masked_steps_may_be_anything_and_huge_outputs_are_a_huge_error():
    task = tasks.Sine()
    trials = task.trials(3, 0)
    outputs = np.where(trials.mask[:, :, None] > 0, trials.targets, np.nan)
    assert task.score(outputs, trials).error == 0
    assert task.score(np.full_like(outputs, 1e200), trials).error == np.inf


def test_more_trials_than_memory_holds_are_refused_before_they_are_drawn():
    for task in (tasks.GoNoGo(), tasks.Adding(length=1_000_000), made("sequences")):
        with pytest.raises(InputError, match=r"trials\.count: must be a whole number from 1 to"):
            task.trials(10_000_000, 0)
    with pytest.raises(InputError, match="a trial: must be of at most 1000000000 numbers"):
        tasks.Adding(length=1_000_000, hold_steps=10_000).trials(1, 0)


@settings(max_examples=60, deadline=None)
@given(
    rate=st.sampled_from([30.0, 60.0, 128.0, 256.0, 100.0, 24.0]),
    samples=st.integers(100, 200),
    hold=st.integers(1, 3),
)
def test_data_at_any_rate_are_a_task(rate, samples, hold):
    task = tasks.Series(np.sin(np.arange(samples)), dt=1 / rate, hold_steps=hold, window=40, warmup=5)
    trials = task.trials(2, 0)
    assert trials.dt == 1 / rate
    assert trials.hold_steps == hold
    arrays = tasks.Arrays(np.ones((10, samples, 1)), np.ones((10, samples, 1)), dt=1 / rate)
    assert arrays.trials(2, 0).dt == 1 / rate
