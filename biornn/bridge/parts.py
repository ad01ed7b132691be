"""Parts: the signals of each part of a graph, coded by populations."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations
from biornn.bridge.calibrate import Visited
from biornn.bridge.coding import Coding
from biornn.bridge.dale import carriers, one_signed
from biornn.bridge.decoders import Fitted, Reading
from biornn.bridge.lower.graph import Graph, Part

Array = NDArray[np.float64]
ONSETS = (-0.2, 0.95)
"""Of parts that are no states, whose curves rise and fall: nobody looks at their firing rates, and squares and products
need both ends of the range. What else was tried is on docs/gated.md."""


def code(
    graph: Graph, visits: Mapping[str, Visited], coding: Coding, sizes: Mapping[str, int], *, dale: bool
) -> dict[str, tuple[Populations, Fitted]]:
    """Return the populations of each part and how well their decoders fit.

    Parameters
    ----------
    visits : dict of str to Visited
        What the signals of each part visit.
    sizes : dict of str to int
        Neurons of each signal of each part.
    """
    found = {}
    for part in graph.parts:
        size = sizes[part.name]
        own = coding if part.state else _behind(coding, dale)
        readings = _readings(graph, part, size, dale)
        found[part.name] = replace(own, neurons_per_unit=size).populations(visits[part.name], readings)
    return found


def _behind(coding: Coding, dale: bool) -> Coding:
    """Return the coding of signals that are no states."""
    return replace(coding, tuning=coding.tuning if dale else "on-off", onsets=ONSETS)


def _readings(graph: Graph, part: Part, size: int, dale: bool) -> dict[str, Reading]:
    """Return what is read from a part; under Dale's law also by the neurons that carry weights of one sign."""
    every = np.ones((part.bias.size, size), dtype=bool)
    found = {name: Reading(every, function) for name, function in part.readings.items()}
    weights = {name: weight for name in part.readings if (weight := outgoing(graph, part.name, name)) is not None}
    if dale and (len(weights) > 1 or not all(one_signed(weight) for weight in weights.values())):
        for (name, sign), members in _shared_out(weights, size).items():
            found[f"{name}_{sign}"] = Reading(members, part.readings[name])
    return found


def _shared_out(weights: Mapping[str, Array], size: int) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Return which neurons carry the weights of each reading and sign: none more than one of these."""
    if len(weights) == 1:
        (name, weight), *_ = weights.items()
        return dict(zip(((name, "positive"), (name, "negative")), carriers(weight, size), strict=True))
    wanted = {
        (name, sign): (factor * weight > 0).any(axis=0)
        for name, weight in weights.items()
        for sign, factor in (("positive", 1), ("negative", -1))
    }
    asked = np.stack(list(wanted.values()))
    turn = np.cumsum(asked, axis=0) - 1
    whose = np.arange(size) % np.maximum(asked.sum(axis=0), 1)[:, None]
    return {key: asked[index][:, None] & (turn[index][:, None] == whose) for index, key in enumerate(wanted)}


def outgoing(graph: Graph, part: str, reading: str) -> Array | None:
    """Return the weights of all routes that carry a reading of a part, one target below the other."""
    weights = [route.weight for route in graph.routes if (route.source, route.reading) == (part, reading)]
    return np.concatenate(weights) if weights else None
