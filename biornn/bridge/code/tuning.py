"""Tuning: how strongly each neuron is driven by its unit's state."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.bridge import border
from biornn.core import checks
from biornn.core.bank import steady_voltage
from biornn.theory.neurons import NeuronModel
from biornn.theory.neurons.base import Values

Array = NDArray[np.float64]

ONSET_SHARE = 0.05


class Tuning(NamedTuple):
    """Steady voltage ``v_rest + gain x + bias`` of each neuron and SD of its noise; all (U, M) in V."""

    gain: Array
    bias: Array
    noise: Array


class Curves(NamedTuple):
    """f-I curves of tuned neurons, whose parameters are (U, M), simulated at a step of `dt` s."""

    model: NeuronModel
    parameters: Values
    tuning: Tuning
    dt: float

    def rates(self, unit: int, x: Array) -> Array:
        """Return the rates (S, M) in Hz of the neurons of one unit at constant states x (S,)."""
        own = {name: value[unit] for name, value in self.parameters.items()}
        steady = steady_voltage(own["v_rest"], self.tuning.gain[unit], self.tuning.bias[unit], x)
        return self.model.rate(own, steady, self.dt, self.tuning.noise[unit])


def spread(
    model: NeuronModel,
    parameters: Values,
    noise: Array,
    *,
    low: Array,
    high: Array,
    first: Array,
    last: Array,
    rates: tuple[float, float],
    reach: tuple[float, float],
    dt: float,
    falling: bool,
) -> Tuning:
    """Return tuning curves whose onsets are spread evenly over each unit's range.

    Neuron k starts to fire at an onset between ``first + reach[0] span`` and ``first + reach[1] span``, with
    ``span = last - first``, and fires at its peak rate, between `rates`, at ``high``. Under noise, where firing has no
    sharp start, the onset is where a neuron reaches a twentieth of its peak rate. Onsets and peaks are paired by
    a golden-ratio sequence, so that no seed is needed and neither predicts the other.

    Parameters
    ----------
    noise : (U, M) array
        SD in V of independent membrane noise.
    low, high : (U,) arrays
        Range of each unit's state.
    first, last : (U,) arrays
        Part of the range over which onsets are spread.
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
    offset = (reach[0] + (reach[1] - reach[0]) * share) * (last - first)[:, None]
    onset = np.where(off, last[:, None] - offset, first[:, None] + offset)
    end = np.where(off, low[:, None], high[:, None])
    start = model.steady(parameters, np.where(noise > 0, ONSET_SHARE * peak, 0.0), dt, noise)
    gain = (model.steady(parameters, peak, dt, noise) - start) / (end - onset)
    return Tuning(gain, start - parameters["v_rest"] - gain * onset, noise)


def checked_noise(noise: Any) -> Array:
    """Return the membrane noise of `biornn.bridge.Population` in V as an array.

    Raises
    ------
    InputError
        A wrong dimension or an implausible size.
    """
    given = checks.plain_array("Population.noise", checks.unit_free("Population.noise", noise, "volt"))
    if given.dtype.kind == "b":
        checks.refuse("Population.noise", "must be a number", given, "an SD in volt: 1.5 mV is 0.0015")
    value = checks.array("Population.noise", np.atleast_1d(given), ("n",) * max(given.ndim, 1))
    for extreme in (value.min(), value.max(), value[value > 0].min(initial=border.LOUDEST)):
        border.noise("Population.noise", float(extreme))
    return value


def spread_noise(noise: Array, shape: tuple[int, int]) -> Array:
    """Return noise for each neuron of a network, `shape` being (U, M).

    Raises
    ------
    InputError
        A shape that does not broadcast.
    """
    try:
        return np.array(np.broadcast_to(noise, shape))
    except ValueError:
        rule = f"must broadcast to (units, neurons per unit) = {shape}"
        checks.refuse("Population.noise", rule, noise.shape, "give one value, (M,) values or (U, 1) values")
