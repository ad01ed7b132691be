"""Calibration: the unit states that a rate network visits, which tuning and decoders are fitted to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.rate import check_inputs, ode

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
"""Works element by element."""
SAMPLES = 200
FLAT = 0.02
"""Share of an activation's total variation over a unit's range that counts as flat, at either end."""


@dataclass(frozen=True, eq=False)
class Visited:
    """States visited on calibration trials.

    Attributes
    ----------
    trajectories : (K, T, N) array
        States of the rate equation on the K trials, sampled at the network's dt.
    states : (S, N) array
        Visited states of each unit, sorted, thinned to S quantiles at equal distances in probability.
    low, high : (N,) arrays
        Range that each unit may visit: the visited states and a margin.
    first, last : (N,) arrays
        The part of that range in which the unit's activity changes.
    """

    trajectories: Array
    states: Array
    low: Array
    high: Array
    first: Array
    last: Array


def visited_states(network: RateNetwork, trials: Trials, margin: float, samples: int = SAMPLES) -> Visited:
    """Run the rate equation on trials and return the states each unit visits.

    Parameters
    ----------
    margin : float
        How far the range reaches beyond the visited states on either side, as a share of their span.
    samples : int
        Number S of quantiles that stand for the visited states.
    """
    check_leaky(network)
    check_inputs(network, trials)
    trajectories = ode(network, trials.inputs, np.zeros(network.units)).states
    phi = partial(apply, network.activation)
    return visited(trajectories, network.weights["initial_state"], phi, margin, samples)


def visited(trajectories: Array, initial: Array, function: Function, margin: float, samples: int = SAMPLES) -> Visited:
    """Return what signals visit on trajectories (K, T, U) and at their start `initial` (U,).

    Parameters
    ----------
    function : callable
        What is to be read from the signals, element by element.
    """
    states = trajectories.reshape(-1, trajectories.shape[-1])
    lowest, highest = np.minimum(states.min(axis=0), initial), np.maximum(states.max(axis=0), initial)
    # A unit that never moves still needs a range to be tuned to.
    span = np.maximum(highest - lowest, 1e-3 * np.maximum(1.0, np.abs(highest)))
    quantiles = np.quantile(states, (np.arange(samples) + 0.5) / samples, axis=0)
    low, high = lowest - margin * span, highest + margin * span
    return Visited(trajectories, quantiles, low, high, *changing_part(function, low, high))


def check_leaky(network: RateNetwork) -> None:
    """Refuse a network whose cell is not the leaky one.

    Raises
    ------
    InputError
    """
    if network.cell != "leaky" or network.discrete:
        kind = f"{network.cell!r}, discrete" if network.discrete else repr(network.cell)
        rule = "must be 'leaky', in continuous time, for this mapping"
        checks.refuse("RateNetwork.cell", rule, kind, "use bridge.Population")


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
