"""Noisy, irregular and Dale-true populations against their rate network, and what fails without noise-aware curves."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks.studies.irregular import hold
from biornn import bridge, compare, experiment, rate, spiking, store
from biornn.compare.spike_trains import median_cv2
from biornn.core.trials import Trials

DISTANCE = 0.015


@cache
def setting():
    network = store.load(store.find("go-nogo-sigmoid"))
    task = experiment.task_of(network)
    return network, task, task.part("train").trials(32, 101), task.part("test").trials(16, 202)


def converted(**options):
    network, _, calibration, _ = setting()
    return bridge.Population(**options)(network, calibration)


def report(snn, repeats=1):
    network, task, _, fresh = setting()
    runs = [spiking.run(snn, fresh, seed=seed, spikes="none", progress=False) for seed in range(repeats)]
    return compare.compare(rate.run(network, fresh), runs, task, fresh)


@pytest.mark.parametrize("share", [0.1, 0.2])
def test_noisy_populations_follow_their_units_only_with_noisy_curves(share):
    noisy, _ = converted(noise=share * DISTANCE)
    aware = report(noisy)
    assert aware.accuracy.spiking == 1
    assert aware.state.nrmse < 0.06
    # Negative control: the decoders and drives of noise-free neurons under the same noise.
    calm, _ = converted()
    blind = report(replace(calm, banks=(replace(calm.bank("units"), noise=noisy.bank("units").noise),)))
    assert blind.state.nrmse > 4 * aware.state.nrmse


def test_irregular_populations_keep_the_task():
    network, _, calibration, _ = setting()
    found = report(bridge.Population.irregular()(network, calibration)[0])
    assert found.accuracy.spiking == 1
    assert 5 < found.mean_rate_hz < 12
    assert found.state.nrmse < 0.2


@pytest.mark.parametrize("share_of_range", [0.35, 0.5])
def test_irregular_populations_are_irregular_at_constant_states(share_of_range):
    # 20 s at constant x: no slow change of the state can pass for irregularity.
    network, _, calibration, _ = setting()
    snn, fit = bridge.Population.irregular(neurons_per_unit=20)(network, calibration)
    still, regular = (hold(mapped, fit, share_of_range) for mapped in (snn, converted(neurons_per_unit=20)[0]))
    inputs = np.zeros((1, round(20 / snn.sample_dt), network.inputs))
    trials = Trials(inputs, np.zeros((1, inputs.shape[1], 1)), np.ones((1, inputs.shape[1])), snn.sample_dt)
    run = spiking.run(still, trials, progress=False)
    assert np.ptp(run.states, axis=1).max() < 1e-9
    assert 5 < run.rates.mean() < 12
    assert median_cv2(run.spikes) > 0.7
    # Negative control: without noise the same measure finds clocks.
    assert median_cv2(spiking.run(regular, trials, progress=False).spikes) < 0.1


def test_dale_at_single_neurons_costs_little():
    snn, fit = converted(dale=True)
    assert fit.classes.counts[2] == 0
    found = report(snn)
    assert found.accuracy.spiking == 1
    assert found.state.nrmse < 0.08
    # Negative control: the groups swapped carry the weights with the wrong neurons.
    bank = snn.bank("units")
    swapped = {**bank.decoders, "positive": bank.decoders["negative"], "negative": bank.decoders["positive"]}
    wrong = {**swapped, "positive": -swapped["positive"]}
    assert report(replace(snn, banks=(replace(bank, decoders=wrong),))).accuracy.spiking < 0.8
