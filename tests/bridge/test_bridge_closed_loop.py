"""Weights corrected in closed loop: what regression must find, what it must keep, and that fresh trials gain."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from test_bridge_gated import network as gated
from test_bridge_gated import trials as gated_trials

from biornn import bridge, compare, experiment, rate, spiking, store
from biornn.bridge.refit import closed_loop
from biornn.bridge.refit.closed_loop import _corrections, refit_readout
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.theory.rate import euler

UNITS = 12


def network(dale):
    random = np.random.default_rng(3)
    signs = np.where(np.arange(UNITS) < 9, 1.0, -1.0) if dale else np.zeros(UNITS)
    free = random.standard_normal((UNITS, UNITS)) * (random.random((UNITS, UNITS)) < 0.5)
    weights = {
        "recurrent": np.abs(free) * signs if dale else free,
        "input": random.standard_normal((UNITS, 2)),
        "bias": np.zeros(UNITS),
        "output": random.standard_normal((1, UNITS)),
        "output_bias": np.zeros(1),
        "initial_state": np.zeros(UNITS),
    }
    return RateNetwork(weights, "sigmoid", np.full(UNITS, 0.05), 5e-3, signs, np.zeros(UNITS))


def activities(seed=0):
    return np.random.default_rng(seed).standard_normal((4000, UNITS))


@pytest.mark.parametrize("dale", [False, True])
def test_activities_without_error_leave_the_weights_as_trained(dale):
    trained = network(dale)
    right = activities()
    weight, constant, output, output_constant = _corrections(trained, right, right, 0.01, trained.signs)
    np.testing.assert_allclose(weight, trained.weights["recurrent"], atol=1e-8)
    np.testing.assert_allclose(output, trained.weights["output"], atol=1e-8)
    assert np.abs(constant).max() < 1e-8
    assert np.abs(output_constant).max() < 1e-8


def test_an_error_that_other_units_tell_is_taken_back():
    # Every activity is off by a share of its neighbour's and by a constant; a readout of all units can undo both.
    trained, asked = network(False), activities()
    given = asked + 0.2 * np.roll(asked, 1, axis=1) + 0.1
    plain = (given - asked) @ trained.weights["output"].T
    *_, output, constant = _corrections(trained, given, asked, 1e-6, trained.signs)
    left = given @ output.T + constant - asked @ trained.weights["output"].T
    assert np.abs(plain).std() > 0.1
    assert np.abs(left).max() < 1e-3
    # Negative control: a strong pull to the trained weights leaves the error, though not its constant part.
    *_, output, constant = _corrections(trained, given, asked, 1e6, trained.signs)
    left = given @ output.T + constant - asked @ trained.weights["output"].T
    assert left.std() == pytest.approx(plain.std(), rel=1e-3)
    assert abs(left.mean()) < 1e-9


def test_no_synapse_is_added_and_dales_law_is_kept():
    trained, asked = network(True), activities()
    given = asked + 2 * np.roll(asked, 1, axis=1)
    weight, *_ = _corrections(trained, given, asked, 1e-3, trained.signs)
    assert (weight[trained.weights["recurrent"] == 0] == 0).all()
    assert (weight * trained.signs >= 0).all()
    # Negative control: the same error breaks the law where signs are left free.
    free, *_ = _corrections(trained, given, asked, 1e-3, np.zeros(UNITS))
    assert (free * trained.signs < 0).any()


def test_a_unit_without_inputs_stays_without():
    trained = network(False)
    lonely = trained.weights["recurrent"].copy()
    lonely[4] = 0
    weight, *_ = _corrections(trained.with_weights(recurrent=lonely), activities(), activities(1), 0.01, trained.signs)
    assert (weight[4] == 0).all()


def test_bias_falls_on_fresh_trials_and_neurons_fire():
    loaded = store.load(store.find("xor-sigmoid"))
    task = experiment.task_of(loaded)
    calibration, fresh = task.part("train").trials(16, 101), task.part("test").trials(6, 202)
    reports = []
    for refit in (False, True):
        snn, _ = experiment.population(neurons_per_unit=20, refit=refit)(loaded, calibration)
        runs = [spiking.run(snn, fresh, seed=seed, spikes="none", progress=False) for seed in range(8)]
        reports.append(compare.compare(rate.run(loaded, fresh), runs, task, fresh))
    plain, corrected = reports
    assert corrected.mean_rate_hz > 10
    assert corrected.accuracy.spiking == 1.0
    # Measured at M = 50 on other trials: states 0.022 to 0.012, readout 0.064 to 0.038.
    assert corrected.state.bias < 0.75 * plain.state.bias
    assert corrected.readout.bias < 0.75 * plain.readout.bias
    assert corrected.state.noise < 1.1 * plain.state.noise


@pytest.mark.parametrize("scored", [40, 1])
def test_a_gated_readout_is_fitted_where_the_task_scores(scored, monkeypatch):
    # What is read is a fifth too small and shifted; away from the scored steps it is something else altogether.
    rates, some = gated("gru"), gated_trials(count=30)
    mask = np.zeros((some.count, some.steps))
    mask[:, -scored:] = 1
    some = replace(some, mask=mask)
    spiking_network, _ = bridge.Population(neurons_per_unit=8)(rates, some)

    def simulate(_, chosen, seed):
        read = 0.8 * euler(rates, chosen.inputs).rates + 0.1
        read[:, :-scored] = np.random.default_rng(seed).normal(size=read[:, :-scored].shape)
        return SimpleNamespace(outputs=read)

    trained, fitted = spiking_network.readout, refit_readout(rates, spiking_network, some, simulate, 1e-4).readout
    np.testing.assert_allclose(fitted.weight, trained.weight / 0.8, atol=0.02)
    shift = 0.1 * trained.weight.sum(axis=1) / 0.8
    np.testing.assert_allclose(fitted.bias, rates.weights["output_bias"] - shift, atol=0.02)
    if scored > 1:
        return
    # Two samples tell little of five weights: they stay nearer to the trained ones than by the ridge alone.
    few = some.select(slice(2))
    drawn = refit_readout(rates, spiking_network, few, simulate, 0.3).readout
    monkeypatch.setattr(closed_loop, "SAMPLES", 0)
    alone = refit_readout(rates, spiking_network, few, simulate, 0.3).readout
    moved, free = (np.linalg.norm(one.weight - trained.weight) for one in (drawn, alone))
    assert 0 < moved < 0.9 * free


def test_units_of_both_signs_are_refused_under_dales_law():
    mapper = bridge.Population(neurons_per_unit=8, dale=True, refit=lambda *_: pytest.fail("simulated"))
    loaded = store.load(store.find("go-nogo-sigmoid"))
    trials = experiment.task_of(loaded).trials(2, 0)
    with pytest.raises(InputError, match=r"Population\.refit: must be left out under Dale's law"):
        mapper(loaded, trials)
