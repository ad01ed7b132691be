"""Keras layers: SimpleRNN, GRU and LSTM with a Dense readout."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.interop import forward, keras_graph
from biornn.interop.discrete import common_advice, discrete, origin, step, what
from biornn.theory.activation import ACTIVATIONS, apply

Array = NDArray[np.float64]
CELLS = {"SimpleRNN": "elman", "GRU": "gru", "LSTM": "lstm"}
GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
READOUTS = {"softmax": "softmax", "linear": "identity"}
_SIDE = np.geomspace(1e-3, 1e6, 200)
GRID = np.concatenate([-_SIDE[::-1], [0.0], _SIDE]).astype(np.float32)
"""States at which activations are compared."""
REGISTER = "register the function with biornn.theory.activation.register"
TYPES = ("float32", "float64")
SETTINGS = {
    "stateful": "set layer.stateful = False: a network of biornn starts every trial anew",
    "go_backwards": "set layer.go_backwards = False and reverse the inputs in time",
}
"""Settings that have to be false, and what to do otherwise."""
WRAPPERS = {
    "Bidirectional": "train one direction: a network of biornn sees no future",
    "RNN": "use keras.layers.SimpleRNN, GRU or LSTM, whose set_weights takes the weights of a single cell",
    "SpectralNormalization": "give its .layer, whose kernel is the normalised one",
    **{f"{kind}Cell": f"use keras.layers.{kind}, whose set_weights takes those of the cell" for kind in CELLS},
    "StackedRNNCells": "train one layer: a network of biornn has one layer of units",
}


def from_keras(
    layer: Any, dense: Any = None, *, dt: float = 0.01, about: Mapping[str, Any] | None = None
) -> RateNetwork:
    """Return the rate network of a trained Keras layer and the Dense layer behind it.

    Both are only read; they are run once, without changing their state, to check what was read.

    Parameters
    ----------
    layer : keras.layers.SimpleRNN, GRU or LSTM
        Built, of N units, computing in float32 or float64. A GRU may have `reset_after` either way.
    dense : keras.layers.Dense
        With a linear or softmax activation, alone or in a TimeDistributed.
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
        Another layer, or one that is not built; a gate that is no sigmoid, or an activation that biornn does not know;
        layers that are stateful, read backwards, quantised or of half precision; weights that are not finite; a layer
        whose own outputs differ from those of the network, as after an own ``call``; a model that computes between the
        two layers or after them.

    Warns
    -----
    UserWarning
        The layer gets a mask in its model.
    """
    keras = _library()
    dt = step("from_keras", dt)
    kind = _kind(keras, layer)
    given, dense = dense, _dense(keras, dense)
    kept = origin("from_keras", about, f"keras {keras.__version__}", kind)
    for setting, advice in SETTINGS.items():
        if getattr(layer, setting):
            checks.refuse(f"{kind}.{setting}", "must be false", True, advice)
    for name, part in ((kind, layer), (kind, layer.cell), ("Dense", dense)):
        _check_state(keras, name, part)
    keras_graph.check(kind, layer, given)
    activation = _activation(keras, f"{kind}.activation", layer.cell.activation, tuple(ACTIVATIONS))
    if kind != "SimpleRNN":
        _activation(keras, f"{kind}.recurrent_activation", layer.cell.recurrent_activation, ("sigmoid",))
    cell, weights = _weights(keras, kind, layer.cell)
    readout = _applied(keras, dense)
    output = _output(keras, dense, weights["recurrent"].shape[-1], kind)
    network = discrete(cell, weights, output, activation=activation, dt=dt, readout=readout, about=kept)
    advice = (
        f"an own call, a changed cell or an adapter may be the reason: set the weights that take effect as those of a "
        f"plain keras.layers.{kind} and a plain Dense"
    )
    forward.check((kind, "Dense"), network, _forward(keras, layer), _forward(keras, dense), advice)
    return network


def _library() -> Any:
    try:
        import keras
    except ImportError as problem:
        advice = "pip install 'biornn[interop]', and set KERAS_BACKEND to a backend that is installed, such as jax"
        checks.refuse("from_keras", "needs Keras", problem, advice)
    return keras


def _kind(keras: Any, layer: Any) -> str:
    """Return which of the three layers it is."""
    for kind in CELLS:
        if isinstance(layer, getattr(keras.layers, kind)):
            if not isinstance(layer.cell, getattr(keras.layers, f"{kind}Cell")):
                advice = f"use a plain keras.layers.{kind}"
                checks.refuse(f"{kind}.cell", f"must be a {kind}Cell", what(layer.cell), advice)
            return kind
    rule = "must be a keras.layers.SimpleRNN, GRU or LSTM"
    return checks.refuse("from_keras.layer", rule, what(layer), _advice(keras, layer))


def _advice(keras: Any, layer: Any) -> str:
    name = type(layer).__name__
    common = common_advice("from_keras", layer)
    if common or not isinstance(layer, keras.layers.Layer):
        return common or ("use from_torch" if "torch" in type(layer).__module__ else "give a trained layer of Keras")
    if not isinstance(layer, keras.Model):
        return WRAPPERS.get(name, "give a trained layer of Keras")
    kinds = tuple(getattr(keras.layers, kind) for kind in CELLS)
    places = [k for k, part in enumerate(layer.layers) if isinstance(part, kinds)]
    last = [k for k, part in enumerate(layer.layers) if isinstance(_unwrapped(keras, part), keras.layers.Dense)]
    if len(places) > 1:
        return f"give one recurrent layer and its readout: a network of biornn has one layer, this has {len(places)}"
    if len(places) == 1 and len(last) == 1:
        return f"give its layers: from_keras(model.layers[{places[0]}], model.layers[{last[0]}])"
    return "give its recurrent layer and the Dense layer behind it"


def _unwrapped(keras: Any, layer: Any) -> Any:
    # Classes derived from the wrapper may do anything else.
    return layer.layer if type(layer) is keras.layers.TimeDistributed else layer


def _dense(keras: Any, dense: Any) -> Any:
    inner = _unwrapped(keras, dense)
    if not isinstance(inner, keras.layers.Dense):
        advice = common_advice("from_keras", dense) or "give the Dense layer that reads the units, or train one"
        rule = "must be a keras.layers.Dense, alone or in a TimeDistributed"
        checks.refuse("from_keras.dense", rule, what(inner), WRAPPERS.get(type(inner).__name__, advice))
    return inner


def _check_state(keras: Any, name: str, layer: Any) -> None:
    """Refuse a layer without weights, one that computes in few digits, or one that is called in its own way."""
    if type(layer).__call__ is not keras.layers.Layer.__call__:
        advice = f"set its weights as those of a plain keras.layers.{name}"
        checks.refuse(f"{name}.__call__", "must be that of Keras", f"that of {what(layer)}", advice)
    if not layer.built:
        rule, advice = "must be true: a layer has no weights before", "call the model on a batch, or build it, first"
        checks.refuse(f"{name}.built", rule, False, advice)
    if layer.dtype_policy.quantization_mode:
        advice = "give the layer as it was before quantize()"
        checks.refuse(f"{name}.quantization_mode", "must be none", layer.dtype_policy.quantization_mode, advice)
    if layer.compute_dtype not in TYPES:
        advice = (
            f"make a layer of float32, keras.layers.{name}.from_config({{**layer.get_config(), 'dtype': 'float32'}}), "
            "build it, and set_weights(layer.get_weights())"
        )
        checks.refuse(f"{name}.dtype", "must compute in float32 or float64", layer.compute_dtype, advice)


def _activation(keras: Any, where: str, function: Any, names: tuple[str, ...]) -> str:
    """Return which activation of biornn a function is: by its values, since names say little.

    Raises
    ------
    InputError
        None of them.
    """
    try:
        wanted = np.asarray(keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(GRID))), np.float64)
    except Exception as problem:  # a user's own function may fail in any way
        checks.refuse(where, "must be a function of each unit's state", problem, "use a function of Keras")
    with np.errstate(all="ignore"):
        for name in names:
            ours = apply(name, GRID)
            if wanted.shape == ours.shape and np.allclose(wanted, ours, rtol=1e-5, atol=1e-6):
                return name
    if len(names) == 1:
        return checks.refuse(where, f"must be {names[0]}", _called(function), f"train the layer with {names[0]}")
    rule = f"must be an activation of biornn: {', '.join(names)}"
    return checks.refuse(where, rule, _called(function), f"{REGISTER}, or train the layer with one of these")


def _called(function: Any) -> str:
    """Return how a message names a function: with its module where it is a user's own."""
    name, module = getattr(function, "__name__", type(function).__name__), str(getattr(function, "__module__", ""))
    return name if module.startswith("keras.") else f"{name} of {module}"


