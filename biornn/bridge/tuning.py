"""Tuning: how strongly each neuron is driven by its unit's state."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.theory.neurons import NeuronModel
from biornn.theory.neurons.base import Values

Array = NDArray[np.float64]


class Tuning(NamedTuple):
    """Steady voltage ``v_rest + gain x + bias`` of each neuron; gain (U, M) in V, bias (U, M) in V."""

    gain: Array
    bias: Array


def spread(
    model: NeuronModel,
    parameters: Values,
    low: Array,
    high: Array,
    *,
    rates: tuple[float, float],
    reach: tuple[float, float],
    dt: float,
    falling: bool,
) -> Tuning:
    """Return tuning curves whose onsets are spread evenly over each unit's range.

    Neuron k starts to fire at an onset between ``low + reach[0] span`` and ``low + reach[1] span`` and fires at its
    peak rate, between `rates`, at ``high``. Onsets and peaks are paired by a golden-ratio sequence, so that no seed is
    needed and neither predicts the other.

    Parameters
    ----------
    low, high : (U,) arrays
        Range of each unit's state.
    rates : (float, float)
        Smallest and largest peak rate in Hz.
    reach : (float, float)
        First and last onset as shares of the span.
    dt : float
        Step of the simulation in s, see `biornn.theory.neurons.lif.firing_rate`.
    falling : bool
        Whether every second neuron fires at its peak at ``low`` instead and falls with x (ON/OFF curves).
    """
    neurons = parameters["v_threshold"].shape[1]
    rank = np.arange(neurons)
    golden = (0.5 + rank * (np.sqrt(5) - 1) / 2) % 1.0
    peak = np.broadcast_to(rates[0] + (rates[1] - rates[0]) * golden, parameters["v_threshold"].shape)
    share = (rank + 0.5) / neurons
    off = (rank % 2 == 1) & falling
    span = (high - low)[:, None]
    onset = reach[0] + (reach[1] - reach[0]) * share
    first = np.where(off, high[:, None] - onset * span, low[:, None] + onset * span)
    last = np.where(off, low[:, None], high[:, None])
    top = model.steady(parameters, peak, dt)
    gain = (top - parameters["v_threshold"]) / (last - first)
    return Tuning(gain, parameters["v_threshold"] - parameters["v_rest"] - gain * first)
