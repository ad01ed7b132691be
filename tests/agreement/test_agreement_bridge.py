"""The whole way, on networks of models/: the figures that are promised."""

from functools import cache

import numpy as np
import pytest

from biornn import bridge, experiment, rate, spiking, store
from biornn.compare import compare
from biornn.core.recording import Recording


@cache
def setting(name):
    network = store.load(store.find(name))
    task = experiment.task_of(network)
    calibration, fresh = task.part("train").trials(32, 101), task.part("test").trials(16, 202)
    return network, task, calibration, fresh, rate.run(network, fresh)


def spiking_report(name, count=16, change=lambda snn: snn, source=None, repeats=1, **options):
    network, task, calibration, fresh, rates = setting(name)
    snn, _ = bridge.Population(**options)(network if source is None else source, calibration)
    some = fresh.select(slice(count))
    runs = [spiking.run(change(snn), some, seed=seed, spikes="none", progress=False) for seed in range(3, 3 + repeats)]
    own = rate.run(network, some) if count < fresh.count else rates
    return compare(own, runs, task, some)


@pytest.mark.parametrize("name", ["go-nogo-sigmoid", "go-nogo-relu", "xor-sigmoid", "context-integration-sigmoid"])
def test_trained_networks_keep_their_task_as_spiking_populations(name):
    report = spiking_report(name)
    # 16 trials: a single wrong one would be 0.94.
    assert report.accuracy.rate == 1
    assert report.accuracy.spiking == 1
    assert 8 < report.mean_rate_hz < 40
    assert report.rate_correlation > 0.9
    assert report.state.nrmse < 0.15


def test_sunspots_are_predicted_as_well_by_spikes():
    _, task, *_ = setting("sunspots")
    report = spiking_report("sunspots", count=1)
    assert report.error.spiking < 1.1 * report.error.rate
    persistence = task.persistence(report.evidence.trials)
    assert report.error.spiking < 0.75 * persistence
    assert report.error.rate < 0.75 * persistence


def test_recordings_know_what_was_run():
    network, _, calibration, fresh, _ = setting("go-nogo-sigmoid")
    snn, _ = bridge.Population()(network, calibration)
    run = spiking.run(snn, fresh.select([0]), spikes="none", progress=False)
    assert isinstance(run, Recording)
    assert run.source is snn
    assert run.states.shape == (1, fresh.steps, network.units)
    assert run.outputs.shape == (1, fresh.steps, network.outputs)
