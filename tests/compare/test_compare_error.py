"""Planted bias and noise come back; the correction for the noise left in the seed mean is needed and enough."""

import numpy as np
import pytest
from planted import Pulse, network, rate_run, repeats
from scipy.stats import binomtest

from biornn.compare import compare
from biornn.compare.accuracy import wilson
from biornn.compare.geometry import component_error, principal_axes
from biornn.theory.distance import nrmse, pooled_sd, split

RNG = np.random.default_rng(5)
REFERENCE = RNG.standard_normal((6, 80, 10)) * np.linspace(0.5, 2, 10) + np.arange(10)


def runs(count, bias, noise):
    return [REFERENCE + bias + noise * RNG.standard_normal(REFERENCE.shape) for _ in range(count)]


@pytest.mark.parametrize(("bias", "noise"), [(0.3, 0.2), (0.05, 0.4), (0.2, 0.0)])
def test_planted_bias_and_noise_come_back(bias, noise):
    parts, scale = split(runs(8, bias, noise), REFERENCE), pooled_sd(REFERENCE)
    # n = 4800 samples. SD of the noise estimate: noise / sqrt(2 n 7), under 0.4 % of it. The mean squared deviation
    # of the seed mean has SD sqrt(4 bias^2 s^2 + 2 s^4) / sqrt(n) with s^2 = noise^2 / 8, the noise power subtracted
    # noise^2 / 8 sqrt(2 / (7 n)); at bias 0.05, noise 0.4 that is 4.6e-4 of bias^2 = 2.5e-3, 9 % of the bias; 4 SD.
    s2 = noise**2 / 8
    spread = np.sqrt((4 * bias**2 * s2 + 2 * s2**2) / REFERENCE.size) + 1e-12
    assert (parts.bias * scale) ** 2 == pytest.approx(bias**2, abs=4 * spread)
    assert parts.noise * scale == pytest.approx(noise, rel=4 / np.sqrt(14 * REFERENCE.size), abs=1e-12)
    assert parts.nrmse**2 == pytest.approx(parts.bias**2 + parts.noise**2, rel=0.1)


def test_without_bias_the_corrected_bias_vanishes_and_the_uncorrected_does_not():
    noise, repeated = 0.4, runs(8, 0.0, 0.4)
    uncorrected = nrmse(np.mean(repeated, axis=0), REFERENCE) * pooled_sd(REFERENCE)
    assert uncorrected == pytest.approx(noise / np.sqrt(8), rel=0.05)
    # What is left squared has SD sqrt(2 / n) noise^2 / 8 = 4.1e-4, so its root stays below sqrt(4 SD) = 0.041.
    assert split(repeated, REFERENCE).bias * pooled_sd(REFERENCE) < 0.041 < uncorrected / 3


def test_fewer_than_eight_repeats_have_no_split():
    parts = split(runs(7, 0.1, 0.1), REFERENCE)
    assert np.isnan([parts.bias, parts.noise]).all()
    assert parts.nrmse > 0


def test_a_constant_reference_normalises_nothing():
    constant = np.full((2, 5, 3), 0.1)
    assert np.isnan(nrmse(constant + 1, constant))


def test_normaliser_is_about_each_units_own_mean():
    shifted = REFERENCE + 100 * np.arange(10)
    assert pooled_sd(shifted) == pytest.approx(pooled_sd(REFERENCE))
    assert pooled_sd(shifted) < 0.1 * shifted.std()


def test_principal_axes_are_the_planted_ones():
    planted = np.linalg.qr(RNG.standard_normal((20, 20)))[0][:, :2]
    latent = RNG.standard_normal((4, 100, 2)) * [3, 2]
    states = latent @ planted.T + 0.1 * RNG.standard_normal((4, 100, 20))
    axes = principal_axes(states, 0.9)
    # Shares: 9 and 4 of 13.2 in all, so one axis holds 68 % and two hold 98 %.
    assert axes.shape == (20, 2)
    assert np.linalg.svd(planted.T @ axes)[1] == pytest.approx([1, 1], abs=1e-3)
    # Noise of every unit alike: the components hold 2 / 20 of its power, and nearly all of the variance.
    noisy = [states + 0.5 * RNG.standard_normal(states.shape) for _ in range(8)]
    inside, whole = component_error(noisy, states), split(noisy, states)
    assert inside.count == 2
    power = (inside.noise * pooled_sd(states @ axes)) ** 2 * 2 / ((whole.noise * pooled_sd(states)) ** 2 * 20)
    assert power == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(("right", "count"), [(0, 10), (64, 64), (61, 64), (1, 3), (500, 1000)])
def test_wilson_agrees_with_scipy(right, count):
    theirs = binomtest(right, count).proportion_ci(method="wilson")
    assert wilson(right / count, count) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_of_an_undefined_share_is_undefined():
    assert np.isnan(wilson(float("nan"), 10)).all()


def test_report_splits_states_readout_and_components():
    net, task = network(), Pulse()
    trials = task.trials(6, 1)
    report = compare(rate_run(net, trials), repeats(net, trials, 8, bias=0.1, noise=0.05), task, trials)
    scale = pooled_sd(report.evidence.reference.states)
    # 7200 samples: noise to 0.3 %, bias to 4 * 2 * 0.1 * 0.0177 / sqrt(7200) / (2 * 0.1) = 0.8 %.
    assert report.state.noise * scale == pytest.approx(0.05, rel=0.02)
    assert report.state.bias * scale == pytest.approx(0.1, rel=0.02)
    assert report.readout.bias * pooled_sd(report.evidence.reference.outputs) == pytest.approx(0.1, rel=0.05)
    assert 1 <= report.components.count < net.units
    assert report.components.noise < report.state.noise
