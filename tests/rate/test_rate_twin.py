"""Training says when no spiking network will follow: the remedy that it names works, and sound networks are silent."""

import re
import warnings

import numpy as np
import pytest

from biornn import experiment, rate, store, tasks
from biornn.core.rate import RateNetwork
from biornn.rate.settings import Training, usual_gain
from biornn.rate.twin import Outlook, outlook, verdict
from biornn.theory import activation

SETTINGS = {"units": 40, "activation": "tanh", "steps": 20, "goal": 0.0, "progress": False, "validation_trials": 8}


@pytest.mark.parametrize("name", store.available())
def test_the_networks_of_the_package_are_sound(name):
    network = store.load(store.find(name))
    settings = {key: value for key, value in network.about["settings"].items() if key in ("seed", "units", "gain")}
    found = outlook(network, experiment.task_of(network), Training(**settings))
    assert found.time_step < 0.1
    assert found.noise < 0.5
    assert not found.poor


def test_a_chaotic_network_is_told_and_the_gain_that_is_named_mends_it():
    with pytest.warns(
        UserWarning, match=r"a spiking network will follow this one poorly .* SDs .*train with gain=0\.9 instead of 4"
    ):
        wild = rate.train(tasks.GoNoGo(), **SETTINGS, gain=4.0)
    calm = rate.train(tasks.GoNoGo(), **SETTINGS, gain=0.9)
    assert max(wild.about["time_step_error"], wild.about["noise_baseline"]) > 0.5
    assert calm.about["time_step_error"] < 0.2
    assert calm.about["noise_baseline"] < 0.8
    np.testing.assert_array_equal(
        rate.train(tasks.GoNoGo(), **SETTINGS).weights["recurrent"], calm.weights["recurrent"]
    )


def inhibited(tau):
    """Units that inhibit themselves: the equation settles, steps as long as tau overshoot for ever."""
    weights = {"recurrent": -3 * np.eye(3), "input": np.ones((3, 1)), "bias": np.ones(3), "initial_state": np.zeros(3)}
    weights |= {"output": np.ones((1, 3)), "output_bias": np.zeros(1)}
    return RateNetwork(weights, "relu", np.full(3, tau), 0.025, np.zeros(3), np.zeros(3))


def test_units_as_fast_as_the_step_are_told_and_the_tau_that_is_named_mends_them():
    task, settings = tasks.GoNoGo(dt=0.025), Training(units=3, activation="relu")
    fast, slow = (outlook(inhibited(tau), task, settings) for tau in (0.026, 0.1))
    text = verdict(fast, inhibited(0.026), settings)
    assert re.search(r"its 25 ms steps take it .* slower units, tau=\(0\.1, 0\.5\), or on a smaller dt", text)
    assert fast.poor
    assert not slow.poor
    assert np.isnan(slow.noise)


def test_a_network_of_whole_steps_has_no_equation():
    network = rate.train(tasks.GoNoGo(), **{**SETTINGS, "cell": "elman"})
    assert network.about["time_step_error"] is None
    assert network.about["noise_baseline"] > 0


def test_what_is_undefined_is_not_poor():
    nothing = float("nan")
    assert not Outlook(nothing, nothing).poor
    assert Outlook(float("inf"), nothing).poor
    assert Outlook(0.1, 1.1).poor


def test_the_gain_at_the_start_is_that_of_the_slope_at_rest():
    assert [usual_gain(name) for name in ("sigmoid", "relu", "softplus", "lif", "tanh")] == [1.5, 1.5, 1.5, 1.5, 0.9]
    activation.register("steeper", lambda x, xp: 2 * xp.tanh(x))
    try:
        assert Training(activation="steeper").gain == pytest.approx(0.5)
    finally:
        del activation.ACTIVATIONS["steeper"]
    assert Training(activation="tanh", gain=1.5).gain == 1.5
    assert Training(cell="gru").gain == 1.0


def test_short_trainings_are_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("sigmoid", "softplus"):
            rate.train(tasks.GoNoGo(), **{**SETTINGS, "activation": name})
