"""Laws that every neuron model keeps, the closed forms of the perfect integrator, and the registration of models."""

from dataclasses import replace

import numpy as np
import pytest

from biornn.core.checks import InputError
from biornn.theory import neurons
from biornn.theory.neurons import LIF, NEURON_MODELS, Integrator, Neuron, register
from biornn.theory.neurons.base import REQUIRED
from biornn.theory.neurons.integrator import INTEGRATOR_MODEL

DT = 1e-4
DISTANCE = 0.015
SETTINGS = {kind.model: kind for kind in Neuron.__subclasses__() if kind.__module__.startswith("biornn.")}


def counted(name, steady, noise, seconds, seed=0):
    """Return spikes (N,) of neurons driven by `steady` (N,) under `noise` (N,) V, by the model's own step."""
    model, count = NEURON_MODELS[name], steady.size
    p = SETTINGS[name]().parameters(1, count)
    random = np.random.default_rng(seed)
    draws = random.random((1, count)), random.random((1, count))
    state = model.initial(p, steady[None], noise[None], draws, DT)
    constants, kick = model.constants(p, steady[None] - p["v_rest"], DT), model.kick(p, noise[None], DT)
    spikes = np.zeros((1, count))
    for now in range(round(seconds / DT)):
        spikes += model.step(constants, state, np.zeros(()), kick * random.standard_normal(spikes.shape), now)
    return spikes[0]


def test_every_registered_model_has_settings_of_its_name():
    assert set(SETTINGS) == set(NEURON_MODELS)
    for name, model in NEURON_MODELS.items():
        assert set(SETTINGS[name]().parameters(2, 3)) == set(model.parameters) >= set(REQUIRED)


@pytest.mark.parametrize("name", NEURON_MODELS)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_the_step_fires_at_the_rate_of_the_f_i_curve(name, share):
    model, random = NEURON_MODELS[name], np.random.default_rng(1)
    p = SETTINGS[name]().parameters(1, 1)
    noise = np.full(600, share * DISTANCE)
    steady = model.steady(p, np.linspace(5.0, 100.0, 600)[None], DT, noise[None])[0]
    steady = steady + 1e-5 * random.standard_normal(600)  # off the grid of whole steps
    expected = model.rate(p, steady, DT, noise)[0]
    measured = counted(name, steady, noise, 1.0)
    assert measured.sum() > 20_000
    # About 31,000 spikes, at most as irregular as Poisson's: three SDs are 1.7 % of the sum.
    assert measured.sum() == pytest.approx(expected.sum(), rel=0.005 if share == 0 else 0.017)
    # Neuron by neuron and without noise, a count is off by one spike, and by half a step in each interval.
    if share == 0:
        assert (np.abs(measured - expected) <= 1.0 + expected**2 * DT / 2).all()


@pytest.mark.parametrize("name", NEURON_MODELS)
@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_the_steady_voltage_inverts_the_rate(name, noise):
    p, rates = SETTINGS[name]().parameters(1, 1), np.linspace(2.0, 300, 200)
    found = NEURON_MODELS[name].rate(p, NEURON_MODELS[name].steady(p, rates, DT, np.array(noise)), DT, np.array(noise))
    np.testing.assert_allclose(found[0], rates, rtol=1e-4)


@pytest.mark.parametrize("name", NEURON_MODELS)
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_neurons_start_at_their_rate(name, share):
    # No volley and no silence at the start: 20 ms of 20,000 neurons hold some 8,000 spikes, a Poisson SD of 1.1 %.
    noise = np.full(20_000, share * DISTANCE)
    p = SETTINGS[name]().parameters(1, 1)
    steady = np.full(20_000, NEURON_MODELS[name].steady(p, np.array(20.0), DT, np.array(share * DISTANCE)).item())
    assert counted(name, steady, noise, 0.02).mean() / 0.02 == pytest.approx(20.0, rel=0.06)


def test_the_integrator_fires_by_its_closed_form():
    p = Integrator().parameters(1, 1)
    # 10 mV above rest climb 15 mV in 30 ms, after 2 ms of refractoriness.
    assert INTEGRATOR_MODEL.rate(p, np.array(-0.055), 0.0, np.array(0.0)).item() == pytest.approx(1 / 0.032)
    assert INTEGRATOR_MODEL.rate(p, np.array(-0.065), 0.0, np.array(0.0)).item() == 0
    # A leak of the same drive keeps the neuron silent: the two models are two.
    assert NEURON_MODELS["lif"].rate(p, np.array(-0.055), 0.0, np.array(0.0)).item() == 0
    # Without drift, diffusion from a reflecting floor takes distance^2 / variance: 15 mV at 2 * 5 mV^2 in 20 ms.
    passage = DISTANCE**2 / (2 * 0.005**2 / 0.02)
    rate = INTEGRATOR_MODEL.rate(p, np.array(-0.065), 0.0, np.array(0.005)).item()
    assert rate == pytest.approx(1 / (0.002 + passage))


def test_the_integrator_never_falls_below_its_floor_and_comes_back_at_once():
    p = Integrator().parameters(1, 1)
    state = {"v": np.full((1, 1), -0.06), "free_from": np.zeros((1, 1), dtype=np.int32)}
    constants = INTEGRATOR_MODEL.constants(p, np.zeros((1, 1)), DT)
    for now in range(1000):
        INTEGRATOR_MODEL.step(constants, state, np.array(-0.05), np.zeros(()), now)
    assert state["v"].item() == -0.065
    steps = 0
    while not INTEGRATOR_MODEL.step(constants, state, np.array(0.05), np.zeros(()), 1000).any():
        steps += 1
    assert steps == pytest.approx(0.006 / DT, abs=1)


@pytest.mark.parametrize("kind", [LIF, Integrator])
def test_settings_refuse_what_is_implausible_under_their_own_name(kind):
    name = kind.__name__
    with pytest.raises(InputError, match=rf"{name}.tau_m: must be from 0.0001 s to 1 s \(got 20 s\)"):
        kind(tau_m=20)
    with pytest.raises(InputError, match=rf"{name}.v_reset: must be below the threshold -0.05 V"):
        kind(v_reset=-0.05)
    with pytest.raises(InputError, match=rf"{name}.t_ref: must broadcast to \(units, neurons\) = \(4, 5\)"):
        kind(t_ref=[0.001, 0.002, 0.003]).parameters(4, 5)


def test_models_are_registered_by_name(monkeypatch):
    monkeypatch.setattr(neurons, "NEURON_MODELS", dict(NEURON_MODELS))
    mine = replace(INTEGRATOR_MODEL, threshold="v > v_threshold + 0*volt")
    register("mine", mine)
    assert neurons.NEURON_MODELS["mine"] is mine
    register("mine", mine)
    with pytest.raises(InputError, match="neuron model name: must not be taken by another model"):
        register("lif", mine)
    with pytest.raises(InputError, match="neuron model name: must be an identifier"):
        register("my model", mine)
    with pytest.raises(InputError, match="neuron model: must be"):
        register("other", Integrator())
    with pytest.raises(InputError, match=r"must have the parameters t_ref, v_rest.*none named t_ref"):
        register("other", replace(mine, parameters=("tau_m", "v_rest", "v_reset", "v_threshold")))
