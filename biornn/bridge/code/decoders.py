"""Decoders: the weights that read a unit's activity from its neurons' spikes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from biornn.bridge.code.points import EvaluationPoints
from biornn.bridge.graph.graph import Function

Array = NDArray[np.float64]
STRAY_WEIGHT = 0.1
"""Visited states count by how often they are points, the rest of the range by this much, so that a spiking network
that strays is led back."""
WAY = 20
"""Samples between a far start and the range."""


class Reading(NamedTuple):
    """What a set of decoders reads: a function of the unit's state, from some of its neurons, (U, M) bool."""

    members: NDArray[np.bool_]
    function: Function


@dataclass(frozen=True, eq=False)
class Fitted:
    """Decoders of all units, by what they read.

    Attributes
    ----------
    decoders : dict of str to (U, M) array
        0 for neurons that are not members.
    constants : dict of str to (U,) array
    residual, spread, rate, largest_rate : (U,) arrays
        Of the first reading over the visited states, see `biornn.bridge.fit.Fit`.
    lowered : float
        See there.
    """

    decoders: Mapping[str, Array]
    constants: Mapping[str, Array]
    residual: Array
    spread: Array
    rate: Array
    largest_rate: Array
    lowered: float = 1.0


def fit_units(
    rates: Callable[[int, Array], Array],
    points: EvaluationPoints,
    readings: Mapping[str, Reading],
    *,
    regularisation: float,
    non_negative: bool,
) -> Fitted:
    """Fit the decoders of every unit for each of its readings.

    Parameters
    ----------
    rates : callable
        ``rates(unit, x)``: rates (S, M) in Hz of a unit's neurons at constant states x (S,).
    readings : dict of str to Reading
        What each set of decoders reads.
    """
    count, units = points.states.shape
    states = np.concatenate([points.states, np.linspace(points.low, points.high, count)])
    weight = np.repeat([1.0, STRAY_WEIGHT], count)
    decoders = {name: np.zeros(reading.members.shape) for name, reading in readings.items()}
    constants = {name: np.zeros(units) for name in readings}
    static = np.zeros((4, units))
    for unit in range(units):
        way = _way(points, unit)
        seen_by, counted = np.append(states[:, unit], way), np.append(weight, np.full(way.size, STRAY_WEIGHT))
        curves = rates(unit, seen_by)
        for index, (name, reading) in enumerate(readings.items()):
            members, target = reading.members[unit], reading.function(seen_by)
            if not members.any():
                continue
            own = curves[:, members]
            # Noise is a share of the highest rate within the range, whatever rates the way there takes.
            share = regularisation * own[: 2 * count].max(initial=0.0) / max(own.max(initial=0.0), 1e-9)
            robust = share if way.size else regularisation
            decoded = least_squares(own, target, counted, robust, non_negative)
            decoders[name][unit, members], constants[name][unit] = decoded.decoders, decoded.constant
            if index == 0:
                seen, missed = curves[:count], np.sqrt((decoded.residual[:count] ** 2).mean())
                static[:, unit] = missed, target[:count].std(), seen.mean(), seen.max()
    residual, spread, rate, largest_rate = static
    return Fitted(decoders, constants, residual, spread, rate, largest_rate)


def _way(points: EvaluationPoints, unit: int) -> Array:
    """Return states between a unit's far start and its range; none where the start lies inside."""
    start, low, high = (float(values[unit]) for values in (points.start, points.low, points.high))
    if low <= start <= high:
        return np.empty(0)
    return np.linspace(start, low if start < low else high, WAY, endpoint=False)


class Decoded(NamedTuple):
    """``sum_k decoders_k f_k(x) + constant ~ target(x)``: decoders (M,), the constant, and the residual (S,)."""

    decoders: Array
    constant: float
    residual: Array


def least_squares(
    rates: Array, target: Array, weight: Array, regularisation: float, non_negative: bool = False
) -> Decoded:
    """Fit decoders and a constant by weighted, regularised least squares.

    Minimises ``sum_s w_s (target_s - constant - sum_k d_k f_ks)^2 + (regularisation f_max)^2 sum_k d_k^2`` with the
    weights normalised to one (Eliasmith and Anderson 2003, *Neural Engineering*, Eq. 2.20, noise as a share of the
    highest rate). The constant is not penalised; it costs no spikes, since it joins the target units' offsets.

    Parameters
    ----------
    rates : (S, M) array
        Firing rates of the M neurons at S sampled states, in Hz.
    target : (S,) array
        Wanted activity at those states.
    weight : (S,) array
        How much each sample counts, at least 0.
    regularisation : float
        Noise that the decoders should be robust to, as a share of the highest rate.
    non_negative : bool
        Whether decoders must not be negative (Lawson and Hanson 1974).
    """
    weight = weight / weight.sum()
    mean_rate, mean_target = weight @ rates, weight @ target
    root = np.sqrt(weight)
    a, b = root[:, None] * (rates - mean_rate), root * (target - mean_target)
    penalty = max((regularisation * rates.max(initial=0.0)) ** 2, 1e-9)
    samples, neurons = rates.shape
    if non_negative:
        stacked = np.concatenate([a, np.sqrt(penalty) * np.eye(neurons)])
        decoders = nnls(stacked, np.concatenate([b, np.zeros(neurons)]))[0]
    # The smaller of the two equivalent systems: neurons or samples.
    elif neurons <= samples:
        decoders = np.linalg.solve(a.T @ a + penalty * np.eye(neurons), a.T @ b)
    else:
        decoders = a.T @ np.linalg.solve(a @ a.T + penalty * np.eye(samples), b)
    constant = float(mean_target - mean_rate @ decoders)
    return Decoded(decoders, constant, target - constant - rates @ decoders)
