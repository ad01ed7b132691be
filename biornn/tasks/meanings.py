"""Meanings: what a task may be told, read from the docstring of its class."""

import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """Name of a setting, its default (`inspect.Parameter.empty` where it must be given) and its meaning in a line."""

    name: str
    default: Any
    meaning: str


def of(factory: Callable[..., Any]) -> list[Setting]:
    """Return the settings of a task's class, in the order of its parameters."""
    meanings: dict[str, str] = {}
    for kind in reversed(inspect.getmro(factory) if inspect.isclass(factory) else (factory,)):
        meanings |= _meanings(inspect.cleandoc(kind.__doc__ or ""))
    parameters = inspect.signature(factory).parameters.values()
    return [Setting(p.name, _default(factory, p), meanings.get(p.name, "")) for p in parameters]


def _default(factory: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    # Defaults that a dataclass makes anew for each object stand in its fields.
    for field in fields(factory) if is_dataclass(factory) else ():
        if field.name == parameter.name and field.default_factory is not MISSING:
            return field.default_factory()
    return parameter.default


def _meanings(docstring: str) -> dict[str, str]:
    """Return the first sentence on each parameter of a numpydoc docstring."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-{3,}$|\Z)", docstring, re.M | re.S)
    found: dict[str, str] = {}
    for head, body in re.findall(r"^(\S[^\n]*)\n((?:[ ]+[^\n]*\n?|\n)*)", section[1] if section else "", re.M):
        names, _, kind = head.partition(" : ")
        text = " ".join(body.split()) or kind
        for name in names.split(","):
            found[name.strip()] = re.split(r"(?<=\w\w)[.;] |\.$", text)[0]
    return found
