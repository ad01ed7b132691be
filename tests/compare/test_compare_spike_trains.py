"""Irregularity against theory and another program; population rates follow their own unit and no other."""

import numpy as np
import pytest
from planted import DT, Pulse, network, rate_run, repeats, with_spikes

from biornn.compare.spike_trains import cv2, mean_rate, median_cv2, rate_correlation, smooth
from biornn.core.recording import NO_SPIKES, Spikes


def train(intervals, neuron=0, trial=0):
    time = np.cumsum(intervals)
    return Spikes(np.full(time.size, trial, np.int32), np.full(time.size, neuron, np.int32), time)


def joined(*trains):
    return Spikes(*(np.concatenate([getattr(one, name) for one in trains]) for name in ("trial", "neuron", "time")))


def test_cv2_of_a_poisson_train_is_one():
    count = 20_000
    # 2 |a - b| / (a + b) is uniform on [0, 2] for exponential a, b: SD 1 / sqrt(3); neighbours are correlated, which
    # at most doubles the variance of the mean: 4 SD = 4 sqrt(2 / 3 / 20000) = 0.023.
    assert cv2(train(np.random.default_rng(0).exponential(0.05, count))) == pytest.approx([1.0], abs=0.023)


def test_cv2_of_a_regular_train_is_zero():
    assert cv2(train(np.full(100, 0.02))) == pytest.approx([0.0], abs=1e-9)


def test_cv2_agrees_with_elephant():
    statistics = pytest.importorskip("elephant.statistics")
    rng = np.random.default_rng(1)
    intervals = [rng.gamma(shape, 0.02, size) for shape, size in ((0.5, 50), (4.0, 300))]
    theirs = [statistics.cv2(np.array(one[1:])) for one in intervals]
    ours = cv2(joined(*(train(one, neuron=7 * k) for k, one in enumerate(intervals))))
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_cv2_keeps_trials_apart_and_needs_enough_intervals():
    regular = joined(*(train(np.full(11, 0.02 * (1 + k)), trial=k) for k in range(3)))
    assert cv2(regular) == pytest.approx([0.0], abs=1e-9)  # 30 intervals, of another length in each trial
    assert cv2(train(np.full(20, 0.02))).size == 0  # 19 intervals
    pairs_of_spikes = joined(*(train([0.1, 0.02], trial=k) for k in range(30)))
    assert cv2(pairs_of_spikes).size == 0  # 30 intervals and no two of them neighbours
    assert np.isnan(median_cv2(NO_SPIKES))


def test_of_many_spikes_some_neurons_are_taken():
    # 400 Poisson neurons, of which every fourth fires regularly instead.
    random = np.random.default_rng(3)
    trains = [np.cumsum(random.exponential(0.02, 100) if k % 4 else np.full(100, 0.02)) for k in range(400)]
    time = np.concatenate(trains)
    neuron = np.repeat(np.arange(400, dtype=np.int32), 100)
    order = np.argsort(time)
    spikes = Spikes(np.zeros(time.size, np.int32), neuron[order], time[order])
    whole = median_cv2(spikes)
    assert whole == np.median(cv2(spikes)) > 0.8
    # A quarter of the neurons: 100, three quarters of them Poisson, whose CV2 varies by 0.05.
    some = median_cv2(spikes, most=10_000)
    assert some != whole
    assert some == pytest.approx(whole, abs=0.05)
    assert some == median_cv2(spikes, most=10_000)
    # Negative control: every fourth neuron would be regular.
    kept = spikes.neuron % 4 == 0
    assert np.median(cv2(Spikes(spikes.trial[kept], spikes.neuron[kept], spikes.time[kept]))) < 1e-9


def test_cv2_does_not_depend_on_the_order_of_spikes():
    rng = np.random.default_rng(2)
    spikes = joined(*(train(rng.exponential(0.05, 60), neuron=k) for k in range(5)))
    mixed = rng.permutation(spikes.count)
    assert cv2(Spikes(spikes.trial[mixed], spikes.neuron[mixed], spikes.time[mixed])) == pytest.approx(cv2(spikes))


def test_smoothing_keeps_a_constant_and_forgets_with_its_time_constant():
    assert smooth(np.full((1, 30, 1), 7.0), DT) == pytest.approx(7.0)
    step = np.zeros((1, 400, 1))
    step[0, 200:] = 1.0
    # After n steps of 5 ms: 1 - exp(-n dt / 20 ms).
    assert smooth(step, DT)[0, 203, 0] == pytest.approx(1 - np.exp(-4 * DT / 0.02), abs=1e-9)


@pytest.fixture(scope="module")
def fired():
    net, task = network(units=30), Pulse()
    trials = task.trials(8, 3)
    (run,) = repeats(net, trials, 1)
    return rate_run(net, trials), with_spikes(run)


def test_shuffled_units_destroy_the_correlation(fired):
    rates, run = fired
    right = rate_correlation(run.rates, rates.rates, DT)
    signs = np.sign(np.random.default_rng(0).standard_normal(30))  # a unit's rate may fall where another's rises
    wrong = rate_correlation(run.rates, np.roll(rates.rates * signs, 7, axis=2), DT)
    assert right.units == 30
    assert right.median > 0.25
    assert abs(wrong.median) < right.median / 2


def test_perfect_population_rates_correlate_fully(fired):
    rates, _ = fired
    assert rate_correlation(5 + 40 * rates.rates, rates.rates, DT).median == pytest.approx(1.0)


def test_silent_and_constant_units_are_left_out(fired):
    rates, run = fired
    population, unit = run.rates.copy(), rates.rates.copy()
    population[..., :3], unit[..., 3:5] = 0.0, 0.7
    assert rate_correlation(population, unit, DT).units == 25
    nothing = rate_correlation(np.zeros_like(population), unit, DT)
    assert np.isnan(nothing.median)
    assert nothing.units == 0


def test_mean_rate_counts_spikes(fired):
    _, run = fired
    assert run.spikes.count > 10_000
    assert mean_rate(run) == pytest.approx(run.rates.mean(), rel=1e-9)
