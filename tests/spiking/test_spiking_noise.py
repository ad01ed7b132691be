"""Independent membrane noise: the generator, the process it drives, and Brian2 against plain numpy with noise on."""

from dataclasses import replace

import numpy as np
import pytest
from networks import leaky_network, random_trials, two_banks
from reference import simulate

from biornn import spiking
from biornn.spiking import compilation
from biornn.spiking.noise import philox, standard_normal


def noisy(network, low=0.0005, high=0.003):
    random = np.random.default_rng(11)
    banks = tuple(replace(bank, noise=random.uniform(low, high, bank.gain.shape)) for bank in network.banks)
    return replace(network, banks=banks)


def subthreshold(tau_m=0.02, sd=0.001, units=2, neurons=100):
    """Neurons 10 SD below threshold, with nothing but noise."""
    network = leaky_network(units=units, neurons=neurons)
    bank = network.banks[0]
    shape = bank.gain.shape
    parameters = {**bank.parameters, "tau_m": np.full(shape, tau_m)}
    quiet = replace(bank, parameters=parameters, gain=np.zeros(shape), bias=np.full(shape, 0.005))
    return replace(network, banks=(replace(quiet, noise=np.full(shape, sd)),))


@pytest.mark.parametrize(
    ("rounds", "counter", "key", "expected"),
    [
        # Known-answer vectors of Random123, the reference implementation of Salmon et al. 2011.
        (7, (0x00000000, 0x00000000), 0x00000000, (0x257A3673, 0xCD26BE2A)),
        (7, (0xFFFFFFFF, 0xFFFFFFFF), 0xFFFFFFFF, (0xAB302C4D, 0x3DC9D239)),
        (7, (0x243F6A88, 0x85A308D3), 0x13198A2E, (0xBEDBBE6B, 0xE4C770B3)),
        (10, (0x00000000, 0x00000000), 0x00000000, (0xFF1DAE59, 0x6CD10DF2)),
        (10, (0xFFFFFFFF, 0xFFFFFFFF), 0xFFFFFFFF, (0x2C3F628B, 0xAB4FD7AD)),
        (10, (0x243F6A88, 0x85A308D3), 0x13198A2E, (0xDD7CE038, 0xF62A4C12)),
    ],
)
def test_philox_gives_the_published_answers(rounds, counter, key, expected):
    assert tuple(int(word) for word in philox(key, *counter, rounds=rounds)) == expected


def numbers(key, steps=1000, neurons=400):
    return standard_normal(key, np.arange(steps)[:, None], np.arange(neurons))


def correlation(a, b):
    return float(np.mean((a - a.mean()) * (b - b.mean())) / (a.std() * b.std()))


def test_numbers_are_standard_and_nearly_normal():
    # n = 400,000: the mean is known to 1/sqrt(n) = 0.0016, the variance to sqrt(2/n) = 0.0022, the kurtosis to
    # sqrt(24/n) = 0.008; bounds of 4 such errors. Eight uniform terms have an excess kurtosis of -1.2 / 8 = -0.15.
    x = numbers(3)
    assert x.mean() == pytest.approx(0, abs=0.0064)
    assert x.var() == pytest.approx(1, abs=0.009)
    assert np.mean(x**4) / np.mean(x**2) ** 2 - 3 == pytest.approx(-0.15, abs=0.032)
    assert np.mean(x**3) == pytest.approx(0, abs=0.0155)


def test_numbers_do_not_depend_on_neighbours_in_time_in_space_or_of_key():
    x = numbers(3)
    # Correlations of 400,000 independent pairs have an SD of 0.0016; bounds of 4 SD for 24 of them.
    for lag in (1, 2, 3, 10, 100, 256):
        assert abs(correlation(x[lag:], x[:-lag])) < 0.0064
        assert abs(correlation(x[:, lag:], x[:, :-lag])) < 0.008
        assert abs(correlation(x, numbers(3 + lag))) < 0.0064
        assert abs(correlation(x, numbers(3 ^ 1 << lag % 32))) < 0.0064  # one bit of the key apart
    assert correlation(x, numbers(3)) == pytest.approx(1)
    # Step and neuron are not mixed up: the stream of neuron a at step b is not that of b at a.
    assert abs(correlation(x[:400], x[:400].T)) < 0.01


@pytest.mark.parametrize("network", [noisy(leaky_network()), noisy(two_banks())], ids=["one bank", "two banks"])
def test_brian2_equals_plain_numpy_spike_for_spike_with_noise(network):
    trials = random_trials(network)
    run = spiking.run(network, trials, seed=4, progress=False)
    assert run.spikes.count > 50
    for trial in range(trials.count):
        states, spikes, outputs = simulate(network, trials.inputs[trial], seed=4, trial=trial)
        own = run.spikes.trial == trial
        np.testing.assert_array_equal(run.spikes.neuron[own], spikes[:, 1])
        np.testing.assert_allclose(run.spikes.time[own], spikes[:, 0] * network.dt, atol=1e-9)
        np.testing.assert_allclose(run.states[trial], states, rtol=0, atol=1e-9)
        np.testing.assert_allclose(run.outputs[trial], outputs, rtol=0, atol=1e-9)


