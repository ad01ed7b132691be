"""Kinds: the objects that have a format of their own, each under its name."""

import json
from collections.abc import Mapping
from typing import Any

from biornn.core.cells import CELLS, READOUT
from biornn.core.checks import member, refuse
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import SpikingNetwork
from biornn.store.annotations import form_of
from biornn.store.forms import Free, Tensors, unfit
from biornn.theory.activation import ACTIVATIONS

NETWORK = "biornn.rate-network"
VERSION = "1"
ARRAYS = ("tau", "signs", "noise")
DESCRIPTION: dict[str, type] = {"activation": str, "dt": float, "readout": str, "cell": str, "about": dict}
"""Fields of a rate network beside its arrays, and their types in JSON."""


KINDS: dict[str, type] = {
    NETWORK: RateNetwork,
    "biornn.spiking-network": SpikingNetwork,
    "biornn.recording": Recording,
}
"""Classes of the objects that can be saved, by the names of their formats; `REPORT` beside them."""
REPORT = "biornn.report"
CLASSES = (*(kind.__name__ for kind in KINDS.values()), "Report")


def kind_of(name: str) -> type | None:
    """Return the class of a format, None for a format of another program."""
    if name == REPORT:
        # Comparing takes a second to import, which a network need not wait for.
        from biornn.compare.report import Report

        return Report
    return KINDS.get(name)


def format_of(thing: Any) -> str | None:
    """Return the name of an object's format, None for an object that cannot be saved."""
    if type(thing).__name__ == "Report" and type(thing) is kind_of(REPORT):
        return REPORT
    return next((name for name, kind in KINDS.items() if type(thing) is kind), None)


def describe(thing: Any, where: str) -> tuple[Any, Tensors]:
    """Return an object as JSON values and named arrays."""
    if isinstance(thing, RateNetwork):
        check_activation(thing.activation, where)
        arrays = {**thing.weights, **{name: getattr(thing, name) for name in ARRAYS}}
        fields = {name: getattr(thing, name) for name in DESCRIPTION}
        return {**fields, "about": Free().write(thing.about, "RateNetwork.about", {})}, arrays
    tensors: Tensors = {}
    kind: Any = type(thing)
    return form_of(kind).write(thing, kind.__name__, tensors), tensors


def rebuild(kind: type, text: str, tensors: Tensors, where: str) -> Any:
    """Return the object of a description and its arrays, checked as any new one.

    Raises
    ------
    InputError, ValueError
        A description or arrays that are not those of such an object.
    """
    advice = "save the object again"
    try:
        description = strict_json(text)
    except (ValueError, RecursionError) as problem:
        refuse(where, f"must hold a whole description of its {_plain(kind)}", problem, advice)
    if kind is RateNetwork:
        return _network(description, tensors, where)
    thing = form_of(kind).read(description, kind.__name__, tensors)
    if tensors:
        refuse(where, "must hold no array that its description does not name", ", ".join(tensors), advice)
    return thing


def check_activation(name: str, where: str) -> None:
    """Refuse the name of an activation that this session does not know."""
    if name not in ACTIVATIONS:
        advice = f"call biornn.theory.activation.register({name!r}, function) first"
        refuse(where, "must use a registered activation", repr(name), advice)


def strict_json(text: str) -> Any:
    """Return JSON values; a key that stands twice and the words NaN and Infinity are refused with a ValueError."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise ValueError("a key that stands twice")
        return result

    def unknown(word: str) -> None:
        raise ValueError(f"the word {word}")

    return json.loads(text, object_pairs_hook=distinct, parse_constant=unknown)


def _network(description: Any, tensors: Tensors, where: str) -> RateNetwork:
    fields = _fields(description, where)
    member(f"{where}: cell", fields["cell"], CELLS)
    lacking = sorted({*CELLS[fields["cell"]].weights, *READOUT, *ARRAYS} - set(tensors))
    if lacking:
        refuse(where, "must hold every weight", f"without {', '.join(lacking)}", "save the network again")
    check_activation(fields["activation"], where)
    arrays: dict[str, Any] = {name: tensors[name] for name in ARRAYS}
    weights = {name: tensor for name, tensor in tensors.items() if name not in ARRAYS}
    about = Free().read(fields["about"], "RateNetwork.about", {})
    return RateNetwork(weights, **arrays, **{**fields, "about": about})


def _fields(description: Any, where: str) -> Mapping[str, Any]:
    """Return the described fields of a rate network, each of its type."""
    rule, advice = "must hold a whole description of its network", "save the network again"
    if not isinstance(description, dict):
        refuse(where, rule, f"a {type(description).__name__}", advice)
    odd = sorted(set(DESCRIPTION).symmetric_difference(description))
    if odd:
        refuse(where, rule, f"missing or unknown: {', '.join(odd)}", advice)
    for name, kind in DESCRIPTION.items():
        value = description[name]
        if not isinstance(value, (int, float) if kind is float else kind) or isinstance(value, bool):
            unfit(f"{where}: {name}", {str: "text", float: "a number", dict: "a dictionary"}[kind], value)
    return description


def _plain(kind: type) -> str:
    return "network" if kind is RateNetwork else kind.__name__
