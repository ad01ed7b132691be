"""What a neuron model is to the rest of biornn, and what the settings of all neuron models share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks, show

Array = NDArray[np.float64]
Values = Mapping[str, Array]
Variables = dict[str, NDArray[Any]]
Draws = tuple[Array, Array]
Range = tuple[str, float, float]

REQUIRED = ("t_ref", "v_rest", "v_reset", "v_threshold")
"""Parameters of every model: mapping and comparison read them."""
TIME_CONSTANT: Range = ("second", 1e-4, 1.0)
REFRACTORY: Range = ("second", 0.0, 0.1)
VOLTAGE: Range = ("volt", -0.2, 0.2)
BISECTIONS = 50


@dataclass(frozen=True)
class NeuronModel:
    """A point neuron driven by its steady voltage ``steady = rest + gain * x``.

    Attributes
    ----------
    parameters : tuple of str
        Names a bank must give, in SI units; those of `REQUIRED` among them. ``v_rest`` is the steady voltage without
        input and bias.
    rate : callable
        f-I curve ``rate(parameters, steady, dt, noise)``: firing rate in Hz at a constant steady voltage, under
        independent white noise. The noise has the strength that gives the free membrane potential of a leaky neuron
        the SD `noise` in V.
    steady : callable
        Its inverse ``steady(parameters, rate, dt, noise)`` in V; without noise the highest steady voltage at which the
        neuron is silent for a rate of 0.
    equations : str
        Brian2 declarations of everything that `update`, `threshold` and `reset` read; the membrane potential is ``v``.
    update : str
        Brian2 code of one step; may read ``x``, ``gain``, ``rest`` and the number of the step, ``t_in_timesteps``.
        Free of branches, so that the compiler can vectorise it.
    noisy_update : str
        The same with independent noise; may also read ``noise``, the values of `kick`, and ``xi``, a standard normal
        number for each neuron and step.
    threshold, reset : str
        Brian2 condition and code of a spike.
    constants : callable
        ``constants(parameters, bias, dt)``: values of the declared constants, by name.
    kick : callable
        ``kick(parameters, noise, dt)``: SD in V of one step's noise.
    initial : callable
        ``initial(parameters, steady, noise, (phase, level), dt)``: values of the state variables at `phase` (0 to 1)
        of the firing cycle that the constant steady voltage `steady` drives, and at the quantile `level` (0 to 1) of
        what noise of SD `noise` has added by then.
    step : callable
        ``step(constants, state, drive, kick, now)``: the same step in numpy, in place on the arrays of `state`; `drive`
        is ``gain * x`` and `kick` this step's noise, both in V, `now` the number of the step. Returns who fired.
    """

    parameters: tuple[str, ...]
    rate: Callable[[Values, Array, float, Array], Array]
    steady: Callable[[Values, Array, float, Array], Array]
    equations: str
    update: str
    noisy_update: str
    threshold: str
    reset: str
    constants: Callable[[Values, Array, float], Variables]
    kick: Callable[[Values, Array, float], Array]
    initial: Callable[[Values, Array, Array, Draws, float], Variables]
    step: Callable[[Values, Variables, Array, Array, int], NDArray[np.bool_]]


class Neuron(show.Settings):
    """Physical parameters of neurons: the base of the settings of each neuron model.

    A model's settings are a frozen dataclass whose fields are the model's parameters. Each may be a number, a Brian2
    quantity, or an array that broadcasts to (U, M) where neurons differ: (M,) for the neurons of every unit, (U, 1) for
    the units.

    Attributes
    ----------
    model : str
        Name of the model in `biornn.theory.neurons.NEURON_MODELS`.
    ranges : dict of str to (dimension, lowest, highest)
        Plausible values of each parameter, in SI units.
    """

    model: ClassVar[str]
    ranges: ClassVar[Mapping[str, Range]] = {
        "tau_m": TIME_CONSTANT,
        "t_ref": REFRACTORY,
        "v_rest": VOLTAGE,
        "v_reset": VOLTAGE,
        "v_threshold": VOLTAGE,
    }
    t_ref: Any
    v_rest: Any
    v_reset: Any
    v_threshold: Any

    def __post_init__(self) -> None:
        own = type(self).__name__
        for name in self._names():
            where, (dimension, low, high) = f"{own}.{name}", self.ranges[name]
            value = checks.plain_array(where, checks.unit_free(where, getattr(self, name), dimension))
            value = checks.array(where, np.atleast_1d(value), ("n",) * max(value.ndim, 1))
            object.__setattr__(self, name, value)
            for extreme in (float(value.min()), float(value.max())):
                if dimension == "second":
                    checks.seconds(where, extreme, low, high)
                else:
                    checks.number(where, extreme, low, high, "voltages are in volt, -50 mV is -0.05")
        for name in ("v_reset", "v_rest"):
            value = getattr(self, name)
            if (np.subtract(self.v_threshold, value) <= 0).any():
                rule = f"must be below the threshold {np.min(self.v_threshold):g} V"
                checks.refuse(f"{own}.{name}", rule, f"{np.max(value):g} V", f"lower {name} or raise v_threshold")

    def parameters(self, units: int, neurons: int) -> dict[str, Array]:
        """Return the parameters as (units, neurons) arrays.

        Raises
        ------
        InputError
            A parameter that does not broadcast to that shape.
        """
        result = {}
        for name in self._names():
            value = getattr(self, name)
            try:
                result[name] = np.array(np.broadcast_to(value, (units, neurons)))
            except ValueError:
                rule = f"must broadcast to (units, neurons) = ({units}, {neurons})"
                advice = "give a scalar, (M,), (U, 1) or (U, M)"
                checks.refuse(f"{type(self).__name__}.{name}", rule, value.shape, advice)
        return result

    def _names(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self))  # type: ignore[arg-type]


def refractory(parameters: Values, dt: float, late: float) -> Array:
    """Return the refractory period in s, in whole steps of `dt`, plus the part `late` of a step.

    Spikes are seen at the end of a step, that part of it late on average. With dt = 0, continuous time, it is t_ref.
    """
    t_ref = parameters["t_ref"]
    return np.round(t_ref / dt) * dt + late * dt if dt > 0 else t_ref


def refractory_steps(parameters: Values, dt: float) -> Array:
    """Whole steps during which the voltage is clamped after a spike: round(t_ref / dt)."""
    return np.round(parameters["t_ref"] / dt)


def interval(parameters: Values, rate: Array, noise: Array, dt: float) -> Array:
    """Return the time in s from the end of the refractory period to a spike at a rate in Hz; infinite at 0 Hz.

    Raises
    ------
    InputError
        A rate at or above what the refractory period allows, or of 0 with noise.
    """
    t_ref = refractory(parameters, dt, 0.5)
    if (rate * t_ref >= 1).any():
        rule = f"must stay below 1 / t_ref = {1 / np.max(t_ref):g} Hz"
        checks.refuse("firing rate", rule, f"{rate.max():g} Hz", "lower the rate or the refractory period")
    if ((rate <= 0) & (noise > 0)).any():
        checks.refuse("firing rate", "must be above 0 where there is noise", "0 Hz", "noise makes every neuron fire")
    return np.asarray(np.divide(1.0, rate, out=np.full(rate.shape, np.inf), where=rate > 0) - t_ref)


def bisected(too_low: Callable[[Array], NDArray[np.bool_]], low: Array, high: Array) -> Array:
    """Return where `too_low` changes from true to false between two arrays, element by element."""
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = too_low(middle)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)
