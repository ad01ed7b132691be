"""Defects: where a spiking run breaks the rate equation, step by step, and what it would be without some of them.

From each recorded state the rate equation promises the next one; the spiking network arrives elsewhere, and the
difference is the defect of that step. Moved by all defects the rate equation retraces the spiking run, moved by none it
is the reference. Moved by all but those of one fault it tells how much of the error that fault makes, with all the
feedback of the network (`explained`). Defects that depend on the state alone follow the state of the replay, since a
mended network visits others; the rest stays as it was in the run.

Tried and dropped: the share of a fault in the power of the defects, most of which is spike noise that the network
averages away; replays with all defects as they were in the run (ReLU at 2 Hz: errors at states beyond the fitted range
and the slowness of neurons that never get to make them cancel in the run, and neither could be taken away alone).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.core.rate import RateNetwork
from biornn.core.spiking import Bank, SpikingNetwork
from biornn.theory.activation import apply
from biornn.theory.neurons import NEURON_MODELS
from biornn.theory.rate import ODE_STEP, runge_kutta

Array = NDArray[np.float64]
KNOTS = 256
"""Points at which the decoded curve of a unit is tabulated over the states it visits."""


@dataclass(frozen=True, eq=False)
class Course:
    """A spiking run step by step, and what it should have been.

    Attributes
    ----------
    network : RateNetwork
        N units.
    held : (K, T, N) array
        Inputs through their weights, and biases, held over each step.
    before, after : (K, T, N) arrays
        States of the spiking run at the start and at the end of each step.
    reference : (K, T, N) array
        States of the rate equation at the end of each step.
    """

    network: RateNetwork
    held: Array
    before: Array
    after: Array
    reference: Array

    @property
    def approach(self) -> Array:
        """Share (N,) of the way to a constant drive that a unit's state goes in one step."""
        return np.asarray(-np.expm1(-self.network.dt / self.network.tau))


def course(network: RateNetwork, inputs: Array, initial: Array, states: Array, reference: Array) -> Course:
    """Return the course of a spiking run with states (K, T, N) that starts at `initial` (N,)."""
    held = inputs @ network.weights["input"].T + network.weights["bias"]
    start = np.broadcast_to(initial, (states.shape[0], 1, states.shape[2]))
    return Course(network, held, np.concatenate([start, states[:, :-1]], axis=1), states, reference)


def flow(network: RateNetwork, x: Array, held: Array) -> Array:
    """Return where the rate equation takes states x (..., N) in one step under held drive (..., N), by Runge-Kutta."""
    substeps = math.ceil(network.dt / min(ODE_STEP, network.tau.min() / 5) - 1e-9)
    recurrent = network.weights["recurrent"].T

    def slope(x: Array) -> Array:
        return np.asarray((held - x + apply(network.activation, x) @ recurrent) / network.tau)

    return runge_kutta(slope, x, network.dt / substeps, substeps)


def replay(course: Course, rest: Array, by_state: Callable[[Array], Array]) -> Array:
    """Return the states (K, T, N) of the rate equation that defects move after each step.

    Parameters
    ----------
    rest : (K, T, N) array
        Defects whatever the state.
    by_state : callable
        Defects (K, N) of a step that starts at states (K, N).
    """
    x = course.before[:, 0]
    states = np.empty_like(course.after)
    for step in range(states.shape[1]):
        x = flow(course.network, x, course.held[:, step]) + by_state(x) + rest[:, step]
        states[:, step] = x
    return states


def explained(course: Course, rest: Array, by_state: Callable[[Array], Array]) -> float:
    """Return the share of the squared state error that goes where only these defects are left; see `replay`.

    0 where the run would be no better, or runs away.
    """
    error = float(np.mean((course.after - course.reference) ** 2))
    with np.errstate(over="ignore", invalid="ignore"):
        without = float(np.mean((replay(course, rest, by_state) - course.reference) ** 2))
    return 1.0 - without / error if without < error else 0.0


