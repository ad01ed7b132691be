"""Recording: what a run leaves behind, for rate and spiking networks alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of all trials as flat arrays, ordered by trial, then time, then neuron.

    Attributes
    ----------
    trial, neuron : (S,) int32 arrays
        Neuron k of unit i of a bank with M neurons a unit is ``i * M + k``; banks follow one another.
    time : (S,) float64 array
        Time within the trial in s.
    """

    trial: NDArray[np.int32]
    neuron: NDArray[np.int32]
    time: NDArray[np.float64]

    @property
    def count(self) -> int:
        """Number of spikes S."""
        return int(self.time.size)


NO_SPIKES = Spikes(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))


@dataclass(frozen=True, eq=False)
class Voltages:
    """Membrane voltage of chosen neurons.

    Attributes
    ----------
    neurons : (C,) int array
        Which neurons, numbered as in `Spikes`.
    values : (K, T_v, C) array
        Voltage in V at the start of each step of `dt`; a spike is not drawn into it.
    dt : float
        Sampling step in s.
    """

    neurons: NDArray[np.int32]
    values: NDArray[np.float64]
    dt: float


NO_VOLTAGES = Voltages(np.empty(0, np.int32), np.empty((0, 0, 0)), 1.0)


@dataclass(frozen=True, eq=False)
class Recording:
    """States, rates and outputs of K trials, sampled at the rate network's dt.

    Attributes
    ----------
    dt : float
        Sampling step in s.
    states : (K, T, N) array
        Unit states x at (t + 1) dt.
    rates : (K, T, N) array
        Rate run: phi(x), without unit. Spiking run: mean firing rate of a neuron of the unit's population over
        [t dt, (t + 1) dt) in Hz.
    outputs : (K, T, O) array
        Readout z (or its softmax) at (t + 1) dt.
    source : RateNetwork or SpikingNetwork
        What was run.
    seed : int
        Seed of the run.
    neurons : int
        Number of LIF neurons; 0 for a rate run.
    recorded : (R,) int array
        Neurons whose spikes were kept.
    spikes : Spikes
        Their spikes.
    voltages : Voltages
        Membrane voltages of chosen neurons.
    about : dict
        Versions, engine and timing of the run.
    """

    dt: float
    states: NDArray[np.float64]
    rates: NDArray[np.float64]
    outputs: NDArray[np.float64]
    source: RateNetwork | SpikingNetwork
    seed: int = 0
    neurons: int = 0
    recorded: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    spikes: Spikes = NO_SPIKES
    voltages: Voltages = NO_VOLTAGES
    about: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def duration(self) -> float:
        """Length of one trial in s."""
        return float(self.states.shape[1] * self.dt)
