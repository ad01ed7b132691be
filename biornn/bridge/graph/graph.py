"""Graph: a cell as scalar signals, functions read from them, and linear maps between them.

This is all that populations and synapses can do: a signal is what the neurons of a population share as their input, a
reading is what decoders make of its spikes, a route carries a reading through weights into other signals. Each cell
says in one short file how it is written this way; `biornn.bridge.assemble` turns any graph into banks of populations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
"""Works element by element."""


@dataclass(frozen=True, eq=False)
class Part:
    """Signals of one kind, one population each: ``x = bias + input u + what routes bring``.

    Attributes
    ----------
    name : str
    readings : dict of str to callable
        Functions of the signal that are read from its neurons.
    bias : (U,) array
    input : (U, I) array
    state : bool
        Whether the signals are states: they follow what they are given with the time constants of their cell, all
        others at once.
    """

    name: str
    readings: Mapping[str, Function]
    bias: Array
    input: Array
    state: bool = False


@dataclass(frozen=True, eq=False)
class Route:
    """A reading of one part through weights (U_target, U_source) into another."""

    source: str
    reading: str
    target: str
    weight: Array


@dataclass(frozen=True, eq=False)
class Graph:
    """A cell as a graph.

    Attributes
    ----------
    parts : tuple of Part
        The states first; after them each part is reached by earlier ones alone.
    routes : tuple of Route
    reading : str
        Reading of the states that rates are.
    rates : (N, S) array
        Which states they are.
    current : tuple of str
        Readings of states that a discrete network takes as the step itself makes them, not as the last one left them.
    """

    parts: tuple[Part, ...]
    routes: tuple[Route, ...]
    reading: str
    rates: Array
    current: tuple[str, ...] = ()

    def part(self, name: str) -> Part:
        """Return the part of that name."""
        return next(part for part in self.parts if part.name == name)

    def into(self, name: str) -> list[Route]:
        """Return the routes into a part."""
        return [route for route in self.routes if route.target == name]

    def decoder(self, part: str, reading: str, sign: str) -> str:
        """Return the name of the decoder that carries a reading's weights of one sign under Dale's law.

        The sign alone where routes carry one reading of the part, else the reading's name and the sign.
        """
        sent = {route.reading for route in self.routes if route.source == part}
        return sign if len(sent) < 2 else f"{reading}_{sign}"

    @property
    def receivers(self) -> tuple[str, ...]:
        """Names of the parts that inputs reach; without any such weights the states, as every network has inputs."""
        return tuple(part.name for part in self.parts if part.input.any()) or (self.parts[0].name,)

    def past(self, route: Route) -> bool:
        """Return whether a route of a discrete network brings states of the last step."""
        return self.part(route.source).state and route.reading not in self.current


def signals(graph: Graph, states: Array, inputs: Array) -> dict[str, Array]:
    """Return the signals of all parts for given states (..., S) and inputs (..., I)."""
    found: dict[str, Array] = {}
    for part in graph.parts:
        found[part.name] = states if part.state else _given(graph, part, found, inputs)
    return found


def state_drive(graph: Graph, found: Mapping[str, Array], inputs: Array) -> Array:
    """Return what drives the states, ``x + tau dx/dt``, where the signals are those of `signals`; (..., S)."""
    return _given(graph, graph.parts[0], found, inputs)


def outgoing(graph: Graph, part: str, reading: str) -> Array | None:
    """Return the weights of all routes that carry a reading of a part, one target below the other."""
    weights = [route.weight for route in graph.routes if (route.source, route.reading) == (part, reading)]
    return np.concatenate(weights) if weights else None


def _given(graph: Graph, part: Part, found: Mapping[str, Array], inputs: Array) -> Array:
    total = inputs @ part.input.T + part.bias
    for route in graph.into(part.name):
        total = total + graph.part(route.source).readings[route.reading](found[route.source]) @ route.weight.T
    return np.asarray(total)
