"""JSON values: what can be kept with a network or a result and read again as the same."""

import math
from collections.abc import Mapping
from typing import Any

from biornn.core import checks

DEEPEST = 50


def json_object(where: str, value: Any) -> dict[str, Any]:
    """Return `value`, a dictionary of JSON values, as a dictionary.

    Tuples become lists; nothing else is changed, since a changed value would be another one when it is read again.

    Raises
    ------
    InputError
        Another object, a key that is no text, or a value such as an array, a set, NaN or infinity.
    """
    if not isinstance(value, Mapping):
        checks.refuse(where, "must be a dictionary of JSON values", f"a {type(value).__name__}", 'write {"key": 1}')
    return {_key(where, key): _plain(f"{where}[{key!r}]", each, 0) for key, each in value.items()}


def _plain(where: str, value: Any, depth: int) -> Any:
    advice = "use text, finite numbers, True, False, None, lists and dictionaries"
    if depth > DEEPEST:
        checks.refuse(where, f"must be nested at most {DEEPEST} times", "more", "flatten it")
    if value is None or type(value) in (str, bool, int) or (type(value) is float and math.isfinite(value)):
        return value
    if isinstance(value, list | tuple):
        return [_plain(where, each, depth + 1) for each in value]
    if isinstance(value, Mapping):
        return {_key(where, key): _plain(where, each, depth + 1) for key, each in value.items()}
    shown = value if isinstance(value, float) else f"a {type(value).__name__}"
    return checks.refuse(where, "must hold JSON values only", shown, advice)


def _key(where: str, key: Any) -> str:
    if not isinstance(key, str):
        checks.refuse(where, "must have keys that are text", repr(key), "write it as text")
    return key
