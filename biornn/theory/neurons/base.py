"""What a neuron model is to the rest of biornn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Values = Mapping[str, Array]
Variables = dict[str, NDArray[Any]]
Draws = tuple[Array, Array]


@dataclass(frozen=True)
class NeuronModel:
    """A point neuron driven by its steady voltage ``steady = rest + gain * x``.

    Attributes
    ----------
    parameters : tuple of str
        Names a bank must give, in SI units.
    rate : callable
        f-I curve ``rate(parameters, steady, dt, noise)``: firing rate in Hz at a constant steady voltage, under
        independent noise that gives the free membrane potential the SD `noise` in V.
    steady : callable
        Its inverse ``steady(parameters, rate, dt, noise)`` in V; without noise the threshold for a rate of 0.
    equations : str
        Brian2 declarations of everything that `update`, `threshold` and `reset` read.
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
        ``kick(parameters, noise, dt)``: SD in V of one step's noise where the free membrane potential has the
        stationary SD `noise` in V.
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
