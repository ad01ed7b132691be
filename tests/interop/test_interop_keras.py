"""Layers of Keras as people have them: taken with their own outputs, or refused by name and left as they were."""

import os
import sys

import numpy as np
import pytest

from biornn.core.checks import InputError
from biornn.interop import from_keras
from biornn.theory import activation
from biornn.theory.rate import euler

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")
layers = keras.layers
# As of `get_weights` beside numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
INPUTS = np.random.default_rng(0).normal(size=(4, 9, 3)).astype(np.float32)


def rnn(kind="SimpleRNN", call=True, **options):
    """A small layer; the plain RNN compiles soonest."""
    keras.utils.set_random_seed(1)
    layer = getattr(layers, kind)(5, **{"return_sequences": True, **options})
    if call:
        layer(INPUTS)
    return layer


def dense(inputs=5, **options):
    keras.utils.set_random_seed(2)
    layer = layers.Dense(2, bias_initializer="random_normal", **options)
    layer.build((None, None, inputs))
    return layer


def swish_like(x):
    return x / (1 + keras.ops.abs(x))


def tanh(x):
    """LeCun's scaled tanh."""
    return 1.7159 * keras.ops.tanh(2 * x / 3)


def relu(x):
    """A ReLU that saturates."""
    return keras.ops.clip(x, 0.0, 1000.0)


def own(x):
    return keras.ops.maximum(x, 0.0)


def adapted():
    layer = dense()
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
    return layer


def in_time():
    wrapper = layers.TimeDistributed(layers.Dense(2, activation="softmax"))
    wrapper.build((None, 9, 5))
    return wrapper


@pytest.mark.parametrize(
    ("layer", "readout"),
    [
        (rnn, in_time),
        (rnn, adapted),
        (lambda: rnn(return_sequences=False), dense),
        (lambda: rnn("LSTM", return_state=True), lambda: dense(activation="softmax")),
        (lambda: rnn("GRU", activation=own, dropout=0.5, recurrent_dropout=0.5), lambda: dense(use_bias=False)),
    ],
)
def test_layers_are_taken_with_their_own_outputs(layer, readout):
    layer, readout = layer(), readout()
    hidden = layer(INPUTS)
    hidden = hidden[0] if isinstance(hidden, list | tuple) else hidden
    expected = np.asarray(readout(hidden if hidden.ndim == 3 else hidden[:, None]))
    outputs = euler(from_keras(layer, readout), INPUTS).outputs
    assert expected.std() > 0.05
    np.testing.assert_allclose(outputs[:, -expected.shape[1] :], expected, atol=1e-6)


def test_a_registered_activation_is_recognised_by_its_values(monkeypatch):
    monkeypatch.setattr(activation, "ACTIVATIONS", dict(activation.ACTIVATIONS))
    monkeypatch.setattr("biornn.interop.keras.ACTIVATIONS", activation.ACTIVATIONS)
    layer = rnn(activation=swish_like)
    with pytest.raises(InputError, match=r"SimpleRNN.activation: .*\(got swish_like of .*activation.register"):
        from_keras(layer, dense())
    activation.register("softsign", lambda x, xp: x / (1 + xp.abs(x)))
    read = from_keras(layer, dense())
    assert read.activation == "softsign"
    np.testing.assert_allclose(euler(read, INPUTS).rates, layer(INPUTS), atol=1e-6)


class Louder(layers.SimpleRNN):
    def call(self, sequence, initial_state=None, mask=None, training=False):
        return 1.01 * super().call(sequence, initial_state, mask, training)

    def build(self, sequence_shape, initial_state_shape=None):
        super().build(sequence_shape)


class Shifted(layers.Dense):
    def call(self, inputs, training=None):
        return super().call(inputs, training) + 1


def louder():
    layer = Louder(5, return_sequences=True)
    layer.build((None, None, 3))
    return layer


def shifted():
    layer = Shifted(2)
    layer.build((None, None, 5))
    return layer


def with_nan():
    layer = rnn()
    kernel, *others = layer.get_weights()
    kernel[1, 2] = np.nan
    layer.set_weights([kernel, *others])
    return layer


def quantised():
    layer = dense()
    layer.quantize("int8")
    return layer


def model(*recurrent):
    return keras.Sequential([keras.Input((9, 3)), layers.Dropout(0.1), *recurrent, layers.Dense(2)])


def unbuilt(kind="SimpleRNN", **options):
    return rnn(kind, call=False, **options)


