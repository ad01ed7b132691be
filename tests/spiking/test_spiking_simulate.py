"""Brian2 against a plain numpy simulation, spike for spike; seeds, jobs, recording options."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from networks import delayed_banks, leaky_network, random_trials, two_banks
from reference import simulate

from biornn import spiking
from biornn.core.checks import InputError
from biornn.core.spiking import Filter, Readout
from biornn.spiking import cache, compilation
from biornn.theory.neurons import LIF


def per_neuron_lif():
    return LIF(tau_m=np.linspace(0.01, 0.03, 5), t_ref=np.linspace(0.0, 0.005, 5), v_reset=-0.07)


@pytest.mark.parametrize(
    "network",
    [leaky_network(), leaky_network(seed=5, lif=per_neuron_lif()), two_banks(), delayed_banks()],
    ids=["one bank", "parameters per neuron", "two banks, rise times, two decoders", "delays, stretched steps"],
)
def test_brian2_equals_plain_numpy_spike_for_spike(network):
    trials = random_trials(network)
    run = spiking.run(network, trials, seed=4, progress=False)
    assert run.spikes.count > 50
    for trial in range(trials.count):
        held = trials.inputs[trial].repeat(network.stretch, axis=0)
        states, spikes, outputs = simulate(network, held, seed=4, trial=trial)
        read = np.arange(1, trials.steps + 1) * network.stretch - network.early - 1
        own = run.spikes.trial == trial
        np.testing.assert_array_equal(run.spikes.neuron[own], spikes[:, 1])
        np.testing.assert_allclose(run.spikes.time[own], spikes[:, 0] * network.dt, atol=1e-9)
        np.testing.assert_allclose(run.states[trial], states[read], rtol=0, atol=1e-9)
        np.testing.assert_allclose(run.outputs[trial], outputs[read], rtol=0, atol=1e-9)


@pytest.mark.parametrize("network", [leaky_network(), delayed_banks()], ids=["one bank", "delays"])
def test_numpy_target_gives_the_same_spikes_and_says_so_once(network, monkeypatch, caplog):
    trials = random_trials(network)
    chosen = [2, 11]
    fast = spiking.run(network, trials, voltages=chosen, progress=False)
    monkeypatch.setattr(compilation.shutil, "which", lambda _: None)
    compilation._compiler.cache_clear()
    try:
        with caplog.at_level(logging.WARNING, "biornn"):
            slow = spiking.run(network, trials, voltages=chosen, progress=False)
            spiking.run(network, trials.select([0]), progress=False)
    finally:
        monkeypatch.undo()
        compilation._compiler.cache_clear()
    assert "numpy" in slow.about["brian2"]
    assert "cpp_standalone" in fast.about["brian2"]
    assert sum("no C++ compiler" in record.message for record in caplog.records) == 1
    np.testing.assert_array_equal(fast.spikes.neuron, slow.spikes.neuron)
    np.testing.assert_array_equal(fast.spikes.time, slow.spikes.time)
    np.testing.assert_allclose(fast.voltages.values, slow.voltages.values, rtol=0, atol=1e-12)


def test_same_seed_same_spikes_whatever_the_jobs_and_other_seed_other_spikes():
    network = leaky_network()
    trials = random_trials(network, count=4)
    one = spiking.run(network, trials, seed=7, jobs=1, progress=False)
    three = spiking.run(network, trials, seed=7, jobs=3, progress=False)
    other = spiking.run(network, trials, seed=8, progress=False)
    first_two = spiking.run(network, trials.select([0, 1]), seed=7, progress=False)
    np.testing.assert_array_equal(one.spikes.time, three.spikes.time)
    np.testing.assert_array_equal(one.states, three.states)
    np.testing.assert_array_equal(one.states[:2], first_two.states)
    assert not np.array_equal(one.states, other.states)


def test_numpy_global_generator_is_left_alone():
    network = leaky_network()
    np.random.seed(3)  # noqa: NPY002 - the legacy global generator is what must not move
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    spiking.run(network, random_trials(network), progress=False)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("kept", [0, 5, 36], ids=["no synapse", "few synapses", "all synapses"])
def test_weights_mask_inputs_trial_length_and_seed_never_compile_again(kept, monkeypatch):
    network = leaky_network()
    spiking.run(network, random_trials(network), progress=False)
    # Tests that run beside this one compile into the same folder: it is the call that must not be made.
    monkeypatch.setattr(cache, "call_brian2", lambda *_: pytest.fail("compiled again"))
    weight = network.projections[0].weight
    rewired = np.zeros_like(weight)
    rewired.flat[:kept] = 0.7
    changed = replace(network, projections=(replace(network.projections[0], weight=rewired),))
    trials = random_trials(network, count=3, steps=70, seed=9)
    run = spiking.run(changed, trials, seed=11, progress=False)
    _, spikes, _ = simulate(changed, trials.inputs[2], seed=11, trial=2)
    np.testing.assert_array_equal(run.spikes.neuron[run.spikes.trial == 2], spikes[:, 1])


def test_rates_count_every_spike_whatever_is_kept():
    network = leaky_network()
    trials = random_trials(network)
    full = spiking.run(network, trials, progress=False)
    none = spiking.run(network, trials, spikes="none", progress=False)
    sample = spiking.run(network, trials, spikes=[3, 17, 4], progress=False)
    np.testing.assert_array_equal(full.rates, none.rates)
    assert none.spikes.count == 0
    total = full.rates.sum() * network.sample_dt * network.bank("units").neurons_per_unit
    assert total == pytest.approx(full.spikes.count)
    keep = np.isin(full.spikes.neuron, [3, 4, 17])
    assert keep.sum() > 10
    np.testing.assert_array_equal(sample.spikes.time, full.spikes.time[keep])
    np.testing.assert_array_equal(sample.recorded, [3, 17, 4])


def test_voltages_stay_below_threshold_and_are_clamped_for_exactly_t_ref():
    network = leaky_network()
    run = spiking.run(network, random_trials(network), voltages=range(30), progress=False)
    bank = network.bank("units")
    v = run.voltages.values
    assert v.max() <= bank.parameters["v_threshold"].max() + 1e-3
    for neuron in range(30):
        own = (run.spikes.neuron == neuron) & (run.spikes.trial == 0)
        for time in run.spikes.time[own][:-1]:
            after = v[0, round(time / network.dt) + 1 :, neuron]
            held = int(np.argmax(after != bank.parameters["v_reset"].flat[neuron]))
            if held:
                # The voltage at the start of the 20 clamped steps and of the first free one is v_reset.
                assert held == 21


@pytest.mark.parametrize("rate", [20.0, 100.0, 400.0])
def test_firing_rate_of_a_driven_population_is_the_f_i_curve(rate):
    # A neuron fires at a steady rate: 2 s hold at most one interval more or less than rate * 2.
    network = leaky_network(units=2, neurons=8)
    bank = network.banks[0]
    lif = LIF()
    from biornn.theory.neurons.lif import steady_voltage

    p = lif.parameters(2, 8)
    bias = steady_voltage(p, np.full((2, 8), rate), network.dt) - p["v_rest"]
    quiet = replace(bank, gain=np.zeros((2, 8)), bias=bias)
    run = spiking.run(replace(network, banks=(quiet,)), random_trials(network, count=1, steps=400), progress=False)
    assert run.rates.mean() == pytest.approx(rate, abs=1 / (2.0 * np.sqrt(16)), rel=0.002)


def test_synaptic_kernel_has_unit_area():
    # With W = 0 and no inputs, the readout's filter sees the decoded spikes alone.
    network = leaky_network()
    bank = network.banks[0]
    readout = Readout(
        "units", "activity", Filter(np.full(6, 0.02), np.full(6, 0.005)), np.eye(6), np.zeros(6), np.zeros(6)
    )
    silent = replace(network.projections[0], weight=np.zeros((6, 6)))
    network = replace(network, projections=(silent,), readout=readout)
    trials = random_trials(network, count=1, steps=200)
    run = spiking.run(network, trials, progress=False)
    decoders = bank.decoders["activity"].ravel()
    expected = np.zeros(6)
    early = run.spikes.time < 0.7  # by the end, 0.3 s or 15 decay times later, their response is over
    np.add.at(expected, run.spikes.neuron[early] // 5, decoders[run.spikes.neuron[early]])
    late = np.zeros((200, 6))
    steps = np.arange(200) * network.sample_dt + network.sample_dt
    for neuron, time in zip(run.spikes.neuron[~early], run.spikes.time[~early], strict=True):
        t = steps - time
        kernel = np.where(t > 0, (np.exp(-t / 0.02) - np.exp(-t / 0.005)) / 0.015, 0.0)
        late[:, neuron // 5] += decoders[neuron] * kernel
    area = (run.outputs[0] - late).sum(axis=0) * network.sample_dt
    assert run.spikes.count > 50
    np.testing.assert_allclose(area, expected, atol=0.02 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spikes": "some"}, r"spikes: must be a known name \(got 'some'\); choose one of all, none"),
        ({"spikes": [30]}, r"spikes: must be from 0 to 29 \(got 30\)"),
        ({"voltages": [-1]}, r"voltages: must be from 0 to 29 \(got -1\)"),
        ({"jobs": 0}, r"jobs: must be a whole number from 1 to 1024 \(got 0\)"),
        ({"seed": -3}, r"seed: must be a whole number from 0 to .* \(got -3\)"),
    ],
)
def test_bad_requests_are_refused_by_name(change, message):
    network = leaky_network()
    with pytest.raises(InputError, match=message):
        spiking.run(network, random_trials(network), progress=False, **change)


def test_trials_that_do_not_fit_are_refused():
    network = leaky_network()
    trials = random_trials(network)
    with pytest.raises(InputError, match=r"Trials.dt: must be the step 0.005 s of the network's trials \(got 0.01 s\)"):
        spiking.run(network, replace(trials, dt=0.01), progress=False)
    with pytest.raises(InputError, match=r"Trials.inputs: must have 2 channels \(got 1\)"):
        spiking.run(network, replace(trials, inputs=trials.inputs[:, :, :1]), progress=False)
