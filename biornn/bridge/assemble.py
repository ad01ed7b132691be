"""Assembly: from the graph of any cell, its parts coded by populations, to the description of a spiking network."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations, Times
from biornn.bridge.code.evaluation import Evaluation
from biornn.bridge.code.lead import compensated
from biornn.bridge.graph import held_steps
from biornn.bridge.graph.graph import Graph, Part, Route
from biornn.bridge.graph.readout import readout
from biornn.bridge.graph.timing import late, levels
from biornn.core.rate import SYMBOL, RateNetwork
from biornn.core.spiking import Bank, Filter, Input, Projection, SpikingNetwork

Array = NDArray[np.float64]


def assemble(
    network: RateNetwork,
    evaluation: Evaluation,
    populations: Mapping[str, Populations],
    times: Times,
    about: Mapping[str, object],
) -> SpikingNetwork:
    """Return the spiking network of a graph whose parts have been coded.

    Its states begin at the evaluation's start and send what those of time 0 do.

    Parameters
    ----------
    populations : dict of str to Populations
        Of each part of the graph.
    about : dict
        Where the network comes from.
    """
    graph, state = evaluation.graph, evaluation.graph.parts[0]
    level = levels(graph)
    early, waiting = 0, [(route, 0.0) for route in graph.routes]
    if network.discrete:
        early = held_steps.early(level, state.name, times.synapse, times.step_duration)
        waiting = late(graph, level, times.step_duration, max(times.synapse - times.lead, 0.0))
    projections = tuple(item for route in waiting for item in _projections(evaluation, populations, *route))
    banks = []
    for part in graph.parts:
        channels = _channels(network, graph, part, level[part.name], times)
        offset = _offset(part, populations, projections)
        begin = evaluation.start if part.state else evaluation.first[part.name]
        # Behind the rise, which takes back the populations' lead, is the drive of the moment. To start it at the state
        # instead opens every trial with an error that outlasts the rise: Go/NoGo state bias 0.027 against 0.009.
        rising = evaluation.drive if part.state and not network.discrete else begin
        banks.append(_bank(part.name, populations[part.name], channels, offset=offset, begin=begin, rising=rising))
    return SpikingNetwork(
        dt=times.dt,
        sample_dt=held_steps.SAMPLE if network.discrete else network.dt,
        trial_dt=network.dt,
        stretch=held_steps.samples(times.step_duration) if network.discrete else 1,
        early=early,
        banks=tuple(banks),
        projections=projections,
        inputs=tuple(Input(part.name, "external", part.input) for part in graph.parts if part.name in graph.receivers),
        readout=readout(
            network,
            state.name,
            graph.reading,
            synapse=_readout_synapse(network, state.bias.size, times),
            initial=state.readings[graph.reading](evaluation.first[state.name]),
            constant=populations[state.name].constants[graph.reading],
            rates=graph.rates,
        ),
        observe=state.name,
        about={**about, "cell": network.cell, **({"step": SYMBOL} if network.steps_are_symbols else {})},
    )


def _projections(
    evaluation: Evaluation, populations: Mapping[str, Populations], route: Route, delay: float
) -> Iterator[Projection]:
    """Yield the projections that carry a route, which arrives late by `delay` in s."""
    source = populations[route.source]
    reading = evaluation.graph.part(route.source).readings[route.reading]
    for decoder, weight in _split(evaluation.graph, source, route):
        past = reading(evaluation.first[route.source]) - source.constants[decoder] if delay else None
        yield Projection(route.source, decoder, route.target, "recurrent", weight, delay, past)


def _split(graph: Graph, source: Populations, route: Route) -> list[tuple[str, Array]]:
    """Return the decoders that carry a route and the weights each of them meets."""
    positive, negative = (graph.decoder(route.source, route.reading, sign) for sign in ("positive", "negative"))
    if positive not in source.decoders:
        return [(route.reading, route.weight)]
    signs = ((positive, np.maximum(route.weight, 0.0)), (negative, np.minimum(route.weight, 0.0)))
    return [(decoder, weight) for decoder, weight in signs if weight.any()]


def _offset(part: Part, populations: Mapping[str, Populations], projections: tuple[Projection, ...]) -> Array:
    """Return the constant part (U,) of the signals of a part: their bias and what decoders leave out."""
    offset = np.array(part.bias)
    for item in projections:
        if item.target == part.name:
            offset = offset + item.weight @ populations[item.source].constants[item.decoder]
    return offset


def _channels(
    network: RateNetwork, graph: Graph, part: Part, level: NDArray[np.int64], times: Times
) -> dict[str, Filter]:
    """Return the synapses in front of a part: of what its own network sends, and of inputs where it has any."""
    size, leaks = part.bias.size, part.state and not network.discrete
    tau = np.tile(network.tau, size // network.units) if leaks else np.full(size, times.synapse)
    synapse = held_steps.synapse if network.discrete else Filter.exponential
    channels = {"recurrent": compensated(tau, times.lead) if leaks else synapse(tau)}
    if part.name in graph.receivers:
        # Inputs of a step wait for what they meet: a state moves behind its synapse, others behind those before them.
        wait = tau if part.state else (level - 1.0) * tau if network.discrete else np.zeros(size)
        channels["external"] = synapse(wait)
    return channels


def _readout_synapse(network: RateNetwork, states: int, times: Times) -> Filter:
    if network.discrete:
        return held_steps.readout_synapse(states, times.step_duration)
    return Filter(np.full(states, times.readout_tau), np.full(states, max(times.lead, 0.0)))


def _bank(
    name: str, own: Populations, channels: Mapping[str, Filter], *, offset: Array, begin: Array, rising: Array
) -> Bank:
    """Return the bank of a part whose signals, and the drive of whose first filter, begin at `begin` and `rising`."""
    still = {channel: np.zeros(offset.size) for channel in channels}
    return Bank(
        name=name,
        model=own.model,
        parameters=own.parameters,
        gain=own.gain,
        bias=own.bias,
        decoders=own.decoders,
        channels=dict(channels),
        initial={**still, "recurrent": begin - offset},
        rising={"recurrent": rising - offset},
        offset=offset,
        noise=own.noise,
        tuned=own.tuned,
    )
