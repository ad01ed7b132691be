"""PyTorch layers: RNN, GRU and LSTM with a Linear readout."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.interop.discrete import discrete, reordered

CELLS = {"RNN": "elman", "GRU": "gru", "LSTM": "lstm"}
ORDER = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 1, 2, 3]}
"""Where PyTorch keeps the gates: reset, update, new; input, forget, cell, output."""


def from_torch(
    module: Any, linear: Any, *, readout: str = "identity", dt: float = 0.01, about: Mapping[str, Any] | None = None
) -> RateNetwork:
    """Return the rate network of a trained PyTorch layer and the Linear layer behind it.

    Parameters
    ----------
    module : torch.nn.RNN, GRU or LSTM
        One layer of N units in one direction.
    linear : torch.nn.Linear
    readout : {"identity", "softmax"}
        What the model applies to the output of `linear`.
    dt : float
        What a step is called, in s; how long it lasts in spikes is for the mapping to say.
    about : dict, optional
        JSON values to be kept with the network, such as a description of its task.

    Raises
    ------
    InputError
        Another module, several layers or directions, an LSTM with projections.
    """
    kind = checks.member("from_torch module", type(module).__name__, CELLS)
    for name, value, wanted in (
        ("num_layers", module.num_layers, 1),
        ("bidirectional", module.bidirectional, False),
        ("proj_size", getattr(module, "proj_size", 0), 0),
    ):
        if value != wanted:
            checks.refuse(f"{kind}.{name}", f"must be {wanted}", value, "convert layer by layer")
    units, order = int(module.hidden_size), ORDER[kind]
    arrays = {name: _array(parameter) for name, parameter in module.named_parameters()}
    none = np.zeros(len(order) * units)
    given, inner = arrays.get("bias_ih_l0", none), arrays.get("bias_hh_l0", none)
    weights = {
        "recurrent": reordered(arrays["weight_hh_l0"], units, order),
        "input": reordered(arrays["weight_ih_l0"], units, order),
        "bias": reordered(given + inner, units, order),
    }
    if kind == "RNN":
        weights = {name: value[0] for name, value in weights.items()}
    if kind == "GRU":
        # The reset gate multiplies this bias, too.
        weights["bias"][2] = reordered(given, units, order)[2]
        weights["recurrent_bias"] = reordered(inner, units, order)[2]
    output = _array(linear.weight)
    bias = np.zeros(len(output)) if linear.bias is None else _array(linear.bias)
    activation = str(module.nonlinearity) if kind == "RNN" else "tanh"
    return discrete(
        CELLS[kind], weights, (output, bias), activation=activation, dt=dt, readout=readout, about=about or {}
    )


def _array(parameter: Any) -> NDArray[np.float64]:
    return np.asarray(parameter.detach().cpu().numpy(), np.float64)
