"""Mappings pass the neuron model of their settings through: another model than the LIF neuron is mapped as well."""

import numpy as np
import pytest
from test_bridge_gated import network, trials

from biornn.bridge import OneToOne, Population, predict
from biornn.core.checks import InputError
from biornn.theory.neurons import LIF, Integrator

MAPPINGS = {
    "population": lambda neuron: Population(neurons_per_unit=40, neuron=neuron),
    "noise": lambda neuron: Population(neurons_per_unit=40, neuron=neuron, noise=1e-3),
    "one-to-one": lambda neuron: OneToOne(neuron=neuron),
}


@pytest.mark.parametrize("name", MAPPINGS)
def test_populations_of_another_neuron_model_follow_their_states(name):
    rates, given = network("leaky"), trials(16, 40)
    found = {}
    for neuron in (LIF(), Integrator()):
        snn, fit = MAPPINGS[name](neuron)(rates, given, progress=False)
        assert {bank.model for bank in snn.banks} == {neuron.model}
        found[neuron.model] = predict(rates, snn, given, progress=False)
        assert found[neuron.model].mean_rate_hz == pytest.approx(fit.rate.mean(), rel=0.15)
        assert found[neuron.model].mean_rate_hz > 5
    assert found["integrator"].state.nrmse < 2 * found["lif"].state.nrmse


def test_every_bank_of_a_gated_network_has_the_model():
    snn, fit = Population(neurons_per_unit=10, neuron=Integrator())(network("gru"), trials(), progress=False)
    assert {bank.model for bank in snn.banks} == {"integrator"}
    assert np.all(fit.rate > 0)
    with pytest.raises(InputError, match=r"Population.neuron: must be"):
        Population(neuron="integrator")
