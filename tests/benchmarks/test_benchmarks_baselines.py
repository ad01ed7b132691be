"""The baselines: models look back only, find what is there to find, and share one table with trained networks."""

import sys

import jax
import numpy as np
import pytest

from benchmarks.shared.lines import Lines
from benchmarks.shared.sequence_models import MODELS
from benchmarks.studies import baselines
from biornn import tasks
from biornn.core.checks import InputError

SIZES = {"hold_steps": 2, "warmup": 8, "window": 24, "validation": 40, "test": 40}
QUICK = baselines.Effort(steps=60, batch=8, validate_every=10)


def second_order(length=300, noise=0.0):
    """Return a series whose next sample follows from its last two, and noise of unit SD if asked for."""
    random, x = np.random.default_rng(0), [1.0, 0.9]
    for _ in range(length - 2):
        x.append(1.8 * x[-1] - 0.97 * x[-2] + 0.1 * random.standard_normal())
    return tasks.Series(np.array(x) + noise * random.standard_normal(length), **SIZES)


@pytest.mark.parametrize("name", MODELS)
def test_models_look_back_only_and_are_each_their_own_draw(name):
    model = MODELS[name]
    samples = np.random.default_rng(0).normal(size=(3, 20, 2)).astype(np.float32)
    parameters = model.initial(jax.random.key(0), 2)
    forecast = model.apply(parameters, samples)
    assert forecast.shape == samples.shape
    changed = samples.copy()
    changed[:, 12:] += 1
    later = model.apply(parameters, changed)
    np.testing.assert_allclose(later[:, :12], forecast[:, :12], atol=1e-5)
    assert (np.abs(later[:, 12] - forecast[:, 12]).max(axis=1) > 1e-3).all()
    earlier = samples.copy()
    earlier[:, 8] += 1
    assert np.abs(model.apply(parameters, earlier)[:, 12] - forecast[:, 12]).max() > 1e-5, "the past counts"
    assert np.abs(model.apply(model.initial(jax.random.key(1), 2), samples) - forecast).max() > 1e-2


def test_autoregression_finds_the_two_lags_and_the_innovation():
    task = second_order()
    found = baselines.autoregression(task)
    test = baselines.whole(task, "test")
    target = baselines.thinned(task, test.targets)[baselines.thinned(task, test.mask) > 0]
    # What is left is the innovation of SD 0.1; a coefficient known from about 200 samples adds a few percent.
    sd = (task.to_units(1.0) - task.to_units(0.0)).item()
    assert task.score(found.outputs(test), test).error == pytest.approx(0.1 / sd / target.std(), rel=0.25)
    # Negative control: white noise has nothing to predict.
    white = tasks.Series(np.random.default_rng(1).normal(size=400), **SIZES)
    fresh = baselines.whole(white, "test")
    assert white.score(baselines.autoregression(white).outputs(fresh), fresh).error > 0.9


def test_lagged_samples_and_examples_are_those_of_the_series():
    samples = np.arange(1.0, 6.0)[None, :, None]
    wanted = [[1, 0, 0, 1], [2, 1, 0, 1], [3, 2, 1, 1], [4, 3, 2, 1], [5, 4, 3, 1]]
    np.testing.assert_array_equal(baselines.lagged(samples, 3)[0], wanted)
    task = tasks.Series(np.arange(300.0), **SIZES)
    regressors, targets = baselines._different(task, baselines.whole(task, "train", 2000))
    # Every sample with a full history and a target of the training part, once: 8 to 218.
    np.testing.assert_allclose(task.to_units(targets[:, 0]), np.arange(9, 220), atol=1e-9)
    np.testing.assert_allclose(task.to_units(regressors[:, :-1]), np.arange(8, 219)[:, None] - np.arange(9), atol=1e-9)


def test_persistence_is_that_of_the_task():
    task = second_order()
    test = baselines.whole(task, "test")
    error = task.score(baselines.persistence(task).outputs(test), test).error
    assert error == task.persistence(test)


