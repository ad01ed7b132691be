"""Membrane noise: the numbers as such, and what they do to a membrane."""

from dataclasses import replace

import numpy as np
import pytest
from networks import leaky_network, noisy, random_trials
from scipy import stats

from biornn import spiking
from biornn.core.checks import InputError
from biornn.spiking.noise import standard_normal

NEURONS, STEPS = np.arange(500), np.arange(400)


def numbers(key):
    """Return the numbers (steps, neurons) of one stream."""
    return standard_normal(key, STEPS[:, None], NEURONS)


def test_numbers_are_standard_normal_up_to_their_known_kurtosis():
    drawn = numbers(12345)
    count = drawn.size
    assert abs(drawn.mean()) < 4 / np.sqrt(count)
    assert abs(drawn.var() - 1) < 4 * np.sqrt(2 / count)
    assert abs(stats.skew(drawn, axis=None)) < 4 * np.sqrt(6 / count)
    # Irwin-Hall of 8 terms: -6/5 / 8.
    assert stats.kurtosis(drawn, axis=None) == pytest.approx(-0.15, abs=4 * np.sqrt(24 / count))
    # Sums over 16 steps, fewer than a membrane remembers, pass for normal.
    sums = drawn.reshape(25, 16, 500).sum(axis=1).ravel() / 4
    assert stats.kstest(sums, "norm").pvalue > 1e-3


@pytest.mark.parametrize("lag", [1, 2, 7])
def test_numbers_are_independent_over_steps_neurons_and_keys(lag):
    drawn, other = numbers(1), numbers(1 + lag)
    limit = 4 / np.sqrt(drawn.size)
    assert abs(np.mean(drawn[lag:] * drawn[:-lag])) < limit
    assert abs(np.mean(drawn[:, lag:] * drawn[:, :-lag])) < limit
    assert abs(np.mean(drawn * other)) < limit
    assert not np.array_equal(drawn, other)


def test_numbers_depend_on_nothing_but_key_step_and_neuron():
    whole = numbers(99)
    np.testing.assert_array_equal(standard_normal(99, 17, NEURONS[40:60]), whole[17, 40:60])
    np.testing.assert_array_equal(numbers(99), whole)


def free_membranes(sd, tau_m, seconds=2.0):
    """Return voltages (T, C) of unconnected neurons far below threshold, sampled at every step."""
    network = leaky_network(units=4, neurons=20)
    bank = network.banks[0]
    parameters = {**bank.parameters, "tau_m": np.full(bank.gain.shape, tau_m)}
    quiet = replace(
        bank,
        parameters=parameters,
        gain=np.zeros(bank.gain.shape),
        bias=np.full(bank.gain.shape, -0.02),
        noise=np.full(bank.gain.shape, sd),
    )
    cut = tuple(replace(route, weight=np.zeros_like(route.weight)) for route in network.projections)
    trials = random_trials(network, count=1, steps=round(seconds / network.sample_dt))
    run = spiking.run(replace(network, banks=(quiet,), projections=cut), trials, voltages=range(80), progress=False)
    assert run.spikes.count == 0
    return run.voltages.values[0]


@pytest.mark.parametrize(("sd", "tau_m"), [(0.001, 0.02), (0.003, 0.005)])
def test_the_free_membrane_has_the_wanted_sd_and_memory_from_the_first_step(sd, tau_m):
    v = free_membranes(sd, tau_m)
    assert v.mean() == pytest.approx(-0.085, abs=sd / 10)
    centred = v + 0.085
    # 80 neurons of 2 s are 80 * 2 / (2 tau_m) independent samples.
    precision = 4 / np.sqrt(2 * 80 / tau_m / 2)
    assert centred.std() == pytest.approx(sd, rel=precision)
    assert centred[0].std() == pytest.approx(sd, rel=4 / np.sqrt(2 * 80))
    for lag in (20, 50, 100):
        correlation = np.mean(centred[lag:] * centred[:-lag]) / np.mean(centred**2)
        assert correlation == pytest.approx(np.exp(-lag * 1e-4 / tau_m), abs=2 * precision)
    across = np.corrcoef(centred.T)[np.triu_indices(80, 1)]
    assert abs(across.mean()) < 0.02


def test_noise_is_fixed_by_the_seed_and_differs_between_trials():
    network = noisy(leaky_network())
    trials = random_trials(network, count=3)
    same = trials.select([0, 0, 0])
    first = spiking.run(network, same, seed=1, jobs=1, progress=False)
    again = spiking.run(network, same, seed=1, jobs=3, progress=False)
    np.testing.assert_array_equal(first.spikes.time, again.spikes.time)
    np.testing.assert_array_equal(first.spikes.neuron, again.spikes.neuron)
    other = spiking.run(network, same, seed=2, progress=False)
    assert not np.array_equal(first.spikes.time, other.spikes.time)
    assert np.abs(np.diff(first.states, axis=0)).max() > 1e-4


def test_negative_noise_is_refused():
    bank = leaky_network().banks[0]
    with pytest.raises(InputError, match=r"Bank\[units\].noise: must be at least 0"):
        replace(bank, noise=np.full(bank.gain.shape, -0.001))
