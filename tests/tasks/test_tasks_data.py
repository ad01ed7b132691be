"""Labelled sequences, arrays of the user's own, and the registry."""

import json

import numpy as np
import pytest

from biornn import tasks
from biornn.core.checks import InputError


def labelled(count=20, seed=4):
    """Return sequences of different length with two channels, and labels; with this seed every part has each class."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(rng.integers(2, 6), 2)) for _ in range(count)], rng.integers(0, 3, count)


def test_sequences_are_padded_held_and_asked_at_their_last_symbol():
    sequences, labels = labelled()
    task = tasks.Sequences(sequences, labels, classes=3, hold_steps=4)
    assert (task.inputs, task.outputs, task.readout) == (2, 3, "softmax")
    trials = task.trials(14, seed=1)
    for k, index in enumerate(trials.conditions["sequence"]):
        length = len(sequences[index])
        np.testing.assert_array_equal(trials.inputs[k, : 4 * length], sequences[index].repeat(4, axis=0))
        assert not trials.inputs[k, 4 * length :].any()
        np.testing.assert_array_equal(np.flatnonzero(trials.mask[k]), [4 * length - 1])
        assert trials.targets[k, 4 * length - 1].argmax() == labels[index]
    assert (trials.targets.sum(axis=2) == 1).all()


def test_sequences_asked_at_every_symbol():
    # The textbook toy: flag the number that follows 1, 2.
    numbers = np.array([1, 2, 3, 1, 2, 1, 2, 2])
    flags = np.array([0, 0, 1, 0, 0, 1, 0, 0])
    task = tasks.Sequences([numbers, numbers[:5]], [flags, flags[:5]], 2, at="every", validation=0, test=0)
    trials = task.trials(2, seed=0)
    for k, index in enumerate(trials.conditions["sequence"]):
        length = (8, 5)[index]
        np.testing.assert_array_equal(np.flatnonzero(trials.mask[k]), 10 * np.arange(1, length + 1) - 1)
        np.testing.assert_array_equal(trials.targets[k, trials.mask[k] == 1].argmax(axis=1), flags[:length])
        outputs = np.zeros_like(trials.targets)
        outputs[:, :, 0] = 1
    wanted = np.where(trials.conditions["sequence"] == 0, 6 / 8, 4 / 5)
    np.testing.assert_allclose(task.score(outputs, trials).correct, wanted)


def test_labels_are_scored_strictly():
    task = tasks.Sequences(*labelled(), classes=3)
    trials = task.trials(10, seed=1)
    assert task.score(trials.targets, trials).accuracy == 1
    assert task.score(1 - trials.targets, trials).accuracy == 0
    assert task.score(np.full_like(trials.targets, 1 / 3), trials).accuracy == 0, "a tie is no answer"
    assert task.score(np.full_like(trials.targets, np.nan), trials).accuracy == 0
    assert np.isnan(task.score(trials.targets, trials).error)


@pytest.mark.parametrize(
    "task",
    [
        tasks.Sequences(*labelled(), classes=3),
        tasks.Arrays(np.random.default_rng(0).normal(size=(20, 7, 2)), np.arange(140.0).reshape(20, 7, 1)),
    ],
)
def test_parts_of_a_data_set_are_disjoint_and_drawn_without_replacement(task):
    key = "sequence" if task.name == "sequences" else "index"
    drawn = {}
    for name, size in (("train", 14), ("validation", 3), ("test", 3)):
        part = task.part(name)
        index = part.trials(2 * size, seed=5).conditions[key]
        assert len(set(index[:size])) == size
        assert set(index[:size]) == set(index[size:])
        np.testing.assert_array_equal(part.trials(size - 1, seed=5).conditions[key], index[: size - 1])
        drawn[name] = set(index)
    assert set.union(*drawn.values()) == set(range(20))
    assert task.trials(14, seed=5).conditions[key].tolist() == task.part("train").trials(14, 5).conditions[key].tolist()


def test_arrays_score_forecasts_and_labels():
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(10, 7, 2)), rng.normal(size=(10, 7, 1))
    mask = np.ones((10, 7))
    mask[:, :3] = 0
    forecast = tasks.Arrays(inputs, targets, mask, dt=0.02)
    trials = forecast.trials(6, seed=0)
    assert (forecast.dt, forecast.inputs, forecast.outputs, trials.dt) == (0.02, 2, 1, 0.02)
    outputs = trials.targets.copy()
    outputs[:, :3] = 100
    assert forecast.score(outputs, trials).error == 0, "masked steps do not count"
    one_hot = np.eye(3)[rng.integers(0, 3, (10, 7))]
    labels = tasks.Arrays(inputs, one_hot, readout="softmax")
    trials = labels.trials(6, seed=0)
    assert labels.score(trials.targets, trials).accuracy == 1
    assert labels.score(1 - trials.targets, trials).accuracy == 0


def test_the_error_of_targets_that_do_not_vary_is_undefined():
    task = tasks.Arrays(np.ones((4, 5, 1)), np.full((4, 5, 1), 0.1), validation=1, test=1)
    trials = task.trials(2, seed=0)
    assert np.isnan(task.score(trials.targets, trials).error)


ONES = np.ones((8, 5, 1))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: tasks.Arrays(ONES, ONES[:7]), r"Trials.targets: must have shape \(8, 5, O\)"),
        (lambda: tasks.Arrays(ONES * np.nan, ONES), "Trials.inputs: must be finite"),
        (lambda: tasks.Arrays(ONES, ONES, mask=np.zeros((8, 5))), "Arrays.mask: must leave a step in every trial"),
        (lambda: tasks.Arrays(ONES, 2 * ONES, readout="softmax"), "Arrays.targets: must be class probabilities"),
        (lambda: tasks.Arrays(ONES, ONES, readout="linear"), "Arrays.readout: must be a known name"),
        (lambda: tasks.Arrays(ONES[:2], ONES[:2]), "must hold out at least one of 2.*use 0 to hold none out"),
        (lambda: tasks.Sequences([], [], 2), "Sequences.labels: must have one entry for each"),
        (lambda: tasks.Sequences([[1, 2]] * 8, [0] * 7, 2), "Sequences.labels: must have one entry for each"),
        (lambda: tasks.Sequences([[1, 2]] * 8, [2] * 8, 2), r"labels\[0\]: must be classes from 0 to 1"),
        (lambda: tasks.Sequences([[1, 2]] * 8, ["a"] * 8, 2), r"labels\[0\]: must be classes from 0 to 1"),
        (lambda: tasks.Sequences([[1, 2]] * 8, [[0, 1]] * 8, 2), r"labels: must be classes .* of shape \(8,\).*argmax"),
        (lambda: tasks.Sequences([[[1, 2]], [[1]]] * 4, [0] * 8, 2), r"sequences\[1\]: must have shape \(L, 2\)"),
        (lambda: tasks.Sequences([[1, np.nan]] * 8, [0] * 8, 2), r"sequences\[0\]: must be finite"),
        (lambda: tasks.Sequences([[1, 2]] * 8, [0] * 8, 2, at="first"), "Sequences.at: must be a known name"),
    ],
)
def test_bad_data_are_refused_in_one_line(build, message):
    with pytest.raises(InputError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)


CHANGES = {
    "go-nogo": {"dt": 0.01},
    "xor": {"dt": 0.01},
    "context-integration": {"dt": 0.01},
    "flip-flop": {"bits": 2},
    "perceptual-decision": {"coherences": [-0.5, 0, 0.5]},
    "delayed-match": {"longest": 1},
    "sine": {"fastest": 4},
    "mackey-glass": {"tau": 16, "length": 1000, "stretch": "test"},
    "lorenz": {"coordinates": "xy", "length": 500},
    "sunspots": {"horizon": 2},
    "adding": {"length": 20, "hold_steps": 3},
    "copying": {"symbols": 10, "delay": 100},
    "characters": {"window": 30, "stretch": "validation"},
    "tones": {"utterances": 40, "noise": 1},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_description_makes_an_equal_task(name):
    default, changed = tasks.make(name), tasks.make(name, **CHANGES[name])
    assert default.name == name
    for task in (default, changed):
        again = tasks.make(**json.loads(json.dumps(tasks.describe(task))))
        assert again == task
        assert hash(again) == hash(task)
    assert default != changed


def test_every_registered_task_is_tried():
    assert set(CHANGES) | {"series", "sequences", "arrays", "digits"} == set(tasks.TASKS)


@pytest.mark.parametrize(
    "task",
    [
        tasks.Series(np.sin(np.arange(300.0))),
        tasks.Arrays(ONES, ONES),
        tasks.Sequences(*labelled(), classes=3),
    ],
)
def test_data_in_memory_are_described_and_not_remade(task):
    description = json.loads(json.dumps(tasks.describe(task)))
    assert description["in_memory"]["inputs"] == task.inputs
    with pytest.raises(InputError, match=f"task {task.name}: .*pass the task object itself"):
        tasks.make(**description)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("go-go", {}, r"task: must be a known name \(got 'go-go'\); choose one of adding, .*xor"),
        ("go-nogo", {"tau": 1}, r"setting of task go-nogo: must be a known name \(got 'tau'\); choose one of dt"),
        ("sequences", {"classes": 2}, "task sequences: needs the settings sequences, labels .*pass a task object"),
        ("series", {}, "task series: needs the settings path"),
    ],
)
def test_unknown_names_and_settings_are_refused(name, settings, message):
    with pytest.raises(InputError, match=message):
        tasks.make(name, **settings)
