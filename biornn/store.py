"""Trained networks and results on disk: safetensors and JSON, written whole or not at all, and never a pickle."""

import json
import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from biornn.core import places
from biornn.core.cells import CELLS, READOUT
from biornn.core.checks import member, refuse
from biornn.core.rate import RateNetwork
from biornn.theory.activation import ACTIVATIONS

FORMAT = "biornn.rate-network"
VERSION = 1
SUFFIX = ".safetensors"
FILE_NAME = f"network{SUFFIX}"
ARRAYS = ("tau", "signs", "noise")
DESCRIPTION = {"activation": str, "dt": float, "readout": str, "cell": str, "about": dict}


def save(network: RateNetwork, path: str | os.PathLike[str]) -> Path:
    """Write a trained network with everything needed to run it again.

    The tensors are the weights of its cell, ``tau``, ``signs`` and ``noise``, in float64; the metadata hold the name
    and version of the format and, as JSON, activation, dt, readout, cell and `about`.

    Parameters
    ----------
    network : RateNetwork
    path : path
        File to write; an existing one is replaced in one step.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    InputError
        An activation without a registered name, `about` that is not JSON, or a path that cannot be written.
    """
    _check_activation(network.activation, str(path))
    tensors = {name: np.ascontiguousarray(weight) for name, weight in network.weights.items()}
    tensors |= {name: np.ascontiguousarray(getattr(network, name)) for name in ARRAYS}
    description = {name: getattr(network, name) for name in DESCRIPTION}
    text = _json({**description, "about": dict(network.about)}, "RateNetwork.about")
    metadata = {"format": FORMAT, "version": str(VERSION), "network": text}
    return _write(path, to_bytes(tensors, metadata))


def load(path: str | os.PathLike[str]) -> RateNetwork:
    """Read a network that `save` wrote and check it again.

    Raises
    ------
    InputError
        No such file, a truncated or foreign one, a newer version, a missing or non-finite weight, or an activation
        that is not registered in this session.
    """
    where = str(path)
    if not Path(path).is_file():
        refuse(where, "must be a file", "none there", "give the path of a .safetensors file or a name in models/")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            # Not every foreign dtype can be turned into numpy: look at the metadata first.
            description = _description(metadata, where)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
    except (SafetensorError, OSError) as problem:
        refuse(where, "must be a whole safetensors file", problem, "save the network again or give another file")
    member(f"{where}: cell", description["cell"], CELLS)
    lacking = sorted({*CELLS[description["cell"]].weights, *READOUT, *ARRAYS} - set(tensors))
    if lacking:
        refuse(where, "must hold every weight", f"without {', '.join(lacking)}", "save the network again")
    _check_activation(description["activation"], where)
    weights = {name: tensor for name, tensor in tensors.items() if name not in ARRAYS}
    return RateNetwork(weights, **{name: tensors[name] for name in ARRAYS}, **description)


def find(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a network given by its path or by its name in `models/`.

    Raises
    ------
    InputError
        Neither a file nor a known name; the message lists the names there are.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    inside = places.models() / path / FILE_NAME
    if len(path.parts) == 1 and inside.is_file():
        return inside
    advice = f"check the path, or choose one of {', '.join(available()) or '(models/ is empty)'}"
    return refuse("network", "must be a file or the name of a known network", repr(str(name_or_path)), advice)


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
    return _write(path, (_json(value, str(path), indent=2) + "\n").encode())


def check_writable(path: str | os.PathLike[str]) -> Path:
    """Return `path` if a file can be written there; call it before hours of work.

    Raises
    ------
    InputError
        A missing folder, a folder where the file should be, or no permission.
    """
    target = Path(path)
    if target.is_dir():
        refuse(str(path), "must be a file to write", "a folder", "give a file name inside it")
    if not target.parent.is_dir():
        refuse(str(path), "must lie in a folder that exists", f"no folder {target.parent}", "make the folder first")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            return target
    except OSError as problem:
        refuse(str(path), "must be writable", problem.strerror, "choose another place")


def _write(path: str | os.PathLike[str], content: bytes) -> Path:
    target = check_writable(path)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for their owner alone; what is saved follows the umask like any other file.
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(target)
    except OSError as problem:
        refuse(str(path), "must be writable", problem.strerror, "free some space or choose another place")
    finally:
        Path(name).unlink(missing_ok=True)
    return target


def _description(metadata: Mapping[str, str], where: str) -> dict[str, Any]:
    advice = "convert it with `biornn import`"
    if metadata.get("format") != FORMAT:
        refuse(where, f"must be a network saved by biornn ({FORMAT})", metadata.get("format", "another file"), advice)
    if metadata.get("version") != str(VERSION):
        rule = f"must have version {VERSION} of the format"
        refuse(where, rule, metadata.get("version"), "read it with the version of biornn that wrote it")
    try:
        description = json.loads(metadata.get("network", ""))
        return {name: kind(description[name]) for name, kind in DESCRIPTION.items()}
    except (ValueError, TypeError, KeyError) as problem:
        refuse(where, "must hold a whole description of its network", repr(problem), "save the network again")


def _check_activation(name: str, where: str) -> None:
    if name not in ACTIVATIONS:
        advice = f"call biornn.theory.activation.register({name!r}, function) first"
        refuse(where, "must use a registered activation", repr(name), advice)


def _json(value: Any, where: str, indent: int | None = None) -> str:
    try:
        return json.dumps(_plain(value), indent=indent, allow_nan=False)
    except (TypeError, ValueError) as problem:
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
