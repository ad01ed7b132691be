"""Evaluation points: the graph of a network's cell, and what each of its signals is on the calibration trials."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.bridge import held
from biornn.bridge.calibrate import Visited, is_leaky, visited
from biornn.bridge.followed import followed
from biornn.bridge.lower import gru, leaky, lstm
from biornn.bridge.lower.graph import Graph, signals
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.cells import CELLS

Array = NDArray[np.float64]
GRAPHS: dict[str, Callable[[RateNetwork, Array, Array], Graph]] = {
    "leaky": leaky.graph,
    "elman": leaky.graph,
    "gru": gru.graph,
    "gru-reset-before": gru.graph,
    "lstm": lstm.graph,
}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A cell's graph and the points at which its populations are evaluated.

    Attributes
    ----------
    graph : Graph
    points : dict of str to Visited
        What the signals of each part visit.
    states : (K, T, S) array
        States of the rate network on the calibration trials.
    first : dict of str to array
        Signals at time 0, and under "drive" what drives the states then.
    start : (S,) array
        Where the states of the populations begin: at the first state, or near the range where that is far away.
    """

    graph: Graph
    points: Mapping[str, Visited]
    states: Array
    first: Mapping[str, Array]
    start: Array


def evaluated(network: RateNetwork, trials: Trials, margin: float) -> Evaluation:
    """Return the graph of a network and the evaluation points of its signals.

    Parameters
    ----------
    trials : Trials
        Calibration trials.
    margin : float
        How far the range of a signal reaches beyond what it visits on either side, as a share of its span.
    """
    states = followed(network, trials.inputs)
    start = np.asarray(CELLS[network.cell].start(network.weights, np))
    seen, inputs, leak = states, trials.inputs, network.tau / network.dt if is_leaky(network) else None
    if not is_leaky(network):
        # What a part gets right after the input has changed belongs to its range, too. A leaky state has not moved yet.
        before = np.concatenate([np.broadcast_to(start, states[:, :1].shape), states[:, :-1]], axis=1)
        seen, inputs = np.concatenate([states, before]), np.concatenate([inputs, inputs])
    graph = GRAPHS[network.cell](network, seen, inputs)
    found = signals(graph, seen, inputs)
    first = signals(graph, start, np.zeros(network.inputs))
    begins, begin = first, start
    if network.discrete:
        # No neuron needs to reach a first state that is out of the way: what it sends is under way at time 0.
        name = graph.parts[0].name
        begin = held.nearby(start, states)
        found[name] = np.where(seen == start, begin, seen)
        begins = {part: values[0, 0] for part, values in found.items()} | {name: begin}
    points = {
        part.name: visited(found[part.name], begins[part.name], next(iter(part.readings.values())), margin, leak=leak)
        for part in graph.parts
    }
    return Evaluation(graph, points, states, first, begin)