def _applied(keras: Any, dense: Any) -> str:
    """Return what a Dense layer applies to its output: the very function of Keras, not one that is called the same."""
    for name, readout in READOUTS.items():
        if dense.activation is getattr(keras.activations, name):
            return readout
    rule, advice = f"must be Keras' own {' or '.join(READOUTS)}", "train the readout with one of these"
    return checks.refuse("Dense.activation", rule, _called(dense.activation), advice)


def _array(keras: Any, where: str, variable: Any, shape: tuple[int | str, ...]) -> Array:
    value = getattr(variable, "value", variable)
    return checks.array(where, keras.ops.convert_to_numpy(value), shape)


def _weights(keras: Any, kind: str, cell: Any) -> tuple[str, dict[str, Array]]:
    """Return the cell and its weights; Keras keeps inputs first, and gates side by side in the order used here."""
    recurrent = _array(keras, f"{kind}.recurrent_kernel", cell.recurrent_kernel, ("N", "G N"))
    units, columns = recurrent.shape
    if columns != GATES[kind] * units:
        rule = f"must have {GATES[kind]} columns for each of its {units} rows"
        checks.refuse(f"{kind}.recurrent_kernel", rule, columns, f"use a plain keras.layers.{kind}")
    kernel = _array(keras, f"{kind}.kernel", cell.kernel, ("I", columns))
    after = kind == "GRU" and cell.reset_after
    shape: tuple[int, ...] = (2, columns) if after else (columns,)
    bias = _array(keras, f"{kind}.bias", cell.bias, shape) if cell.use_bias else np.zeros(shape)
    if kind == "SimpleRNN":
        return "elman", {"recurrent": recurrent.T, "input": kernel.T, "bias": bias}

    def apart(value: Array) -> Array:
        return np.array(value.T.reshape(-1, units, *value.T.shape[1:]))

    weights = {"recurrent": apart(recurrent), "input": apart(kernel)}
    if after:
        # Of the biases of the recurrent weights only the candidate's is behind the reset gate.
        given, inner = apart(bias[0]), apart(bias[1])
        given[:2] += inner[:2]
        return "gru", {**weights, "bias": given, "recurrent_bias": inner[2]}
    return "gru-reset-before" if kind == "GRU" else "lstm", {**weights, "bias": apart(bias)}


