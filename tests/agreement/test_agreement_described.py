"""The described spiking network against formulas written out here: one for each kind of cell, by no code of the bridge.

Only decoders, gains and the measured lead are taken from the mapping; all else of the description follows from them and
from the trained weights.
"""

import numpy as np
import pytest

from biornn import bridge
from biornn.core.cells import CELLS
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials

DT, UNITS, INPUTS, NEURONS = 0.01, 4, 2, 24
V_REST, V_RESET, V_THRESHOLD, TAU_M, T_REF = -0.065, -0.065, -0.05, 0.02, 0.002


def network(cell, tau, seed=0, activation="tanh"):
    random = np.random.default_rng(seed)
    sizes = {"N": UNITS, "I": INPUTS}
    weights = {
        name: 0.5 * random.normal(size=[sizes.get(size, size) for size in shape])
        for name, shape in CELLS[cell].weights.items()
    }
    weights |= {"output": random.normal(size=(1, UNITS)), "output_bias": random.normal(size=1)}
    none = np.zeros(UNITS)
    return RateNetwork(weights, activation, np.full(UNITS, tau), DT, none, none, cell=cell)


def trials():
    steps = np.random.default_rng(1).normal(size=(5, 6, INPUTS)).repeat(8, axis=1)
    return Trials(steps, np.zeros((5, 48, 1)), np.ones((5, 48)), DT)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rate(bank, unit, x, dt):
    """Firing rates of a unit's neurons at states x: the f-I curve of a LIF neuron seen dt / 2 late."""
    steady = V_REST + bank.bias[unit] + bank.gain[unit] * x[:, None]
    above = steady > V_THRESHOLD
    rise = TAU_M * np.log((steady - V_RESET) / np.where(above, steady - V_THRESHOLD, 1.0), where=above, out=0 * steady)
    return np.where(above, 1 / (T_REF + dt / 2 + np.where(above, rise, 1.0)), 0.0)


def constants(bank, function, dt, decoder="activity"):
    """What decoders leave out of a function over the tuned range, (U,), and the SD of their error."""
    grid = np.linspace(*bank.tuned, 40)
    rates = [rate(bank, unit, grid[:, unit], dt) for unit in range(bank.units)]
    activity = np.stack([each @ row for each, row in zip(rates, bank.decoders[decoder], strict=True)], axis=1)
    missing = function(grid) - activity
    return missing.mean(axis=0), missing.std(axis=0).max()


def test_a_leaky_network_is_one_bank_whose_synapse_is_the_leak():
    rates, lead = network("leaky", 0.1), 0.003
    weights = rates.weights
    snn, _ = bridge.Population(neurons_per_unit=NEURONS, lead=lead, readout_tau=0.03)(rates, trials())
    (bank,), (route,), (given,) = snn.banks, snn.projections, snn.inputs
    assert (snn.sample_dt, snn.trial_dt, snn.stretch, snn.early) == (DT, DT, 1, 0)
    assert (bank.name, list(bank.channels), list(bank.decoders)) == ("units", ["recurrent", "external"], ["activity"])
    assert (route.source, route.decoder, route.target, route.channel) == ("units", "activity", "units", "recurrent")
    assert (route.delay, route.past) == (0.0, None)
    np.testing.assert_array_equal(route.weight, weights["recurrent"])
    np.testing.assert_array_equal(given.weight, weights["input"])
    for channel, rise in (("recurrent", lead), ("external", 0.0)):
        np.testing.assert_allclose(bank.channels[channel].tau_decay, 0.1)
        np.testing.assert_allclose(bank.channels[channel].tau_rise, rise)
    # Tuning: neurons start to fire at evenly spread onsets and reach 30 to 120 Hz at the top of the range.
    onsets = (V_THRESHOLD - V_REST - bank.bias) / bank.gain
    np.testing.assert_allclose(np.diff(onsets, 2), 0, atol=1e-9)
    top = np.stack([rate(bank, unit, bank.tuned[1, [unit]], snn.dt)[0] for unit in range(UNITS)])
    assert top.min() > 10
    assert top.max() < 120
    # Constants of decoders reach the offset through the weights, and the output bias through those of the readout.
    constant, error = constants(bank, np.tanh, snn.dt)
    assert error < 0.05
    np.testing.assert_allclose(bank.offset, weights["bias"] + weights["recurrent"] @ constant, atol=0.05)
    exact = np.tanh(weights["initial_state"]) - snn.readout.initial
    np.testing.assert_allclose(exact, constant, atol=0.05)
    np.testing.assert_allclose(bank.offset, weights["bias"] + weights["recurrent"] @ exact, rtol=1e-12)
    np.testing.assert_allclose(snn.readout.bias, weights["output_bias"] + weights["output"] @ exact, rtol=1e-12)
    np.testing.assert_array_equal(snn.readout.weight, weights["output"])
    np.testing.assert_allclose(snn.readout.synapse.tau_decay, 0.03)
    np.testing.assert_allclose(snn.readout.synapse.tau_rise, lead)
    # At time 0: the state, and behind the rise the drive of the moment.
    np.testing.assert_allclose(bank.initial_state, weights["initial_state"], rtol=1e-12)
    drive = weights["recurrent"] @ np.tanh(weights["initial_state"]) + weights["bias"]
    np.testing.assert_allclose(bank.rising["recurrent"], drive - bank.offset, rtol=1e-12)
    assert not bank.initial["external"].any()


