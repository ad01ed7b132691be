"""Gradients through time against closed forms and finite differences."""

import jax
import numpy as np
import pytest

from biornn import rate
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.rate import euler

DT, UNITS, STEPS, TRIALS = 0.01, 4, 30, 3


def network(cell, tau=0.05, seed=0, **changes):
    random = np.random.default_rng(seed)
    lead = {"gru": (3,), "lstm": (4,)}.get(cell, ())
    weights = {
        "recurrent": random.normal(0, 0.8, (*lead, UNITS, UNITS)),
        "input": random.normal(size=(*lead, UNITS, 2)),
        "bias": random.normal(0, 0.3, (*lead, UNITS)),
        "output": random.normal(size=(2, UNITS)),
        "output_bias": np.zeros(2),
        "initial_state": np.zeros(UNITS),
    }
    weights |= {"recurrent_bias": np.zeros(UNITS)} if cell == "gru" else {}
    weights |= {"initial_cell": np.zeros(UNITS)} if cell == "lstm" else {}
    none = np.zeros(UNITS)
    return RateNetwork({**weights, **changes}, "tanh", np.full(UNITS, tau), DT, none, none, cell=cell)


def trials(mask=None):
    random = np.random.default_rng(1)
    mask = np.ones((TRIALS, STEPS)) if mask is None else mask
    return Trials(random.normal(size=(TRIALS, STEPS, 2)), random.normal(size=(TRIALS, STEPS, 2)), mask, DT)


def test_units_without_weights_forget_as_their_leak_does():
    free = network("leaky", recurrent=np.zeros((UNITS, UNITS)))
    back = np.arange(STEPS)[::-1]
    np.testing.assert_allclose(rate.flow(free, trials()).jacobian, (1 - DT / 0.05) ** back, rtol=1e-4)


def test_a_gru_whose_update_gate_is_closed_keeps_all_and_an_open_one_nothing():
    for bias, expected in ((100.0, 1.0), (-100.0, 0.0)):
        gates = np.zeros((3, UNITS))
        gates[0] = bias
        recurrent = np.zeros((3, UNITS, UNITS))
        found = rate.flow(network("gru", tau=DT, bias=gates, recurrent=recurrent), trials()).jacobian
        np.testing.assert_allclose(found[:-1], expected, atol=1e-6)
        assert found[-1] == pytest.approx(1)


def test_orthogonal_weights_of_linear_units_keep_every_length():
    q = np.linalg.qr(np.random.default_rng(2).normal(size=(UNITS, UNITS)))[0]
    small = network("elman", tau=DT, recurrent=q, input=np.full((UNITS, 2), 1e-6), bias=np.zeros(UNITS))
    np.testing.assert_allclose(rate.flow(small, trials()).jacobian, 1.0, rtol=1e-3)
    shrunk = small.with_weights(recurrent=0.8 * q)
    np.testing.assert_allclose(rate.flow(shrunk, trials()).jacobian, 0.8 ** np.arange(STEPS)[::-1], rtol=1e-3)


@pytest.mark.parametrize("cell", ["leaky", "gru", "lstm"])
def test_the_loss_feels_a_push_as_finite_differences_say(cell):
    with jax.enable_x64(True):
        model, given = network(cell), trials()
        found = rate.flow(model, given)
        alpha = DT / 0.05

        def loss(step, state, size):
            # The numpy reference takes pushes as noise.
            xi = np.zeros((TRIALS, STEPS, model.states))
            xi[:, step, state] = size / np.sqrt(alpha * (2 - alpha))
            pushed = RateNetwork(
                model.weights, "tanh", model.tau, DT, model.signs, np.ones(UNITS), cell=cell
            )  # fmt: skip
            z = euler(pushed, given.inputs, xi).outputs
            return ((z - given.targets) ** 2).mean(axis=(1, 2))

        for step in (3, STEPS - 1):
            slopes = [(loss(step, s, 1e-5) - loss(step, s, -1e-5)) / 2e-5 for s in range(model.states)]
            expected = np.sqrt((np.array(slopes) ** 2).sum(axis=0).mean())
            assert found.loss[step] == pytest.approx(expected, rel=1e-5)
    assert found.loss.min() > 0


def test_trials_of_another_step_are_refused():
    with pytest.raises(InputError, match=r"Trials.inputs: must have 2 channels"):
        rate.flow(network("gru"), Trials(np.zeros((1, 5, 3)), np.zeros((1, 5, 2)), np.ones((1, 5)), DT))
