"""Drive: what the states of a gated network are given, corrected on its own activity.

States of a spiking network tell what drove them: ``tau dx/dt = -x + drive``. How that differs from the drive that the
cell's equations give for the same states is regressed on the terms that the drive is made of (products, what is linear
in the gates, the state itself), and taken off their weights and the constant. An error of a few thousandths in
``f c - c`` is nothing in one time constant but everything in the memory of an LSTM.

Both are averaged over two time constants first. Populations answer every step of the input with a ripple, most of which
a state averages out; regression on single steps spends the weights on it.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Simulate
from biornn.bridge.graph.graph import Graph, signals, state_drive
from biornn.bridge.refit.ridge import corrected, moments
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.cells import CELLS

Array = NDArray[np.float64]
SECONDS, FEWEST = 160.0, 4
"""Length of all calibration trials that are simulated, and their smallest number."""
WINDOW = 2.0
"""Time constants over which what drives the states is averaged."""


def refit_drive(
    network: RateNetwork, graph: Graph, spiking: SpikingNetwork, trials: Trials, *, simulate: Simulate, ridge: float
) -> Graph:
    """Return the graph with corrected weights of all routes into its states, none of which changes its sign.

    Parameters
    ----------
    network : RateNetwork
        In continuous time.
    graph : Graph
    spiking : SpikingNetwork
        The populations of that graph.
    trials : Trials
        Calibration trials.
    simulate : callable
        Runs a network on trials under a seed.
    ridge : float
        See `biornn.bridge.refit.ridge.corrected`.
    """
    some = trials.select(slice(max(round(SECONDS / (trials.steps * trials.dt)), FEWEST)))
    states, inputs = simulate(spiking, some, 0).states, some.inputs
    state = graph.parts[0]
    routes = graph.into(state.name)
    trained = np.concatenate([route.weight for route in routes], axis=1)
    start = np.broadcast_to(CELLS[network.cell].start(network.weights, np), states[:, :1].shape)
    before = np.concatenate([start, states[:, :-1]], axis=1)
    found = signals(graph, before, inputs)
    asked = (state_drive(graph, found, inputs) + state_drive(graph, signals(graph, states, inputs), inputs)) / 2
    terms = [graph.part(route.source).readings[route.reading](found[route.source]) for route in routes]
    window = min(max(round(WINDOW * float(np.median(network.tau)) / network.dt), 1), some.steps)
    given = _averaged(np.concatenate(terms, axis=2), window)
    short = _averaged(asked - _given(network, before, states), window)
    weight, bias = np.array(trained), np.array(state.bias)
    for signal, row in enumerate(trained):
        used = np.flatnonzero(row)
        # What is missing is known, so that nothing is to be taken off it.
        sums = moments(given[:, used], short[:, signal, None], np.zeros((1, used.size)))
        fitted, constant = corrected(sums, row[None, used], ridge, np.sign(row[used]))
        weight[signal, used], bias[signal] = fitted[0], bias[signal] + constant[0]
    ends = np.cumsum([route.weight.shape[1] for route in routes])[:-1]
    new = iter(np.split(weight, ends, axis=1))
    return replace(
        graph,
        parts=(replace(state, bias=bias), *graph.parts[1:]),
        routes=tuple(
            replace(route, weight=next(new)) if route.target == state.name else route for route in graph.routes
        ),
    )


def _averaged(values: Array, window: int) -> Array:
    """Return the means (S, C) of all windows of so many steps of values (K, T, C)."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0), (0, 0))), axis=1)
    return np.asarray((total[:, window:] - total[:, :-window]) / window).reshape(-1, values.shape[2])


def _given(network: RateNetwork, before: Array, after: Array) -> Array:
    """Return the mean drive (K, T, S) of steps that lead from states to others."""
    kept = np.exp(-network.dt / np.tile(network.tau, network.states // network.units))
    return np.asarray((after - kept * before) / (1 - kept))
