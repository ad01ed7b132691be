"""What a neuron model is to the rest of biornn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Values = Mapping[str, Array]


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
        Brian2 code of one step; may read ``x``, ``gain`` and ``rest``.
    threshold, reset : str
        Brian2 condition and code of a spike.
    constants : callable
        ``constants(parameters, bias, dt)``: values of the declared constants, by name.
    initial : callable
        ``initial(parameters, steady, phase, dt)``: values of the state variables at `phase` (0 to 1) of the firing
        cycle that the constant steady voltage `steady` drives.
    step : callable
        ``step(constants, state, drive)``: the same step in numpy, in place on the arrays of `state`; `drive` is
        ``gain * x`` in V. Returns who fired.
    """

    parameters: tuple[str, ...]
    rate: Callable[[Values, Array, float, Array], Array]
    steady: Callable[[Values, Array, float, Array], Array]
    equations: str
    update: str
    threshold: str
    reset: str
    constants: Callable[[Values, Array, float], dict[str, Array]]
    initial: Callable[[Values, Array, Array, float], dict[str, Array]]
    step: Callable[[Values, dict[str, Array], Array], NDArray[np.bool_]]
