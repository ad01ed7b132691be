"""Perceptual decision: the psychometric axis against the ideal observer of signal detection theory."""

import numpy as np
from scipy.stats import norm

from biornn import tasks


def test_perceptual_decision_of_an_ideal_observer_is_the_psychometric_function_of_theory():
    coherences = (-0.256, -0.064, 0.0, 0.128)
    task = tasks.PerceptualDecision(coherences=coherences)
    trials = task.trials(4 * 500, seed=0)
    choice = np.sign(trials.inputs.sum(axis=(1, 2)))
    outputs = np.broadcast_to(choice[:, None, None], trials.targets.shape)
    shown, share = task.psychometric(outputs, trials)
    np.testing.assert_array_equal(shown, coherences)
    # 500 trials each: four standard errors of a share are at most 0.09.
    np.testing.assert_allclose(share, norm.cdf(shown / 0.1), atol=0.09)
    zero = trials.conditions["coherence"] == 0
    assert task.score(outputs, trials).correct[zero].min() == 1
    ideal = np.mean([norm.cdf(abs(c) / 0.1) if c else 1.0 for c in coherences])
    assert abs(task.score(outputs, trials).accuracy - ideal) < 0.03


def test_a_silent_network_chooses_neither_side():
    task = tasks.PerceptualDecision()
    trials = task.trials(11, seed=0)
    np.testing.assert_array_equal(task.psychometric(0 * trials.targets, trials)[1], 0.5)
