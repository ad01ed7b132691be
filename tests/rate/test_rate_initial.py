"""Initial weights: sparse, of the wanted gain, balanced under Dale's law."""

import numpy as np
import pytest

from biornn.rate import Training
from biornn.rate.initial import balanced, connections, dale_signs, initial, plain

UNITS = 400


def radius(weights):
    return np.abs(np.linalg.eigvals(weights)).max()


@pytest.mark.parametrize("probability", [1.0, 0.2])
def test_balanced_weights_have_the_radius_of_plain_ones(probability):
    rng = np.random.default_rng(0)
    mask = connections(np.array(probability), UNITS, rng)
    signs = dale_signs(UNITS, 0.2)
    # The circular law holds to about N^(-1/2) log N at the edge; the inhibitory columns, fewer and larger, add to it.
    assert radius(plain(mask, 1.5, rng)) == pytest.approx(1.5, rel=0.15)
    weights = balanced(mask, signs, 1.5, rng)
    assert radius(weights) == pytest.approx(1.5, rel=0.15)
    np.testing.assert_allclose(weights.sum(axis=1), 0, atol=1e-10)
    assert (weights * signs >= 0).all()
    np.testing.assert_array_equal(weights != 0, mask != 0)


def test_unbalanced_weights_have_an_outlier():
    # Negative control: half-normal magnitudes times signs, scaled to the same disc but with means left in.
    rng = np.random.default_rng(0)
    weights = np.abs(rng.standard_normal((UNITS, UNITS))) * dale_signs(UNITS, 0.2)
    weights *= 1.5 / np.sqrt(weights.var(axis=0).sum())
    assert radius(weights) > 5 * 1.5


def test_a_row_that_cannot_be_balanced_is_kept():
    mask = np.ones((10, 10))
    mask[0, 8:] = 0
    mask[1] = 0
    weights = balanced(mask, dale_signs(10, 0.2), 1.0, np.random.default_rng(1))
    assert np.isfinite(weights).all()
    assert weights[0].sum() > 0
    assert (weights[1] == 0).all()
    np.testing.assert_allclose(weights[2:].sum(axis=1), 0, atol=1e-12)


def test_connection_probability_and_mask():
    rng = np.random.default_rng(2)
    share = connections(np.array(0.2), UNITS, rng).mean()
    # Binomial: SD sqrt(0.2 * 0.8) / 400 = 0.001.
    assert share == pytest.approx(0.2, abs=0.004)
    mask = np.triu(np.ones((5, 5)))
    trained, _ = initial(Training(units=5, connection_probability=mask), 1, 1)
    np.testing.assert_array_equal(trained["recurrent"] != 0, mask == 1)


def test_input_weights_are_trained_only_if_asked():
    trained, fixed = initial(Training(units=5), 3, 2)
    assert fixed["input"].shape == (5, 3)
    assert "input" not in trained
    trained, fixed = initial(Training(units=5, train_input=True), 3, 2)
    assert trained["input"].shape == (5, 3)
    assert "input" not in fixed
