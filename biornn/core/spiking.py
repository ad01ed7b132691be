"""SpikingNetwork: a description of populations and projections that runs nothing.

Every bank is U units of M neurons. The neurons of a unit share one input, the unit's state x; their spikes, weighted
by decoders, are the unit's activity; projections carry activities to the synaptic channels of other units. Because
neurons share their unit's input, M^2 synapses for each trained weight are not needed: neuron k of unit j reaches
neuron l of unit i with the effective weight ``gain[i, l] * weight[i, j] * decoder[j, k]``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks

Array = NDArray[np.float64]
SYNAPSE_RANGE = (0.0, 5.0)
"""Synaptic time constants in s that are plausible; 0 stands for no filter."""


@dataclass(frozen=True, eq=False)
class Filter:
    """A synapse: double-exponential with unit area, single-exponential where the rise is 0, direct where both are 0.

    Parameters
    ----------
    tau_decay, tau_rise : (U,) arrays
        Time constants in s.
    """

    tau_decay: Array
    tau_rise: Array

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "tau_decay", checks.array("Filter.tau_decay", self.tau_decay, ("U",)))
        put(self, "tau_rise", checks.array("Filter.tau_rise", self.tau_rise, self.tau_decay.shape))
        for name, values in (("tau_decay", self.tau_decay), ("tau_rise", self.tau_rise)):
            for extreme in (values.min(), values.max()):
                checks.seconds(f"Filter.{name}", extreme, *SYNAPSE_RANGE)

    @classmethod
    def exponential(cls, tau: Array) -> "Filter":
        """Return the single-exponential synapse of time constants `tau` (U,) in s."""
        return cls(tau, np.zeros_like(tau))


def unbounded() -> Array:
    """Return the range (2, 1) of units whose decoders know no bounds."""
    return np.array([[-np.inf], [np.inf]])


@dataclass(frozen=True, eq=False)
class Bank:
    """U populations of M neurons each.

    Parameters
    ----------
    name : str
        A Python identifier.
    model : str
        Neuron model registered in `biornn.theory.neurons`.
    parameters : dict of str to (U, M) array
        The model's parameters in SI units.
    gain, bias : (U, M) arrays
        Neuron k of unit i has the steady voltage ``v_rest + gain x_i + bias``, in V per unit of state and in V.
    decoders : dict of str to (U, M) array
        Activity ``a_i = sum_k d_ik sum_spikes delta(t - t_k)``; in units of activity times s. A bank may have several.
    channels : dict of str to Filter
        Synaptic channels; ``x = offset + sum of channels``.
    initial : dict of str to (U,) array
        State of each channel at time 0.
    rising : dict of str to (U,) array
        State at time 0 of the rise of each channel, where it has one; that of the channel where it is not given.
    offset : (U,) array
        Constant part of the unit states.
    noise : (U, M) array
        Independent membrane noise: stationary SD in V of the free membrane potential. None by default.
    tuned : (2, U) array
        Lowest and highest state that each unit's decoders were fitted to; unbounded by default. It decides nothing in
        a simulation: a comparison reads from it which states lie beyond what was fitted.
    """

    name: str
    model: str
    parameters: Mapping[str, Array]
    gain: Array
    bias: Array
    decoders: Mapping[str, Array]
    channels: Mapping[str, Filter]
    initial: Mapping[str, Array]
    offset: Array
    noise: Array = field(default_factory=lambda: np.zeros(()))
    rising: Mapping[str, Array] = field(default_factory=dict)
    tuned: Array = field(default_factory=unbounded)

    def __post_init__(self) -> None:
        put = object.__setattr__
        where = f"Bank[{self.name}]"
        if not self.name.isidentifier():
            checks.refuse("Bank.name", "must be a Python identifier", repr(self.name), "use letters and _")
        put(self, "gain", checks.array(f"{where}.gain", self.gain, ("U", "M")))
        shape = (self.units, self.neurons_per_unit)
        put(self, "bias", checks.array(f"{where}.bias", self.bias, shape))
        noise = np.broadcast_to(self.noise, shape) if np.ndim(self.noise) == 0 else self.noise
        put(self, "noise", checks.array(f"{where}.noise", noise, shape))
        if (self.noise < 0).any():
            checks.refuse(
                f"{where}.noise", "must be at least 0", f"{self.noise.min():g} V", "give a standard deviation"
            )
        put(self, "offset", checks.array(f"{where}.offset", self.offset, shape[:1]))
        put(self, "tuned", _checked_range(f"{where}.tuned", self.tuned, self.units))
        groups = (("parameters", self.parameters, shape), ("decoders", self.decoders, shape))
        put(self, "rising", {**self.initial, **self.rising})
        starts = (("initial", self.initial, shape[:1]), ("rising", self.rising, shape[:1]))
        for attribute, values, wanted in (*groups, *starts):
            checked = {n: checks.array(f"{where}.{attribute}[{n!r}]", v, wanted) for n, v in values.items()}
            put(self, attribute, checked)
        if set(self.initial) != set(self.channels) or not self.channels:
            rule = f"must have the keys of channels, {sorted(self.channels)}"
            checks.refuse(f"{where}.initial", rule, sorted(self.initial), "give one state per channel")
        for name in self.rising:
            checks.member(f"{where}.rising", name, self.channels)
        for name, synapse in self.channels.items():
            checks.array(f"{where}.channels[{name!r}].tau_decay", synapse.tau_decay, shape[:1])

    @property
    def units(self) -> int:
        """Number of units U."""
        return int(self.gain.shape[0])

    @property
    def neurons_per_unit(self) -> int:
        """Number of neurons M of each unit."""
        return int(self.gain.shape[1])

    @property
    def neurons(self) -> int:
        """Number of neurons, U times M."""
        return int(self.gain.size)

    @property
    def initial_state(self) -> Array:
        """Unit states x at time 0, (U,)."""
        return np.asarray(self.offset + sum(self.initial.values()))


def _checked_range(where: str, value: Array, units: int) -> Array:
    """Return lowest and highest states as a read-only (2, units) array; infinite where there is no bound."""
    result = np.array(np.broadcast_to(value, (2, units)) if np.shape(value) == (2, 1) else value, dtype=np.float64)
    if result.shape != (2, units) or not (result[0] < result[1]).all():
        rule = f"must have shape (2, {units}) and hold lowest states below highest ones"
        checks.refuse(where, rule, f"shape {result.shape}", "give numpy.stack([low, high])")
    result.setflags(write=False)
    return result


@dataclass(frozen=True, eq=False)
class Projection:
    """Activities of one bank, through trained weights, into a channel of another.

    Parameters
    ----------
    source, decoder : str
        Bank and decoder whose activity is sent.
    target, channel : str
        Bank and channel that receive it.
    weight : (U_target, U_source) array
        Row i holds the weights into unit i; zeros make no synapse.
    """

    source: str
    decoder: str
    target: str
    channel: str
    weight: Array


@dataclass(frozen=True, eq=False)
class Input:
    """External input into a channel; `weight` is (U, I)."""

    target: str
    channel: str
    weight: Array


@dataclass(frozen=True, eq=False)
class Readout:
    """Output ``z = weight (a * synapse) + bias``, or its softmax.

    Parameters
    ----------
    source, decoder : str
        Bank and decoder that are read.
    synapse : Filter
        Filter of each source unit's activity.
    weight : (O, U) array
    bias : (O,) array
    initial : (U,) array
        State of the filters at time 0.
    kind : {"identity", "softmax"}
    """

    source: str
    decoder: str
    synapse: Filter
    weight: Array
    bias: Array
    initial: Array
    kind: str = "identity"


@dataclass(frozen=True, eq=False)
class SpikingNetwork:
    """A network of spiking populations, ready to be built by a simulator.

    Parameters
    ----------
    dt : float
        Step of the simulation in s.
    sample_dt : float
        Step of inputs and recorded states in s, a whole multiple of `dt`; the rate network's dt.
    banks : tuple of Bank
    projections : tuple of Projection
    inputs : tuple of Input
    readout : Readout
    observe : str
        Bank whose unit states and firing rates stand for the rate network's units.
    about : dict
        Where it comes from; JSON values only.

    Raises
    ------
    InputError
        Steps that do not divide, names that do not exist, shapes that do not agree, NaN or infinity.
    """

    dt: float
    sample_dt: float
    banks: tuple[Bank, ...]
    projections: tuple[Projection, ...]
    inputs: tuple[Input, ...]
    readout: Readout
    observe: str
    about: Mapping[str, str | float | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "dt", checks.seconds("SpikingNetwork.dt", self.dt, 1e-6, 1e-3))
        ratio = self.sample_dt / self.dt
        if ratio < 1 or abs(ratio - round(ratio)) > 1e-6:
            rule = f"must divide the sampling step {self.sample_dt:g} s"
            checks.refuse("SpikingNetwork.dt", rule, f"{self.dt:g} s", "choose a step such as 1e-4 s")
        names = [bank.name for bank in self.banks]
        if len(set(names)) != len(names) or not names:
            checks.refuse("SpikingNetwork.banks", "must have distinct names", names, "rename a bank")
        checks.member("SpikingNetwork.observe", self.observe, names)
        channels = sum(item.weight.shape[1] for item in self.inputs[:1])
        for projection in self.projections:
            target = self._channel("Projection", projection.target, projection.channel)
            source = self._decoder("Projection", projection.source, projection.decoder)
            checks.array("Projection.weight", projection.weight, (target.units, source.units))
        for item in self.inputs:
            target = self._channel("Input", item.target, item.channel)
            checks.array("Input.weight", item.weight, (target.units, channels))
        source = self._decoder("Readout", self.readout.source, self.readout.decoder)
        weight = checks.array("Readout.weight", self.readout.weight, ("O", source.units))
        checks.array("Readout.bias", self.readout.bias, weight.shape[:1])
        checks.array("Readout.synapse.tau_decay", self.readout.synapse.tau_decay, (source.units,))
        checks.array("Readout.initial", self.readout.initial, (source.units,))
        checks.member("Readout.kind", self.readout.kind, ("identity", "softmax"))

    def bank(self, name: str) -> Bank:
        """Return the bank of that name."""
        return {bank.name: bank for bank in self.banks}[name]

    def _channel(self, owner: str, bank: str, channel: str) -> Bank:
        checks.member(f"{owner}.target", bank, (b.name for b in self.banks))
        checks.member(f"{owner}.channel", channel, self.bank(bank).channels)
        return self.bank(bank)

    def _decoder(self, owner: str, bank: str, decoder: str) -> Bank:
        checks.member(f"{owner}.source", bank, (b.name for b in self.banks))
        checks.member(f"{owner}.decoder", decoder, self.bank(bank).decoders)
        return self.bank(bank)

    @property
    def neurons(self) -> int:
        """Number of spiking neurons in all banks."""
        return sum(bank.neurons for bank in self.banks)

    @property
    def steps_per_sample(self) -> int:
        """Simulation steps in one sampling step."""
        return round(self.sample_dt / self.dt)
