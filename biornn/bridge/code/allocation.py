"""Allocation: how many neurons each part of a gated network gets, by the error that its spikes cause in the states.

The squared error of a population's reading falls like 1 / M, and so does what it causes in the states, ``c / M``. How
large c is for each part is found in two steps without simulating the spiking network: populations are driven by the
signals of calibration trials (open loop), and noise of the power that their readings err by is fed into the cell's own
equations, part by part. With U signals in a part, the least number of neurons that causes the error of M everywhere is

    M_part = M sqrt(c / U) sum sqrt(c U) / sum c.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations
from biornn.bridge.code.decoders import Fitted
from biornn.bridge.code.open_loop import decoded, filtered, interpolated
from biornn.bridge.graph.graph import Function, Graph, Part, signals, state_drive
from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.trials import Trials

Array = NDArray[np.float64]
NEURONS, SECONDS = 3000, 1.0
"""Neurons of each part that are driven, in whole signals, and for how long in one trial."""
TRIALS, SCALE = 8, 1 / 3
"""Trials into which noise is fed, and its share: little of it, so that no memory is turned over. Only how the errors of
parts compare counts for who gets how many neurons, so that the share need not be taken back."""
FEWEST_STEPS = 4
"""Of a trial, whose first states are not compared."""
FEWEST, LEAST, MOST = 20, 0.2, 4.0
"""Bounds of the neurons of a signal: a number, and shares of M. With few neurons error grows faster than 1 / M."""


def allocate(
    network: RateNetwork,
    graph: Graph,
    coded: Mapping[str, tuple[Populations, Fitted]],
    trials: Trials,
    *,
    neurons: int,
    dt: float,
    states: Array,
) -> dict[str, int]:
    """Return the neurons of each signal of each part that cause the error of `neurons` everywhere.

    Parameters
    ----------
    network : RateNetwork
        In continuous time.
    graph : Graph
    coded : dict of str to (Populations, Fitted)
        All parts, with `neurons` each.
    trials : Trials
        Calibration trials.
    neurons : int
        M.
    dt : float
        Step of the simulation in s.
    states : (K, T, S) array
        States of the rate equation on these trials.
    """
    if trials.steps < FEWEST_STEPS:
        rule = f"must have at least {FEWEST_STEPS} steps for neurons='by-error'"
        checks.refuse("Population: trials", rule, trials.steps, "give longer trials, or counts of parts")
    power = {
        part.name: _power(network, part, coded[part.name][0], signal, dt)
        for part, signal in _signals(graph, states, trials.inputs)
    }
    some = trials.inputs[:TRIALS], states[:TRIALS]
    clean = _followed(network, graph, *some, {})
    noisy = [_followed(network, graph, *some, {part.name: power[part.name]}) for part in graph.parts]
    caused = np.array([((each - clean) ** 2).mean() for each in noisy])
    size = np.array([part.bias.size for part in graph.parts])
    total = max(float(caused.sum()), 1e-30)
    wanted = neurons * np.sqrt(caused / size) * np.sqrt(caused * size).sum() / total
    bounded = np.clip(wanted, min(max(LEAST * neurons, FEWEST), neurons), MOST * neurons)
    return {part.name: round(float(each)) for part, each in zip(graph.parts, bounded, strict=True)}


def _signals(graph: Graph, states: Array, inputs: Array) -> list[tuple[Part, Array]]:
    """Return each part with its signals (1, T, U) on the trial in which the states move most."""
    most = np.argmax((np.diff(states, axis=1) ** 2).sum(axis=(1, 2)))
    found = signals(graph, states[most : most + 1], inputs[most : most + 1])
    return [(part, found[part.name]) for part in graph.parts]


def _power(network: RateNetwork, part: Part, populations: Populations, signal: Array, dt: float) -> dict[str, float]:
    """Return the spectral density at low frequencies of the error of each reading, as of white noise, mean over units.

    It is what the error's variance behind the state's time constant tau asks for: density / (2 tau).
    """
    tau = float(np.median(network.tau))
    count = min(max(NEURONS // populations.gain.shape[1], 4), signal.shape[2])
    units = np.linspace(0, signal.shape[2] - 1, count).astype(np.int64)
    fine = interpolated(signal[:, : max(round(SECONDS / network.dt), 1) + 1, units], round(network.dt / dt))
    activity, _ = decoded(populations, fine, dt, generator(0, "calibration"), units)
    found = {}
    for name, function in part.readings.items():
        wanted = function(fine)
        start = np.zeros(wanted[:, 0].shape)
        error = filtered(activity[name] + populations.constants[name][units] - wanted, tau, dt, start)
        settled = error[:, min(round(tau / dt), error.shape[1] // 2) :]
        found[name] = 2 * tau * float((settled**2).mean())
    return found


def _followed(
    network: RateNetwork, graph: Graph, inputs: Array, states: Array, power: Mapping[str, Mapping[str, float]]
) -> Array:
    """Return the states (T - 1, K, S) that follow the first of `states`, with noise in readings of the parts given."""
    random = generator(1, "calibration")
    share = network.dt / np.tile(network.tau, network.states // network.units)
    x, found = states[:, 0], []
    for step in range(1, inputs.shape[1]):
        loud = replace(graph, parts=tuple(_loud(part, power, network.dt, random, len(x)) for part in graph.parts))
        x = x + share * (state_drive(loud, signals(loud, x, inputs[:, step]), inputs[:, step]) - x)
        found.append(x)
    return np.stack(found)


def _loud(
    part: Part, power: Mapping[str, Mapping[str, float]], dt: float, random: np.random.Generator, count: int
) -> Part:
    """Return a part with noise of one step in its readings, which share it, where `power` has the part."""
    if part.name not in power:
        return part
    xi = random.standard_normal((count, part.bias.size))
    spread = {name: SCALE * np.sqrt(density / dt) for name, density in power[part.name].items()}
    noisy = {name: partial(_added, function, spread[name] * xi) for name, function in part.readings.items()}
    return replace(part, readings=noisy)


def _added(function: Function, noise: Array, x: Array) -> Array:
    return function(x) + noise
