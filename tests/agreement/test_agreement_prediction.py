"""Errors predicted before simulating against errors measured on other trials."""

import numpy as np
import pytest

from biornn import bridge, compare, experiment, rate, spiking, store
from biornn.core.checks import InputError


def setting(name):
    network = store.load(store.find(name))
    task = experiment.task_of(network)
    return network, task, task.part("train").trials(16, 101), task.part("test").trials(8, 202)


def measured(network, task, snn, fresh):
    runs = [spiking.run(snn, fresh, seed=seed, spikes="none", progress=False) for seed in range(8)]
    return compare.compare(rate.run(network, fresh), runs, task, fresh)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("go-nogo-sigmoid", {"neurons_per_unit": 20}),
        ("go-nogo-sigmoid", {"neurons_per_unit": 50, "noise": 0.0015}),
        ("go-nogo-relu", {"neurons_per_unit": 50}),
        ("xor-sigmoid", {"neurons_per_unit": 20, "dale": True}),
    ],
)
def test_bias_noise_and_rate_are_predicted_within_thirty_percent(name, options):
    network, task, calibration, fresh = setting(name)
    snn, _ = bridge.Population(**options)(network, calibration)
    predicted = bridge.predict(network, snn, calibration)
    found = measured(network, task, snn, fresh)
    assert predicted.state.noise == pytest.approx(found.state.noise, rel=0.3)
    assert predicted.state.bias == pytest.approx(found.state.bias, rel=0.3)
    assert predicted.mean_rate_hz == pytest.approx(found.mean_rate_hz, rel=0.05)


def test_a_spoilt_map_is_predicted_to_fail():
    # Negative control: decoders of other units.
    from dataclasses import replace

    network, _, calibration, _ = setting("go-nogo-sigmoid")
    snn, _ = bridge.Population(neurons_per_unit=10)(network, calibration)
    bank = snn.bank("units")
    order = np.random.default_rng(0).permutation(bank.units)
    spoilt = replace(snn, banks=(replace(bank, decoders={"activity": bank.decoders["activity"][order]}),))
    good, bad = (bridge.predict(network, each, calibration, count=2) for each in (snn, spoilt))
    assert good.state.nrmse < 0.1
    assert bad.state.nrmse > 0.5


def test_a_wanted_error_decides_the_number_of_neurons():
    network, task, calibration, fresh = setting("go-nogo-sigmoid")
    snn, fit = bridge.Population(target_nrmse=0.018)(network, calibration)
    assert snn.bank("units").neurons_per_unit == 50
    assert fit.prediction.state.nrmse <= 0.018
    assert measured(network, task, snn, fresh).state.nrmse < 1.3 * 0.018
    assert "predicted state error" in str(fit)


def test_an_error_that_no_number_of_neurons_reaches_is_refused():
    network, _, calibration, _ = setting("go-nogo-sigmoid")
    with pytest.raises(InputError, match=r"Population\.target_nrmse: must be reachable: 50 neurons a unit"):
        bridge.Population(target_nrmse=0.005)(network, calibration)


def test_predictions_state_their_size():
    network, _, calibration, _ = setting("go-nogo-sigmoid")
    snn, _ = bridge.Population(neurons_per_unit=10)(network, calibration)
    predicted = bridge.predict(network, snn, calibration, count=1, repeats=2)
    run = spiking.run(snn, calibration.select([0]), progress=False)
    bytes_of_spikes = run.spikes.trial.nbytes + run.spikes.neuron.nbytes + run.spikes.time.nbytes
    size = bytes_of_spikes + 3 * run.states.nbytes
    assert predicted.bytes_per_second * run.duration == pytest.approx(size, rel=0.1)
    with pytest.raises(InputError, match="repeats: must be a whole number"):
        bridge.predict(network, snn, calibration, repeats=1)
