"""Closed loop: recurrent and readout weights of a population network, corrected on its own activity.

What static decoders leave is a small error of each unit that many units share: populations answer a moving state by
the ripple of slow neurons, which is the same in every run. No function of a unit's own state takes it back (decoders
fitted again on filtered spike trains: XOR readout bias 0.065 to 0.052 in three rounds; a cubic of the state, its
speed and their products: no gain), but other units' activities do: ridge regression from the activities that the
network really has to those that its states ask for, drawn to the trained weights, halves the bias of Go/NoGo and
XOR in states and readout and lowers noise too (flip-flop gains in the readout only). A second round changes nothing.

Of gated and discrete networks the readout is corrected here, to what the trained map puts out, and what drives gated
states in `biornn.bridge.refit.drive`.

Tried and dropped: peak rates reached where the activity stops to change instead of at the top of the range (XOR state
bias 0.022 to 0.024 to 0.027 as they get closer, sunspots the same).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Simulate
from biornn.bridge.code.lead import compensated
from biornn.bridge.code.open_loop import filtered
from biornn.bridge.graph.graph import Graph
from biornn.bridge.refit.ridge import Moments, corrected, moments
from biornn.core.rate import RateNetwork
from biornn.core.spiking import Readout, SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.rate import euler

Array = NDArray[np.float64]
TAU = 0.02
"""Decay in s of the filter that activities are compared under."""
SETTLE = 0.05
"""Start of each trial in s that is left out."""
REPEATS = 2
"""Simulations of each trial; their mean is regressed, for spike noise in regressors would draw weights to zero."""
SECONDS, FEWEST, MOST = 32.0, 4, 16
"""Length of all calibration trials that are simulated, and bounds of their number."""
SAMPLES = 4
"""Scored samples that the readout of a gated network is fitted to, for each of its weights."""
POINTS = 10
"""Points within a sample at which the activation of an interpolated state is filtered."""


def refit_recurrent(
    network: RateNetwork,
    graph: Graph,
    spiking: SpikingNetwork,
    trials: Trials,
    simulate: Simulate,
    *,
    constants: Array,
    lead: float,
    ridge: float,
    signs: Array,
) -> tuple[Graph, Readout]:
    """Return the graph of a leaky network with corrected recurrent weights, and its corrected readout.

    No synapse is added where the trained network has none.

    Parameters
    ----------
    graph : Graph
        With the trained weights, in one route.
    spiking : SpikingNetwork
        The populations of that graph.
    trials : Trials
        Calibration trials.
    simulate : callable
        Runs a network on trials under a seed.
    constants : (N,) array
        Constant part of each unit's activity.
    lead : float
        By how many s the populations run ahead of their state.
    ridge : float
        See `biornn.bridge.refit.ridge.corrected`.
    signs : (N,) array
        Sign that the outgoing weights of each unit must keep; 0 leaves them free.
    """
    some = trials.select(slice(min(_count(trials.steps * trials.dt), MOST)))
    synapse = compensated(np.full(network.units, TAU), lead)
    each = replace(spiking.readout, synapse=synapse, weight=np.eye(network.units), bias=constants, kind="identity")
    runs = [simulate(replace(spiking, readout=each), some, repeat) for repeat in range(REPEATS)]
    skip = round(SETTLE / network.dt)
    given = np.mean([run.outputs for run in runs], axis=0)[:, skip:].reshape(-1, network.units)
    asked = np.mean([_asked(network, run.states) for run in runs], axis=0)[:, skip:].reshape(-1, network.units)
    weight, constant, output, output_constant = _corrections(network, given, asked, ridge, signs)
    (units,), (route,) = graph.parts, graph.routes
    corrected_graph = replace(
        graph, parts=(replace(units, bias=units.bias + constant),), routes=(replace(route, weight=weight),)
    )
    bias = network.weights["output_bias"] + output @ constants + output_constant
    return corrected_graph, replace(spiking.readout, weight=output, bias=bias)


def refit_readout(
    network: RateNetwork, spiking: SpikingNetwork, trials: Trials, simulate: Simulate, ridge: float
) -> SpikingNetwork:
    """Return a network of any cell, without attention, with corrected weights of its readout.

    What is asked for are the outputs of the trained map itself, where the task scores them: what its step in time and
    the readout's filter change is taken back along with the populations' own error. Where little of a trial is scored,
    more trials are simulated; where all of them are too few, weights are drawn to the trained ones more strongly.
    """
    skip = round(SETTLE / spiking.step_duration)
    scored = np.asarray(trials.mask.reshape(trials.count, trials.steps, -1).max(axis=2) > 0)
    scored[:, :skip] = False
    samples = SAMPLES * (network.units + 1)
    wanted = np.searchsorted(np.cumsum(scored.sum(axis=1)), samples) + 1
    some = trials.select(slice(max(_count(trials.steps * spiking.step_duration), wanted)))
    used = scored[: some.count]
    strength = ridge * max(samples / max(used.sum(), 1), 1.0)
    own = spiking.readout
    count = own.weight.shape[1]
    each = replace(own, weight=np.eye(count), bias=np.zeros(count), kind="identity")
    runs = [simulate(replace(spiking, readout=each), some, repeat) for repeat in range(REPEATS)]
    given = np.mean([run.outputs for run in runs], axis=0)[used]
    rates = euler(network, some.inputs).rates[used]
    read = np.flatnonzero(own.weight.any(axis=0))
    trained = own.weight[:, read]
    asked = rates @ network.weights["output"].T + network.weights["output_bias"] - own.bias
    fitted, constant = corrected(moments(given[:, read], asked, trained), trained, strength, np.zeros(read.size))
    weight = np.zeros_like(own.weight)
    weight[:, read] = fitted
    return replace(spiking, readout=replace(own, weight=weight, bias=own.bias + constant))


def _count(duration: float) -> int:
    """Return how many trials of that duration in s are simulated."""
    return max(round(SECONDS / duration), FEWEST)


def _asked(network: RateNetwork, states: Array) -> Array:
    """Return the filtered activities (K, T, N) that states ask for."""
    start = network.weights["initial_state"]
    share = ((np.arange(POINTS) + 0.5) / POINTS)[:, None]
    result = np.empty_like(states)
    for trial, x in enumerate(states):
        ends = np.concatenate([start[None], x])
        between = ends[:-1, None] * (1 - share) + ends[1:, None] * share
        rates = apply(network.activation, between.reshape(1, -1, network.units))
        smooth = filtered(rates, TAU, network.dt / POINTS, apply(network.activation, start)[None])
        result[trial] = smooth[0, POINTS - 1 :: POINTS]
    return result


Corrections = tuple[Array, Array, Array, Array]


def _corrections(network: RateNetwork, given: Array, asked: Array, ridge: float, signs: Array) -> Corrections:
    """Return recurrent weights and constants, and those of the readout, from activities (S, N) given and asked for."""
    trained, output = network.weights["recurrent"], network.weights["output"]
    sums = moments(given, asked @ trained.T, trained)
    weight, constant = np.zeros_like(trained), np.zeros(network.units)
    for unit, row in enumerate(trained):
        inputs = np.flatnonzero(row)
        kept = np.append(inputs, len(row))
        own = Moments(sums.gram[np.ix_(kept, kept)], sums.missing[kept, unit : unit + 1])
        fitted, offset = corrected(own, row[None, inputs], ridge, signs[inputs])
        weight[unit, inputs], constant[unit] = fitted[0], offset[0]
    read = corrected(moments(given, asked @ output.T, output), output, ridge, np.zeros(network.units))
    return weight, constant, *read
