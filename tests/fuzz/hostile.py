"""Values that nobody means: of wrong types, shapes, units and sizes, as strategies of hypothesis."""

import datetime
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of libraries that Brian2 imports
    from brian2 import Quantity, ms, mV


class Unprintable:
    """An object whose own text fails."""

    def __str__(self):
        raise RuntimeError("no text")


class Array:
    """An object that fails when numpy asks it for its values."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array")


NUMBERS = [
    None, True, False, -1, 0, 1, 2, 0.5, -0.5, 1e-320, 1e300, -1e300, 2**80, -(2**80), 10**400,
    float("nan"), float("inf"),
    -float("inf"), 1j, np.float32(0.5), np.int8(3), np.float64("nan"), np.bool_(True), Fraction(1, 3), 3 * mV, 20 * ms,
]  # fmt: skip
TEXTS = [
    "",
    " ",
    "text",
    "go-nogo",
    "[/red]",
    "[bold]x",
    "\x1b[31mred",
    "a\nb",
    "1",
    "nan",
    "é" * 300,
    "\ud800",
    "/dev/null",
]
OBJECTS = [
    b"bytes", object(), Unprintable(), Array(), int, print, lambda x: x, slice(0, 2), range(3),
    Path("/nonexistent"), ...,
    {1, 2}, {"a": 1}, {1: "a"}, {}, [], (), [1, "a"], [[1.0], [1.0, 2.0]], [None, None], ["a", "b"], {"units": [0]},
    datetime.date(2000, 1, 1), np, memoryview(b"ab"), iter([1]), [1, 2], (1, 2), (0.02, 0.1), [0.5, 0.25],
    [[1, 2], [3, 4]],
]  # fmt: skip
ARRAYS = [
    np.zeros(0), np.zeros((2, 2)), np.ones((2, 3, 1)), np.ones((2, 3, 1), complex), np.full((2, 2), np.nan),
    np.array(["a"]), np.array([None]), np.array([object()]), np.ma.masked_array([1.0, 2.0], [True, False]),
    np.arange(4),
    np.ones(3, bool), np.array("2000", "datetime64[Y]"), np.array(3.0), np.zeros((0, 3, 1)), np.ones((1, 1, 1, 1)),
    Quantity([1.0, 2.0], dim=mV.dim), np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
    np.full(3, 1e300),
]  # fmt: skip


def hostile(*further):
    """Return a strategy of hostile values; `further` are right objects that are wrong in most places."""
    return st.sampled_from([*NUMBERS, *TEXTS, *OBJECTS, *ARRAYS, *further])