def test_a_lag_is_taken_back_by_a_shorter_decay_and_one_neuron_is_a_small_population():
    rates = network("leaky", 0.1, activation="sigmoid")
    weights = rates.weights
    snn, fit = bridge.OneToOne(lead=0.002, readout_tau=0.04)(rates, trials())
    (bank,) = snn.banks
    assert bank.gain.shape == (UNITS, 1)
    exact = sigmoid(weights["initial_state"]) - snn.readout.initial
    np.testing.assert_allclose(bank.offset, weights["bias"] + weights["recurrent"] @ exact, rtol=1e-12)
    np.testing.assert_allclose(bank.channels["recurrent"].tau_rise, 0.002)
    np.testing.assert_allclose(snn.readout.synapse.tau_decay, 0.04)
    assert fit.parts == {}
    snn, fit = bridge.Population(neurons_per_unit=NEURONS, noise=0.012)(rates, trials())
    assert fit.lead < 0, "slow neurons under strong noise lag"
    np.testing.assert_allclose(snn.banks[0].channels["recurrent"].tau_decay, 0.1 + fit.lead)
    np.testing.assert_array_equal(snn.banks[0].channels["recurrent"].tau_rise, 0)
    np.testing.assert_array_equal(snn.readout.synapse.tau_rise, 0)


def test_dales_law_shares_the_weights_of_a_unit_out_among_its_neurons():
    rates = network("leaky", 0.1)
    weights = rates.weights
    snn, _ = bridge.Population(neurons_per_unit=NEURONS, dale=True, lead=0.0)(rates, trials())
    (bank,), weight = snn.banks, weights["recurrent"]
    assert [(route.decoder, route.channel) for route in snn.projections] == [
        ("positive", "recurrent"),
        ("negative", "recurrent"),
    ]
    np.testing.assert_array_equal(snn.projections[0].weight, np.maximum(weight, 0))
    np.testing.assert_array_equal(snn.projections[1].weight, np.minimum(weight, 0))
    groups = [bank.decoders[name] != 0 for name in ("positive", "negative")]
    assert not (groups[0] & groups[1]).any()
    share = np.maximum(weight, 0).sum(axis=0) / np.abs(weight).sum(axis=0)
    np.testing.assert_allclose(groups[0].mean(axis=1), np.clip(share, 0.25, 0.75), atol=0.6 / NEURONS)
    found = [constants(bank, np.tanh, snn.dt, name)[0] for name in ("positive", "negative")]
    wanted = weights["bias"] + np.maximum(weight, 0) @ found[0] + np.minimum(weight, 0) @ found[1]
    np.testing.assert_allclose(bank.offset, wanted, atol=0.1)


