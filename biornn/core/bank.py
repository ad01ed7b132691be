"""Bank: populations of spiking neurons that each share one input, and the synapses in front of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks, names, show

Array = NDArray[np.float64]
SYNAPSE_RANGE = (0.0, 5.0)
"""Synaptic time constants in s that are plausible; 0 stands for no filter."""
MAPPINGS = ("parameters", "decoders", "channels", "initial", "rising")


@dataclass(frozen=True, eq=False)
class Filter(show.Shown):
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
        decay, rise = (checks.unit_free("Filter", tau, "second") for tau in (self.tau_decay, self.tau_rise))
        put(self, "tau_decay", checks.array("Filter.tau_decay", decay, ("U",)))
        put(self, "tau_rise", checks.array("Filter.tau_rise", rise, self.tau_decay.shape))
        for name, values in (("tau_decay", self.tau_decay), ("tau_rise", self.tau_rise)):
            for extreme in (values.min(), values.max()):
                checks.seconds(f"Filter.{name}", extreme, *SYNAPSE_RANGE)

    def _face(self) -> show.Face:
        times = f"decay {show.span(self.tau_decay, 1e3, 'ms')}, rise {show.span(self.tau_rise, 1e3, 'ms')}"
        return show.Face(f"Filter: {times}, {show.count(self.tau_decay.size, 'unit')}")

    @classmethod
    def exponential(cls, tau: Array) -> "Filter":
        """Return the single-exponential synapse of time constants `tau` (U,) in s."""
        return cls(tau, np.zeros_like(tau))


def unbounded() -> Array:
    """Return the range (2, 1) of units whose decoders know no bounds."""
    return np.array([[-np.inf], [np.inf]])


@dataclass(frozen=True, eq=False)
class Bank(show.Shown):
    """U populations of M neurons each.

    Parameters
    ----------
    name : str
        Letters, digits and _, as those of channels and decoders; see `biornn.core.names`.
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
        where = f"Bank[{names.identifier('Bank.name', self.name)}]"
        put(self, "gain", checks.array(f"{where}.gain", self.gain, ("U", "M")))
        shape = (self.units, self.neurons_per_unit)
        put(self, "bias", checks.array(f"{where}.bias", checks.unit_free(f"{where}.bias", self.bias, "volt"), shape))
        noise = checks.plain_array(f"{where}.noise", checks.unit_free(f"{where}.noise", self.noise, "volt"))
        noise = np.broadcast_to(noise, shape) if noise.ndim == 0 else noise
        put(self, "noise", checks.array(f"{where}.noise", noise, shape))
        if (self.noise < 0).any():
            checks.refuse(
                f"{where}.noise", "must be at least 0", f"{self.noise.min():g} V", "give a standard deviation"
            )
        put(self, "offset", checks.array(f"{where}.offset", self.offset, shape[:1]))
        put(self, "tuned", _checked_range(f"{where}.tuned", self.tuned, self.units))
        groups = (("parameters", self.parameters, shape), ("decoders", self.decoders, shape))
        for attribute in MAPPINGS:
            advice = "give a dictionary from names to arrays"
            for name in checks.instance(f"{where}.{attribute}", getattr(self, attribute), dict, advice):
                names.identifier(f"{where}.{attribute}", name)
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
            checks.instance(f"{where}.channels[{name!r}]", synapse, Filter, "give a Filter")
            checks.array(f"{where}.channels[{name!r}].tau_decay", synapse.tau_decay, shape[:1])

    def _face(self) -> show.Face:
        size = f"{self.units:,} units x {self.neurons_per_unit:,} {self.model.upper()} neurons ({self.neurons:,})"
        rows = (
            ("parameters", ", ".join(f"{name} {show.span(value)}" for name, value in self.parameters.items())),
            ("gain", show.span(self.gain, 1e3, "mV per unit of state")),
            ("bias", show.span(self.bias, 1e3, "mV")),
            ("noise", f"SD {show.span(self.noise, 1e3, 'mV')}"),
            *((f"channel {name}", str(synapse)) for name, synapse in self.channels.items()),
            ("decoders", ", ".join(self.decoders)),
        )
        return show.Face(f"Bank {self.name}: {size}, decoders {', '.join(self.decoders)}", rows)

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

    def steady_voltage(self, x: Array, unit: int | slice = slice(None)) -> Array:
        """Return the steady voltage ``v_rest + bias + gain x`` of neurons in V.

        Parameters
        ----------
        x : (..., U) array
            Unit states; those of one unit, (...,), where it is given.
        unit : int, optional
            The unit whose neurons are looked at; all by default.

        Returns
        -------
        (..., U, M) array
            Of one unit (..., M).
        """
        return steady_voltage(self.parameters["v_rest"][unit], self.gain[unit], self.bias[unit], x)

    @property
    def initial_state(self) -> Array:
        """Unit states x at time 0, (U,)."""
        return np.asarray(self.offset + sum(self.initial.values()))


def steady_voltage(rest: Array, gain: Array, bias: Array, x: Array) -> Array:
    """Return ``rest + bias + gain x`` in V of neurons (..., M) that share each state of x (...)."""
    return np.asarray(rest + bias + gain * x[..., None])


def _checked_range(where: str, value: Array, units: int) -> Array:
    """Return lowest and highest states as a read-only (2, units) array; infinite where there is no bound."""
    value = checks.plain_array(where, value)
    result = np.array(np.broadcast_to(value, (2, units)) if value.shape == (2, 1) else value, dtype=np.float64)
    if result.shape != (2, units) or not (result[0] < result[1]).all():
        rule = f"must have shape (2, {units}) and hold lowest states below highest ones"
        checks.refuse(where, rule, f"shape {result.shape}", "give numpy.stack([low, high])")
    result.setflags(write=False)
    return result
