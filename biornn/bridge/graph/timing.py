"""Timing of a discrete network: what belongs to one step arrives together, however many synapses it has behind it.

A signal is complete some synapses after the step that it belongs to: its level. Routes wait for what their target still
misses, and the states of the last step for the rest of that step, so that every loop takes one step to the synapse.
Without this the parts of a product are of different steps around every change, and each loop loses that time again.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.graph.graph import Graph, Route

Levels = dict[str, NDArray[np.int64]]


def levels(graph: Graph) -> Levels:
    """Return how many synapses each signal (U,) of each part has behind it, counted from the last step's states."""
    found = {part.name: np.ones(part.bias.size, dtype=np.int64) for part in graph.parts}
    # Longer than the longest way there is no change: inside a step nothing goes in circles.
    for _ in range(2 * len(graph.parts)):
        for route in graph.routes:
            before = np.where(route.weight != 0, _since(graph, route, found), 0).max(axis=1)
            found[route.target] = np.maximum(found[route.target], 1 + before)
    return found


def late(graph: Graph, found: Levels, step: float, lag: float) -> list[tuple[Route, float]]:
    """Return the routes of a graph, cut up by how long each waits, and that time in s.

    Parameters
    ----------
    found : dict of str to (U,) array
        From `levels`.
    step : float
        How long a step is held, in s.
    lag : float
        What a synapse takes, in s.
    """
    cut = []
    for route in graph.routes:
        waits = found[route.target][:, None] - 1 - found[route.source]
        # A route that carries nothing (a lesion) stays one route.
        whole = np.ones_like(waits, dtype=bool)
        for wait in np.unique(waits[route.weight != 0 if route.weight.any() else whole]):
            weight = np.where(waits == wait, route.weight, 0.0)
            cut.append((replace(route, weight=weight), float(wait) * lag + step * graph.past(route)))
    return cut


def _since(graph: Graph, route: Route, found: Levels) -> NDArray[np.int64]:
    """Return the levels (U_source,) that count: states of the last step are there when a step begins."""
    return np.zeros_like(found[route.source]) if graph.past(route) else found[route.source]
