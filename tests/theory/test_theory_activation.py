"""Activations of users: what is no function of each element on its own is refused by one line."""

import numpy as np
import pytest

from biornn.core.checks import InputError
from biornn.theory import activation


@pytest.mark.parametrize("name", ["", "Upper", "two words", "a\n", "1st", "x" * 65, "émile", None, 5, b"x", ["x"], str])
def test_bad_names_are_refused(name):
    with pytest.raises(InputError, match="activation name: must be at most 64 lower-case letters, digits and dashes"):
        activation.register(name, activation.tanh)


def test_a_taken_name_is_refused():
    with pytest.raises(InputError, match="must not be taken by another function"):
        activation.register("tanh", activation.relu)
    activation.register("tanh", activation.tanh)


def in_place(x, xp):
    x *= 2.0
    return x


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (None, r"must be a function of \(x, xp\) \(got NoneType is not callable\)"),
        ("tanh", r"must be a function of \(x, xp\)"),
        (lambda x: x, r"must be a function of \(x, xp\)"),
        (lambda x, xp: x if x > 0 else 0, r"must be a function of \(x, xp\)"),
        (lambda x, xp: x.astype(np.float32), r"must return float64 for float64 \(got float32\)"),
        (lambda x, xp: (x > 0).astype(int), r"must return float64 for float64 \(got int"),
        (lambda x, xp: x > 0, r"must return float64 for float64 \(got bool\)"),
        (lambda x, xp: x + 0j, r"must return float64 for float64 \(got complex128\)"),
        (lambda x, xp: None, r"must return float64 for float64 \(got object\)"),
        (lambda x, xp: "text", r"must return float64 for float64"),
        (lambda x, xp: xp.log(x), r"must map finite arrays to finite arrays"),
        (lambda x, xp: x[:3], r"must map finite arrays to finite arrays"),
        (lambda x, xp: x.sum(), r"must map finite arrays to finite arrays"),
        (in_place, r"must leave its argument as it is"),
        (lambda x, xp: xp.exp(x) / xp.exp(x).sum(axis=-1, keepdims=True), r"must map each element on its own"),
    ],
)
def test_what_is_no_activation_is_refused(function, message):
    with pytest.raises(InputError, match=message):
        activation.register("odd-one", function)
    assert "odd-one" not in activation.ACTIVATIONS


@pytest.mark.parametrize("x", ["text", None, [1, "a"], [[1], [1, 2]], 1j, {1, 2}, np.ma.masked_array([1.0], [True])])
def test_only_real_numbers_are_applied(x):
    with pytest.raises(InputError, match="activation x: must"):
        activation.apply("tanh", x)


def test_apply_takes_numbers_and_names_the_closest():
    np.testing.assert_allclose(activation.apply("relu", [-1, 2]), [0.0, 2.0])
    with pytest.raises(InputError, match=r"activation: must be a known name \(got 'sigmoit'\).*did you mean sigmoid\?"):
        activation.apply("sigmoit", 1.0)
