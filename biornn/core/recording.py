"""Recording: what a run leaves behind, for rate and spiking networks alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks, show
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.values import json_values

ADVICE = "give what a run has left"


def _put(record: object, owner: str, name: str, kind: type[Any], shape: tuple[int | str, ...]) -> None:
    """Check one array of a record; it is not copied where its type is right, for it may fill the memory or a disk."""
    value = getattr(record, name)
    value = value if isinstance(value, np.memmap) else checks.plain_array(f"{owner}.{name}", value)
    fits = value.ndim == len(shape) and all(
        got == want for got, want in zip(value.shape, shape, strict=True) if isinstance(want, int)
    )
    if not fits:
        wanted = "(" + ", ".join(map(str, shape)) + ")"
        checks.refuse(f"{owner}.{name}", f"must have shape {wanted}", value.shape, ADVICE)
    if kind is np.int32 and value.size and value.dtype.kind not in "iu":
        checks.refuse(f"{owner}.{name}", "must be whole numbers", value.dtype, ADVICE)
    if kind is np.float64 and not isinstance(value, np.memmap) and not np.isfinite(value).all():
        checks.refuse(f"{owner}.{name}", "must be finite", "NaN or infinity", "the weights may be too large")
    object.__setattr__(record, name, value if value.dtype == kind else value.astype(kind))


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

    def __post_init__(self) -> None:
        _put(self, "Spikes", "time", np.float64, ("S",))
        for name in ("trial", "neuron"):
            _put(self, "Spikes", name, np.int32, self.time.shape)

    def _face(self) -> show.Face:
        if not self.count:
            return show.Face("Spikes: none")
        fired = show.count(int(np.count_nonzero(np.bincount(self.neuron))), "neuron")
        trials = show.count(int(np.count_nonzero(np.bincount(self.trial))), "trial")
        line = f"Spikes: {self.count:,} of {fired} in {trials}, at {show.span(self.time, 1, 's')}"
        rows = (("fields", "trial, neuron, time (s): one entry for each spike"),)
        return show.Face(line, rows, ("times = spikes.of(unit=0, trial=0).time  # of the recording",))

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
    """Membrane voltage, or drive, of chosen neurons.

    Attributes
    ----------
    neurons : (C,) int array
        Which neurons, numbered as in `Spikes`, in the order asked for.
    values : (K, T_v, C) array
        Voltage in V at the start of each step of `dt`; a spike is not drawn into it.
    dt : float
        Sampling step in s.
    """

    neurons: NDArray[np.int32]
    values: NDArray[np.float64]
    dt: float

    def __post_init__(self) -> None:
        _put(self, "Voltages", "neurons", np.int32, ("C",))
        _put(self, "Voltages", "values", np.float64, ("K", "T", self.neurons.size))

    def _face(self) -> show.Face:
        if not self.neurons.size:
            return show.Face("Voltages: none")
        length = show.time_axis(self.values.shape[0], self.values.shape[1], self.dt)
        size = f"{show.count(self.neurons.size, 'neuron')}, {length}"
        chosen = ", ".join(map(str, self.neurons[:10])) + (", ..." if self.neurons.size > 10 else "")
        line = f"Voltages: {size}, {show.span(self.values, 1e3, 'mV')}"
        return show.Face(line, (("neurons", chosen),), ("voltages.values[0, :, 0]  # V, trial 0",))

    def _sketch(self) -> show.Sketch:
        some = slice(round(0.25 / self.dt))  # more spikes would fill the thumbnail
        time = np.arange(self.values.shape[1])[some] * self.dt
        return show.Sketch("lines", time, self.values[0, some, :2] * 1e3, ("Time (s)", "Voltage (mV), trial 0"))


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
        Neurons whose spikes were kept, in the order asked for.
    spikes : Spikes
        Their spikes.
    voltages : Voltages
        Membrane voltages of chosen neurons.
    about : dict
        Versions, engine and timing of the run.
    currents : Voltages
        Input currents of chosen neurons as the voltage that they drive, ``gain x + bias`` in V: the current times the
        membrane resistance. A neuron whose current stays constant settles at its resting voltage plus this value.

    Raises
    ------
    InputError
        Shapes that do not agree, NaN or infinity.
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
    about: Mapping[str, Any] = field(default_factory=dict)
    currents: Voltages = NO_VOLTAGES

    def __post_init__(self) -> None:
        object.__setattr__(self, "dt", checks.seconds("Recording.dt", self.dt, 1e-6, 1e5))
        _put(self, "Recording", "states", np.float64, ("K", "T", "N"))
        _put(self, "Recording", "rates", np.float64, (*self.states.shape[:2], "U"))
        _put(self, "Recording", "outputs", np.float64, (*self.states.shape[:2], "O"))
        _put(self, "Recording", "recorded", np.int32, ("R",))
        if not isinstance(self.source, RateNetwork | SpikingNetwork):
            checks.refuse("Recording.source", "must be a network", f"a {type(self.source).__name__}", ADVICE)
        for name, kind in (("spikes", Spikes), ("voltages", Voltages), ("currents", Voltages)):
            checks.instance(f"Recording.{name}", getattr(self, name), kind, ADVICE)
        object.__setattr__(self, "about", json_values("Recording.about", self.about, finite=True))

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
        trial = show.liveliest(self.outputs)
        return show.Sketch("lines", time, self.outputs[trial], ("Time (s)", f"Output z, trial {trial}"))

    @property
    def duration(self) -> float:
        """Length of one trial in s."""
        return float(self.states.shape[1] * self.dt)

    def of(
        self,
        *,
        unit: int | None = None,
        bank: str = "",
        neuron: ArrayLike | None = None,
        trial: int | None = None,
        from_: float = 0.0,
        until: float = np.inf,
    ) -> Spikes:
        """Return the chosen spikes: ``run.of(unit=17, trial=3).time`` are the times of one unit in one trial.

        Parameters
        ----------
        unit : int, optional
            Unit of the observed bank, or of the one named by `bank`, whose neurons are meant.
        bank : str
        neuron : int or array_like of int, optional
            Neurons, numbered as in `Spikes`; all by default.
        trial : int, optional
            All by default.
        from_, until : float
            Only spikes at ``from_ <= time < until``, in s within the trial; until its end by default.

        Raises
        ------
        InputError
            A rate run, units, times or trials that do not exist, neurons whose spikes were not kept.
        """
        source = self.source
        if not isinstance(source, SpikingNetwork):
            checks.refuse("Recording.of", "must be asked of a spiking run", "a rate run", "run the spiking network")
        if (unit is not None and neuron is not None) or (bank and unit is None):
            checks.refuse("Recording.of", "must be asked for a unit or for neurons", "both", "leave one out")
        # Times in ms would choose nothing.
        start = checks.seconds("from_", from_, 0.0, self.duration)
        end = checks.seconds("until", until, start, np.inf)
        if self.duration * (1 + 1e-9) < end < np.inf:
            checks.seconds("until", until, start, self.duration)
        keep = (self.spikes.time >= start) & (self.spikes.time < end)
        if trial is not None:
            keep &= self.spikes.trial == checks.count("trial", trial, 0, len(self.states) - 1)
        if unit is not None or neuron is not None:
            named = source.neurons_of(unit, bank) if unit is not None else neuron
            chosen = np.atleast_1d(checks.plain_array("neuron", named))
            chosen = checks.indices("neuron", chosen, source.neurons, "choose neurons of this network")
            lost = chosen[~np.isin(chosen, self.recorded)]
            if lost.size:
                rule, advice = "must be neurons whose spikes were kept", "run with spikes='all' or with these neurons"
                checks.refuse("Recording.of", rule, f"neuron {lost[0]}", advice)
            keep &= np.isin(self.spikes.neuron, chosen)
        return Spikes(self.spikes.trial[keep], self.spikes.neuron[keep], self.spikes.time[keep])
