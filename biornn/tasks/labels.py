"""Labels: entries by position and classes that are whole numbers, whatever container they come in."""

import warnings
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks

Classes = NDArray[np.int64]
TEXT_ADVICE = "number the classes from 0, as numpy.unique(labels, return_inverse=True)[1] does"


def entries(where: str, value: Any) -> list[Any]:
    """Return the entries of a list, array, tensor, pandas Series or frame (its rows) by position.

    Raises
    ------
    InputError
        Something without an order (a set, a dictionary), text, or no container.
    """
    advice = "give a list or an array with one entry for each sequence"
    if isinstance(value, list | tuple):
        return list(value)
    unordered = isinstance(value, str | bytes | Mapping | AbstractSet | type)
    if unordered or not isinstance(value, Iterable):
        checks.refuse(where, "must be a list or an array", f"a {type(value).__name__}", advice)
    # A frame iterates over its columns, a masked array over its mask: both go through numpy.
    try:
        if isinstance(value, np.ma.MaskedArray) or np.ndim(cast(Any, value)) > 1:
            return list(checks.plain_array(where, value))
        return list(value)
    except checks.InputError:
        raise
    except Exception as problem:  # containers of any library may fail in their own way
        checks.refuse(where, "must be a list or an array", f"a {type(value).__name__}: {problem}", advice)


def classes(where: str, value: Any, number: int, count: int) -> Classes:
    """Return `count` labels from 0 to ``number - 1``, by position.

    Parameters
    ----------
    where : str
        Object and attribute for messages.
    value : list or array
        Whole numbers, or true and false for classes 1 and 0.
    number, count : int
        Number of classes and of labels.

    Raises
    ------
    InputError
        Another number of labels, text, fractions, missing labels, a class outside the range.
    """
    listed = entries(where, value)
    if len(listed) != count:
        checks.refuse(where, f"must have {count} entries, one for each", len(listed), "give as many labels")
    rule = f"must be classes from 0 to {number - 1}"
    for index, label in enumerate(listed):
        if isinstance(label, str | bytes):
            checks.refuse(f"{where}[{index}]", f"{rule}, not text", repr(str(label)), TEXT_ADVICE)
    given = checks.plain_array(where, listed)
    if given.shape != (count,):
        advice = "turn one-hot labels into classes by labels.argmax(axis=1), a column into a list by labels.ravel()"
        checks.refuse(where, f"{rule}, one for each, of shape ({count},)", given.shape, advice)
    if given.dtype.kind == "f":
        odd = np.flatnonzero(given != np.floor(given))
        if odd.size:
            word = "missing" if np.isnan(given[odd[0]]) else "whole numbers"
            rule = f"{rule}, none missing" if word == "missing" else f"{rule}, whole numbers"
            checks.refuse(f"{where}[{odd[0]}]", rule, given[odd[0]], "leave out or mend the sequence")
    outside = np.flatnonzero((given < 0) | (given >= number))
    if outside.size:
        checks.refuse(f"{where}[{outside[0]}]", rule, given[outside[0]], _counting(given, number))
    return given.astype(np.int64)


def _counting(given: NDArray[Any], number: int) -> str:
    if given.min() == 1 and given.max() == number:
        return "they count from 1: give labels - 1"
    if set(np.unique(given).tolist()) == {-1, 1}:
        return "give (labels > 0)"
    return f"number the classes from 0; the largest label is {given.max()}, so give classes={given.max() + 1:g} or more"


def say_missing(where: str, parts: Mapping[str, Classes]) -> None:
    """Warn where only one class occurs, or where a part lacks a class that occurs elsewhere.

    Parameters
    ----------
    where : str
        Object and attribute.
    parts : dict of str to int array
        Labels of each part.
    """
    present = np.unique(np.concatenate(list(parts.values())))
    if present.size == 1:
        text = f"{where}: only class {present[0]} occurs, so that any network that always answers it is right"
        warnings.warn(f"{text}; check the labels", stacklevel=4)
        return
    lacking = {name: np.setdiff1d(present, own) for name, own in parts.items()}
    told = [
        f"the {name} part lacks class {', '.join(map(str, some[:5]))}" for name, some in lacking.items() if some.size
    ]
    if told:
        warnings.warn(f"{where}: {'; '.join(told)}; hold out other numbers or change split_seed", stacklevel=4)
