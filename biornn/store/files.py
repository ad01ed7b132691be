"""Saving, loading and finding: one call each, whatever the object."""

import difflib
import json
import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar, overload

import numpy as np

from biornn.core import places
from biornn.core.checks import InputError, refuse, shown
from biornn.core.output import drafting, kind_of, path_of, writing
from biornn.core.rate import RateNetwork
from biornn.core.values import kind_name
from biornn.store import agreement, foreign, kinds, tensors

T = TypeVar("T")
SUFFIX = ".safetensors"
FILE_NAME = f"network{SUFFIX}"
WHOLE, ADVICE = "must be a whole safetensors file", "save the object again or give another file"
HOSTILE = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError, MemoryError)
"""What a file made to break its reader may raise between the checks."""


def save(thing: Any, path: str | os.PathLike[str]) -> Path:
    """Write a network, a spiking network, a recording or a report with everything needed to use it again.

    The file is in the safetensors format: every array in its own type, and as metadata the name and version of the
    format and a description in JSON. Of a rate network the arrays are the weights of its cell, ``tau``, ``signs`` and
    ``noise``. A report keeps its evidence, so that it prints and plots as before.

    Parameters
    ----------
    thing : RateNetwork, SpikingNetwork, Recording or Report
    path : path
        File to write; an existing one is replaced in one step and keeps its mode. No ending is added.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    InputError
        Another object, an activation without a registered name, values that no file can carry, or a path that cannot
        be written.
    """
    where = f"store.save {shown(path)}"
    kind = kinds.format_of(thing)
    if kind is None:
        _refuse_object(thing)
    target = path_of("store.save path", path)
    agreement.check(thing)
    description, arrays = kinds.describe(thing, where)
    key = "network" if kind == kinds.NETWORK else "description"
    metadata = {"format": kind, "version": kinds.VERSION, key: json.dumps(description, allow_nan=False)}
    with drafting(target) as draft:
        tensors.write(draft, arrays, metadata)
    return target


@overload
def load(path: str | os.PathLike[str]) -> Any: ...
@overload
def load(path: str | os.PathLike[str], kind: type[T]) -> T: ...
def load(path: str | os.PathLike[str], kind: type = object) -> Any:
    """Read what `save` wrote and check it again.

    Parameters
    ----------
    path : path or str
        A file, or the name of a network in `models/` (``"go-nogo-sigmoid"``, see `available`).
    kind : type
        What it must be, such as `biornn.core.rate.RateNetwork`; anything that was saved by default.

    Returns
    -------
    RateNetwork, SpikingNetwork, Recording or Report

    Raises
    ------
    InputError
        No such file, a truncated or foreign one, a newer version, another kind, a missing or non-finite weight, or an
        activation that is not registered in this session.
    """
    if not isinstance(kind, type):
        refuse("store.load kind", "must be a class", kind_name(kind), "give RateNetwork, or leave it out")
    where = shown(path_of("store.load path", path), 200)
    found = _located(where, path)
    try:
        with found.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                refuse(where, "must be a file", kind_of(found), "give the path of a file")
            if not status.st_size:  # what the system makes up as it is read has no size, and may have no end
                refuse(where, WHOLE, "an empty file", ADVICE)
            foreign.refuse_foreign(file, where)
        return _read(found, where, kind)
    except OSError as problem:
        refuse(where, "must be readable", problem.strerror or problem, "check the file and its permissions")


def find(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a network given by its path or by its name in `models/`.

    Raises
    ------
    InputError
        Neither a file nor a known name; the message lists the names there are.
    """
    return _located("network", name_or_path)


def available() -> list[str]:
    """Return the names of the networks in `models/`."""
    return sorted(file.parent.name for file in places.models().glob(f"*/{FILE_NAME}"))


def save_json(value: Any, path: str | os.PathLike[str]) -> Path:
    """Write JSON values, NaN and infinity as null; numpy numbers and arrays become numbers and lists.

    Raises
    ------
    InputError
        A value that is not JSON, or a path that cannot be written.
    """
    target = path_of("store.save_json path", path)
    content = (_json(value, str(path), indent=2) + "\n").encode()
    with writing(target) as file:
        file.write(content)
    return target


def _located(where: str, name: Any) -> Path:
    path = path_of(where, name)
    kind = kind_of(path)
    if kind == "a file":
        return path
    inside = places.models() / path / FILE_NAME
    if len(path.parts) == 1 and kind_of(inside) == "a file":
        return inside
    if kind == "a folder" and kind_of(path / FILE_NAME) == "a file":
        refuse(where, "must be a file or the name of a known network", "a folder", f"give {path / FILE_NAME}")
    names = available()
    close = difflib.get_close_matches(path.name.removesuffix(SUFFIX), names, 1, 0.5)
    advice = f"check the path, or choose one of {', '.join(names) or '(models/ is empty)'}"
    value = f"{kind}, {str(name)!r}" if kind != "nothing" else repr(str(name))
    guess = f"; did you mean {close[0]}?" if close else ""
    return refuse(where, "must be a file or the name of a known network", value, advice + guess)


def _read(path: Path, where: str, wanted: type) -> Any:
    try:
        with tensors.reading(path) as found:
            kind = _kind(found, where)
            arrays = found.arrays()
    except InputError:
        raise
    except HOSTILE as problem:
        refuse(where, WHOLE, problem, ADVICE)
    if not issubclass(kind, wanted):
        refuse(where, f"must be a {wanted.__name__}", f"a {kind.__name__}", "give another file")
    text = found.metadata.get("network" if kind is RateNetwork else "description", "")
    try:
        thing = kinds.rebuild(kind, text, arrays, where)
        agreement.check(thing)
    except InputError as refusal:
        said = str(refusal)
        raise InputError(said if said.startswith(where) else f"{where}: {said}") from None
    except HOSTILE as problem:
        refuse(where, f"must hold a whole {kind.__name__}", repr(problem), "save the object again")
    return thing


def _kind(found: tensors.Reader, where: str) -> type:
    kind = kinds.kind_of(found.metadata.get("format", ""))
    if kind is None:
        wanted = "a network saved by biornn (biornn.rate-network) or another of its objects"
        foreign.refuse_tensors(found, where, f"must be {wanted}")
    if found.metadata.get("version") != kinds.VERSION:
        rule = f"must have version {kinds.VERSION} of the format"
        refuse(where, rule, found.metadata.get("version"), "read it with the version of biornn that wrote it")
    return kind


def _refuse_object(thing: Any) -> NoReturn:
    advice = "give the object first and the path second"
    if isinstance(thing, tuple):
        advice = "a mapping returns a network and its fit: give the network alone"
    if isinstance(thing, list):
        advice = "save one after the other"
    refuse("store.save", f"must be one of {', '.join(kinds.CLASSES)}", kind_name(thing), advice)


def _json(value: Any, where: str, indent: int | None = None) -> str:
    try:
        return json.dumps(_plain(value), indent=indent, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as problem:
        refuse(where, "must hold JSON values only", problem, "use numbers, text, lists and dictionaries")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
