"""Recording: what a run leaves behind, for rate and spiking networks alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biornn.core import show
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork


@dataclass(frozen=True, eq=False)
class Spikes(show.Shown):
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

    def _face(self) -> show.Face:
        if not self.count:
            return show.Face("Spikes: none")
        fired = show.count(int(np.count_nonzero(np.bincount(self.neuron))), "neuron")
        trials = show.count(int(np.count_nonzero(np.bincount(self.trial))), "trial")
        line = f"Spikes: {self.count:,} of {fired} in {trials}, at {show.span(self.time, 1, 's')}"
        rows = (("fields", "trial, neuron, time (s): one entry for each spike"),)
        return show.Face(line, rows, ("spikes.time[spikes.trial == 0]",))

    def _sketch(self) -> show.Sketch:
        first = self.trial == self.trial[0]
        return show.Sketch("dots", self.time[first], self.neuron[first], ("Time (s)", f"Neuron, trial {self.trial[0]}"))

    @property
    def count(self) -> int:
        """Number of spikes S."""
        return int(self.time.size)


NO_SPIKES = Spikes(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))


@dataclass(frozen=True, eq=False)
class Voltages(show.Shown):
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

    def _face(self) -> show.Face:
        if not self.neurons.size:
            return show.Face("Voltages: none")
        length = show.time_axis(self.values.shape[0], self.values.shape[1], self.dt)
        size = f"{show.count(self.neurons.size, 'neuron')}, {length}"
        chosen = ", ".join(map(str, self.neurons[:10])) + (", ..." if self.neurons.size > 10 else "")
        line = f"Voltages: {size}, {show.span(self.values, 1e3, 'mV')}"
        return show.Face(line, (("neurons", chosen),), ("voltages.values[0, :, 0]  # V, trial 0",))

    def _sketch(self) -> show.Sketch:
        time = np.arange(self.values.shape[1]) * self.dt
        return show.Sketch("lines", time, self.values[0, :, :2] * 1e3, ("Time (s)", "Voltage (mV), trial 0"))


NO_VOLTAGES = Voltages(np.empty(0, np.int32), np.empty((0, 0, 0)), 1.0)


@dataclass(frozen=True, eq=False)
class Recording(show.Shown):
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

    def _face(self) -> show.Face:
        length = show.time_axis(self.states.shape[0], self.states.shape[1], self.dt)
        size = f"{show.count(self.states.shape[2], 'state')}, {show.count(self.outputs.shape[2], 'output')}"
        rows = [("trials", length), ("states", show.span(self.states)), ("outputs", show.span(self.outputs))]
        if not isinstance(self.source, SpikingNetwork):
            calls = ("snn, fit = bridge.Population()(network, trials)", "spikes = spiking.run(snn, trials)")
            return show.Face(f"Recording of a rate run: {length}, {size}", tuple(rows), calls)
        fired = f"{self.neurons:,} neurons at {float(self.rates.mean()):.1f} Hz"
        kept = f"{show.count(self.spikes.count, 'spike')} of {show.count(self.recorded.size, 'neuron')} kept"
        rows += [("neurons", fired), ("spikes", kept), ("voltages", str(self.voltages).removeprefix("Voltages: "))]
        rows += [("seed", str(self.seed))]
        calls = ("report = compare.compare(rates, spikes, task, trials)", "report.plot()")
        return show.Face(f"Recording of a spiking run: {length}, {size}, {fired}, {kept}", tuple(rows), calls)

    def _sketch(self) -> show.Sketch:
        time = (np.arange(self.outputs.shape[1]) + 1) * self.dt
        return show.Sketch("lines", time, self.outputs[0], ("Time (s)", "Output z, trial 0"))

    @property
    def duration(self) -> float:
        """Length of one trial in s."""
        return float(self.states.shape[1] * self.dt)
