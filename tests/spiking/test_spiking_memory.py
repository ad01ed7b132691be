"""Memory: refused with the number before work starts, fewer workers where it is short, spikes left on disk."""

import logging
import re

import numpy as np
import pytest
from networks import leaky_network, random_trials, two_banks

from biornn import spiking
from biornn.core.checks import InputError
from biornn.spiking import cache, collect, memory


def test_a_run_that_cannot_fit_is_refused_with_the_number_before_anything_is_built(monkeypatch):
    monkeypatch.setenv("BIORNN_MEMORY", "0.0001")
    monkeypatch.setattr(cache, "program", lambda *_, **__: pytest.fail("built"))
    network = leaky_network()
    message = (
        r"spiking.run: must fit into the 0.1 MB of memory that are available \(got a need of 2.2 MB\); "
        r"that is 2.1 MB of recordings, .* for each trial at work, .* of spikes: keep fewer spikes \(spikes='none'\)"
    )
    with pytest.raises(InputError, match=message):
        spiking.run(network, random_trials(network, count=100, steps=200), progress=False)


def test_bad_limit_is_refused(monkeypatch):
    monkeypatch.setenv("BIORNN_MEMORY", "much")
    with pytest.raises(InputError, match=r"BIORNN_MEMORY: must be a number \(got much\); give a number of GB"):
        memory.available()


def test_disk_too_small_for_the_spikes_is_refused(monkeypatch):
    found = memory.Need(recording=1e6, worker=1e6, spikes=1e20, disk=1e20)
    with pytest.raises(InputError, match=r"disk of .*: must hold 100000000000.0 GB \(got .* free\); .*TMPDIR"):
        memory.workers(1, 1, found)


@pytest.mark.parametrize(("limit", "workers"), [("1", 3), ("0.0025", 2), ("0.0015", 1)])
def test_fewer_trials_run_at_once_where_memory_is_short(monkeypatch, limit, workers):
    monkeypatch.setenv("BIORNN_MEMORY", limit)
    assert memory.workers(3, 10, memory.Need(recording=1e5, worker=1e6, spikes=0, disk=0)) == workers


def test_need_counts_what_the_recording_holds(caplog):
    network = leaky_network()
    trials = random_trials(network)
    with caplog.at_level(logging.INFO, "biornn"):
        run = spiking.run(network, trials, voltages=[1, 2], progress=False)
    held = sum(part.nbytes for part in (run.states, run.rates, run.outputs, run.voltages.values))
    need = memory.need(network, trials.count, trials.steps, network.neurons, 2)
    assert need.recording == held
    # Neurons are not driven by their initial state alone, so the rate is an estimate.
    spikes = sum(part.nbytes for part in (run.spikes.trial, run.spikes.neuron, run.spikes.time))
    assert 0.3 < need.spikes / spikes < 3
    assert memory.need(network, 2, 40, 0, 0).spikes == 0
    assert run.about["memory"] == str(need)
    assert any(re.search("memory that the run needs: 0.. MB of recordings", r.getMessage()) for r in caplog.records)


def test_need_grows_with_trials_and_neurons():
    small, large = leaky_network(neurons=5), leaky_network(neurons=50)
    one, many = (memory.need(small, count, 40, 30, 0) for count in (1, 10))
    assert many.recording == 10 * one.recording
    assert many.worker == one.worker
    assert memory.need(large, 1, 40, 300, 0).worker > 100 * (300 - 30) + one.worker


@pytest.mark.parametrize("network", [leaky_network(), two_banks()], ids=["one bank", "two banks"])
def test_spikes_left_on_disk_are_the_same(network, monkeypatch, tmp_path):
    trials = random_trials(network, count=3)
    loaded = spiking.run(network, trials, progress=False)
    monkeypatch.setattr(collect, "MAPPED", 0.0)
    mapped = spiking.run(network, trials, progress=False)
    assert loaded.spikes.count > 50
    assert isinstance(mapped.spikes.time, np.memmap)
    assert not isinstance(loaded.spikes.time, np.memmap)
    for name in ("trial", "neuron", "time"):
        one, other = getattr(loaded.spikes, name), getattr(mapped.spikes, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_no_spike_at_all_is_a_recording_too(monkeypatch):
    network = leaky_network()
    monkeypatch.setattr(collect, "MAPPED", -1.0)
    run = spiking.run(network, random_trials(network), spikes="none", progress=False)
    assert run.spikes.count == 0


def test_a_failing_trial_ends_the_run_and_leaves_no_file(monkeypatch, tmp_path):
    network = leaky_network()
    spiking.run(network, random_trials(network), progress=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(collect.tempfile, "tempdir", None)
    monkeypatch.setattr(collect.Collector, "add", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        spiking.run(network, random_trials(network), progress=False)
    assert list(tmp_path.iterdir()) == []