def test_numpy_target_draws_the_same_noise(monkeypatch):
    network = noisy(leaky_network())
    trials = random_trials(network, count=1)
    fast = spiking.run(network, trials, voltages=[2, 11], progress=False)
    monkeypatch.setattr(compilation.shutil, "which", lambda _: None)
    compilation._compiler.cache_clear()
    try:
        slow = spiking.run(network, trials, voltages=[2, 11], progress=False)
    finally:
        monkeypatch.undo()
        compilation._compiler.cache_clear()
    assert "numpy" in slow.about["brian2"]
    np.testing.assert_array_equal(fast.spikes.neuron, slow.spikes.neuron)
    np.testing.assert_array_equal(fast.spikes.time, slow.spikes.time)
    np.testing.assert_allclose(fast.voltages.values, slow.voltages.values, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("tau_m", "dt"), [(0.02, 1e-4), (0.01, 1e-3)])
def test_free_membrane_has_the_stationary_sd_and_the_autocorrelation_of_the_leak(tau_m, dt):
    network = replace(subthreshold(tau_m), dt=dt)
    steps = 400
    run = spiking.run(network, random_trials(network, count=1, steps=steps), voltages=range(200), progress=False)
    assert run.spikes.count == 0
    start = round(5 * tau_m / dt)
    v = run.voltages.values[0, start:] - network.banks[0].parameters["v_rest"][0, 0] - 0.005
    # 200 neurons for 1.9 s or more hold at least 200 * 1.9 / (2 tau_m) = 9,500 independent values: mean to 1.1 %,
    # SD to 0.8 %, correlations to 1.1 %; bounds of 4 such errors.
    assert v.mean() == pytest.approx(0, abs=0.044 * 0.001)
    assert v.std() == pytest.approx(0.001, rel=0.03)
    for lag in (0.25, 1.0, 2.0):
        shift = round(lag * tau_m / dt)
        found = np.mean(v[shift:] * v[:-shift]) / np.mean(v**2)
        assert found == pytest.approx(np.exp(-shift * dt / tau_m), abs=0.044)
    across = np.corrcoef(v.T)[np.triu_indices(200, 1)]
    # 19,900 pairs of 48 or more independent values each.
    assert abs(across.mean()) < 4 * across.std() / np.sqrt(across.size)


def test_each_neuron_has_its_own_sd_and_refractory_neurons_none():
    network = subthreshold()
    sd = np.linspace(0, 0.002, 200).reshape(2, 100)
    network = replace(network, banks=(replace(network.banks[0], noise=sd),))
    run = spiking.run(network, random_trials(network, count=1, steps=400), voltages=range(200), progress=False)
    found = run.voltages.values[0, 1000:].std(axis=0)
    assert found[0] < 1e-12
    # An SD over 1.9 s, 48 independent values, is known to 10 %.
    np.testing.assert_allclose(found, sd.ravel(), rtol=0.45, atol=1e-12)
    firing = noisy(leaky_network())
    run = spiking.run(firing, random_trials(firing), voltages=range(30), progress=False)
    first = run.spikes.time[(run.spikes.trial == 0) & (run.spikes.time < 0.1)]
    owner = run.spikes.neuron[(run.spikes.trial == 0) & (run.spikes.time < 0.1)]
    assert first.size > 10
    for time, neuron in zip(first, owner, strict=True):
        step = round(time / firing.dt)
        held = (
            run.voltages.values[0, step + 1 : step + 23, neuron] == firing.banks[0].parameters["v_reset"].flat[neuron]
        )
        assert held[:21].all()
        assert not held[21]


def test_noise_hangs_on_seed_and_trial_only():
    network = noisy(leaky_network())
    trials = random_trials(network, count=3)
    same_input = trials.select([0, 0, 0])
    one = spiking.run(network, same_input, seed=7, jobs=1, progress=False)
    three = spiking.run(network, same_input, seed=7, jobs=3, progress=False)
    other = spiking.run(network, same_input, seed=8, progress=False)
    np.testing.assert_array_equal(one.spikes.time, three.spikes.time)
    np.testing.assert_array_equal(one.states, three.states)
    assert not np.array_equal(one.states[0], one.states[1])
    assert not np.array_equal(one.states, other.states)


def test_trials_and_banks_do_not_share_noise():
    network = subthreshold(units=1, neurons=50)
    twin = replace(network.banks[0], name="twin")
    network = replace(network, banks=(network.banks[0], twin))
    inputs = random_trials(network, count=2, steps=400)
    v = spiking.run(network, inputs, voltages=range(100), progress=False).voltages.values[:, 2000:]
    first, second = v[..., :50], v[..., 50:]
    # 50 neurons of 1.8 s: 2,250 independent values, correlations known to 2 %.
    assert abs(correlation(first, second)) < 0.08
    assert abs(correlation(first[0], first[1])) < 0.08
    assert correlation(first, first) == pytest.approx(1)


def test_silent_noise_changes_next_to_nothing_and_loud_noise_does():
    network = leaky_network()
    trials = random_trials(network)
    quiet = spiking.run(network, trials, progress=False)
    almost = spiking.run(noisy(network, 1e-12, 1e-12), trials, progress=False)
    loud = spiking.run(noisy(network), trials, progress=False)
    # Phases are placed by the noisy curve, which knows the clock to a quarter of a step only.
    assert almost.spikes.count == pytest.approx(quiet.spikes.count, abs=3)
    moved, thrown = (np.abs(run.states - quiet.states).max() for run in (almost, loud))
    assert moved < thrown / 5


def test_free_membranes_start_at_their_stationary_sd():
    network = subthreshold(units=4, neurons=500)
    run = spiking.run(network, random_trials(network, count=1, steps=4), voltages=range(2000), progress=False)
    assert run.voltages.values[0, 0].std() == pytest.approx(0.001, rel=4 / np.sqrt(2 * 2000))
