"""About: notes on where a record comes from, in values that JSON can hold."""

import json
from typing import Any

from biornn.core.checks import instance, refuse


def notes(where: str, value: Any) -> dict[str, Any]:
    """Return notes as a dictionary of their own.

    Raises
    ------
    InputError
        No dictionary, keys that are no text, values that JSON cannot hold (NaN and infinity included).
    """
    advice = "use text, numbers, True, False, None, lists and dictionaries of these"
    found = dict(instance(where, value, dict, "give a dictionary from text to JSON values"))
    for key, note in found.items():
        if not isinstance(key, str):
            refuse(where, "must have keys of text", repr(key), "use text")
        try:
            json.dumps(note, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as problem:
            refuse(f"{where}[{key!r}]", "must be a JSON value", f"a {type(note).__name__}: {problem}", advice)
    return found
