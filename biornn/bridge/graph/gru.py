"""The gated recurrent unit as a graph.

``tau dh/dt = -h + c + z (h - c)``: states h, gates z and r, the candidate c, and two products for each unit, that of
the reset gate in front of the candidate (r h, or r times its recurrent input) and that of the update gate with h - c.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.graph.graph import Graph, Part, Route, signals
from biornn.bridge.graph.product import factor, merged, product_routes, products
from biornn.core.rate import RateNetwork
from biornn.theory.activation import apply

Array = NDArray[np.float64]


def identity(x: Array) -> Array:
    """Return x."""
    return x


def graph(network: RateNetwork, states: Array, inputs: Array) -> Graph:
    """Return the graph of a GRU that visits states (..., N) on inputs (..., I)."""
    weights, count = network.weights, network.units
    recurrent, given, bias = weights["recurrent"], weights["input"], weights["bias"]
    one, none = np.eye(count), np.zeros((count, count))
    no_input = np.zeros((count, network.inputs))
    state = Part("state", {"value": identity}, np.zeros(count), no_input, state=True)
    sigmoid = partial(apply, "sigmoid")
    gates = Part("gates", {"activity": sigmoid}, np.ravel(bias[:2]), np.reshape(given[:2], (2 * count, -1)))
    routes = [Route("state", "value", "gates", np.reshape(recurrent[:2], (2 * count, count)))]
    gate = sigmoid(states @ routes[0].weight.T + inputs @ gates.input.T + gates.bias)

    # What the reset gate multiplies: the states, or what they send to the candidates.
    after = network.cell == "gru"
    inner = recurrent[2] if after else one
    inner_bias = weights["recurrent_bias"] if after else np.zeros(count)
    reset = factor((("gates", "activity", np.hstack([none, one])),), np.zeros(count), gate[..., count:])
    held = factor((("state", "value", inner),), inner_bias, states @ inner.T + inner_bias)
    kept, into = products("reset", reset, held, network.inputs)
    routes += into
    onward, constant = product_routes("reset", reset, held, "candidate", one if after else recurrent[2])
    routes += onward
    candidate = Part("candidate", {"activity": partial(apply, network.activation)}, bias[2] + constant, given[2])

    so_far = Graph((state, gates, kept, candidate), merged(tuple(routes)), "value", one)
    proposed = candidate.readings["activity"](signals(so_far, states, inputs)["candidate"])
    update = factor((("gates", "activity", np.hstack([one, none])),), np.zeros(count), gate[..., :count])
    change = factor((("state", "value", one), ("candidate", "activity", -one)), np.zeros(count), states - proposed)
    moved, into = products("update", update, change, network.inputs)
    routes += into
    onward, constant = product_routes("update", update, change, "state", one)
    routes += [*onward, Route("candidate", "activity", "state", one)]
    state = Part("state", {"value": identity}, constant, no_input, state=True)
    return Graph((state, gates, kept, candidate, moved), merged(tuple(routes)), "value", one)
