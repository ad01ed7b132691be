"""What layers of all libraries become: a discrete network whose step is one symbol."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.cells import CELLS
from biornn.core.rate import SYMBOL, TAU_RANGE, RateNetwork
from biornn.core.values import json_values
from biornn.theory.activation import apply

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


def step(where: str, dt: Any) -> float:
    """Return the time in s that a step of a layer is called, or refuse it."""
    return checks.seconds(f"{where}.dt", dt, *TAU_RANGE)


def origin(where: str, about: Any, library: str, layer: str) -> dict[str, Any]:
    """Return what is kept with a network: the user's JSON values, and under ``"imported"`` what it was read from.

    Raises
    ------
    InputError
        Values that are no JSON, or a key ``"imported"`` among them.
    """
    given = json_values(f"{where}.about", {} if about is None else about)
    if "imported" in given:
        rule = "must not have the key 'imported', under which the layer is described"
        checks.refuse(f"{where}.about", rule, given["imported"], "choose another key")
    return {**given, "imported": {"library": library, "layer": layer, "step": SYMBOL}}


def what(value: Any) -> str:
    """Return how a message names an object of any library."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if value is None or isinstance(value, str):
        return repr(value)
    if isinstance(value, int | float | complex):
        return checks.shown(value)
    module = type(value).__module__.replace("keras.src.", "keras.")
    return f"a {'' if module == 'builtins' else module + '.'}{type(value).__qualname__}"


def common_advice(function: str, value: Any) -> str:
    """Return what to do instead of giving an object that is no layer at all; empty where that is not known."""
    if isinstance(value, type):
        return "give the object, not its class"
    if isinstance(value, list | tuple):
        return f"give the layers one by one: {function}(recurrent layer, readout layer)"
    if isinstance(value, Mapping):
        return "load these weights into a layer and give the layer"
    if isinstance(value, str | os.PathLike):
        return "load the file with its own library and give its layers"
    return ""


def reordered(value: Array, units: int, order: list[int]) -> Array:
    """Return stacked gates (G N, ...) as (G, N, ...) in another order."""
    return np.ascontiguousarray(value.reshape(-1, units, *value.shape[1:])[order])