class Route(NamedTuple):
    """One way between units: weights (N, N), decoders (N, M), and the constant part (N,) of the decoded activity."""

    weight: Array
    decoders: Array
    constant: Array


def routes(network: RateNetwork, spiking: SpikingNetwork, reference: Array) -> tuple[Route, ...]:
    """Return how the units of the observed bank reach each other.

    The constants of the activities are written into the description as part of `offset` and of the readout's bias. They
    are taken back from there by least squares, which is exact for weights of full rank; what the weights leave open
    moves no unit, and is set so that activities are right on average over the reference (K, T, N).
    """
    bank = spiking.bank(spiking.observe)
    used = [p for p in spiking.projections if p.source == p.target == bank.name]
    sample = quantiles(reference)
    wanted = apply(network.activation, sample)
    guess = np.concatenate(
        [(wanted - decoded(bank, bank.decoders[p.decoder], sample, spiking.dt)).mean(axis=0) for p in used]
    )
    equations = [np.concatenate([p.weight for p in used], axis=1)]
    given = [bank.offset - network.weights["bias"]]
    if spiking.readout.source == bank.name and spiking.readout.decoder in [p.decoder for p in used]:
        read = [spiking.readout.weight * (p.decoder == spiking.readout.decoder) for p in used]
        equations.append(np.concatenate(read, axis=1))
        given.append(spiking.readout.bias - network.weights["output_bias"])
    matrix = np.concatenate(equations)
    constants = guess + np.linalg.lstsq(matrix, np.concatenate(given) - matrix @ guess)[0]
    split = np.split(constants, len(used))
    return tuple(Route(p.weight, bank.decoders[p.decoder], c) for p, c in zip(used, split, strict=True))


def quantiles(states: Array, count: int = 25) -> Array:
    """Return `count` quantiles (count, N) at even distances in probability of states (K, T, N)."""
    return np.asarray(np.quantile(states.reshape(-1, states.shape[-1]), np.linspace(0.02, 0.98, count), axis=0))


def decoded(bank: Bank, decoders: Array, states: Array, dt: float, noise: Array | None = None) -> Array:
    """Return what decoders (N, M) read from neurons at constant states (S, N), without the constant part.

    Parameters
    ----------
    dt : float
        Step of the simulation in s.
    noise : (N, M) array, optional
        SD in V of the membrane noise in place of the bank's.
    """
    used = bank.noise if noise is None else noise
    result = np.empty(states.shape)
    for unit in range(bank.units):
        result[:, unit] = unit_rates(bank, unit, states[:, unit], dt, used[unit]) @ decoders[unit]
    return result


def unit_rates(bank: Bank, unit: int, x: Array, dt: float, noise: Array) -> Array:
    """Return the rates (S, M) in Hz that the f-I curves of a unit's neurons give at constant states x (S,)."""
    own = {name: value[unit] for name, value in bank.parameters.items()}
    return NEURON_MODELS[bank.model].rate(own, bank.steady_voltage(x, unit), dt, noise)


def at(grid: Array, values: Array, states: Array) -> Array:
    """Return at states (..., N) what is tabulated as values (G, N) at an evenly spaced grid (G, N), linear in between.

    Beyond the grid the value at its end.
    """
    last = grid.shape[0] - 1
    place = np.clip((states - grid[0]) / (grid[-1] - grid[0]) * last, 0.0, last - 1e-9)
    cell = place.astype(np.int64)
    share = place - cell
    units = np.arange(states.shape[-1])
    return np.asarray(values[cell, units] * (1 - share) + values[cell + 1, units] * share)


def knots(course: Course) -> Array:
    """Return states (KNOTS, N) that span what each unit visits in the run and in the reference."""
    parts = (course.before, course.after, course.reference)
    low = np.min([part.min(axis=(0, 1)) for part in parts], axis=0)
    high = np.max([part.max(axis=(0, 1)) for part in parts], axis=0)
    return np.linspace(low, np.maximum(high, low + 1e-9), KNOTS)
