"""Annotations: which form a type has; the fields of a record are read off its class, so that new ones come along."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from biornn.core.task import Task
from biornn.store.forms import Array, Choice, Dictionary, Fixed, Form, Free, Maybe, Record, Scalar
from biornn.store.forms import Sequence as Items
from biornn.store.tasks import TaskForm

SCALARS = (bool, int, float, str)


@cache
def form_of(hint: Any) -> Form:
    """Return the form of an annotated type.

    Raises
    ------
    TypeError
        A type that no file can carry, such as a function: a record with such a field cannot be saved.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    form: Form | None = None
    if hint in SCALARS:
        form = Scalar(hint)
    elif hint is Task:
        form = TaskForm()
    elif hint is Any or origin is Literal:
        form = Free()
    elif origin is np.ndarray:
        form = Array(_kinds(arguments))
    elif origin in (Union, types.UnionType):
        form = _union(arguments)
    elif origin in (tuple, list, Sequence):
        form = _items(origin, arguments)
    elif origin in (dict, Mapping) and arguments[0] is str:
        form = Dictionary(form_of(arguments[1]))
    elif is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, tuple) and "_fields" in vars(hint)):
        form = _record(hint)
    if form is None:
        raise TypeError(f"no file can carry a {hint}")
    return form


def _record(kind: Any) -> Record:
    hints = get_type_hints(kind)
    if is_dataclass(kind):
        own = [field for field in fields(kind) if field.init]
        optional = {f.name for f in own if f.default is not MISSING or f.default_factory is not MISSING}
        names = [field.name for field in own]
    else:
        names, optional = list(kind._fields), set(kind._field_defaults)
    return Record(kind, {name: form_of(hints[name]) for name in names}, frozenset(optional))


def _union(parts: tuple[Any, ...]) -> Form:
    if all(part in (*SCALARS, type(None), Any) for part in parts):
        return Free()
    some = [part for part in parts if part is not type(None)]
    form = form_of(some[0]) if len(some) == 1 else Choice({part.__name__: form_of(part) for part in some})
    return form if len(some) == len(parts) else Maybe(form)


def _items(origin: Any, arguments: tuple[Any, ...]) -> Form:
    if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
        return Fixed(tuple(form_of(item) for item in arguments))
    return Items(list if origin is list else tuple, form_of(arguments[0]))


def _kinds(arguments: tuple[Any, ...]) -> str:
    """Return the kinds of numbers in an annotation such as ``NDArray[np.int32]``."""
    (kind,) = get_args(arguments[1]) or (np.generic,)
    if isinstance(kind, type) and issubclass(kind, np.floating):
        return "f"
    if isinstance(kind, type) and issubclass(kind, np.integer):
        return "iu"
    return ""
