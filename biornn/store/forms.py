"""Forms: how a value of each annotated type becomes JSON values and named arrays, and comes back checked.

What is read is decided by the annotations of the records and never by the file: it cannot name a class.
Numbers that JSON lacks are written ``{"$float": "nan"}``, arrays ``{"$tensor": name}``.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from biornn.core.checks import plain_array, refuse
from biornn.core.values import json_values
from biornn.store.tensors import NAMES

Tensors = dict[str, NDArray[Any]]
FLOAT, TENSOR, TEXT, DATE = "$float", "$tensor", "$text", "$date"
DATES = re.compile(r"[mM]8\[(?:[1-9]\d{0,5})?(?:Y|M|W|D|h|m|s|ms|us|ns)\]")


class Form(Protocol):
    """How values of one type are written and read; `place` says where in the record, for messages and names."""

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        """Return JSON values and put arrays into `tensors`."""
        ...

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        """Return what `write` was given and take its arrays out of `tensors`."""
        ...


def unfit(place: str, wanted: str, value: object) -> Any:
    """Refuse a value of another type than the record's annotation says."""
    kind = "null" if value is None else f"a {type(value).__name__}"
    return refuse(place, f"must be {wanted}", kind, "save or make the object again")


@dataclass(frozen=True)
class Scalar:
    """A number, text or a truth value."""

    kind: type

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        value = self.read(value, place, tensors)
        return {FLOAT: repr(value)} if isinstance(value, float) and not math.isfinite(value) else value

    def read(self, value: Any, place: str, _: Tensors, /) -> Any:
        if self.kind is float:
            if isinstance(value, dict) and value.keys() == {FLOAT} and value[FLOAT] in {"nan", "inf", "-inf"}:
                return float(value[FLOAT])
            if type(value) is int and abs(value) < 2**64:
                return float(value)
        # A truth value is an integer to Python.
        return value if type(value) is self.kind else unfit(place, f"a {self.kind.__name__}", value)


@dataclass(frozen=True)
class Maybe:
    """A value, or None."""

    form: Form

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        return None if value is None else self.form.write(value, place, tensors)

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        return None if value is None else self.form.read(value, place, tensors)


@dataclass(frozen=True)
class Array:
    """An array; `kinds` are the numpy kinds that it may have, none for any."""

    kinds: str

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        # Plain numbers, unless labels and dates may stand there, too.
        array = (
            np.asarray(value) if not self.kinds and np.asarray(value).dtype.kind in "UmM" else plain_array(place, value)
        )
        if self.kinds == "f" and array.dtype.kind in "iub":
            array = array.astype(np.float64)
        if array.dtype.kind == "U":
            return {TEXT: array.tolist()}
        if self.kinds and array.dtype.kind not in self.kinds:
            unfit(place, "an array of integers" if "i" in self.kinds else "an array of floats", array.dtype.type(0))
        dates = array.dtype.str[1:] if array.dtype.kind in "mM" else ""
        if dates:
            array = array.astype(array.dtype.newbyteorder("=")).view(np.int64)
        if array.dtype.name not in NAMES:
            refuse(
                place, "must hold numbers of at most 64 bits", array.dtype, "convert it with numpy.asarray(x, float)"
            )
        name = _distinct(place, tensors)
        tensors[name] = array
        return {TENSOR: name, DATE: dates} if dates else {TENSOR: name}

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if isinstance(value, dict) and value.keys() == {TEXT} and not self.kinds:
            labels = np.asarray(value[TEXT])
            return labels if labels.dtype.kind == "U" else unfit(place, "an array of text", value[TEXT])
        if not isinstance(value, dict) or value.keys() not in ({TENSOR}, {TENSOR, DATE}):
            unfit(place, "an array", value)
        if not isinstance(value[TENSOR], str) or value[TENSOR] not in tensors:
            refuse(place, "must be an array of the file", repr(value[TENSOR]), "save the object again")
        array = tensors.pop(value[TENSOR])
        if self.kinds and array.dtype.kind not in self.kinds:
            unfit(place, "an array of integers" if "i" in self.kinds else "an array of floats", array.dtype.type(0))
        if DATE in value:
            if self.kinds or array.dtype != np.int64 or not DATES.fullmatch(str(value[DATE])):
                unfit(place, "an array of dates", array.dtype.type(0))
            return array.view(value[DATE])
        return array


