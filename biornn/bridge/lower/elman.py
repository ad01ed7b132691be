"""The Elman step as a graph: one part, which is its own past through the recurrent weights."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.lower.graph import Graph, Part, Route
from biornn.core.rate import RateNetwork
from biornn.theory.activation import apply

Array = NDArray[np.float64]


def graph(network: RateNetwork, states: Array, inputs: Array) -> Graph:  # noqa: ARG001
    """Return the graph of a discrete leaky network; nothing in it depends on what it visits."""
    weights = network.weights
    units = Part(
        "units", {"activity": partial(apply, network.activation)}, weights["bias"], weights["input"], state=True
    )
    return Graph(
        (units,), (Route("units", "activity", "units", weights["recurrent"]),), "activity", np.eye(network.units)
    )
