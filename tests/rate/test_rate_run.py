"""The numpy run: no JAX, one noise stream per trial."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from biornn import rate
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials


def network(units=6):
    rng = np.random.default_rng(0)
    weights = {"recurrent": rng.normal(size=(units, units)), "input": rng.normal(size=(units, 2))}
    weights |= {"bias": np.zeros(units), "output": rng.normal(size=(1, units)), "output_bias": np.zeros(1)}
    weights["initial_state"] = np.zeros(units)
    return RateNetwork(weights, "tanh", np.full(units, 0.02), 0.005, np.zeros(units), np.full(units, 0.1))


def trials(count=3, steps=20, channels=2, dt=0.005):
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(count, steps, channels))
    return Trials(inputs, np.zeros((count, steps, 1)), np.ones((count, steps)), dt)


def test_running_and_the_package_never_import_jax():
    code = """if True:
        import sys
        from tests.rate.test_rate_run import network, trials
        from biornn import rate, store
        rate.run(network(), trials(), 1, noise=True)
        assert "jax" not in sys.modules and "optax" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_the_recording_says_what_was_run():
    net = network()
    recording = rate.run(net, trials())
    assert recording.source is net
    assert recording.states.shape == (3, 20, 6)
    assert recording.outputs.shape == (3, 20, 1)
    np.testing.assert_array_equal(recording.rates, np.tanh(recording.states))


def test_noise_of_a_trial_depends_on_seed_and_trial_alone():
    net, some = network(), trials(3)
    three = rate.run(net, some, 5, noise=True).states
    np.testing.assert_array_equal(rate.run(net, some.select(slice(2)), 5, noise=True).states, three[:2])
    clean = rate.run(net, some, 5).states
    other = rate.run(net, some, 6, noise=True).states
    assert (three != clean).any(axis=(1, 2)).all()
    assert (three != other).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(rate.run(net, some, 6).states, clean)
    # The same inputs in every trial, other noise.
    same = some.select([0, 0])
    assert (rate.run(net, same, 5, noise=True).states[0] != rate.run(net, same, 5, noise=True).states[1]).any()


def test_trials_of_another_task_are_refused():
    with pytest.raises(InputError, match=r"Trials\.inputs: must have 2 channels \(got 3\)"):
        rate.run(network(), trials(channels=3))
    with pytest.raises(InputError, match=r"Trials\.dt: must be the network's step 0\.005 s \(got 0\.001 s\)"):
        rate.run(network(), trials(dt=0.001))
    with pytest.raises(InputError, match=r"seed: must be a whole number"):
        rate.run(network(), trials(), seed=-1)
