"""PyTorch layers: RNN, GRU, LSTM and their cells, with a Linear readout."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.interop import forward
from biornn.interop.discrete import common_advice, discrete, origin, reordered, step, what
from biornn.interop.torch_copy import Copy, library

Array = NDArray[np.float64]
GIVE = "give a trained layer of PyTorch"
CELLS = {"RNN": "elman", "GRU": "gru", "LSTM": "lstm"}
ORDER = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 1, 2, 3]}
"""Where PyTorch keeps the gates: reset, update, new; input, forget, cell, output."""
SETTINGS = {
    "num_layers": (1, "train one layer: a network of biornn has one layer of units"),
    "bidirectional": (False, "train one direction: a network of biornn sees no future"),
    "proj_size": (0, "train it without projections"),
}
"""Settings that have to be as they are by default, and what to do otherwise."""
WRAPPERS = {
    "OptimizedModule": "module._orig_mod",
    "DataParallel": "model.module",
    "DistributedDataParallel": "model.module",
}
"""Modules that run another one, and where they keep it."""


def from_torch(
    module: Any,
    linear: Any = None,
    *,
    readout: str = "identity",
    dt: float = 0.01,
    about: Mapping[str, Any] | None = None,
) -> RateNetwork:
    """Return the rate network of a trained PyTorch layer and the Linear layer behind it.

    Both are only read: copies of them in float64 are run once, in evaluation mode, to check what was read.

    Parameters
    ----------
    module : torch.nn.RNN, GRU, LSTM, RNNCell, GRUCell or LSTMCell
        One layer of N units in one direction, of any floating-point type. Pruned, normalised and parametrised weights
        are read as they take effect.
    linear : torch.nn.Linear or torch.nn.Sequential
        A Sequential may hold dropout beside one Linear, and end in a Softmax.
    readout : {"identity", "softmax"}
        What the model applies to the output of `linear`.
    dt : float
        What a step is called, in s; how long it lasts in spikes is for the mapping to say.
    about : dict, optional
        JSON values to be kept with the network, such as a description of its task.

    Returns
    -------
    RateNetwork
        Discrete; its step is one symbol, so that it runs on tasks with ``hold_steps=1``. Its `about` names the layer
        under ``"imported"``.

    Raises
    ------
    InputError
        Another module, several layers or directions, an LSTM with projections; weights that are not finite real
        numbers; hooks; a layer whose own outputs differ from those of the network, as after an own ``forward``.
    """
    torch = library()
    dt = step("from_torch", dt)
    readout = checks.member("from_torch.readout", readout, ("identity", "softmax"))
    kind, name = _kind(torch, module)
    applied = _readout(torch, linear, readout)
    kept = origin("from_torch", about, f"torch {torch.__version__}", name)
    for setting, (wanted, advice) in SETTINGS.items():
        given = getattr(module, setting, wanted)
        if given != wanted:
            checks.refuse(f"{name}.{setting}", f"must be {wanted}", given, advice)
    layer, last = Copy(torch, name, module), Copy(torch, "Linear", linear)
    weights = _weights(kind, layer, cell=name.endswith("Cell"))
    activation = str(module.nonlinearity) if kind == "RNN" else "tanh"
    network = discrete(
        CELLS[kind],
        weights,
        _output(last, weights["recurrent"].shape[-1], name),
        activation=activation,
        dt=dt,
        readout=applied,
        about=kept,
    )
    _check(network, layer, last, readout)
    return network


def _kind(torch: Any, module: Any) -> tuple[str, str]:
    """Return which of the three layers a module is, and the name of its class in PyTorch."""
    for kind in CELLS:
        for name in (kind, f"{kind}Cell"):
            if isinstance(module, getattr(torch.nn, name)):
                return kind, name
    rule = "must be a torch.nn.RNN, GRU or LSTM, or one of their cells"
    return checks.refuse("from_torch.module", rule, what(module), _advice(torch, module, _layers(torch, module)))


def _advice(torch: Any, value: Any, otherwise: str) -> str:
    """Return what to do instead of giving an object that is no layer of PyTorch."""
    kind = type(value)
    known = (
        (kind.__module__.startswith("keras"), "use from_keras"),
        ("quantized" in kind.__module__, "give the module as it was before quantisation"),
        (isinstance(value, torch.jit.ScriptModule), "give the module as it was before torch.jit"),
        (kind.__name__ in WRAPPERS, f"give what is inside it, {WRAPPERS.get(kind.__name__)}"),
    )
    return common_advice("from_torch", value) or next((text for holds, text in known if holds), otherwise)


def _layers(torch: Any, model: Any) -> str:
    """Return how the two layers of a model are given."""
    if not isinstance(model, torch.nn.Module):
        return GIVE
    kinds = tuple(getattr(torch.nn, f"{kind}{end}") for kind in CELLS for end in ("", "Cell"))
    recurrent, linear = _inside(model, kinds), _inside(model, torch.nn.Linear)
    if len(recurrent) > 1:
        return f"give one recurrent layer and its readout: a network of biornn has one layer, this has {len(recurrent)}"
    readout = linear[0] if len(linear) == 1 else "its Linear"
    return f"give its layers: from_torch({recurrent[0]}, {readout})" if recurrent else GIVE


def _inside(module: Any, kinds: Any) -> list[str]:
    """Return how the submodules of some classes are reached from a model."""
    paths = [path.split(".") for path, part in module.named_modules() if path and isinstance(part, kinds)]
    return ["model" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path) for path in paths]


def _readout(torch: Any, linear: Any, readout: str) -> str:
    """Return what is applied to the output of the one Linear of a readout, by itself or by the rest of the model."""
    nn = torch.nn
    # Classes derived from these may do anything else.
    parts = list(linear) if type(linear) is nn.Sequential else [linear]
    parts = [part for part in parts if type(part) not in (nn.Dropout, nn.Identity)]
    if len(parts) == 2 and type(parts[-1]) is nn.Softmax:
        if readout == "softmax":
            rule = "must be left out for a readout that ends in a Softmax"
            checks.refuse("from_torch.readout", rule, repr(readout), "the Softmax is read from the readout itself")
        if parts[-1].dim not in (-1, 2):
            rule, advice = "must be -1, the axis of the channels", "make it Softmax(-1), the same for (trial, channel)"
            checks.refuse("Softmax.dim", rule, parts[-1].dim, advice)
        parts, readout = parts[:1], "softmax"
    if len(parts) == 1 and isinstance(parts[0], nn.Linear):
        return readout
    advice = _advice(torch, linear, "give the Linear layer that reads the units, or train one")
    if len(parts) > 1 and isinstance(parts[-1], nn.LogSoftmax):
        advice = "give its Linear alone, and readout='softmax'"
    rule = "must be a torch.nn.Linear, alone or in a Sequential with nothing but dropout and a Softmax(-1) beside it"
    shown = f"{what(linear)} of {', '.join(type(part).__name__ for part in parts)}" if len(parts) > 1 else what(linear)
    return checks.refuse("from_torch.linear", rule, shown, advice)


def _weights(kind: str, layer: Copy, cell: bool) -> dict[str, Array]:
    """Return the weights of a layer by the names used here."""
    end, order = "" if cell else "_l0", ORDER[kind]
    recurrent = layer.array(f"weight_hh{end}", ("G N", "N"))
    units, rows = recurrent.shape[1], len(recurrent)
    if rows != len(order) * units:
        rule = f"must have {len(order)} rows for each of its {units} columns"
        checks.refuse(f"{layer.name}.weight_hh{end}", rule, rows, "build the layer with its own sizes")
    given, inner = np.zeros(rows), np.zeros(rows)
    if layer.weights.bias:
        given, inner = (layer.array(f"bias_{name}{end}", (rows,)) for name in ("ih", "hh"))
    weights = {
        "recurrent": reordered(recurrent, units, order),
        "input": reordered(layer.array(f"weight_ih{end}", (rows, "I")), units, order),
        "bias": reordered(given + inner, units, order),
    }
    if kind == "RNN":
        return {name: value[0] for name, value in weights.items()}
    if kind == "GRU":
        # The reset gate multiplies this bias, too.
        weights["bias"][2] = reordered(given, units, order)[2]
        weights["recurrent_bias"] = reordered(inner, units, order)[2]
    return weights


def _output(last: Copy, units: int, name: str) -> tuple[Array, Array]:
    """Return weights (O, N) and bias (O,) of a readout."""
    weight = last.array("weight", ("O", "N"))
    if weight.shape[1] != units:
        rule = f"must be {units}, the number of units of the {name}"
        checks.refuse("Linear.in_features", rule, weight.shape[1], "give the readout of this layer")
    return weight, np.zeros(len(weight)) if last.weights.bias is None else last.array("bias", (len(weight),))


def _check(network: RateNetwork, layer: Copy, last: Copy, readout: str) -> None:
    """Compare the network with both copies, in their own type where the library computes in it, and in float64."""
    advice = (
        f"an own forward, an adapter or weights that are tied in another way may be the reason: copy what takes effect "
        f"into a plain torch.nn.{layer.name} and a plain Linear"
    )

    def read(run: forward.Forward, rates: Array) -> NDArray[Any]:
        z = run(rates)
        return softmax(z, axis=-1).astype(z.dtype) if readout == "softmax" else z

    for run_layer, run_last in ((layer.run_plainly, last.run_plainly), (layer.run, last.run)):
        forward.check((layer.name, last.name), network, run_layer, partial(read, run_last), advice)
