import jax
import numpy as np
import pytest
from scipy import stats

from biornn.rate.normal import normal


def test_numbers_are_normal_and_independent():
    values = np.asarray(normal(jax.random.key(0), (100, 50, 201)), np.float64)
    assert values.shape == (100, 50, 201)
    assert stats.kstest(values.ravel(), "norm").pvalue > 1e-3
    # Of n = 1,005,000 values: mean to 0.001, SD to 0.0007, kurtosis to 0.005; four of these each.
    assert values.mean() == pytest.approx(0, abs=4e-3)
    assert values.std() == pytest.approx(1, abs=3e-3)
    assert stats.kurtosis(values.ravel()) == pytest.approx(0, abs=0.02)
    # 5,000 pairs from the same words, from neighbouring steps, and their squares; 0.014 is one standard error.
    for left, right in ((values[:, :, 0], values[:, :, 101]), (values[:-1, :, 0], values[1:, :, 0])):
        assert abs(np.corrcoef(left.ravel(), right.ravel())[0, 1]) < 0.057
        assert abs(np.corrcoef(left.ravel() ** 2, right.ravel() ** 2)[0, 1]) < 0.057


def test_keys_decide():
    first, again, other = (np.asarray(normal(jax.random.key(seed), (3, 4))) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).min() > 0


def test_the_law_itself_has_the_moments_of_a_normal_one():
    quantiles = stats.norm.ppf((np.arange(65536) + 0.5) / 65536)
    for power, moment in ((2, 1), (4, 3), (6, 15)):
        assert np.mean(quantiles**power) == pytest.approx(moment, rel=2e-3)
    drawn = np.unique(np.asarray(normal(jax.random.key(3), (1000, 400)), np.float64))
    nearest = quantiles[np.searchsorted(quantiles[:-1] + np.diff(quantiles) / 2, drawn)]
    np.testing.assert_allclose(drawn, nearest, rtol=2e-5, atol=1e-6)
