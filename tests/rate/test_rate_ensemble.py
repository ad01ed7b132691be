"""Each network of an ensemble equals the one trained alone, whichever way it is trained."""

import io
import warnings
from contextlib import redirect_stderr

import numpy as np
import pytest

from biornn import rate, tasks
from biornn.core.checks import InputError

TASK = tasks.FlipFlop(bits=1)
SHORT = {"units": 10, "batch": 8, "steps": 7, "validate_every": 4, "goal_loss": 0.0, "validation_trials": 16}
VARY = {"cell": ["leaky", "lstm"], "learning_rate": [1e-3, 3e-3], "noise": [0.05]}
# As in test_rate_devices: rounding of gradients, amplified by Adam.
CLOSE = {"rtol": 1e-4, "atol": 5e-5}


def quietly(function, *arguments, **settings):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "rate.train: goal not reached")
        return function(*arguments, progress=False, **settings)


@pytest.mark.parametrize("way", ["sequential", "vmap"])
def test_each_network_is_the_one_trained_alone(way):
    networks = quietly(rate.ensemble, TASK, seeds=[3, 4], vary=VARY, way=way, about={"of": "test"}, **SHORT)
    combinations = [(cell, speed, seed) for cell in VARY["cell"] for speed in VARY["learning_rate"] for seed in (3, 4)]
    assert len(networks) == 8
    for network, (cell, speed, seed) in zip(networks, combinations, strict=True):
        alone = quietly(rate.train, TASK, cell=cell, learning_rate=speed, seed=seed, noise=0.05, **SHORT)
        assert network.about["settings"] == alone.about["settings"]
        assert network.about["of"] == "test"
        assert [step for step, _ in network.about["validation"]] == [4, 7]
        np.testing.assert_allclose(network.about["loss"], alone.about["loss"], **CLOSE)
        np.testing.assert_allclose(network.tau, alone.tau, **CLOSE)
        for name, value in alone.weights.items():
            np.testing.assert_allclose(network.weights[name], value, **CLOSE, err_msg=name)
    ends = [network.weights["recurrent"] for network in networks[:4]]
    assert all(np.abs(one - other).max() > 1e-3 for k, one in enumerate(ends) for other in ends[:k])


def test_side_by_side_each_stops_at_its_own_goal():
    # The loss starts at 1.17, as no output is near a mean sum of 1, and falls at each network's own speed.
    task = tasks.Adding(length=6)
    goal = {"steps": 60, "validate_every": 5, "goal_error": 100.0, "goal_loss": 0.6, "noise": 0.0}
    shared = {"units": 10, "batch": 16, "validation_trials": 8, **goal}
    speeds = [1e-9, 0.03, 0.005]
    networks = quietly(rate.ensemble, task, seeds=[1], vary={"learning_rate": speeds}, way="vmap", **shared)
    slow, fast, between = networks
    assert [network.about["goal_reached"] for network in networks] == [False, True, True]
    assert fast.about["steps"] < between.about["steps"] < slow.about["steps"] == 60
    for network, speed in zip(networks, speeds, strict=True):
        alone = quietly(rate.train, task, seed=1, learning_rate=speed, **shared)
        assert network.about["steps"] == alone.about["steps"] == len(network.about["loss"])
        np.testing.assert_allclose(network.weights["output"], alone.weights["output"], **CLOSE)


@pytest.mark.parametrize("way", ["sequential", "vmap"])
def test_a_missed_goal_warns_and_progress_shows(way):
    stream = io.StringIO()
    with redirect_stderr(stream), pytest.warns(UserWarning, match="goal not reached in 7 steps"):
        rate.ensemble(TASK, seeds=1, way=way, **SHORT)
    assert "flip-flop ensemble" in stream.getvalue()


def test_the_usual_way_on_a_processor_is_one_after_the_other(monkeypatch):
    import jax

    from biornn.rate.ensemble import _usual

    assert _usual() == "sequential"
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert _usual() == "vmap"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seeds": 0}, r"rate\.ensemble seeds: must be a whole number from 1"),
        ({"seeds": []}, r"rate\.ensemble seed: must be a list of at least one value"),
        ({"seed": 1}, r"rate\.ensemble seed: must be given once .*give seeds="),
        ({"vary": {"units": 50}}, r"rate\.ensemble units: must be a list of at least one value \(got 50\)"),
        ({"vary": {"units": [5]}, "units": 6}, r"rate\.ensemble units: must be given once \(got units twice\)"),
        ({"vary": {"unit": [5]}}, r"rate\.train setting: must be a known name \(got 'unit'\)"),
        ({"vary": {"noise": [0.1, -1.0]}}, r"Training\.noise: must be at least 0"),
        ({"way": "pmap"}, r"rate\.ensemble way: must be a known name .*sequential, vmap"),
    ],
)
def test_bad_calls_are_refused_before_work(settings, message):
    with pytest.raises(InputError, match=message):
        rate.ensemble(TASK, **settings)
