"""Corrected drive: what a network's states tell about their drive is taken off its weights, and no more than that."""

from types import SimpleNamespace

import numpy as np
import pytest
from test_bridge_gated import INPUTS, network, trials

from biornn.bridge.code.evaluation import GRAPHS
from biornn.bridge.graph.graph import signals
from biornn.bridge.refit import drive
from biornn.bridge.refit.drive import refit_drive
from biornn.theory.cells import CELLS
from biornn.theory.rate import reference

STEPS = 20
"""Euler steps within each step of the trials."""


def spoiled(graph, size, seed):
    """Return by what each weight into the states is multiplied and what is added to their bias."""
    random = np.random.default_rng(seed)
    rows, columns = graph.parts[0].bias.size, sum(route.weight.shape[1] for route in graph.into("state"))
    return 1 + size * random.normal(size=(rows, columns)), size * random.normal(size=rows)


def faulty(rates, graph, some, fault):
    """Integrate the graph with a fault in what its states are given; return all states."""
    factor, added = fault
    routes = graph.into("state")
    weight = factor * np.concatenate([route.weight for route in routes], axis=1)
    tau = np.tile(rates.tau, rates.states // rates.units)
    x = np.broadcast_to(CELLS[rates.cell].start(rates.weights, np), (some.count, rates.states))
    found = []
    for step in range(some.steps):
        given = some.inputs[:, step]
        for _ in range(STEPS):
            exact = signals(graph, x, given)
            read = [graph.part(route.source).readings[route.reading](exact[route.source]) for route in routes]
            drive = np.concatenate(read, axis=1) @ weight.T + graph.parts[0].bias + added
            x = x + rates.dt / STEPS / tau * (drive + given @ graph.parts[0].input.T - x)
        found.append(x)
    return np.stack(found, axis=1)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_planted_fault_is_taken_back(cell):
    rates, some = network(cell), trials(count=12, steps=80)
    exact = reference(rates, some.inputs, np.zeros(rates.units)).states
    graph = GRAPHS[cell](rates, exact, some.inputs)
    fault = spoiled(graph, 0.03, 1)

    def simulate(spiking, chosen, seed):
        assert spiking is None
        assert seed == 0
        return SimpleNamespace(states=faulty(rates, graph, chosen, fault))

    better = refit_drive(rates, graph, None, some, simulate=simulate, ridge=1e-4)
    fresh = trials(count=6, steps=80, seed=5)
    truth = reference(rates, fresh.inputs, np.zeros(rates.units)).states
    before, after, none = (
        np.sqrt(np.mean((faulty(rates, one, fresh, spoilt) - truth) ** 2))
        for one, spoilt in ((graph, fault), (better, fault), (graph, spoiled(graph, 0.0, 1)))
    )
    assert before > 10 * none
    assert after < 0.35 * before
    for old, new in zip(graph.into("state"), better.into("state"), strict=True):
        assert (old.weight * new.weight >= 0).all()
        assert ((old.weight == 0) <= (new.weight == 0)).all()
    assert [route for route in better.routes if route.target != "state"] == [
        route for route in graph.routes if route.target != "state"
    ]


def test_without_a_fault_nothing_is_changed():
    rates, some = network("lstm"), trials(count=12, steps=80)
    assert some.inputs.shape[2] == INPUTS
    exact = reference(rates, some.inputs, np.zeros(rates.units)).states
    graph = GRAPHS["lstm"](rates, exact, some.inputs)
    same = refit_drive(rates, graph, None, some, simulate=lambda *_: SimpleNamespace(states=exact), ridge=0.01)
    largest = max(np.abs(route.weight).max() for route in graph.into("state"))
    for old, new in zip(graph.into("state"), same.into("state"), strict=True):
        np.testing.assert_allclose(new.weight, old.weight, atol=0.02 * largest)


def test_what_cancels_within_the_states_time_is_left_alone(monkeypatch):
    # A ripple at every change of the input, taken back a step later: nothing to correct, though weights could follow.
    rates, some = network("lstm"), trials(count=24, steps=80)
    exact = reference(rates, some.inputs, np.zeros(rates.units)).states
    graph = GRAPHS["lstm"](rates, exact, some.inputs)
    pushed = np.diff(some.inputs, axis=1, prepend=0.0) @ np.ones((INPUTS, rates.states))
    pushed -= np.roll(pushed, 1, axis=1)
    kept, ripple = np.exp(-rates.dt / rates.tau[0]), np.zeros_like(exact)
    for step in range(some.steps):
        ripple[:, step] = kept * ripple[:, step - 1] + (1 - kept) * pushed[:, step] if step else 0.0
    assert 0.02 < ripple.std() / exact.std() < 1

    def change():
        same = refit_drive(
            rates, graph, None, some, simulate=lambda *_: SimpleNamespace(states=exact + ripple), ridge=1e-3
        )
        pairs = zip(graph.into("state"), same.into("state"), strict=True)
        return np.sqrt(sum(np.sum((old.weight - new.weight) ** 2) for old, new in pairs))

    averaged = change()
    monkeypatch.setattr(drive, "WINDOW", 0.0)
    assert averaged < 0.5 * change()
