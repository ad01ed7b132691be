"""A start far outside what is visited is no part of the coded range, and the twin still passes it on its way."""

import numpy as np
import pytest

from biornn.bridge import OneToOne, Population
from biornn.bridge.code.evaluation import evaluate, nearby
from biornn.bridge.code.points import evaluation_points
from biornn.bridge.rehearse import rehearse
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.rate import euler, ode

UNITS, FAR = 8, 40.0


def network(activation, start, tau=(0.02, 0.06), dt=5e-3):
    random = np.random.default_rng(0)
    size = 0.4 if activation in ("relu", "softplus") else 1.0
    weights = {
        "recurrent": random.normal(0, size / np.sqrt(UNITS), (UNITS, UNITS)),
        "input": random.normal(size=(UNITS, 2)),
        "bias": random.normal(0, 0.3, UNITS),
        "output": random.normal(size=(1, UNITS)),
        "output_bias": np.zeros(1),
        "initial_state": np.full(UNITS, float(start)),
    }
    none = np.zeros(UNITS)
    return RateNetwork(weights, activation, random.uniform(*tau, UNITS), dt, none, none)


def trials(count=4, steps=160, seed=1, dt=5e-3):
    inputs = np.random.default_rng(seed).normal(0, 0.3, (count, steps, 2)).cumsum(axis=1) * 0.3
    return Trials(inputs, np.zeros((count, steps, 1)), np.ones((count, steps)), dt)


def late_error(rates, tuning):
    """Return the state error after the start is forgotten, in SDs of the reference there, and the fit."""
    snn, fit = Population(20, tuning=tuning)(rates, trials())
    some, late = trials(2, seed=5), slice(100, None)
    wanted = ode(rates, some.inputs, np.zeros(UNITS)).states[:, late]
    got, rate = rehearse(snn, some.inputs, np.random.default_rng(0))
    assert rate > 1
    np.testing.assert_allclose(snn.banks[0].initial_state, rates.weights["initial_state"], atol=1e-9)
    return np.sqrt(((got[:, late] - wanted) ** 2).mean() / wanted.var(axis=(0, 1)).mean()), fit


@pytest.mark.parametrize("tuning", ["rising", "on-off"])
@pytest.mark.parametrize(
    ("activation", "start"),
    [("sigmoid", -FAR), ("sigmoid", FAR), ("tanh", -FAR), ("tanh", FAR), ("relu", -FAR), ("softplus", -FAR)],
)
def test_a_far_start_costs_little_after_it_is_forgotten(activation, start, tuning):
    near, fit_near = late_error(network(activation, 0.0), tuning)
    far, fit_far = late_error(network(activation, start), tuning)
    assert far < 2.2 * near + 0.01
    assert fit_far.low.min() > fit_near.low.min() - 2
    assert fit_far.high.max() < fit_near.high.max() + 2


def test_a_far_start_where_the_activity_changes_stays_in_the_range():
    _, fit = Population(10)(network("relu", FAR), trials())
    assert (fit.high > FAR - 1).all()


def test_a_near_start_stays_in_the_range_as_before():
    seen = evaluate(network("sigmoid", 6.0), trials(), 0.0).points["units"]
    assert (seen.high >= 6.0).all()
    assert seen.trajectories.shape[1] == trials().steps


def test_trials_that_end_before_the_start_is_forgotten_keep_it():
    seen = evaluate(network("sigmoid", -FAR, tau=(1.0, 1.1)), trials(steps=40), 0.1).points["units"]
    assert (seen.low < -FAR).all()


def test_one_unit_may_be_far_and_another_near():
    start = np.array([-FAR, 0.5])
    random = np.random.default_rng(0).normal(size=(3, 400, 2))
    way = start * np.exp(-np.arange(400) / 10)[:, None] + random
    seen = evaluation_points(way, start, lambda x: apply("tanh", x), 0.1, leak=np.full(2, 10.0))
    assert seen.low[0] > -10
    assert seen.start[0] == -FAR
    assert seen.low[1] < 0.5 < seen.high[1]


def test_single_neurons_are_not_tuned_to_a_far_start():
    _, fit = OneToOne()(network("sigmoid", -FAR), trials())
    assert fit.low.min() > -12
    assert fit.rate.mean() > 1


@pytest.mark.parametrize("activation", ["sigmoid", "softplus", "tanh"])
def test_populations_of_a_discrete_network_begin_near_what_they_visit(activation):
    rates = network(activation, -FAR, tau=(0.05, 0.05), dt=0.05)
    some = trials(steps=30, dt=0.05)
    snn, fit = Population(10, step_duration=0.1)(rates, some)
    states = euler(rates, some.inputs).states
    assert fit.low.min() > states.min() - 0.2 * np.ptp(states)
    assert (snn.banks[0].initial_state >= states.min() - 1e-9).all()
    # What the first state sends is exact all the same: it is under way at time 0.
    route = snn.projections[0]
    constant = apply(activation, rates.weights["initial_state"]) - route.past
    shift = snn.banks[0].offset - rates.weights["bias"]
    np.testing.assert_allclose(route.weight @ constant, shift, atol=1e-9)


def test_a_first_state_that_is_near_stays():
    states = np.random.default_rng(0).uniform(-1, 1, (3, 20, 2))
    np.testing.assert_array_equal(nearby(np.array([1.5, -9.0]), states)[0], 1.5)
    assert nearby(np.array([1.5, -9.0]), states)[1] == states[..., 1].min()
