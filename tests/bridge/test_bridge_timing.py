"""Timing: with exact readings in place of neurons, a discrete network's graph behind its synapses is its own map."""

from collections import deque

import numpy as np
import pytest
from test_bridge_gated import DT, network, trials

from biornn.bridge.code.evaluation import GRAPHS
from biornn.bridge.graph.graph import signals
from biornn.bridge.graph.held_steps import SAMPLE, early, synapse
from biornn.bridge.graph.timing import late, levels
from biornn.theory.cells import CELLS
from biornn.theory.distance import nrmse
from biornn.theory.rate import euler

FINE, STEP, LAG = 1e-3, 0.2, 0.0125
"""Step of the filters, step of the network and lag of a synapse in s."""


def graph_of(rates, inputs):
    return GRAPHS[rates.cell](rates, euler(rates, inputs).states, inputs)


def read(rates, inputs, routes):
    """Return the states (K, T, S) of the graph with these (route, delay) in the middle of each step."""
    graph = graph_of(rates, inputs)
    taken, state = levels(graph), graph.parts[0]
    first = signals(graph, CELLS[rates.cell].start(rates.weights, np), np.zeros(rates.inputs))
    x = {part.name: np.tile(first[part.name], (len(inputs), 1)) for part in graph.parts}
    keep = np.exp(-FINE / synapse(np.array([LAG])).tau_decay)
    behind = {part.name: [x[part.name] - part.bias] * 2 for part in graph.parts}
    given = {part.name: [np.zeros_like(x[part.name])] * 2 for part in graph.parts}
    wait = {part.name: (LAG if part.state else (taken[part.name] - 1) * LAG) for part in graph.parts}

    def value(route):
        return graph.part(route.source).readings[route.reading](x[route.source]) @ route.weight.T

    under_way = [deque([value(route)] * (round(delay / FINE) + 1)) for route, delay in routes]
    found, steps = [], round(STEP / FINE)
    for t in range(inputs.shape[1] * steps):
        drive = {part.name: 0.0 for part in graph.parts}
        for (route, _), queue in zip(routes, under_way, strict=True):
            queue.append(value(route))
            drive[route.target] = drive[route.target] + queue.popleft()
        for part in graph.parts:
            own = behind[part.name]
            own[0] = keep * own[0] + (1 - keep) * drive[part.name]
            own[1] = keep * own[1] + (1 - keep) * own[0]
            share = np.where(np.array(wait[part.name]) > 0, np.exp(-2 * FINE / np.maximum(wait[part.name], 1e-9)), 0.0)
            held = given[part.name]
            held[0] = share * held[0] + (1 - share) * (inputs[:, t // steps] @ part.input.T)
            held[1] = share * held[1] + (1 - share) * held[0]
            x[part.name] = part.bias + own[1] + held[1]
        found.append(x[state.name])
    before_the_end = early(taken, state.name, LAG, STEP) * round(SAMPLE / FINE)
    return np.stack(found, axis=1)[:, steps - 1 - before_the_end :: steps]


@pytest.mark.parametrize("cell", ["elman", "gru", "gru-reset-before", "lstm"])
def test_steps_stay_apart_however_many_synapses_they_take(cell):
    rates = network(cell, tau=DT)
    inputs = trials(count=6, steps=96).inputs[:, ::8]
    graph, wanted = graph_of(rates, inputs), euler(rates, inputs).states
    taken = levels(graph)
    error = nrmse(read(rates, inputs, late(graph, taken, STEP, LAG)), wanted)
    assert error < 0.05
    # Negative control: only the states wait, all for as long as the longest way leaves, as if all ways were alike.
    depth = int(taken[graph.parts[0].name].max())
    alike = [(route, STEP - depth * LAG if graph.part(route.source).state else 0.0) for route in graph.routes]
    if cell == "elman":
        alike = [(route, STEP - 4 * LAG) for route in graph.routes]
    assert nrmse(read(rates, inputs, alike), wanted) > 3 * error


def test_levels_count_the_synapses_of_the_longest_way():
    wanted = {
        "elman": {"units": 1},
        "gru": {"gates": 1, "reset": 2, "candidate": 3, "update": 4, "state": 5},
        "lstm": {"gates": 1, "candidate": 1},
    }
    for cell, parts in wanted.items():
        rates = network(cell)
        found = levels(graph_of(rates, trials().inputs))
        for name, level in parts.items():
            assert set(found[name]) == {level}
    # An LSTM's h is made of the c of its own step: two synapses later.
    assert found["state"].tolist() == [5] * 5 + [3] * 5
    assert set(found["products"]) == {2, 4}


def test_cutting_routes_up_loses_and_doubles_no_weight():
    rates = network("lstm")
    graph = graph_of(rates, trials().inputs)
    cut = late(graph, levels(graph), STEP, LAG)
    assert all(delay >= 0 for _, delay in cut)
    for route in graph.routes:
        alike = [
            r.weight for r, _ in cut if (r.source, r.reading, r.target) == (route.source, route.reading, route.target)
        ]
        np.testing.assert_array_equal(sum(alike), route.weight)
        assert (np.count_nonzero(alike, axis=0) <= 1).all()
    # A lesion leaves the loop where it was.
    rates = network("elman", tau=DT)
    lesioned = graph_of(rates.with_weights(recurrent=np.zeros((5, 5))), trials().inputs)
    assert [delay for _, delay in late(lesioned, levels(lesioned), STEP, LAG)] == [STEP - LAG]
