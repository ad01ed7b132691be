"""Keras layers: SimpleRNN, GRU and LSTM with a Dense readout."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.interop.discrete import discrete, known_activation

Array = NDArray[np.float64]
CELLS = {"SimpleRNN": "elman", "GRU": "gru", "LSTM": "lstm"}
READOUTS = {"softmax": "softmax", "linear": "identity"}


def from_keras(layer: Any, dense: Any, *, dt: float = 0.01, about: Mapping[str, Any] | None = None) -> RateNetwork:
    """Return the rate network of a trained Keras layer and the Dense layer behind it.

    Parameters
    ----------
    layer : keras.layers.SimpleRNN, GRU or LSTM
        Built, of N units. A GRU may have `reset_after` either way.
    dense : keras.layers.Dense
        With a linear or softmax activation.
    dt : float
        What a step is called, in s; how long it lasts in spikes is for the mapping to say.
    about : dict, optional
        JSON values to be kept with the network, such as a description of its task.

    Raises
    ------
    InputError
        Another layer; a gate that is no sigmoid, or an activation that biornn does not know; layers read backwards.
    """
    kind = checks.member("from_keras layer", type(layer).__name__, CELLS)
    settings, units = layer.get_config(), int(layer.units)
    activation = known_activation(f"{kind}.activation", _name(settings["activation"]))
    if kind != "SimpleRNN":
        gate = _name(settings["recurrent_activation"])
        checks.member(f"{kind}.recurrent_activation", gate, ("sigmoid",))
    if settings.get("go_backwards"):
        checks.refuse(f"{kind}.go_backwards", "must be false", True, "reverse the trials instead")
    arrays = _arrays(layer)
    kernel, recurrent = arrays[:2]
    after = bool(settings.get("reset_after"))
    bias = arrays[2] if settings["use_bias"] else np.zeros((2, kernel.shape[1]) if after else kernel.shape[1])
    cell, weights = _weights(kind, kernel, recurrent, bias, units)
    readout = READOUTS[checks.member("Dense.activation", _name(dense.get_config()["activation"]), READOUTS)]
    output = _arrays(dense)
    output_bias = output[1] if dense.get_config()["use_bias"] else np.zeros(output[0].shape[1])
    return discrete(
        cell, weights, (output[0].T, output_bias), activation=activation, dt=dt, readout=readout, about=about or {}
    )


def _arrays(layer: Any) -> list[Array]:
    # Who has a layer has its library; `get_weights` warns beside numpy 2.
    from keras import ops

    return [np.asarray(ops.convert_to_numpy(value.value), np.float64) for value in layer.weights]


def _name(activation: Any) -> str:
    return activation if isinstance(activation, str) else str(getattr(activation, "__name__", activation))


def _weights(kind: str, kernel: Array, recurrent: Array, bias: Array, units: int) -> tuple[str, dict[str, Array]]:
    """Return the cell and its weights; Keras keeps inputs first, and gates side by side in the order used here."""
    if kind == "SimpleRNN":
        return "elman", {"recurrent": recurrent.T, "input": kernel.T, "bias": bias}

    def apart(value: Array) -> Array:
        return np.ascontiguousarray(value.T.reshape(-1, units, *value.T.shape[1:]))

    weights = {"recurrent": apart(recurrent), "input": apart(kernel)}
    if kind == "GRU" and bias.ndim == 1:
        return "gru-reset-before", {**weights, "bias": apart(bias)}
    if kind == "GRU":
        # Of the biases of the recurrent weights only the candidate's is behind the reset gate.
        given, inner = apart(bias[0]), apart(bias[1])
        given[:2] += inner[:2]
        return "gru", {**weights, "bias": given, "recurrent_bias": inner[2]}
    return "lstm", {**weights, "bias": apart(bias)}
