"""Labels: by position whatever the container, whole numbers only, one class or an absent one is told."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from biornn import tasks
from biornn.core.checks import InputError

RNG = np.random.default_rng(0)
CLASSES = np.arange(60) % 3
SYMBOLS = [np.full((length, 1), float(c)) for length, c in zip(RNG.integers(4, 8, 60), CLASSES, strict=True)]


class Labelled:
    """What pandas and xarray do: an index of its own, positions through iteration and numpy."""

    def __init__(self, values, index):
        self.values, self.at = np.asarray(values), dict(zip(index, values, strict=True))

    def __len__(self):
        return len(self.values)

    def __getitem__(self, key):
        return self.at[key]

    def __iter__(self):
        return iter(self.values)

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype) if dtype else self.values


ORDER = RNG.permutation(60)
CONTAINERS = {
    "list": list,
    "tuple of numpy numbers": lambda values: tuple(np.asarray(values)),
    "array": np.asarray,
    "small integers": lambda values: np.asarray(values, np.uint8),
    "whole floats": lambda values: np.asarray(values, float),
    "shuffled pandas": lambda values: pd.Series(values, index=ORDER),
    "pandas without gaps": lambda values: pd.Series(values, index=ORDER, dtype="Int64"),
    "pandas with text for an index": lambda values: pd.Series(values, index=[f"s{k}" for k in ORDER]),
    "own index": lambda values: Labelled(values, ORDER),
    "tensor": torch.tensor,
    "tensor with a gradient": lambda values: torch.tensor(np.asarray(values, float), requires_grad=True),
    "list of tensors": lambda values: [torch.tensor(value) for value in values],
    "iterator": iter,
    "nothing masked": np.ma.masked_array,
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_label_k_belongs_to_sequence_k(name):
    chosen = CLASSES[ORDER]
    task = tasks.Sequences([SYMBOLS[k] for k in ORDER], CONTAINERS[name](chosen), 3)
    assert [label[-1] for label in task.labels] == chosen.tolist()
    trials = task.trials(30, 0)
    last = trials.inputs[np.arange(30), 10 * trials.conditions["length"] - 1, 0]
    np.testing.assert_array_equal(last, trials.conditions["label"])


def frame(symbols, k):
    return pd.DataFrame(symbols, index=range(k, k + len(symbols))[::-1], columns=["x"])


@pytest.mark.parametrize(
    "sequences",
    [
        SYMBOLS,
        [torch.tensor(symbols, requires_grad=True) for symbols in SYMBOLS],
        [symbols[:, 0].tolist() for symbols in SYMBOLS],
        [frame(symbols, k) for k, symbols in enumerate(SYMBOLS)],
        pd.Series(SYMBOLS, index=ORDER),
        np.array([symbols[:4] for symbols in SYMBOLS]),
        torch.tensor(np.array([symbols[:4] for symbols in SYMBOLS])),
        pd.DataFrame([symbols[:4, 0] for symbols in SYMBOLS], index=ORDER),
    ],
    ids=["arrays", "tensors", "lists", "frames", "Series of arrays", "one array", "one tensor", "one frame"],
)
def test_sequence_k_has_label_k(sequences):
    task = tasks.Sequences(sequences, pd.Series(CLASSES, index=ORDER), 3)
    assert [symbols[0, 0] for symbols in task.sequences] == CLASSES.tolist()


def test_labels_of_every_symbol_are_taken_by_position():
    marks = [np.arange(len(symbols)) % 2 for symbols in SYMBOLS]
    task = tasks.Sequences(SYMBOLS, pd.Series(marks, index=ORDER), 2, at="every")
    for own, wanted in zip(task.labels, marks, strict=True):
        np.testing.assert_array_equal(own, wanted)
    shuffled = [pd.Series(mark, index=range(len(mark))[::-1]) for mark in marks]
    again = tasks.Sequences(SYMBOLS, shuffled, 2, at="every")
    np.testing.assert_array_equal(np.concatenate(again.labels), np.concatenate(task.labels))


def test_true_and_false_are_the_classes_1_and_0():
    answers = CLASSES > 0
    task = tasks.Sequences(SYMBOLS, answers, 2)
    assert [label[-1] for label in task.labels] == answers.astype(int).tolist()


MASKED = np.ma.masked_array(CLASSES, mask=np.arange(60) == 5)
REFUSED = {
    "text of numbers": (CLASSES.astype(str), r"labels\[0\]: .* not text \(got '0'\); number the classes"),
    "text": (["left", "right", "up"] * 20, "not text"),
    "bytes": ([b"0"] * 60, "not text"),
    "text and numbers": ([*CLASSES[:-1], "2"], r"labels\[59\]: .* not text"),
    "categories": (pd.Series(CLASSES.astype(str)).astype("category"), "not text"),
    "fractions": (CLASSES + 0.5, r"labels\[0\]: .*whole numbers \(got 0.5\)"),
    "nearly whole": (CLASSES + 1e-9, "whole numbers"),
    "missing": (np.where(CLASSES, CLASSES, np.nan), r"labels\[0\]: .* none missing \(got nan\)"),
    "missing in pandas": (pd.Series([*CLASSES[:-1], None], dtype="Int64"), "must be an array of real numbers"),
    "None": ([None] * 60, "must be an array of real numbers"),
    "masked": (MASKED, "must have no masked values"),
    "complex": (CLASSES + 0j, "must be an array of real numbers"),
    "counted from 1": (CLASSES + 1, r"labels\[2\]: .* from 0 to 2 \(got 3\); they count from 1: give labels - 1"),
    "above the classes": (CLASSES + 2, r"\(got 3\); number the classes from 0; .* give classes=5 or more"),
    "signs": (np.where(CLASSES > 0, 1, -1), r"\(got -1\); give \(labels > 0\)"),
    "one-hot": (np.eye(3)[CLASSES], r"of shape \(60,\) \(got \(60, 3\)\); .*argmax"),
    "a column": (CLASSES[:, None], "labels.ravel"),
    "ragged": ([[0], [1, 2]] * 30, "must be an array of real numbers"),
    "a set": ({0, 1, 2}, r"must be a list or an array \(got a set\)"),
    "a dictionary": (dict(enumerate(CLASSES)), r"must be a list or an array \(got a dict\)"),
    "too few": (CLASSES[:59], "must have one entry for each of the sequences"),
    "no container": (5, r"must be a list or an array \(got a int\)"),
    "infinite": (np.where(CLASSES, CLASSES, np.inf), "from 0 to 2"),
    "huge": ([2**80] * 60, "from 0 to 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_labels_that_are_no_classes_are_refused_in_one_line(name):
    labels, message = REFUSED[name]
    with pytest.raises(InputError, match=message) as caught:
        tasks.Sequences(SYMBOLS, labels, 3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "sequences",
    [{"a": [1]}, "abc", None, 5, {1, 2}, [["a"]] * 60, [[1j]] * 60, [[None]] * 60, [[1, [2]]] * 60, [[]] * 60],
)
def test_sequences_that_are_none_are_refused_in_one_line(sequences):
    with pytest.raises(InputError, match=r"Sequences\.(sequences|labels)") as caught:
        tasks.Sequences(sequences, CLASSES, 3)
    assert "\n" not in str(caught.value)


def test_one_class_only_is_told():
    with pytest.warns(UserWarning, match=r"Sequences.labels: only class 0 occurs"):
        tasks.Sequences(SYMBOLS, np.zeros(60, int), 2)
    one_hot = np.eye(2)[np.ones((20, 5), int)]
    with pytest.warns(UserWarning, match=r"Arrays.targets: only class 1 occurs"):
        tasks.Arrays(np.ones((20, 5, 1)), one_hot, readout="softmax")
    # Only steps that count decide.
    one_hot[:, 0] = (1, 0)
    mask = np.ones((20, 5))
    mask[:, 0] = 0
    with pytest.warns(UserWarning, match=r"Arrays.targets: only class 1 occurs"):
        tasks.Arrays(np.ones((20, 5, 1)), one_hot, mask, readout="softmax")


def test_a_class_that_a_part_lacks_is_told():
    rare = np.zeros(60, int)
    rare[:20] = 1
    rare[30] = 2
    with pytest.warns(UserWarning, match=r"Sequences.labels: the \w+ part lacks class 2.*split_seed"):
        tasks.Sequences(SYMBOLS, rare, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tasks.Sequences(SYMBOLS, rare, 3, validation=0, test=0)


ONES = np.ones((20, 5, 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": [np.ones((5, 1)), np.ones((6, 1))]}, "Arrays.inputs: must be an array of real numbers"),
        ({"inputs": ONES + 0j}, "Arrays.inputs: must be an array of real numbers"),
        ({"inputs": np.full((20, 5, 1), "a")}, "Arrays.inputs: must be an array of real numbers"),
        ({"inputs": ONES[:, :, 0]}, r"Arrays.inputs: must have the axes \(trial, time, channel\)"),
        ({"targets": np.arange(20)}, r"Arrays.targets: must have the axes"),
        ({"targets": np.ma.masked_equal(ONES, 1)}, "Arrays.targets: must have no masked values"),
        ({"mask": "all"}, "Arrays.mask: must be an array of real numbers"),
        ({"mask": None}, "Arrays.mask: must be an array of real numbers"),
        ({"mask": np.ones((3, 5))}, r"Trials.mask: must have shape \(20, 5\)"),
        ({"mask": -1}, "Trials.mask: must be at least 0"),
        ({"mask": 0}, "Arrays.mask: must leave a step in every trial"),
        ({"conditions": [1, 2]}, "Arrays.conditions: must be a dictionary"),
        ({"conditions": {"index": np.arange(20)}}, "Arrays.conditions: must be .* without the name 'index'"),
        ({"conditions": {"side": [1]}}, r"conditions\['side'\]: must have shape \(20,\)"),
        ({"dt": "fast"}, "Trials.dt: must be a number"),
        ({"split_seed": -1}, "Arrays.split_seed: must be a whole number"),
    ],
)
def test_arrays_that_are_none_are_refused_in_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        tasks.Arrays(**{"inputs": ONES, "targets": ONES, **arguments})
    assert "\n" not in str(caught.value)


def test_arrays_of_any_library_are_taken_by_position():
    inputs = RNG.normal(size=(20, 5, 1))
    for given in (
        torch.tensor(inputs, requires_grad=True),
        inputs.tolist(),
        [torch.tensor(trial) for trial in inputs],
    ):
        np.testing.assert_array_equal(tasks.Arrays(given, ONES).data.inputs, inputs)
    side = pd.Series(np.arange(20), index=ORDER[:20])
    task = tasks.Arrays(inputs, ONES, conditions={"side": side})
    np.testing.assert_array_equal(task.data.conditions["side"], np.arange(20))
