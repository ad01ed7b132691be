"""Checks at the border: one clear line before any work starts.

Every refusal names the object, the attribute, the rule, the value that was given and the next step.
"""

import difflib
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
T = TypeVar("T")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Characters that a terminal obeys instead of showing."""


class InputError(ValueError):
    """Input that biornn refuses; the message is one line and the command line exits with code 2."""


def shown(value: object, length: int = 80) -> str:
    """Return `value` as one line of printable text of at most `length` characters, for a message."""
    try:
        text = str(value)
    except Exception:  # an object of a user whose own text fails must not hide the refusal
        text = f"a {type(value).__name__}"
    text = " ".join(text[: 10 * length].split())
    text = CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
    return text if len(text) <= length else text[: length - 3] + "..."


def refuse(where: str, rule: str, value: object, next_step: str) -> NoReturn:
    """Raise `InputError`: ``where: rule (got value); next_step``.

    Parameters
    ----------
    where : str
        Object and attribute, ``"LIF.tau_m"``.
    rule : str
        What must hold, ``"must be positive"``.
    value : object
        What was given; shortened when long, control characters written out.
    next_step : str
        What to do about it.
    """
    raise InputError(f"{shown(where, 200)}: {shown(rule, 1000)} (got {shown(value)}); {shown(next_step, 1000)}")


def array(where: str, value: ArrayLike, shape: tuple[int | str, ...]) -> Array:
    """Return `value` as a read-only finite float64 array of the given shape.

    Parameters
    ----------
    where : str
        Object and attribute for the message.
    value : array_like
        Real numbers. Tensors of other libraries are taken without their gradient, data frames by position.
    shape : tuple of int or str
        Wanted shape; an integer must match, a name such as ``"T"`` stands for any length of at least one.

    Raises
    ------
    InputError
        Text, complex, masked or ragged values, another shape, NaN or infinity.
    """
    result = np.array(plain_array(where, value), dtype=np.float64)
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


def plain_array(where: str, value: Any) -> NDArray[Any]:
    """Return `value` as a numpy array of booleans, integers or floats, of any shape; nothing is cast in silence.

    Raises
    ------
    InputError
        Text, complex numbers, masked arrays, ragged lists, sets, None and other objects.
    """
    advice = "convert it with numpy.asarray"
    rule = "must be an array of real numbers"
    _refuse_unit(where, value)
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        refuse(where, "must have no masked values", "a masked array", "fill or leave out what is masked")
    try:
        result = np.asarray(_without_gradient(value))
        if result.dtype == object and result.ndim <= 3:  # whole numbers beyond 64 bits, Fractions, Decimals
            numbers = [isinstance(item, int | float | np.number) for item in result.flat]
            if not all(numbers):
                refuse(where, rule, _kind(value), advice)
            result = result.astype(np.float64)
    except InputError:
        raise
    except Exception as problem:  # any library's array may fail in its own way to become numpy's
        refuse(where, rule, f"{_kind(value)}: {problem}", advice)
    if result.dtype.kind not in "biuf":
        text = result.dtype.kind in "US"
        got = _quoted(value) if isinstance(value, str) else f"{_kind(value)} of {'text' if text else result.dtype}"
        refuse(where, rule, got, "give numbers" if text else advice)
    return result


def text_array(value: Any) -> NDArray[np.str_] | None:
    """Return `value` as an array of text, or None where it holds anything else; mixed lists are no text."""
    try:
        result = np.asarray(value, dtype=object)
    except Exception:  # ragged lists and objects that refuse to become an array are no text either
        return None
    is_text = result.size > 0 and all(isinstance(item, str | bytes) for item in result.flat)
    return result.astype(np.str_) if is_text else None


def _without_gradient(value: Any) -> Any:
    """Return tensors that follow a gradient (PyTorch) as plain ones, alone or in a list."""
    if type(value).__module__.split(".")[0] == "torch":
        return value.detach().cpu().numpy()
    if isinstance(value, list | tuple) and value and type(value[0]).__module__.split(".")[0] == "torch":
        return [_without_gradient(item) for item in value]
    return value


def _refuse_unit(where: str, value: Any) -> None:
    """Refuse a Brian2 quantity with a unit where a plain number is meant; `unit_free` is for the others."""
    quantities = sys.modules.get("brian2.units.fundamentalunits")
    if quantities is not None and isinstance(value, quantities.Quantity) and not value.is_dimensionless:
        refuse(where, "must have no unit", value, "give a plain number")


def _kind(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"


def number(where: str, value: Any, low: float, high: float, next_step: str) -> float:
    """Return `value` as a float inside [low, high], or refuse it; text, booleans and arrays are no numbers."""
    # A time difference of numpy counts as one of its integers.
    no_number = isinstance(value, bool | np.bool_ | np.timedelta64)
    if no_number or not isinstance(value, int | float | np.integer | np.floating | np.ndarray):
        refuse(where, "must be a number", _quoted(value), next_step)
    _refuse_unit(where, value)
    if isinstance(value, np.ndarray) and (value.ndim or value.dtype.kind not in "iuf"):
        refuse(where, "must be one number", f"an array of shape {value.shape}", next_step)
    try:
        result = float(value)
    except OverflowError:
        result = float("inf")
    if np.isnan(result):
        refuse(where, "must be a number", "nan", next_step)
    if not low <= result <= high:
        refuse(where, f"must be from {low:g} to {high:g}", value, next_step)
    return result


def count(where: str, value: Any, low: int = 1, high: int = 10_000_000) -> int:
    """Return `value` as an integer inside [low, high], or refuse it."""
    no_number = isinstance(value, bool | np.timedelta64) or not isinstance(value, int | np.integer)
    if no_number or not low <= value <= high:
        refuse(where, f"must be a whole number from {low} to {high}", _quoted(value), "choose another number")
    return int(value)


def seed(where: str, value: Any) -> int:
    """Return a seed, a whole number from 0 to 2^63."""
    return count(where, value, 0, 2**63)


def flag(where: str, value: Any) -> bool:
    """Return `value` if it is true or false, or refuse it."""
    if not isinstance(value, bool | np.bool_):
        refuse(where, "must be True or False", _quoted(value), "choose one")
    return bool(value)


def member(where: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value` if it is one of `allowed`, or refuse it, name them all and guess which was meant."""
    names = sorted(allowed)
    if not isinstance(value, str) or value not in names:
        plain = {name.lower(): name for name in names}
        close = difflib.get_close_matches(value[:100].lower(), plain, 1, 0.6) if isinstance(value, str) else []
        guess = f"; did you mean {plain[close[0]]}?" if close else ""
        refuse(where, "must be a known name", _quoted(value), f"choose one of {', '.join(names)}{guess}")
    return value