def _output(keras: Any, dense: Any, units: int, kind: str) -> tuple[Array, Array]:
    """Return weights (O, N) and bias (O,) of a readout."""
    kernel = _array(keras, "Dense.kernel", dense.kernel, ("N", "O"))
    if len(kernel) != units:
        rule = f"must have {units} rows, the number of units of the {kind}"
        checks.refuse("Dense.kernel", rule, len(kernel), "give the readout of this layer")
    size = kernel.shape[1]
    return kernel.T, _array(keras, "Dense.bias", dense.bias, (size,)) if dense.use_bias else np.zeros(size)


def _variables(layer: Any) -> tuple[Any, Any]:
    return layer.trainable_variables, layer.non_trainable_variables


def _forward(keras: Any, layer: Any) -> forward.Forward:
    """Return how a layer is run: every change of its variables is forgotten, and products keep all their digits."""

    def run(inputs: Array) -> NDArray[Any]:
        with ExitStack() as scope:
            if keras.backend.backend() == "jax":
                import jax

                scope.enter_context(jax.default_matmul_precision("highest"))
            given = keras.ops.convert_to_tensor(inputs, layer.compute_dtype)
            values = [[variable.value for variable in group] for group in _variables(layer)]
            found, _ = layer.stateless_call(*values, given)
            found = found[0] if isinstance(found, list | tuple) else found
            # Keras rounds to float32 on the way, in layers of float64, too.
            return np.asarray(keras.ops.convert_to_numpy(found), np.float32)

    return run