@dataclass(frozen=True)
class Sequence:
    """A tuple or list whose items are alike."""

    make: Callable[[list[Any]], Any]
    item: Form

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        return [self.item.write(item, f"{place}[{index}]", tensors) for index, item in enumerate(value)]

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if not isinstance(value, list):
            unfit(place, "a list", value)
        return self.make([self.item.read(item, f"{place}[{index}]", tensors) for index, item in enumerate(value)])


@dataclass(frozen=True)
class Fixed:
    """A tuple of a certain length."""

    items: tuple[Form, ...]

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        pairs = enumerate(zip(self.items, value, strict=True))
        return [form.write(item, f"{place}[{index}]", tensors) for index, (form, item) in pairs]

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if not isinstance(value, list) or len(value) != len(self.items):
            unfit(place, f"a list of {len(self.items)}", value)
        pairs = enumerate(zip(self.items, value, strict=True))
        return tuple(form.read(item, f"{place}[{index}]", tensors) for index, (form, item) in pairs)


@dataclass(frozen=True)
class Dictionary:
    """A dictionary with text as keys whose items are alike."""

    item: Form

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if not all(isinstance(key, str) for key in value):
            refuse(place, "must have text as keys", list(value), "write numbers as text")
        return {key: self.item.write(item, f"{place}[{key!r}]", tensors) for key, item in value.items()}

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if not isinstance(value, dict):
            unfit(place, "a dictionary", value)
        return {key: self.item.read(item, f"{place}[{key!r}]", tensors) for key, item in value.items()}


@dataclass(frozen=True)
class Free:
    """Any JSON values."""

    def write(self, value: Any, place: str, _: Tensors, /) -> Any:
        return _marked(json_values(place, {"": value})[""], place)

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if isinstance(value, dict) and FLOAT in value:
            return Scalar(float).read(value, place, tensors)
        if isinstance(value, dict):
            return {key: self.read(item, place, tensors) for key, item in value.items()}
        return [self.read(item, place, tensors) for item in value] if isinstance(value, list) else value


def _marked(value: Any, place: str) -> Any:
    """Return plain values with the numbers that JSON lacks written out."""
    if isinstance(value, dict):
        if FLOAT in value:
            refuse(place, f"must have no key {FLOAT!r}", value, "choose another key")
        return {key: _marked(item, place) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, place) for item in value]
    return {FLOAT: repr(value)} if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class Record:
    """A frozen dataclass or a named tuple, field by field; a field with a default may be missing from a file."""

    make: type
    fields: Mapping[str, Form]
    optional: frozenset[str]

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if type(value) is not self.make:
            unfit(place, f"a {self.make.__name__}", value)
        return {
            name: form.write(getattr(value, name), f"{place}.{name}", tensors) for name, form in self.fields.items()
        }

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if not isinstance(value, dict):
            unfit(place, f"the fields of a {self.make.__name__}", value)
        odd = [*(set(value) - set(self.fields)), *(set(self.fields) - self.optional - set(value))]
        if odd:
            rule = f"must have the fields of a {self.make.__name__}"
            refuse(
                place, rule, f"missing or unknown: {', '.join(sorted(odd))}", "read it with the biornn that wrote it"
            )
        read = {name: self.fields[name].read(item, f"{place}.{name}", tensors) for name, item in value.items()}
        return self.make(**read)


@dataclass(frozen=True)
class Choice:
    """One of several records, under the name of its class."""

    forms: Mapping[str, Form]

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        name = type(value).__name__
        if name not in self.forms:
            unfit(place, f"one of {', '.join(self.forms)}", value)
        return {name: self.forms[name].write(value, place, tensors)}

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= self.forms.keys():
            unfit(place, f"one of {', '.join(self.forms)}", value)
        ((name, inner),) = value.items()
        return self.forms[name].read(inner, place, tensors)


def _distinct(place: str, tensors: Tensors) -> str:
    """Return a name for an array of plain characters that no other one has."""
    name = re.sub(r"[^\w.]+", "_", place, flags=re.ASCII).strip("_")
    count = sum(1 for other in tensors if other == name or other.startswith(f"{name}-"))
    return f"{name}-{count}" if count else name
