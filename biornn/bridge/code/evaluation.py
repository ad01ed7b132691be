"""Evaluation points: the graph of a network's cell, and what each of its signals is on the calibration trials."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.code.followed import followed
from biornn.bridge.code.points import EvaluationPoints, evaluation_points
from biornn.bridge.graph import gru, leaky, lstm
from biornn.bridge.graph.graph import Graph, signals, state_drive
from biornn.bridge.graph.leaky import is_leaky
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
    points : dict of str to EvaluationPoints
        What the signals of each part visit.
    states : (K, T, S) array
        States of the rate network on the calibration trials.
    first : dict of str to array
        Signals at time 0.
    drive : (S,) array
        What drives the states then.
    start : (S,) array
        Where the states of the populations begin: at the first state, or near the range where that is far away.
    """

    graph: Graph
    points: Mapping[str, EvaluationPoints]
    states: Array
    first: Mapping[str, Array]
    drive: Array
    start: Array


def evaluate(network: RateNetwork, trials: Trials, margin: float) -> Evaluation:
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
    none = np.zeros(network.inputs)
    first = signals(graph, start, none)
    begins, begin = first, start
    if network.discrete:
        # No neuron needs to reach a first state that is out of the way: what it sends is under way at time 0.
        name = graph.parts[0].name
        begin = nearby(start, states)
        found[name] = np.where(seen == start, begin, seen)
        begins = {part: values[0, 0] for part, values in found.items()} | {name: begin}
    points = {
        part.name: evaluation_points(
            found[part.name], begins[part.name], next(iter(part.readings.values())), margin, leak=leak
        )
        for part in graph.parts
    }
    return Evaluation(graph, points, states, first, state_drive(graph, first, none), begin)


def nearby(start: Array, states: Array) -> Array:
    """Return a first state (S,) where it is near what is visited (K, T, S); else the visited state next to it."""
    low, high = states.min(axis=(0, 1)), states.max(axis=(0, 1))
    away = np.maximum(low - start, start - high)
    return np.where(away > high - low, np.clip(start, low, high), start)
