"""The lead of populations over a moving state: against theory, in both directions, and with a control."""

import numpy as np
import pytest

from biornn import bridge
from biornn.bridge.base import Populations, Times
from biornn.bridge.code.evaluation import GRAPHS
from biornn.bridge.code.lead import LONGEST, population_lead, state_signals
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.neurons import LIF
from biornn.theory.neurons.lif import firing_rate, steady_voltage

DT, UNITS, NEURONS = 1e-4, 8, 60


def network():
    weights = {
        "recurrent": np.eye(UNITS),
        "input": np.ones((UNITS, 1)),
        "bias": np.zeros(UNITS),
        "output": np.ones((1, UNITS)),
        "output_bias": np.zeros(1),
        "initial_state": np.zeros(UNITS),
    }
    return RateNetwork(weights, "softplus", np.full(UNITS, 0.03), 5e-3, np.zeros(UNITS), np.zeros(UNITS))


def ramps():
    """States that rise and fall by 0.04 in a second, a different stretch in each unit."""
    t = np.arange(201) * 5e-3
    return (0.02 * np.abs((2 * t[:, None] + np.arange(UNITS) / UNITS) % 2 - 1))[None]


def moving(states):
    """The states of the network as signals that its populations follow."""
    return state_signals(network(), GRAPHS["leaky"](network(), states, np.zeros((1, 1))), states, Times(DT, 0.02))


def spread_rates(rate):
    """Rates about `rate`; neurons of one rate would keep the phases they start with."""
    return rate * np.linspace(0.8, 1.2, NEURONS)


def tonic(rate, tau_m):
    """Populations firing about `rate` whose activity follows softplus(x) around x = 0, where its slope is 1/2."""
    shape = (UNITS, NEURONS)
    parameters = LIF(tau_m=tau_m).parameters(*shape)
    at = steady_voltage(parameters, np.broadcast_to(spread_rates(rate), shape), DT)
    gain = np.full(shape, 0.05)
    step = 1e-4
    slope = (firing_rate(parameters, at + step, DT) - firing_rate(parameters, at - step, DT)) / (2 * step) * gain
    decoders = 0.5 / NEURONS / slope
    constant = np.log(2) - (decoders * spread_rates(rate)).sum(axis=1)
    bias, noise = at - parameters["v_rest"], np.zeros(shape)
    return Populations("lif", parameters, gain, bias, noise, {"activity": decoders}, {"activity": constant})


def first_order(rate, tau_m, t_ref=0.002):
    """T / 2 - theta: half the interval less the mean age of the input that a spike remembers."""
    interval = 1 / spread_rates(rate)
    rise = interval - t_ref
    memory = np.exp(-rise / tau_m)
    return np.mean(interval / 2 - (tau_m - rise * memory / (1 - memory)))


@pytest.mark.parametrize(("rate", "tau_m"), [(30.0, 0.02), (40.0, 0.02), (100.0, 0.01)])
def test_tonic_populations_lead_by_what_theory_says(rate, tau_m):
    measured = population_lead(tonic(rate, tau_m), moving(ramps()), DT)
    assert first_order(rate, tau_m) > 1e-3
    assert measured == pytest.approx(first_order(rate, tau_m), rel=0.2)


def test_integrators_that_forget_nothing_have_no_lead():
    assert abs(first_order(40.0, 1.0, t_ref=0.0)) < 2e-4
    assert population_lead(tonic(40.0, 1.0), moving(ramps()), DT) < 5e-4


def test_a_state_that_does_not_move_has_no_lead():
    assert population_lead(tonic(40.0, 0.02), moving(np.zeros((1, 201, UNITS))), DT) == 0


def test_the_lead_reaches_synapses_and_readout_and_may_be_given():
    inputs = np.random.default_rng(0).normal(0, 0.3, (4, 100, 1)).cumsum(axis=1) * 0.1
    trials = Trials(inputs, np.zeros((4, 100, 1)), np.ones((4, 100)), 5e-3)
    for given in (None, 0.0, 0.003):
        snn, fit = bridge.Population(neurons_per_unit=20, lead=given)(network(), trials)
        assert 0 <= fit.lead <= LONGEST
        assert given is None or fit.lead == given
        assert (snn.bank("units").channels["recurrent"].tau_rise == fit.lead).all()
        assert (snn.bank("units").channels["external"].tau_rise == 0).all()
        assert (snn.readout.synapse.tau_rise == fit.lead).all()
        assert (snn.readout.synapse.tau_decay == 0.02).all()
    assert fit.lead == 0.003