REFUSED = {
    "own tanh": (lambda: rnn(activation=tanh), dense, r"SimpleRNN.activation: .*\(got tanh of "),
    "own relu": (lambda: rnn(activation=relu), dense, r"SimpleRNN.activation: .*\(got relu of "),
    "linear": (lambda: rnn(activation=None), dense, r"SimpleRNN.activation: .*\(got linear\)"),
    "gate": (
        lambda: rnn("GRU", recurrent_activation="hard_sigmoid"),
        dense,
        r"GRU.recurrent_activation: must be sigmoid",
    ),
    "stateful": (lambda: rnn(stateful=True), dense, "SimpleRNN.stateful: must be false"),
    "backwards": (lambda: rnn(go_backwards=True), dense, "SimpleRNN.go_backwards: must be false"),
    "an own call": (louder, dense, "SimpleRNN: must give the outputs .* a difference of 0.01 of their size"),
    "a readout's own call": (rnn, shifted, "Dense: must give the outputs"),
    "not built": (unbuilt, dense, "SimpleRNN.built: must be true"),
    "readout not built": (rnn, lambda: layers.Dense(2), "Dense.built: must be true"),
    "NaN": (with_nan, dense, r"SimpleRNN.kernel: must be finite \(got nan at \[1, 2\]\)"),
    "quantised": (rnn, quantised, r"Dense.quantization_mode: must be none \(got int8\)"),
    "half": (lambda: rnn(dtype="mixed_bfloat16"), dense, "SimpleRNN.dtype: must compute in float32 or float64"),
    "half readout": (rnn, lambda: dense(dtype="mixed_float16"), "Dense.dtype: must compute in float32 or float64"),
    "width": (rnn, lambda: dense(8), r"Dense.kernel: must have 5 rows, .*of the SimpleRNN \(got 8\)"),
    "rectified readout": (rnn, lambda: dense(activation="relu"), r"Dense.activation: .*\(got relu\)"),
    "own softmax": (rnn, lambda: dense(activation=layers.Softmax()), r"Dense.activation: .*\(got Softmax"),
    "normalised": (rnn, lambda: layers.SpectralNormalization(layers.Dense(2)), "give its .layer"),
    "no weights": (rnn, lambda: layers.Activation("linear"), r"from_keras.dense: must be .*Activation\)"),
    "sequence behind": (rnn, lambda: keras.Sequential([layers.Dense(2)]), "from_keras.dense: must be .*Sequential"),
    "list": (lambda: [rnn(), dense()], dense, r"got a list\); give the layers one by one"),
    "model": (lambda: model(unbuilt()), lambda: None, r"from_keras\(model.layers\[1\], model.layers\[2\]\)"),
    "two layers": (lambda: model(unbuilt(), unbuilt()), lambda: None, "one layer, this has 2"),
    "both directions": (lambda: layers.Bidirectional(unbuilt()), dense, "Bidirectional.*train one direction"),
    "wrapped cell": (lambda: layers.RNN(layers.GRUCell(5)), dense, "RNN.*whose set_weights takes"),
    "cell": (lambda: layers.GRUCell(5), dense, "use keras.layers.GRU"),
    "class": (lambda: layers.GRU, dense, r"got the class GRU\); give the object, not its class"),
    "file": (lambda: "digits.keras", dense, "load the file with its own library"),
    "nothing": (lambda: None, dense, r"from_keras.layer: must be .*\(got None\)"),
    "no readout": (rnn, lambda: None, r"from_keras.dense: must be .*\(got None\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_is_refused_in_one_line(name):
    layer, readout, message = REFUSED[name]
    with pytest.raises(InputError, match=message) as refusal:
        from_keras(layer(), readout())
    assert "\n" not in str(refusal.value)


def test_the_users_objects_stay_as_they_were():
    layer, readout = rnn(dropout=0.5, seed=3), dense(activity_regularizer="l2")
    readout(layer(INPUTS, training=True))
    loss, random = readout.losses[0], np.array(layer.cell.seed_generator.state.value)
    weights = [value.copy() for value in (*layer.get_weights(), *readout.get_weights())]
    assert from_keras(layer, readout).units == 5
    assert readout.losses[0] is loss
    np.testing.assert_array_equal(layer.cell.seed_generator.state.value, random)
    for value, before in zip((*layer.get_weights(), *readout.get_weights()), weights, strict=True):
        np.testing.assert_array_equal(value, before)


def test_advice_on_half_precision_and_state_can_be_followed():
    mixed, readout = rnn(dtype="mixed_float16"), dense()
    layer = layers.SimpleRNN.from_config({**mixed.get_config(), "dtype": "float32"})
    layer.build((None, None, 3))
    layer.set_weights(mixed.get_weights())
    outputs = euler(from_keras(layer, readout), INPUTS).outputs
    np.testing.assert_allclose(outputs, np.asarray(readout(mixed(INPUTS))), atol=0.01)
    kept = rnn(stateful=True)
    kept.stateful = False
    np.testing.assert_allclose(euler(from_keras(kept, readout), INPUTS).rates, kept(INPUTS), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dt": "10 ms"}, "from_keras.dt: must be a number"),
        ({"dt": 10.0}, "from_keras.dt: must be from 0.0001 s to 5 s"),
        ({"about": [1]}, "from_keras.about: must be a dictionary"),
        ({"about": {"model": object()}}, "from_keras.about: must hold JSON values only"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        from_keras(rnn(), dense(), **options)


def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch):
    from biornn.interop import from_torch

    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match=r"from_keras: needs Keras .*biornn\[interop\]"):
        from_keras(None, None)
    with pytest.raises(InputError, match=r"from_torch: needs PyTorch .*biornn\[interop\]"):
        from_torch(None, None)
