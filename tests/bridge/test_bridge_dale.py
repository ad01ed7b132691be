"""Dale's law at single neurons: every explicit weight of the description is looked at, not the report alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biornn.bridge import Population
from biornn.bridge.code.dale import carriers
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials


def network(signed, activation="sigmoid", units=12):
    random = np.random.default_rng(3)
    signs = np.where(np.arange(units) < 9, 1.0, -1.0) if signed else np.zeros(units)
    recurrent = random.normal(0, 1 / np.sqrt(units), (units, units))
    weights = {
        "recurrent": np.abs(recurrent) * signs if signed else recurrent,
        "input": random.normal(size=(units, 1)),
        "bias": np.zeros(units),
        "output": random.normal(size=(1, units)),
        "output_bias": np.zeros(1),
        "initial_state": np.zeros(units),
    }
    return RateNetwork(weights, activation, np.full(units, 0.05), 5e-3, signs, np.zeros(units))


def trials():
    inputs = np.random.default_rng(1).normal(0, 0.3, (4, 100, 1)).cumsum(axis=1) * 0.2
    return Trials(inputs, np.zeros((4, 100, 1)), np.ones((4, 100)), 5e-3)


def explicit_signs(snn):
    """Return the set of signs of all explicit weights gain_il W_ij d_jk of each neuron (j, k)."""
    bank = snn.bank("units")
    signs = {(j, k): set() for j in range(bank.units) for k in range(bank.neurons_per_unit)}
    for route in snn.projections:
        decoders = bank.decoders[route.decoder]
        for j, k in signs:
            weights = bank.gain[:, :, None] * route.weight[:, j][:, None, None] * decoders[j, k]
            signs[j, k] |= set(np.sign(weights[weights != 0]).tolist())
    return signs


@pytest.mark.parametrize("signed", [False, True])
def test_every_neuron_keeps_one_sign(signed):
    snn, fit = Population(neurons_per_unit=16, dale=True)(network(signed), trials())
    found = explicit_signs(snn)
    assert all(len(signs) == 1 for signs in found.values())
    assert (snn.bank("units").gain > 0).all()
    excitatory, inhibitory, mixed = fit.classes.counts
    assert excitatory == sum(signs == {1.0} for signs in found.values())
    assert inhibitory == sum(signs == {-1.0} for signs in found.values())
    assert (mixed, excitatory > 0, inhibitory > 0) == (0, True, True)


def test_without_dale_mixed_columns_give_mixed_neurons_and_the_report_says_so():
    snn, fit = Population(neurons_per_unit=16)(network(signed=False), trials())
    assert all(len(signs) == 2 for signs in explicit_signs(snn).values())
    assert fit.classes.counts == (0, 0, 12 * 16)
    assert "Dale's law      not imposed" in str(fit)


def test_falling_curves_break_the_law_even_for_units_of_one_sign():
    snn, fit = Population(neurons_per_unit=16, tuning="on-off")(network(signed=True), trials())
    assert all(len(signs) == 2 for signs in explicit_signs(snn).values())
    assert fit.classes.counts == (0, 0, 12 * 16)


def test_the_shared_out_network_obeys_the_same_rate_equation():
    # Sum over both groups of weight times decoded activity is W r, whichever neurons carry it.
    source = network(signed=False)
    plain, shared = (Population(neurons_per_unit=60, dale=dale)(source, trials())[0] for dale in (False, True))
    total = sum(route.weight for route in shared.projections)
    np.testing.assert_allclose(total, source.weights["recurrent"])
    assert [route.decoder for route in plain.projections] == ["activity"]
    assert [route.decoder for route in shared.projections] == ["positive", "negative"]
    bank = shared.bank("units")
    assert ((bank.decoders["positive"] != 0) & (bank.decoders["negative"] != 0)).sum() == 0


def test_non_negative_decoders_make_neurons_like_their_units():
    loose = Population(neurons_per_unit=16)(network(signed=True, activation="relu"), trials())[1]
    strict_network, strict = Population(neurons_per_unit=16, non_negative=True)(network(True, "relu"), trials())
    assert loose.classes.differing > 0
    assert strict.classes.differing == 0
    assert (strict_network.bank("units").decoders["activity"] >= 0).all()
    # A rectified unit is still followed; a saturating one cannot be, which is why this is no default.
    assert strict.nrmse < 0.1
    bent = Population(neurons_per_unit=16, non_negative=True)(network(signed=True), trials())[1]
    straight = Population(neurons_per_unit=16)(network(signed=True), trials())[1]
    assert bent.nrmse > straight.nrmse


@given(st.integers(4, 40), st.integers(0, 2**32 - 1))
def test_carriers_share_out_all_neurons_and_leave_none_without_a_group(neurons, seed):
    weight = np.random.default_rng(seed).normal(0.5, 1.0, (5, 7))
    weight[:, 0], weight[:, 1], weight[:, 2] = np.abs(weight[:, 0]), -np.abs(weight[:, 1]), 0
    positive, negative = carriers(weight, neurons)
    assert (positive ^ negative).all()
    assert positive[0].all()
    assert negative[1].all()
    mixed = (weight > 0).any(axis=0) & (weight < 0).any(axis=0)
    assert positive[mixed].any(axis=1).all()
    assert negative[mixed].any(axis=1).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tuning": "on-off"}, "Population.tuning: must be 'rising' under Dale's law"),
        ({"neurons_per_unit": 3}, "Population.neurons_per_unit: must be at least 4 under Dale's law"),
    ],
)
def test_impossible_settings_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Population(dale=True, **options)


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        (-0.001, r"Population.noise: must be from 0 to 0.1 \(got -0.001\); an SD in volt: 1.5 mV is 0.0015"),
        (1.5, "Population.noise: must be from 0 to 0.1"),
        (np.nan, "Population.noise: must be finite"),
    ],
)
def test_implausible_noise_is_refused(noise, message):
    with pytest.raises(InputError, match=message):
        Population(noise=noise)
