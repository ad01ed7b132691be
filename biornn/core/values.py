"""JSON values: what a record may say about itself in words and numbers, so that every file format can carry it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from biornn.core.checks import refuse, shown

DEEPEST = 50
"""Levels of lists and dictionaries; one that contains itself has no end."""
LARGEST = 2**64
"""Whole numbers are smaller in magnitude."""
ADVICE = "use numbers, text, lists and dictionaries; array.tolist() is a list"


def json_values(where: str, value: Any) -> dict[str, Any]:
    """Return `value`, a dictionary with text as keys, as plain JSON values that no one else can change.

    Tuples become lists and numpy's numbers those of Python. NaN and infinity are kept.

    Raises
    ------
    InputError
        Not a dictionary, keys that are no text, values that JSON has no form for, more than 50 levels.
    """
    if not isinstance(value, Mapping):
        refuse(where, "must be a dictionary of JSON values", kind_name(value), "use {'name': value}")
    return {_key(where, key): _plain(where, item, f"[{key!r}]", 1) for key, item in value.items()}


def _plain(where: str, value: Any, place: str, depth: int) -> Any:
    if depth > DEEPEST:
        refuse(where, f"must have at most {DEEPEST} levels", f"more at {shown(place, 30)}", "make it flatter")
    if isinstance(value, Mapping):
        return {_key(where, key): _plain(where, item, f"{place}[{key!r}]", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(where, item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, np.generic) and value.dtype.kind in "biufU":
        value = value.item()
    if isinstance(value, int) and abs(value) >= LARGEST:
        refuse(where, "must hold whole numbers below 2^64", f"more at {shown(place, 60)}", "give it as text")
    for kind in (str, bool, int, float):
        if isinstance(value, kind):
            return kind(value)  # and no subclass of it
    if value is None:
        return None
    return refuse(where, "must hold JSON values only", f"{kind_name(value)} at {shown(place, 60)}", ADVICE)


def _key(where: str, key: object) -> str:
    if not isinstance(key, str):
        refuse(where, "must have text as keys", f"the key {key!r}", "write numbers as text")
    return str(key)


def kind_name(value: object) -> str:
    """Return what an object of the wrong kind is, for a message: "a dict", "the class Path", "None", "3"."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, bool | int | float | str | None):
        return repr(value)
    article = "an" if type(value).__name__[0] in "aeioAEIO" else "a"
    return f"{article} {type(value).__name__}"
