"""Gated and discrete networks as populations: the graph is the cell, and the wiring keeps what it promises."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from biornn import bridge
from biornn.bridge.code.allocation import LEAST
from biornn.bridge.code.evaluation import GRAPHS
from biornn.bridge.graph.graph import signals, state_drive
from biornn.bridge.graph.product import factor, merged, product_routes, products, quarter_square
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.cells import CELLS
from biornn.theory.rate import euler, reference

DT, UNITS, INPUTS, OUTPUTS = 0.01, 5, 2, 3


def network(cell, *, tau=0.1, attention=0, seed=0):
    random = np.random.default_rng(seed)
    gates = {"gru": 3, "gru-reset-before": 3, "lstm": 4}.get(cell)
    lead = () if gates is None else (gates,)
    weights = {
        "recurrent": random.normal(0, 0.6, (*lead, UNITS, UNITS)),
        "input": random.normal(0, 0.7, (*lead, UNITS, INPUTS)),
        "bias": random.normal(0, 0.3, (*lead, UNITS)),
        "output": random.normal(size=(OUTPUTS, UNITS * (2 if attention else 1))),
        "output_bias": random.normal(size=OUTPUTS),
        "initial_state": random.normal(0, 0.2, UNITS),
    }
    weights |= {"recurrent_bias": random.normal(0, 0.3, UNITS)} if cell == "gru" else {}
    weights |= {"initial_cell": random.normal(0, 0.2, UNITS)} if cell == "lstm" else {}
    weights |= {name: random.normal(size=(attention, UNITS)) for name in ("query", "key") if attention}
    none = np.zeros(UNITS)
    tau = DT if cell == "elman" else tau
    return RateNetwork(weights, "tanh", np.full(UNITS, tau), DT, none, none, cell=cell)


def trials(count=4, steps=40, seed=1):
    inputs = np.random.default_rng(seed).normal(size=(count, steps // 8, INPUTS)).repeat(8, axis=1)
    return Trials(inputs, np.zeros((count, steps, OUTPUTS)), np.ones((count, steps)), DT)


@pytest.mark.parametrize("cell", ["elman", "gru", "gru-reset-before", "lstm"])
def test_the_graph_is_the_cell(cell):
    rates, given = network(cell), trials().inputs
    states = reference(rates, given, np.zeros(UNITS)).states
    graph = GRAPHS[cell](rates, states, given)
    equations, phi = CELLS[cell], partial(apply, "tanh")
    # Also where the network never was, for centres and scales are exact everywhere.
    for x in (states, np.random.default_rng(2).normal(0, 2, states.shape)):
        drive = state_drive(graph, signals(graph, x, given), given)
        slope = equations.slope(rates.weights, phi, x, equations.drive(rates.weights, given), np)
        np.testing.assert_allclose(drive - x, slope, atol=1e-12)
        reading = graph.parts[0].readings[graph.reading]
        np.testing.assert_allclose(reading(x) @ graph.rates.T, equations.rates(phi, x), atol=1e-15)


def test_products_of_any_two_factors_are_exact():
    random = np.random.default_rng(3)
    a, b, target = random.normal(3, 2, (50, 4)), random.normal(-1, 0.1, (50, 4)), random.normal(size=(2, 4))
    one = factor((("a", "value", np.eye(4)),), np.full(4, 0.5), a + 0.5)
    other = factor((("b", "value", np.eye(4)),), np.full(4, -0.2), b - 0.2)
    part, into = products("ab", one, other, 1)
    given = {"a": a, "b": b}
    x = part.bias + sum(given[route.source] @ route.weight.T for route in into)
    onward, constant = product_routes("ab", one, other, "target", target)
    readings = {**given, "ab": quarter_square(x)}
    got = constant + sum(readings[route.source] @ route.weight.T for route in onward)
    np.testing.assert_allclose(got, ((a + 0.5) * (b - 0.2)) @ target.T, atol=1e-12)
    # Both summands have the span of 1 at the scale of b, so that no square is larger than needed.
    assert np.abs(x).max() <= 2 * (b.max(axis=0) - b.min(axis=0)).max() / 2 + 1e-12
    assert len(merged((*into, *into))) == len(into)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_banks_and_what_they_are_told_to_be(cell):
    rates = network(cell)
    mapping = bridge.Population(neurons_per_unit=20, neurons={"gates": 30})
    snn, fit = mapping(rates, trials())
    assert snn.observe == "state"
    assert snn.bank("state").units == rates.states
    assert snn.bank("gates").neurons_per_unit == 30
    assert sum(units * neurons for units, neurons in fit.parts.values()) == snn.neurons
    assert "neurons" in str(fit)
    # At time 0 every bank is where the cell would have it.
    start = CELLS[cell].start(rates.weights, np)
    graph = GRAPHS[cell](rates, reference(rates, trials().inputs, np.zeros(UNITS)).states, trials().inputs)
    assert {bank.name for bank in snn.banks} == {part.name for part in graph.parts}
    np.testing.assert_allclose(snn.bank("state").initial_state, start, atol=1e-12)
    np.testing.assert_allclose(snn.bank("state").channels["recurrent"].tau_decay, 0.1)
    assert fit.rate.mean() <= 30


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
def test_dale_holds_at_every_neuron_of_every_bank(cell):
    # Elman: its own law may be broken by the trained weights, so neurons share them out.
    rates = network(cell)
    held = {"step_duration": 0.2} if rates.discrete else {}
    for dale in (True, False):
        _, fit = bridge.Population(neurons_per_unit=20, dale=dale, **held)(rates, trials())
        excitatory, inhibitory, mixed = fit.classes.counts
        assert (mixed == 0) == dale
        assert not dale or min(excitatory, inhibitory) > 0


def test_a_discrete_network_is_held_and_read_inside_its_steps():
    for cell, depth in (("elman", 1), ("lstm", 5), ("gru", 5)):
        mapping = bridge.Population(neurons_per_unit=10, step_duration=0.2, synapse=0.02, lead=0.0)
        snn, _ = mapping(network(cell, tau=DT), trials())
        # The states of the last step are a step old where they have passed the synapses of the loop.
        back = [item.delay for item in snn.projections if item.source == snn.observe]
        assert min(wait for wait in back if wait > 0.05) == pytest.approx(0.2 - depth * 0.02)
        assert snn.step_duration == pytest.approx(0.2)
        assert snn.trial_dt == DT
        # Read in the middle between the last synapse and the end.
        assert snn.early * snn.sample_dt == pytest.approx((0.2 - depth * 0.02) / 2, abs=snn.sample_dt)
    with pytest.raises(InputError, match=r"Population.step_duration: must be at least 0.06 s for 5 synapses of 0.01 s"):
        bridge.Population(step_duration=0.05, synapse=0.01)(network("gru", tau=DT), trials())
    with pytest.raises(InputError, match=r"Population.step_duration: must be a multiple of 0.002 s .* \(got 0.025 s\)"):
        bridge.Population(step_duration=0.025)(network("gru", tau=DT), trials())


def test_attention_reads_the_decoded_activity_and_its_constant():
    for cell in ("leaky", "gru", "lstm"):
        rates = network(cell, attention=3)
        snn, _ = bridge.Population(neurons_per_unit=10)(rates, trials())
        attention, bank = snn.readout.attention, snn.bank(snn.observe)
        assert attention.query.shape == (3, bank.units)
        assert snn.readout.weight.shape == (OUTPUTS, 2 * bank.units)
        phi = partial(apply, "tanh")
        start = CELLS[cell].rates(phi, CELLS[cell].start(rates.weights, np))
        np.testing.assert_allclose((snn.readout.initial + attention.constant)[:UNITS], start, atol=1e-12)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (bridge.OneToOne(), r"RateNetwork.cell: must be 'leaky', in continuous time, for this mapping \(got 'gru'\)"),
        (bridge.Population(neurons={"valves": 3}), r"Population.neurons: must be a known name \(got 'valves'\)"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_simulation(mapping, message):
    with pytest.raises(InputError, match=message):
        mapping(network("gru"), trials())


@pytest.mark.parametrize("cell", ["gru", "lstm", "elman"])
def test_a_readout_fitted_again_takes_back_a_linear_error(cell):
    rates, given = network(cell), trials(8, 160)
    seen, mixed = [], np.eye(UNITS) + 0.2 * np.random.default_rng(5).normal(size=(UNITS, UNITS))

    def simulate(spiking, some, seed):
        seen.append(seed)
        own = euler(rates, some.inputs).rates @ mixed - 0.3
        rest = np.random.default_rng(6).normal(size=(*own.shape[:2], spiking.readout.weight.shape[1] - UNITS))
        states = reference(rates, some.inputs, np.zeros(UNITS)).states
        return SimpleNamespace(outputs=np.concatenate([own, rest], axis=2), states=states)

    mapping = bridge.Population(neurons_per_unit=10, **({"step_duration": 0.2} if rates.discrete else {}))
    plain, _ = mapping(rates, given)
    corrected, _ = replace(mapping, refit=simulate, ridge=1e-9)(rates, given)
    fresh = trials(3, 160, seed=9)
    own = euler(rates, fresh.inputs)
    read, start = corrected.readout, 10 if cell != "elman" else 1
    outputs = (own.rates @ mixed - 0.3) @ read.weight[:, :UNITS].T + read.bias
    np.testing.assert_allclose(outputs[:, start:], own.outputs[:, start:], atol=1e-4)
    # What was not read before is not read now, and nothing but that and what drives gated states has changed.
    assert not read.weight[:, UNITS:].any()
    assert seen == ([0, 1] if cell == "elman" else [0, 0, 1])
    kept = [
        [item.weight.tolist() for item in snn.projections if cell == "elman" or item.target != "state"]
        for snn in (plain, corrected)
    ]
    assert kept[0] == kept[1]
    assert kept[0]
    # Negative control: the readout as trained is off.
    usual = (own.rates @ mixed - 0.3) @ plain.readout.weight[:, :UNITS].T + plain.readout.bias
    assert np.abs(usual - own.outputs).max() > 0.1


def test_a_readout_with_attention_is_not_fitted_again():
    mapping = bridge.Population(neurons_per_unit=10, refit=lambda *_: pytest.fail("simulated"))
    with pytest.raises(InputError, match=r"Population.refit: must be left out for a network with attention"):
        mapping(network("gru", attention=3), trials())


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_neurons_go_where_errors_count(cell):
    rates, given = network(cell), trials(8, 80)
    _, even = bridge.Population(neurons_per_unit=60)(rates, given)
    snn, fit = bridge.Population(neurons_per_unit=60, neurons="by-error")(rates, given)
    assert {name: units for name, (units, _) in fit.parts.items()} == {n: u for n, (u, _) in even.parts.items()}
    assert {bank.name: bank.neurons_per_unit for bank in snn.banks} == {n: m for n, (_, m) in fit.parts.items()}
    # By Cauchy and Schwarz never more than M everywhere, but for what the bounds add.
    assert snn.neurons < sum(u * m for u, m in even.parts.values())
    assert "neurons" in str(fit)


def test_a_part_that_nothing_comes_of_gets_the_fewest_neurons():
    rates, given = network("gru"), trials(8, 80)
    recurrent = np.array(rates.weights["recurrent"])
    recurrent[2], bias = 0.0, np.zeros(UNITS)
    # Without a recurrent candidate the reset gate multiplies nothing.
    deaf = rates.with_weights(recurrent=recurrent, recurrent_bias=bias)
    _, fit = bridge.Population(neurons_per_unit=100, neurons="by-error")(deaf, given)
    assert fit.parts["reset"][1] == round(LEAST * 100)
    assert fit.parts["candidate"][1] > 2 * fit.parts["reset"][1]


def test_neurons_needs_counts():
    with pytest.raises(InputError, match=r"Population.neurons\['gates'\]: must be a whole number"):
        bridge.Population(neurons={"gates": 0})
    with pytest.raises(InputError, match=r"Population.neurons: must be a known name \(got 'evenly'\)"):
        bridge.Population(neurons="evenly")
    with pytest.raises(InputError, match=r"Population.neurons: must be left out for a leaky network, which has one"):
        bridge.Population(neurons="by-error")(network("leaky"), trials())
    with pytest.raises(InputError, match=r"Population.neurons: must be counts for a discrete network"):
        bridge.Population(neurons="by-error", step_duration=0.2)(network("gru", tau=DT), trials())