def test_no_model_sees_the_test_part():
    values = np.sin(np.arange(300.0) / 3) + 0.1 * np.random.default_rng(0).normal(size=300)
    changed = values.copy()
    changed[261:] += 100
    one, two = (tasks.Series(v, **SIZES) for v in (values, changed))
    trials = baselines.whole(one, "validation")
    for fit in (baselines.autoregression, lambda task: baselines.descended(task, MODELS["causal CNN"], 0, QUICK)):
        np.testing.assert_array_equal(fit(one).outputs(trials), fit(two).outputs(trials))


@pytest.mark.parametrize("name", ["causal CNN", "causal Transformer"])
def test_training_beats_persistence(name):
    task = second_order()
    test = baselines.whole(task, "test")
    outputs = baselines.descended(task, MODELS[name], 0, QUICK._replace(steps=100)).outputs(test)
    assert outputs.shape == test.targets.shape
    assert task.score(outputs, test).error < task.persistence(test)


def test_a_model_of_the_change_starts_from_persistence():
    samples = np.random.default_rng(0).normal(size=(2, 9, 1)).astype(np.float32)
    for name in ("causal CNN", "causal Transformer"):
        parameters = MODELS[name].initial(jax.random.key(0), 1)
        plain, changed = (MODELS[key].apply(parameters, samples) for key in (name, f"{name}, change"))
        np.testing.assert_allclose(changed, plain + samples, atol=1e-5)


def test_training_follows_its_seed():
    task, model = second_order(), MODELS["causal CNN"]
    test, effort = baselines.whole(task, "test"), QUICK._replace(steps=10)
    one, two, other = (baselines.descended(task, model, seed, effort).outputs(test) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 1e-3


def test_all_models_are_rows_of_one_table_and_are_measured_once(tmp_path, monkeypatch):
    monkeypatch.setattr(baselines, "EFFORT", QUICK)
    task = tasks.MackeyGlass(length=300, validation=40, test=40, warmup=8, window=24, hold_steps=2)
    names = ["persistence", "linear autoregression", "causal CNN", "leaky"]
    lines = Lines(tmp_path / "rows.jsonl")
    training = {"units": 8, "steps": 3, "validate_every": 3, "validation_trials": 4}
    rows = baselines.study(lines, task, names, range(2), training)
    assert [row["model"] for row in rows] == [*names[:2], *2 * names[2:3], *2 * names[3:]]
    assert all(row["error"] > 0 and row["cpu_s"] >= 0 for row in rows)
    # Two of eight by eight weights exist on average; input, bias, output, initial states and tau are 8 each, and 1.
    assert 41 <= rows[-1]["parameters"] <= 41 + 64
    assert baselines.study(lines, task, names, range(2), training) == rows
    assert len(lines.read()) == 6
    shown = [[cell.strip() for cell in line.strip("|").split("|")] for line in baselines.table(rows).splitlines()]
    assert [cells[0] for cells in shown[2:]] == names
    assert shown[2][1:] == ["0", f"{task.persistence(baselines.whole(task, 'test')):.3f}", "", "", "0.0"]
    errors = [row["error"] for row in rows[2:4]]
    assert shown[4][2:5] == [f"{np.mean(errors):.3f}", f"{min(errors):.3f} to {max(errors):.3f}", "2"]
    # Other training is another row, and not mixed into these.
    other = baselines.study(lines, task, ["leaky"], [0], {**training, "steps": 4})
    assert [row["training"]["steps"] for row in other if row["model"] == "leaky"] == [4]


def test_networks_that_are_not_known_yet_are_refused_in_one_line(monkeypatch, capsys):
    monkeypatch.setitem(baselines.NETWORKS, "elsewhere", {"cell_of_tomorrow": 1})
    assert "leaky" in baselines.trainable()
    assert "elsewhere" not in baselines.trainable()
    monkeypatch.setattr(sys, "argv", ["baselines.py", "--models", "elsewhere"])
    with pytest.raises(InputError, match=r"--models: must be networks that this biornn can train.*got elsewhere"):
        baselines.main()