def instance(where: str, value: Any, kind: type[T], next_step: str) -> T:
    """Return `value` if it is of that class, or refuse it.

    Raises
    ------
    InputError
        Another object; a class where one of its objects is meant is named as such.
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        refuse(where, f"must be {article} {kind.__name__}", _quoted(value), next_step)
    return value


def indices(where: str, value: Any, size: int, next_step: str) -> NDArray[np.int64]:
    """Return chosen positions below `size` in the order asked for: whole numbers, or a boolean mask of that length.

    Raises
    ------
    InputError
        Fractions, text, more than one axis, a mask of another length, a position twice or outside 0 to size - 1.
    """
    chosen = plain_array(where, value)
    if chosen.size == 0 and chosen.ndim == 1:
        return np.empty(0, np.int64)
    if chosen.ndim != 1:
        refuse(where, "must be a list of whole numbers with one axis", f"shape {chosen.shape}", next_step)
    if chosen.dtype.kind == "b":
        if chosen.size != size:
            refuse(where, f"must be a mask of length {size}", f"length {chosen.size}", next_step)
        return np.flatnonzero(chosen)
    if chosen.dtype.kind not in "iu":
        refuse(where, "must be whole numbers", f"{chosen.dtype} {chosen[:5]}", next_step)
    outside = chosen[(chosen < 0) | (chosen >= size)]
    if outside.size:
        refuse(where, f"must be from 0 to {size - 1}", outside[0], next_step)
    if np.unique(chosen).size != chosen.size:
        refuse(where, "must not repeat a number", chosen, next_step)
    return chosen.astype(np.int64)


def _quoted(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}; call it, {value.__name__}()"
    simple = isinstance(value, str | int | float | bool | complex | np.generic | None)
    return (repr(value) if isinstance(value, str) else shown(value)) if simple else f"a {type(value).__name__}"


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
    result = number(where, plain, -np.inf, np.inf, hint)
    if result <= 0 and low > 0:
        refuse(where, "must be positive", f"{result:g} s", hint)
    if not low <= result <= high:
        refuse(where, f"must be from {low:g} s to {high:g} s", f"{result:g} s", hint)
    return result
