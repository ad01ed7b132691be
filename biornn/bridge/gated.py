"""Gated and discrete networks as several banks of populations, from the graph of their cell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from biornn.bridge import held
from biornn.bridge.allocation import allocated
from biornn.bridge.base import Populations, Simulate
from biornn.bridge.calibrate import visited
from biornn.bridge.closed_loop import reread
from biornn.bridge.coding import Coding
from biornn.bridge.dale import Classes, classes
from biornn.bridge.decoders import Fitted
from biornn.bridge.drive import driven
from biornn.bridge.fit import Fit
from biornn.bridge.lead import Moving, population_lead
from biornn.bridge.lower import elman, gru, lstm
from biornn.bridge.lower.graph import Graph, Part, Route, signals
from biornn.bridge.lower.leaky import compensated
from biornn.bridge.lower.readout import readout
from biornn.bridge.lower.timing import late, levels
from biornn.bridge.parts import code, outgoing
from biornn.core import checks
from biornn.core.rate import SYMBOL, RateNetwork
from biornn.core.spiking import Bank, Filter, Input, Projection, SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.cells import CELLS
from biornn.theory.rate import check_inputs, reference

Array = NDArray[np.float64]
SYNAPSE = 5e-3
"""In s. Longer ones leave more lag, shorter ones more noise, see docs/gated.md."""
BY_ERROR = "by-error"
GRAPHS: dict[str, Callable[[RateNetwork, Array, Array], Graph]] = {
    "leaky": elman.graph,
    "elman": elman.graph,
    "gru": gru.graph,
    "gru-reset-before": gru.graph,
    "lstm": lstm.graph,
}


@dataclass(frozen=True, eq=False)
class Wiring:
    """Settings of `biornn.bridge.Population` that concern how populations are joined; see there."""

    neurons: Mapping[str, int] | str
    margin: float
    synapse: float
    step_duration: float
    readout_tau: float
    dale: bool
    lead: float | None
    refit: Simulate | None
    ridge: float


def graph_populations(
    network: RateNetwork, trials: Trials, coding: Coding, wiring: Wiring
) -> tuple[SpikingNetwork, Fit]:
    """Return the banks of a gated or discrete network and the report of their fit.

    Raises
    ------
    InputError
        Trials that the network cannot take, a part that its cell does not have, synapses too slow for its states.
    """
    check_inputs(network, trials)
    states = reference(network, trials.inputs, np.zeros(network.units)).states
    start = np.asarray(CELLS[network.cell].start(network.weights, np))
    before = np.concatenate([np.broadcast_to(start, states[:, :1].shape), states[:, :-1]], axis=1)
    # What a part gets right after the input has changed belongs to its range, too.
    both, given = np.concatenate([states, before]), np.concatenate([trials.inputs] * 2)
    graph = GRAPHS[network.cell](network, both, given)
    counts = {} if isinstance(wiring.neurons, str) else wiring.neurons
    for name in counts:
        checks.member("Population.neurons", name, (part.name for part in graph.parts))
    found = signals(graph, both, given)
    first = signals(graph, start, np.zeros(network.inputs))
    # A discrete network's first state may be out of the way: no neuron needs to reach it.
    begins = {name: values[0, 0] if network.discrete else first[name] for name, values in found.items()}
    visits = {
        part.name: visited(found[part.name], begins[part.name], next(iter(part.readings.values())), wiring.margin)
        for part in graph.parts
    }
    sizes = {part.name: counts.get(part.name, coding.neurons_per_unit) for part in graph.parts}
    coded = code(graph, visits, coding, sizes, dale=wiring.dale)
    if wiring.neurons == BY_ERROR:
        sizes = allocated(network, graph, coded, trials, neurons=coding.neurons_per_unit, dt=coding.dt, states=states)
        coded = code(graph, visits, coding, sizes, dale=wiring.dale)
    populations = {name: pair[0] for name, pair in coded.items()}
    lead = wiring.lead
    if lead is None:
        moving = found[graph.parts[0].name][: trials.count]
        lead = _state_lead(network, graph, populations, states=moving, wiring=wiring, dt=coding.dt)
    describe = partial(_network, network, populations=populations, first=first, wiring=wiring, lead=lead, dt=coding.dt)
    spiking = describe(graph)
    if wiring.refit is not None:
        if not network.discrete:
            graph = driven(network, graph, spiking, trials, simulate=wiring.refit, ridge=wiring.ridge)
            spiking = describe(graph)
        spiking = reread(network, spiking, trials, wiring.refit, wiring.ridge)
    return spiking, _fit(graph, coded, spiking, lead, rising=coding.tuning == "rising", dale=wiring.dale)


def _state_lead(
    network: RateNetwork,
    graph: Graph,
    populations: Mapping[str, Populations],
    *,
    states: Array,
    wiring: Wiring,
    dt: float,
) -> float:
    """Return by how many s the populations of the states (K, T, S) run ahead, less what the other synapses take."""
    state = graph.parts[0]
    weight = outgoing(graph, state.name, graph.reading)
    effect = np.ones(state.bias.size) if weight is None else (weight**2).sum(axis=0)
    tau, trajectories, step = float(np.median(network.tau)), states, network.dt
    if network.discrete:
        tau = wiring.synapse
        trajectories, step = held.moved(states, tau, wiring.step_duration)
    moving = Moving(trajectories, step, graph.reading, state.readings[graph.reading], effect, tau)
    return population_lead(populations[state.name], moving, dt)


def _network(
    network: RateNetwork,
    graph: Graph,
    *,
    populations: Mapping[str, Populations],
    first: Mapping[str, Array],
    wiring: Wiring,
    lead: float,
    dt: float,
) -> SpikingNetwork:
    """Return the description of a graph whose parts have been coded."""
    state = graph.parts[0]
    rates = state.readings[graph.reading](first[state.name])
    taken = levels(graph)
    early, sent = 0, [(route, 0.0) for route in graph.routes]
    if network.discrete:
        early = held.early(taken, state.name, wiring.synapse, wiring.step_duration)
        sent = late(graph, taken, wiring.step_duration, max(wiring.synapse - lead, 0.0))
    projections = []
    for route, delay in sent:
        for decoder, weight in _split(populations[route.source], route):
            reading = graph.part(route.source).readings[route.reading]
            past = reading(first[route.source]) - populations[route.source].constants[decoder] if delay else None
            projections.append(Projection(route.source, decoder, route.target, "synapse", weight, delay, past))
    return SpikingNetwork(
        dt=dt,
        sample_dt=held.SAMPLE if network.discrete else network.dt,
        trial_dt=network.dt,
        stretch=held.samples(wiring.step_duration) if network.discrete else 1,
        early=early,
        banks=tuple(
            _bank(network, part, populations, projections, first, taken=taken[part.name], wiring=wiring, lead=lead)
            for part in graph.parts
        ),
        projections=tuple(projections),
        inputs=tuple(Input(part.name, "external", part.input) for part in graph.parts if part.input.any()),
        readout=readout(
            network,
            state.name,
            graph.reading,
            synapse=(
                held.readout_synapse(state.bias.size, wiring.step_duration)
                if network.discrete
                else Filter(np.full(state.bias.size, wiring.readout_tau), np.full(state.bias.size, max(lead, 0.0)))
            ),
            initial=rates,
            constant=populations[state.name].constants[graph.reading],
            rates=graph.rates,
        ),
        observe=state.name,
        about={
            "mapping": "population",
            "cell": network.cell,
            **({"step": SYMBOL} if network.steps_are_symbols else {}),
        },
    )


def _split(source: Populations, route: Route) -> list[tuple[str, Array]]:
    """Return the decoders that carry a route and the weights each of them meets."""
    if f"{route.reading}_positive" not in source.decoders:
        return [(route.reading, route.weight)]
    signs = (("positive", np.maximum(route.weight, 0.0)), ("negative", np.minimum(route.weight, 0.0)))
    return [(f"{route.reading}_{sign}", weight) for sign, weight in signs if weight.any()]


def _bank(
    network: RateNetwork,
    part: Part,
    populations: Mapping[str, Populations],
    projections: list[Projection],
    first: Mapping[str, Array],
    *,
    taken: NDArray[np.int64],
    wiring: Wiring,
    lead: float,
) -> Bank:
    own, size = populations[part.name], part.bias.size
    offset = np.array(part.bias)
    for item in projections:
        if item.target == part.name:
            offset = offset + item.weight @ populations[item.source].constants[item.decoder]
    leaks = part.state and not network.discrete
    tau = np.tile(network.tau, size // network.units) if leaks else np.full(size, wiring.synapse)
    synapse = held.synapse if network.discrete else Filter.exponential
    channels = {"synapse": compensated(tau, lead) if leaks else synapse(tau)}
    initial = {"synapse": first[part.name] - offset}
    if part.input.any():
        # Inputs of a step wait for what they meet: a state moves behind its synapse, others behind those before them.
        wait = tau if part.state else (taken - 1.0) * tau if network.discrete else np.zeros(size)
        channels["external"] = synapse(wait)
        initial["external"] = np.zeros(size)
    return Bank(
        name=part.name,
        model=own.model,
        parameters=own.parameters,
        gain=own.gain,
        bias=own.bias,
        decoders=own.decoders,
        channels=channels,
        initial=initial,
        # Behind the rise is the drive of the moment, see `biornn.bridge.lower.leaky`.
        rising={"synapse": (first["drive"] if leaks else first[part.name]) - offset},
        offset=offset,
        noise=own.noise,
        tuned=own.tuned,
    )


def _fit(
    graph: Graph,
    coded: Mapping[str, tuple[Populations, Fitted]],
    spiking: SpikingNetwork,
    lead: float,
    *,
    rising: bool,
    dale: bool,
) -> Fit:
    """Return the report of the fit of all parts, the states first."""
    populations, fitted = zip(*(coded[part.name] for part in graph.parts), strict=True)
    each = [
        classes(
            [(p.weight, own.decoders[p.decoder]) for p in spiking.projections if p.source == part.name],
            rising=rising if part.state else dale,
        )
        for part, own in zip(graph.parts, populations, strict=True)
    ]
    return Fit(
        low=np.concatenate([own.tuned[0] for own in populations]),
        high=np.concatenate([own.tuned[1] for own in populations]),
        residual=np.concatenate([own.residual for own in fitted]),
        spread=np.concatenate([own.spread for own in fitted]),
        rate=np.concatenate([own.rate for own in fitted]),
        largest_rate=np.concatenate([own.largest_rate for own in fitted]),
        lead=lead,
        classes=Classes(np.concatenate([one.sign.ravel() for one in each])[None], sum(one.differing for one in each)),
        parts={bank.name: (bank.units, bank.neurons_per_unit) for bank in spiking.banks},
    )
