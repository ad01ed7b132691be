"""Calibration: the unit states that a rate network visits, which tuning and decoders are fitted to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.rate import check_inputs, ode

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Visited:
    """States visited on calibration trials.

    Attributes
    ----------
    states : (S, N) array
        Visited states of each unit, sorted, thinned to S quantiles at equal distances in probability.
    low, high : (N,) arrays
        Range in which each unit's neurons are tuned.
    """

    states: Array
    low: Array
    high: Array


def visited_states(network: RateNetwork, trials: Trials, margin: float, samples: int) -> Visited:
    """Run the rate equation on trials and return the states each unit visits.

    Parameters
    ----------
    margin : float
        How far the range reaches beyond the visited states on either side, as a share of their span.
    samples : int
        Number S of quantiles that stand for the visited states.
    """
    check_inputs(network, trials.inputs, trials.dt)
    states = ode(network, trials.inputs, np.zeros(network.units)).states.reshape(-1, network.units)
    initial = network.weights["initial_state"]
    lowest, highest = np.minimum(states.min(axis=0), initial), np.maximum(states.max(axis=0), initial)
    # A unit that never moves still needs a range to be tuned to.
    span = np.maximum(highest - lowest, 1e-3 * np.maximum(1.0, np.abs(highest)))
    quantiles = np.quantile(states, (np.arange(samples) + 0.5) / samples, axis=0)
    return Visited(quantiles, lowest - margin * span, highest + margin * span)
