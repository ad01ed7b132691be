"""The leaky cell and the Elman step as a graph: one part, which reaches itself through the recurrent weights.

``tau_i dx_i/dt = -x_i + sum_j W_ij a_j + (W_in u)_i + b_i`` with the decoded activity a in place of ``r = phi(x)``: the
synapse is the unit's own leak, so that the spiking network obeys the rate equation up to decoding error and spike
noise. The Elman step has the same graph; what it brings belongs to the last step.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.graph.graph import Graph, Part, Route
from biornn.core.rate import RateNetwork
from biornn.theory.activation import apply

Array = NDArray[np.float64]


def graph(network: RateNetwork, states: Array, inputs: Array) -> Graph:  # noqa: ARG001
    """Return the graph of a leaky or Elman network; nothing in it depends on what it visits."""
    weights = network.weights
    phi = partial(apply, network.activation)
    units = Part("units", {"activity": phi}, weights["bias"], weights["input"], state=True)
    routes = (Route("units", "activity", "units", weights["recurrent"]),)
    return Graph((units,), routes, "activity", np.eye(network.units))


def is_leaky(network: RateNetwork) -> bool:
    """Return whether the cell of a network is the leaky one in continuous time."""
    return network.cell == "leaky" and not network.discrete
