"""The long short-term memory as a graph.

``tau dc/dt = -c + f c + i g`` and ``tau dh/dt = -h + o phi(c)``: states h and c, of which the latter are read twice, as
they are and as phi(c); gates i, f, o; the candidate g; and three products for each unit.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.graph.graph import Graph, Part, Route
from biornn.bridge.graph.gru import identity
from biornn.bridge.graph.product import factor, merged, product_routes, products
from biornn.core.rate import RateNetwork
from biornn.theory.activation import apply

Array = NDArray[np.float64]
GATES = [0, 1, 3]
"""Input, forget and output among i, f, g, o."""


def graph(network: RateNetwork, states: Array, inputs: Array) -> Graph:
    """Return the graph of an LSTM that visits states (..., 2 N) on inputs (..., I)."""
    weights, count = network.weights, network.units
    recurrent, given, bias = weights["recurrent"], weights["input"], weights["bias"]
    sigmoid, phi = partial(apply, "sigmoid"), partial(apply, network.activation)
    one = np.eye(count)
    hidden, cell = np.eye(count, 2 * count), np.eye(count, 2 * count, count)
    gates = Part("gates", {"activity": sigmoid}, np.ravel(bias[GATES]), np.reshape(given[GATES], (3 * count, -1)))
    candidate = Part("candidate", {"activity": phi}, bias[2], given[2])
    routes = [
        Route("state", "value", "gates", np.reshape(recurrent[GATES], (3 * count, count)) @ hidden),
        Route("state", "value", "candidate", recurrent[2] @ hidden),
    ]
    gate = sigmoid(states @ routes[0].weight.T + inputs @ gates.input.T + gates.bias)
    proposed = phi(states @ routes[1].weight.T + inputs @ candidate.input.T + candidate.bias)
    held = states @ cell.T

    # i g, f c and o phi(c), in this order.
    first = factor((("gates", "activity", np.eye(3 * count)),), np.zeros(3 * count), gate)
    places = [np.zeros((3 * count, size)) for size in (count, 2 * count, 2 * count)]
    places[0][:count], places[1][count : 2 * count], places[2][2 * count :] = one, cell, cell
    second = factor(
        (("candidate", "activity", places[0]), ("state", "value", places[1]), ("state", "squashed", places[2])),
        np.zeros(3 * count),
        np.concatenate([proposed, held, phi(held)], axis=-1),
    )
    multiplied, into = products("products", first, second, network.inputs)
    weight = np.zeros((2 * count, 3 * count))
    weight[:count, 2 * count :], weight[count:, :count], weight[count:, count : 2 * count] = one, one, one
    onward, constant = product_routes("products", first, second, "state", weight)
    no_input = np.zeros((2 * count, network.inputs))
    state = Part("state", {"value": identity, "squashed": phi}, constant, no_input, state=True)
    # The step moves c first and h by the new c.
    all_routes = merged((*routes, *into, *onward))
    return Graph((state, gates, candidate, multiplied), all_routes, "value", hidden, current=("squashed",))
