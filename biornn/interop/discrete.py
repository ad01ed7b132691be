"""What layers of all libraries become: a checked discrete network."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.cells import CELLS
from biornn.core.rate import RateNetwork
from biornn.theory.activation import ACTIVATIONS, apply

Array = NDArray[np.float64]
FAR = -40.0
"""State whose rate is 0 to rounding where that of 0 is not, as of sigmoid and softplus."""


def discrete(
    cell: str,
    weights: Mapping[str, Array],
    output: tuple[Array, Array],
    *,
    activation: str,
    dt: float,
    readout: str,
    about: Mapping[str, Any],
) -> RateNetwork:
    """Return the network of a layer that starts from rates of 0.

    Parameters
    ----------
    weights : dict of str to array
        Recurrent and input weights and biases.
    output : (O, N) array, (O,) array
        Weights and bias of the readout.
    """
    units = weights["recurrent"].shape[-1]
    start = np.zeros(units)
    if not CELLS[cell].gates and apply(activation, start).any():
        start = np.full(units, FAR)
        if (np.abs(apply(activation, start)) > 1e-12).any():
            rule = "must have a state of rate 0 to start from"
            checks.refuse("activation", rule, repr(activation), "use tanh, relu, sigmoid or softplus")
    full = {**weights, "output": output[0], "output_bias": output[1], "initial_state": start}
    if "initial_cell" in CELLS[cell].weights:
        full["initial_cell"] = np.zeros(units)
    alike = np.full(units, dt)
    return RateNetwork(full, activation, alike, dt, np.zeros(units), np.zeros(units), readout, about, cell)


def known_activation(where: str, name: str) -> str:
    """Return an activation's name if biornn has it.

    Raises
    ------
    InputError
    """
    return checks.member(where, name, ACTIVATIONS)


def reordered(value: Array, units: int, order: list[int]) -> Array:
    """Return stacked gates (G N, ...) as (G, N, ...) in another order."""
    return np.ascontiguousarray(value.reshape(-1, units, *value.shape[1:])[order])
