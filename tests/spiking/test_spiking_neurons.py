"""Every neuron model in Brian2: it fires at the rate of its f-I curve, and as its numpy step fires."""

from dataclasses import replace

import numpy as np
import pytest
from networks import leaky_network, random_trials

from biornn import spiking
from biornn.core.seeds import generator
from biornn.spiking import cache
from biornn.spiking.structure import structure, trial_values
from biornn.theory.neurons import NEURON_MODELS, Integrator, Neuron

SETTINGS = {kind.model: kind for kind in Neuron.__subclasses__() if kind.__module__.startswith("biornn.")}
UNITS, M = 6, 40


def held(name, noise=0.0):
    """Return populations of a model at constant states, one for each unit, that no weight reaches."""
    network = leaky_network(units=UNITS, neurons=M)
    bank, model, zero = network.banks[0], NEURON_MODELS[name], np.zeros(UNITS)
    parameters = SETTINGS[name]().parameters(UNITS, M)
    noise = np.full((UNITS, M), noise)
    low, high = (model.steady(parameters, np.full((UNITS, M), rate), network.dt, noise) for rate in (5.0, 80.0))
    bank = replace(
        bank,
        model=name,
        parameters=parameters,
        gain=(high - low) * np.linspace(0.9, 1.1, M),
        bias=low - parameters["v_rest"],
        initial={"synapse": zero},
        rising={"synapse": zero},
        offset=np.linspace(0.0, 1.0, UNITS),
        noise=noise,
    )
    still = [replace(projection, weight=np.zeros((UNITS, UNITS))) for projection in network.projections]
    silent = [replace(each, weight=np.zeros_like(each.weight)) for each in network.inputs]
    return replace(network, banks=(bank,), projections=tuple(still), inputs=tuple(silent))


@pytest.mark.parametrize("name", NEURON_MODELS)
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_brian2_fires_at_the_rate_of_the_f_i_curve(name, share):
    network = held(name, share * 0.015)
    bank = network.banks[0]
    run = spiking.run(network, random_trials(network, count=2, steps=200), seed=1, progress=False)
    steady = bank.parameters["v_rest"] + bank.bias + bank.gain * bank.offset[:, None]
    expected = NEURON_MODELS[name].rate(bank.parameters, steady, network.dt, bank.noise).mean(axis=1)
    measured = run.rates.mean(axis=(0, 1))
    assert expected.min() > 4
    assert expected.max() > 70
    # 80 trains of 1 s: at least 400 spikes a unit, whose SD is at most sqrt(400), 5 %; less without noise.
    np.testing.assert_allclose(measured, expected, rtol=0.15 if share else 0.05)
    assert measured.sum() == pytest.approx(expected.sum(), rel=0.03 if share else 0.01)


@pytest.mark.parametrize("name", NEURON_MODELS)
def test_brian2_equals_the_step_in_numpy(name):
    network = held(name)
    bank, model, trials = network.banks[0], NEURON_MODELS[name], random_trials(network, count=1, steps=20)
    run = spiking.run(network, trials, seed=4, voltages=range(UNITS * M), progress=False)
    start = trial_values(network, trials.inputs[0], generator(4, "spiking", 0))
    state = {key: start[f"bank_0_neurons.{key}"].reshape(UNITS, M).copy() for key in ("v", "free_from")}
    constants, drive = model.constants(bank.parameters, bank.bias, network.dt), bank.gain * bank.offset[:, None]
    spikes, voltages = [], run.voltages.values[0]
    assert run.spikes.count > 200
    for now in range(len(voltages)):
        np.testing.assert_allclose(state["v"].ravel(), voltages[now], rtol=0, atol=1e-12)
        fired = model.step(constants, state, drive, np.zeros(()), now)
        spikes += [(now, who) for who in np.flatnonzero(fired)]
    steps = np.round(run.spikes.time / network.dt).astype(int)
    steps -= steps.min() - spikes[0][0]
    assert spikes == list(zip(steps.tolist(), run.spikes.neuron.tolist(), strict=True))


def test_an_integrator_network_is_another_program_than_a_leaky_one():
    keys = {cache.key(structure(held(name))) for name in NEURON_MODELS}
    assert len(keys) == len(NEURON_MODELS)
    assert structure(held("integrator")).size == f"{UNITS} x M integrator"


def test_a_recurrent_network_of_integrators_runs():
    network = leaky_network(units=UNITS, neurons=M)
    bank = replace(network.banks[0], model="integrator", parameters=Integrator().parameters(UNITS, M))
    run = spiking.run(replace(network, banks=(bank,)), random_trials(network), progress=False)
    assert run.spikes.count > 500
    assert run.states.std() > 0.01
