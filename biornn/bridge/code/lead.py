"""Lead: by how much a population's activity runs ahead of a moving state, measured on calibration trials.

A LIF neuron answers a rising input early: its rate is ``f(x) + f'(x) (T / 2 - theta) dx/dt`` to first order, with T
the interval and theta the mean age of the input that a spike remembers, which is shorter than T / 2 because the
membrane forgets. Synapses that rise with the population's lead as a second time constant take it back.

Tried and dropped: the first-order formula itself (7.7 ms on XOR, where 5.3 ms is best, since slow neurons leave its
range), the linear response of a noise-free population (resonances at its firing rates drown it), decoders fitted to
give all units one lead (state error on XOR 0.063 against 0.059), one lead for all networks (2 ms: XOR 0.059, readout
0.18; 5 ms: Go/NoGo sigmoid 0.052 against 0.026).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations, Times
from biornn.bridge.code.evaluation import Evaluation
from biornn.bridge.code.open_loop import decoded, filtered, interpolated
from biornn.bridge.graph.graph import Function, Graph, outgoing
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.spiking import Filter

Array = NDArray[np.float64]
STRETCH, STRETCHES = 1.0, 4
"""Longest stretch of a trial in s that is simulated, and how many of those in which the network moves most."""
UNITS, FEWEST_UNITS = 50, 8
NEURONS, MOST_NEURONS = 2500, 50_000
"""Of as many units as have this many neurons, but of no fewer than 50 however large they are: the units that move
others most are not like the rest, and the lead of 8 of them was 8.3 ms where that of 50 is 5 (XOR at M = 500: state
bias 0.044 instead of 0.014). Large populations are simulated in fewer stretches, and the largest in fewer units."""
SETTLE = 0.05
"""Start of a stretch in s that is left out: the filters start at the state, the spikes do not."""
LONGEST, LONGEST_LAG = 0.02, 0.005
"""Bounds of the lead in s. Of a longer lag no more is made up for: it is one of slow changes, and fast ones would be
overdone (Go/NoGo under strong noise: state error 0.122 with the measured lag of 8 ms, 0.107 with 2, 0.113 with 0)."""

HELD_POINTS = 20
"""Points in a step at which the movement of the states is looked at to measure the lead of their populations."""
HELD_TRIALS = 32
"""Trials on whose steps the lead of the populations is measured."""


class Moving(NamedTuple):
    """Signals that populations follow.

    Attributes
    ----------
    trajectories : (K, T, U) array
        On calibration trials, sampled every `dt` s.
    reading : str
        Name of the decoders that are looked at.
    function : callable
        What they should read.
    effect : (U,) array
        How strongly each unit moves others.
    tau : float
        Time constant in s of the filter behind them.
    """

    trajectories: Array
    dt: float
    reading: str
    function: Function
    effect: Array
    tau: float


def compensated(tau: Array, lead: float) -> Filter:
    """Return the synapse that acts on a population running ahead by `lead` as that of decay `tau` would on its unit.

    A lead is taken back by a rise; a lag (a negative lead) by a shorter decay, of which at least half is kept.
    """
    lag = np.minimum(max(-lead, 0.0), tau / 2)
    return Filter(tau - lag, np.full(tau.shape, max(lead, 0.0)))


def state_lead(
    network: RateNetwork, evaluation: Evaluation, populations: Mapping[str, Populations], times: Times
) -> float:
    """Return by how many s the populations of a network's states run ahead, less what other synapses take."""
    state = evaluation.graph.parts[0]
    # Each state once: points of gated networks hold those before each step, too.
    states = evaluation.points[state.name].trajectories[: len(evaluation.states)]
    moving = state_signals(network, evaluation.graph, states, times)
    return population_lead(populations[state.name], moving, times.dt)


def state_signals(network: RateNetwork, graph: Graph, states: Array, times: Times) -> Moving:
    """Return the states (K, T, S) of a network as signals; of a discrete one as they are held behind a synapse."""
    state = graph.parts[0]
    weight = outgoing(graph, state.name, graph.reading)
    effect = np.ones(state.bias.size) if weight is None else (weight**2).sum(axis=0)
    tau, trajectories, step = float(np.median(network.tau)), states, network.dt
    if network.discrete:
        tau = times.synapse
        trajectories, step = _held(states, tau, times.step_duration)
    return Moving(trajectories, step, graph.reading, state.readings[graph.reading], effect, tau)


def _held(states: Array, lag: float, step_duration: float) -> tuple[Array, float]:
    """Return states (K, T, S) as units behind a synapse will have them, (K, T HELD_POINTS, S), and their step in s."""
    step = step_duration / HELD_POINTS
    fine = states[:HELD_TRIALS].repeat(HELD_POINTS, axis=1)
    for _ in range(2):
        fine = filtered(fine, lag / 2, step, fine[:, 0])
    return fine, step


def population_lead(populations: Populations, moving: Moving, dt: float) -> float:
    """Return by how many s the decoded activity runs ahead of what it stands for; negative where it lags.

    Noise can make slow neurons lag; a shorter decay of the synapses makes up for that as a rise does for a lead.

    The populations of the units that move others most are driven by the signals themselves (open loop). Their decoded
    activity, filtered by a time constant of the network and by the rise, is regressed on the rate of change of the
    filtered function; the rise is the one that leaves no such component.

    Parameters
    ----------
    populations : Populations
        One for each unit.
    moving : Moving
        What they follow.
    dt : float
        Step of the simulation in s.
    """
    if moving.trajectories.shape[1] < 2:
        return 0.0
    size = populations.gain.shape[1]
    units = _movers(moving, max(NEURONS // size, min(UNITS, max(MOST_NEURONS // size, FEWEST_UNITS))))
    stretches = _stretches(moving, units, min(STRETCHES, max(MOST_NEURONS // (size * units.size), 1)))
    fine = interpolated(stretches, round(moving.dt / dt))
    wanted = moving.function(fine)
    activity, _ = decoded(populations, fine, dt, generator(0, "calibration"), units)
    given = activity[moving.reading] + populations.constants[moving.reading][units]
    skip = round(SETTLE / dt)
    tau = moving.tau
    reference = filtered(wanted, tau, dt, wanted[:, 0])
    slope = np.gradient(reference, dt, axis=1)[:, skip:]
    power = float((slope**2).sum())
    if power == 0:
        return 0.0
    lead = 0.0
    for _ in range(4):
        risen = filtered(given, max(lead, 0.0), dt, wanted[:, 0])
        ahead = filtered(risen, tau + min(lead, 0.0), dt, wanted[:, 0]) - reference
        lead += float((ahead[:, skip:] * slope).sum() / power)
        lead = min(max(lead, -LONGEST_LAG), LONGEST)
    return lead


def _movers(moving: Moving, count: int) -> NDArray[np.int64]:
    """Return the units whose change moves other units most."""
    change = np.diff(moving.function(moving.trajectories), axis=1)
    effect = (change**2).sum(axis=(0, 1)) * moving.effect
    return np.sort(np.argsort(effect)[::-1][:count])


def _stretches(moving: Moving, units: NDArray[np.int64], count: int) -> Array:
    """Return the `count` stretches (S, T, U) of some signals in which what is read from them changes most."""
    states = moving.trajectories[:, :, units]
    length = min(states.shape[1], max(round(STRETCH / moving.dt), 2))
    starts = range(0, states.shape[1] - length + 1, length)
    parts = np.concatenate([states[:, start : start + length] for start in starts])
    change = (np.diff(moving.function(parts), axis=1) ** 2).sum(axis=(1, 2))
    return parts[np.argsort(change, kind="stable")[::-1][:count]]
