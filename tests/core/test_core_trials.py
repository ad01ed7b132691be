"""Trials: what is taken, what is refused, and how trials are chosen."""

import numpy as np
import pandas as pd
import pytest
import torch

from biornn.core.checks import InputError
from biornn.core.trials import Trials, check_symbols

INPUTS = np.arange(24.0).reshape(4, 6, 1)


def trials(**changes):
    fields = {
        "inputs": INPUTS,
        "targets": INPUTS,
        "mask": np.ones((4, 6)),
        "dt": 0.01,
        "conditions": {"k": np.arange(4)},
    }
    return Trials(**{**fields, **changes})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": None}, "Trials.inputs: must be an array of real numbers"),
        ({"inputs": "abc"}, "Trials.inputs: must be an array of real numbers"),
        ({"inputs": [[1], [1, 2]]}, "Trials.inputs: must be an array of real numbers"),
        ({"inputs": INPUTS + 1j}, "Trials.inputs: must be an array of real numbers"),
        ({"inputs": np.ma.masked_equal(INPUTS, 3)}, "Trials.inputs: must have no masked values"),
        ({"inputs": INPUTS[:0]}, r"Trials.inputs: must have shape \(K, T, I\)"),
        ({"mask": "all"}, "Trials.mask: must be an array of real numbers"),
        ({"mask": [[1], [1, 2]]}, "Trials.mask: must be an array of real numbers"),
        ({"mask": 1}, r"Trials.mask: must have shape"),
        ({"dt": None}, "Trials.dt: must be a number"),
        ({"dt": [0.01]}, "Trials.dt: must be a number"),
        ({"dt": np.timedelta64(10, "ms")}, "Trials.dt: must be a number"),
        ({"conditions": None}, "Trials.conditions: must be a dictionary"),
        ({"conditions": [1, 2, 3, 4]}, "Trials.conditions: must be a dictionary"),
        ({"conditions": {0: np.arange(4)}}, "Trials.conditions: must be a dictionary"),
        ({"conditions": {"k": 1}}, r"conditions\['k'\]: must have shape \(4,\)"),
        ({"conditions": {"k": [[1], [2, 3], 4, 5]}}, r"conditions\['k'\]: must be an array of real numbers"),
        ({"conditions": {"k": [None, 1, 2, 3]}}, r"conditions\['k'\]: must be an array of real numbers"),
        ({"conditions": {"k": ["a", 1, 2, 3]}}, r"conditions\['k'\]: must be an array of real numbers"),
        ({"conditions": {"k": {1, 2, 3, 4}}}, r"conditions\['k'\]: must be an array of real numbers"),
        ({"conditions": {"k": np.ones(4) * 1j}}, r"conditions\['k'\]: must be an array of real numbers"),
        ({"conditions": {"k": np.ma.masked_equal([1, 2, 3, 4], 2)}}, r"conditions\['k'\]: must have no masked values"),
        ({"hold_steps": 0}, "Trials.hold_steps: must be a whole number"),
        ({"hold_steps": 2.0}, "Trials.hold_steps: must be a whole number"),
        ({"hold_steps": 4}, r"Trials.hold_steps: must divide the number of steps 6 \(got 4\)"),
    ],
)
def test_what_is_no_set_of_trials_is_refused_in_one_line(change, message):
    with pytest.raises(InputError, match=message) as caught:
        trials(**change)
    assert "\n" not in str(caught.value)


def test_arrays_of_any_library_are_taken_by_position():
    shuffled = pd.Series([5, 6, 7, 8], index=[3, 1, 0, 2])
    made = trials(
        inputs=torch.tensor(INPUTS, requires_grad=True),
        targets=INPUTS.tolist(),
        mask=np.ones((4, 6), bool),
        conditions={
            "k": shuffled,
            "name": pd.Series(list("dbac"), index=[3, 1, 0, 2]),
            "go": [True, False, True, True],
        },
    )
    np.testing.assert_array_equal(made.inputs, INPUTS)
    assert made.mask.sum() == 24
    assert made.conditions["k"].tolist() == [5, 6, 7, 8]
    assert made.conditions["name"].tolist() == list("dbac")
    assert made.conditions["go"].dtype == bool
    with pytest.raises(ValueError, match="read-only"):
        made.conditions["k"][0] = 1


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ([2, 0], [2, 0]),
        ([1, 1, 3], [1, 1, 3]),
        (np.array([3], np.uint8), [3]),
        (torch.tensor([2, 1]), [2, 1]),
        (pd.Series([2, 0], index=[7, 8]), [2, 0]),
        ([True, False, False, True], [0, 3]),
        (np.arange(4) > 1, [2, 3]),
        (slice(None, None, -1), [3, 2, 1, 0]),
        (slice(1, 99), [1, 2, 3]),
        (range(2), [0, 1]),
    ],
)
def test_trials_are_chosen_in_the_order_asked_for(chosen, wanted):
    few = trials(hold_steps=3).select(chosen)
    assert few.conditions["k"].tolist() == wanted
    np.testing.assert_array_equal(few.inputs, INPUTS[wanted])
    assert (few.dt, few.hold_steps) == (0.01, 3)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ([0.0, 1.0], "must be whole numbers"),
        (1.5, "must be a list of whole numbers"),
        (2, "must be a list of whole numbers"),
        ("1", "must be an array of real numbers"),
        (None, "must be an array of real numbers"),
        ({0, 1}, "must be an array of real numbers"),
        ([True, False], "must be a mask of length 4"),
        ([[0, 1]], "must be a list of whole numbers"),
        ([4], "must be from 0 to 3"),
        ([-1], "must be from 0 to 3"),
        ([], "must choose one trial or more"),
        ([False] * 4, "must choose one trial or more"),
        (slice(4, None), "must choose one trial or more"),
        (slice("a", None), "must be a slice of whole numbers"),
        (np.ma.masked_equal([0, 1], 1), "must have no masked values"),
    ],
)
def test_what_chooses_no_trials_is_refused_in_one_line(chosen, message):
    with pytest.raises(InputError, match=f"Trials.select: {message}") as caught:
        trials().select(chosen)
    assert "\n" not in str(caught.value)


def test_held_symbols_are_refused_where_a_step_is_a_symbol():
    check_symbols(trials(hold_steps=1), one_step=True)
    check_symbols(trials(hold_steps=3), one_step=False)
    with pytest.raises(InputError, match=r"Trials.hold_steps: must be 1 .*make the task with hold_steps=1"):
        check_symbols(trials(hold_steps=3), one_step=True)