def signals(rates, snn, x, given):
    """What each bank receives where all readings are exact: offsets, projections and inputs, in the order of banks."""
    read = {"value": lambda v: v, "squashed": np.tanh, "square": lambda v: v**2 / 4}
    found = {snn.observe: x}
    for bank in (*snn.banks[1:], snn.banks[0]):
        total = np.array(bank.offset)
        for item in (each for each in snn.projections if each.target == bank.name):
            function = read.get(item.decoder, np.tanh if item.source == "candidate" else sigmoid)
            constant, _ = constants(snn.bank(item.source), function, snn.dt, item.decoder)
            total = total + item.weight @ (function(found[item.source]) - constant)
        for item in (each for each in snn.inputs if each.target == bank.name):
            total = total + item.weight @ given
        found["drive" if bank is snn.banks[0] else bank.name] = total
    return found


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_gated_network_drives_its_states_as_its_equations_do(cell):
    rates = network(cell, 0.1)
    weights, given = rates.weights, np.array([0.3, -0.4])
    snn, fit = bridge.Population(neurons_per_unit=200, lead=0.0, synapse=0.004)(rates, trials())
    recurrent, outer, bias = weights["recurrent"], weights["input"] @ given, weights["bias"]
    h = weights["initial_state"]
    if cell == "gru":
        z, r = (sigmoid(recurrent[gate] @ h + outer[gate] + bias[gate]) for gate in (0, 1))
        c = np.tanh(r * (recurrent[2] @ h + weights["recurrent_bias"]) + outer[2] + bias[2])
        start, drive, names = h, c + z * (h - c), ["state", "gates", "reset"]
    else:
        i, f, g, o = (recurrent[gate] @ h + outer[gate] + bias[gate] for gate in range(4))
        cell_state = weights["initial_cell"]
        drive = np.concatenate([sigmoid(o) * np.tanh(cell_state), sigmoid(f) * cell_state + sigmoid(i) * np.tanh(g)])
        start, names = np.concatenate([h, cell_state]), ["state", "gates", "candidate"]
    assert [bank.name for bank in snn.banks][:3] == names
    found = signals(rates, snn, start, given)["drive"]
    np.testing.assert_allclose(found, drive, atol=0.05)
    assert np.ptp(drive) > 0.2
    np.testing.assert_allclose(snn.banks[0].initial_state, start, rtol=1e-12)
    np.testing.assert_allclose(snn.banks[0].channels["recurrent"].tau_decay, 0.1)
    for bank in snn.banks[1:]:
        np.testing.assert_allclose(bank.channels["recurrent"].tau_decay, 0.004)
    assert fit.parts == {bank.name: (bank.units, 200) for bank in snn.banks}


def test_a_discrete_network_holds_its_steps_and_loops_in_one_of_them():
    rates, step, lag = network("elman", DT), 0.08, 0.01
    weights = rates.weights
    snn, _ = bridge.Population(neurons_per_unit=NEURONS, step_duration=step, lead=0.0)(rates, trials())
    (bank,), (route,) = snn.banks, snn.projections
    assert (snn.sample_dt, snn.trial_dt, snn.stretch) == (0.002, DT, 40)
    # One synapse of an eighth of a step: the states are read in the middle of what is left.
    assert snn.early * 0.002 == pytest.approx((step - lag) / 2, abs=0.002)
    assert route.delay == pytest.approx(step - lag)
    for synapse in bank.channels.values():
        np.testing.assert_allclose(synapse.tau_decay, lag / 2)
        np.testing.assert_allclose(synapse.tau_rise, lag / 2)
    np.testing.assert_allclose(snn.readout.synapse.tau_decay, step / 10)
    np.testing.assert_array_equal(route.weight, weights["recurrent"])
    start = np.tanh(weights["initial_state"])
    exact = start - snn.readout.initial
    np.testing.assert_allclose(route.past, start - exact, rtol=1e-12)
    np.testing.assert_allclose(bank.offset, weights["bias"] + weights["recurrent"] @ exact, rtol=1e-12)
    np.testing.assert_allclose(snn.readout.bias, weights["output_bias"] + weights["output"] @ exact, rtol=1e-12)
