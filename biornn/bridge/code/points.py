"""Evaluation points: the states of units that tuning and decoders are fitted to, those that calibration trials visit.

A start far away where the activity is flat is no part of the range: a unit passes it once, on its way to where it works
(a Keras layer starts at a state of -40, whose rate is 0). Populations tuned to all of it are coarse where it counts.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.graph.graph import Function

Array = NDArray[np.float64]
SAMPLES = 200
SETTLED = 0.1
"""A start is forgotten when its trace is less than a tenth of the span of later states."""
FLAT = 0.02
"""Share of an activation's total variation over a unit's range that counts as flat, at either end."""


@dataclass(frozen=True, eq=False)
class EvaluationPoints:
    """States visited on calibration trials.

    Attributes
    ----------
    trajectories : (K, T, N) array
        States of the rate equation on the K trials, sampled at the network's dt, from where far starts are forgotten.
    states : (S, N) array
        Visited states of each unit, sorted, thinned to S quantiles at equal distances in probability.
    low, high : (N,) arrays
        Range that each unit may visit: the visited states and a margin.
    first, last : (N,) arrays
        The part of that range in which the unit's activity changes.
    start : (N,) array
        Start of each trial: beyond the range where it is far.
    """

    trajectories: Array
    states: Array
    low: Array
    high: Array
    first: Array
    last: Array
    start: Array


def evaluation_points(
    trajectories: Array,
    initial: Array,
    function: Function,
    margin: float,
    *,
    samples: int = SAMPLES,
    leak: Array | None = None,
) -> EvaluationPoints:
    """Return what signals visit on trajectories (K, T, U) and at their start `initial` (U,).

    Parameters
    ----------
    function : callable
        What is to be read from the signals, element by element.
    leak : (U,) array, optional
        Time constants, in steps of the trajectories, with which signals leave their start.
    """
    states = trajectories.reshape(-1, trajectories.shape[-1])
    lowest, highest = np.minimum(states.min(axis=0), initial), np.maximum(states.max(axis=0), initial)
    quantiles = np.quantile(states, (np.arange(samples) + 0.5) / samples, axis=0)
    begin = 0
    if leak is not None:
        for unit in np.flatnonzero(_outside(trajectories, initial)):
            own = trajectories[:, :, unit]
            forgotten = _forgotten(own, float(initial[unit]), float(leak[unit]))
            late = own[:, forgotten:].ravel()
            ends = _working_range(function, late, float(initial[unit]))
            if ends is not None:
                begin = max(begin, forgotten)
                lowest[unit], highest[unit] = ends
                quantiles[:, unit] = np.quantile(late, (np.arange(samples) + 0.5) / samples)
    # A unit that never moves still needs a range to be tuned to.
    span = np.maximum(highest - lowest, 1e-3 * np.maximum(1.0, np.abs(highest)))
    low, high = lowest - margin * span, highest + margin * span
    return EvaluationPoints(
        trajectories[:, begin:], quantiles, low, high, *changing_part(function, low, high), np.array(initial)
    )


def _outside(trajectories: Array, initial: Array) -> NDArray[np.bool_]:
    """Return which units (U,) start outside what they visit in the last quarter of trials, by more than its span."""
    late = trajectories[:, -max(trajectories.shape[1] // 4, 1) :]
    low, high = late.min(axis=(0, 1)), late.max(axis=(0, 1))
    return np.asarray(np.maximum(low - initial, initial - high) > high - low)


def _forgotten(trajectories: Array, start: float, leak: float) -> int:
    """Return the step of trajectories (K, T) of one unit from which on a start outside of them is forgotten.

    0 where trials end before that.
    """
    steps = trajectories.shape[1]
    late = trajectories[:, -max(steps // 4, 1) :]
    span = max(float(np.ptp(late)), 1e-3 * max(1.0, float(np.abs(late).max())))
    away = max(float(late.min()) - start, start - float(late.max()))
    begin = math.ceil(leak * math.log(max(away / (SETTLED * span), 1.0)))
    return begin if begin <= steps - late.shape[1] else 0


def _working_range(function: Function, states: Array, start: float) -> tuple[float, float] | None:
    """Return the range of a unit without its start, or None where that is no longer than the flat way from there.

    It holds the settled states (S,) and all between start and states that the activity changes over.
    """
    low, high = float(states.min()), float(states.max())
    ends = np.array([min(low, start)]), np.array([max(high, start)])
    first, last = (float(edge[0]) for edge in changing_part(function, *ends))
    low, high = (min(low, first), high) if start < low else (low, max(high, last))
    return (low, high) if max(low - start, start - high) > high - low else None


def changing_part(function: Function, low: Array, high: Array) -> tuple[Array, Array]:
    """Return where in [low, high] a function changes: all but FLAT of its total variation on either side.

    A ReLU unit that mostly sits below zero, or a saturated sigmoid, is tuned where its activity tells something.
    """
    grid = np.linspace(low, high, 400)
    change = np.abs(np.diff(function(grid), axis=0)).cumsum(axis=0)
    total = change[-1]
    # A unit that never changes is tuned over all of its range.
    first = np.where(total > 0, grid[np.argmax(change > FLAT * total, axis=0), np.arange(low.size)], low)
    last = np.where(total > 0, grid[np.argmax(change >= (1 - FLAT) * total, axis=0) + 1, np.arange(low.size)], high)
    return first, last
