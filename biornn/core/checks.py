"""Checks at the border: one clear line before any work starts.

Every refusal names the object, the attribute, the rule, the value that was given and the next step.
"""

import sys
from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class InputError(ValueError):
    """Input that biornn refuses; the message is one line and the command line exits with code 2."""


def refuse(where: str, rule: str, value: object, next_step: str) -> NoReturn:
    """Raise `InputError`: ``where: rule (got value); next_step``.

    Parameters
    ----------
    where : str
        Object and attribute, ``"LIF.tau_m"``.
    rule : str
        What must hold, ``"must be positive"``.
    value : object
        What was given; shortened when long.
    next_step : str
        What to do about it.
    """
    text = " ".join(str(value).split())
    if len(text) > 80:
        text = text[:77] + "..."
    raise InputError(f"{where}: {rule} (got {text}); {next_step}")


def array(where: str, value: ArrayLike, shape: tuple[int | str, ...]) -> Array:
    """Return `value` as a read-only finite float64 array of the given shape.

    Parameters
    ----------
    where : str
        Object and attribute for the message.
    value : array_like
        Real numbers.
    shape : tuple of int or str
        Wanted shape; an integer must match, a name such as ``"T"`` stands for any length of at least one.

    Raises
    ------
    InputError
        Not numeric, wrong shape, NaN or infinity.
    """
    try:
        result = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        refuse(where, "must be an array of real numbers", type(value).__name__, "convert it with numpy.asarray")
    wanted = "(" + ", ".join(map(str, shape)) + ")"
    fits = result.ndim == len(shape) and all(
        got == want if isinstance(want, int) else got > 0 for got, want in zip(result.shape, shape, strict=True)
    )
    if not fits:
        refuse(where, f"must have shape {wanted}", result.shape, "axes are always (trial, time, unit)")
    if not np.isfinite(result).all():
        bad = np.argwhere(~np.isfinite(result))[0]
        index = "[" + ", ".join(map(str, bad)) + "]"
        refuse(where, "must be finite", f"{result[tuple(bad)]} at {index}", "remove NaN and infinity")
    result.setflags(write=False)
    return result


def number(where: str, value: Any, low: float, high: float, next_step: str) -> float:
    """Return `value` as a float inside [low, high], or refuse it."""
    try:
        result = float(value)
    except (TypeError, ValueError):
        refuse(where, "must be a number", value, next_step)
    if not low <= result <= high:
        refuse(where, f"must be from {low:g} to {high:g}", value, next_step)
    return result


def count(where: str, value: Any, low: int = 1, high: int = 10_000_000) -> int:
    """Return `value` as an integer inside [low, high], or refuse it."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        refuse(where, f"must be a whole number from {low} to {high}", value, "choose another number")
    return int(value)


def member(where: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value` if it is one of `allowed`, or refuse it and name them all."""
    names = sorted(allowed)
    if value not in names:
        refuse(where, "must be a known name", repr(value), f"choose one of {', '.join(names)}")
    return value


def unit_free(where: str, value: Any, dimension: str) -> Any:
    """Return the SI magnitude of `value`, which may be a Brian2 quantity.

    Parameters
    ----------
    where : str
        Object and attribute for the message.
    value : number, array_like or brian2.Quantity
        A plain number is taken to be in SI already.
    dimension : {"second", "volt", "hertz"}
        The unit whose dimension a quantity must have.

    Raises
    ------
    InputError
        A quantity of another dimension.

    Notes
    -----
    A quantity can only exist once Brian2 has been imported, so this never imports it.
    """
    units = sys.modules.get("brian2.units.allunits")
    quantities = sys.modules.get("brian2.units.fundamentalunits")
    if units is None or quantities is None or not isinstance(value, quantities.Quantity):
        return value
    if not quantities.have_same_dimensions(value, getattr(units, dimension)):
        refuse(where, f"must be in {dimension}s", value, f"give a {dimension} quantity or a plain SI number")
    return np.asarray(value, dtype=np.float64)[()]


def seconds(where: str, value: Any, low: float, high: float) -> float:
    """Return a time in seconds inside [low, high]; Brian2 quantities are accepted.

    Raises
    ------
    InputError
        Not a time, or outside the range. A value that would fit in milliseconds is named as such.
    """
    plain = unit_free(where, value, "second")
    hint = "times are in seconds, 20 ms is 0.02"
    try:
        result = float(plain)
    except (TypeError, ValueError):
        refuse(where, "must be a time in seconds", value, hint)
    if result <= 0 and low > 0:
        refuse(where, "must be positive", f"{result:g} s", hint)
    if not low <= result <= high:
        refuse(where, f"must be from {low:g} s to {high:g} s", f"{result:g} s", hint)
    return result
