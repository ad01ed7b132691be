"""Parts of a prediction: the rehearsal against a plain reference, trials that stand for all, bias and noise."""

import numpy as np
import pytest
from networks import leaky_network, random_trials
from reference import simulate

from biornn.bridge.predict import medoids, of_time, weighted_split
from biornn.bridge.rehearse import rehearse
from biornn.core.seeds import generator
from biornn.theory.distance import split


def test_rehearsals_are_the_network_itself():
    network = leaky_network(units=6, neurons=5)
    trials = random_trials(network, count=2)
    for trial in range(trials.count):
        states, spikes, _ = simulate(network, trials.inputs[trial], seed=4, trial=trial)
        # The same phases, since both draw them first from the same stream.
        found, rate = rehearse(network, trials.inputs[[trial]], generator(4, "spiking", trial))
        assert len(spikes) > 50
        duration = trials.steps * trials.dt
        assert rate == pytest.approx(len(spikes) / (network.neurons * duration), rel=0.02)
        # Single precision moves a spike by a step at most, now and then.
        np.testing.assert_allclose(found[0], states, rtol=0, atol=0.01 * states.std())
        # Negative control: other phases.
        other, _ = rehearse(network, trials.inputs[[trial]], generator(5, "spiking", trial))
        assert np.abs(other[0] - states).max() > 0.05 * states.std()


def test_medoids_stand_for_all_trials():
    random = np.random.default_rng(0)
    kinds = np.array([0, 1, 1, 2, 0, 1, 1, 1])
    trajectories = random.normal(size=(3, 20, 4))[kinds] + 1e-3 * random.normal(size=(8, 20, 4))
    chosen, share = medoids(trajectories, 3)
    assert dict(zip(kinds[chosen].tolist(), share.tolist(), strict=True)) == {0: 2 / 8, 1: 5 / 8, 2: 1 / 8}
    # Fewer than there are kinds: the rarest joins its nearest.
    chosen, share = medoids(trajectories, 1)
    assert kinds[chosen].tolist() == [1]
    assert share.tolist() == [1.0]
    assert medoids(trajectories[:2], 4)[0].size == 2


def test_weighted_split_is_the_split_of_the_comparison_where_weights_are_equal():
    random = np.random.default_rng(1)
    reference = random.normal(size=(3, 30, 5))
    bias, noise = 0.2 * random.normal(size=reference.shape), random.normal(size=(8, *reference.shape))
    errors = bias + 0.5 * noise
    wanted = split([reference + error for error in errors], reference)
    whole = of_time(30, 40, 10)
    found = weighted_split(errors, np.full(3, 1 / 3), whole, reference.std(axis=(0, 1)).mean())
    scale = reference.std(axis=(0, 1)).mean() / np.sqrt(reference.var(axis=(0, 1)).mean())
    assert found.bias * scale == pytest.approx(wanted.bias, rel=1e-9)
    assert found.noise * scale == pytest.approx(wanted.noise, rel=1e-9)
    # A trial that stands for nothing adds nothing.
    spoilt = errors.copy()
    spoilt[:, 2] += 10
    assert weighted_split(spoilt, np.array([0.5, 0.5, 0.0]), whole, 1.0) == weighted_split(
        errors[:, :2], np.array([0.5, 0.5]), whole, 1.0
    )
    # Two runs are enough to tell bias from noise; 450 samples of noise 0.5 leave 0.5**2 / sqrt(450) = 0.012 in bias**2.
    two = weighted_split(errors[:2], np.full(3, 1 / 3), whole, 1.0)
    assert two.bias**2 == pytest.approx(0.2**2, abs=3 * 0.012)
    assert two.noise == pytest.approx(0.5, rel=3 / np.sqrt(2 * 450))


def test_the_end_of_a_rehearsal_stands_for_what_was_cut_off():
    np.testing.assert_allclose(of_time(5, 8, 2), 0.2)
    share = of_time(20, 8, 2)
    np.testing.assert_allclose(share, [*[1 / 20] * 6, 7 / 20, 7 / 20])
    # Errors that fall to a level within the rehearsal are told as if all of the trial had been rehearsed.
    course = np.concatenate([np.linspace(3, 1, 6), np.ones(14)])
    assert share @ course[:8] == pytest.approx(course.mean())
    # Shorter than the tail itself.
    np.testing.assert_allclose(of_time(4, 1, 3), [1.0])
