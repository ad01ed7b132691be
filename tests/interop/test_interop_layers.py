"""Layers of Keras and PyTorch against the networks they become, in float64; skipped where a library is missing."""

import os
from types import SimpleNamespace

import numpy as np
import pytest

from biornn.core.checks import InputError
from biornn.interop import from_keras, from_torch
from biornn.theory.rate import euler

UNITS, INPUTS, OUTPUTS, TRIALS, STEPS = 6, 3, 4, 5, 20


def inputs():
    return np.random.default_rng(0).normal(size=(TRIALS, STEPS, INPUTS))


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("kind", "options"), [("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("GRU", {}), ("LSTM", {})]
)
def test_torch_layers_give_the_same_outputs(torch, kind, options, bias):
    torch.manual_seed(1)
    layer = getattr(torch.nn, kind)(INPUTS, UNITS, batch_first=True, bias=bias, dtype=torch.float64, **options)
    linear = torch.nn.Linear(UNITS, OUTPUTS, dtype=torch.float64, bias=bias)
    hidden = layer(torch.as_tensor(inputs()))[0]
    expected = torch.softmax(linear(hidden), dim=-1).detach().numpy()
    run = euler(from_torch(layer, linear, readout="softmax"), inputs())
    assert hidden.std() > 0.05
    np.testing.assert_allclose(run.rates, hidden.detach().numpy(), atol=1e-10)
    np.testing.assert_allclose(run.outputs, expected, atol=1e-10)


def test_torch_layers_that_do_not_fit_are_refused_by_name(torch):
    linear = torch.nn.Linear(UNITS, OUTPUTS)
    with pytest.raises(InputError, match=r"GRU.num_layers: must be 1 \(got 2\)"):
        from_torch(torch.nn.GRU(INPUTS, UNITS, num_layers=2), linear)
    with pytest.raises(InputError, match=r"LSTM.proj_size: must be 0 \(got 2\)"):
        from_torch(torch.nn.LSTM(INPUTS, UNITS, proj_size=2), linear)
    with pytest.raises(InputError, match=r"from_torch module: must be a known name \(got 'Linear'\)"):
        from_torch(linear, linear)


@pytest.fixture(scope="module")
def keras():
    os.environ.setdefault("KERAS_BACKEND", "jax")
    return pytest.importorskip("keras")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("SimpleRNN", {}),
        ("SimpleRNN", {"activation": "sigmoid"}),
        ("SimpleRNN", {"activation": "softplus", "use_bias": False}),
        ("GRU", {"reset_after": True}),
        ("GRU", {"reset_after": False}),
        ("GRU", {"activation": "relu", "use_bias": False}),
        ("LSTM", {}),
    ],
)
def test_keras_layers_give_the_same_outputs(keras, kind, options):
    import jax

    # Keras cannot scan a SimpleRNN of tanh units in float64 on JAX; float32 is exact enough.
    dtype = "float32" if (kind, options) == ("SimpleRNN", {}) else "float64"
    with jax.enable_x64(True):
        keras.utils.set_random_seed(2)
        layer = getattr(keras.layers, kind)(
            UNITS, return_sequences=True, dtype=dtype, bias_initializer="random_normal", **options
        )
        dense = keras.layers.Dense(OUTPUTS, activation="softmax", dtype=dtype, bias_initializer="random_normal")
        hidden = np.asarray(layer(inputs().astype(dtype)))
        expected = np.asarray(dense(hidden))
    run = euler(from_keras(layer, dense), inputs())
    assert hidden.std() > 0.05
    np.testing.assert_allclose(run.rates, hidden, atol=1e-6)
    np.testing.assert_allclose(run.outputs, expected, atol=1e-6)


class SimpleRNN(SimpleNamespace):
    """A layer as Keras describes it."""

    def get_config(self):
        return self.config


class GRU(SimpleRNN):
    pass


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            SimpleRNN(units=2, config={"activation": "mish"}),
            r"activation: must be a known name \(got 'mish'\)",
        ),
        (
            GRU(units=2, config={"activation": "tanh", "recurrent_activation": "hard_sigmoid"}),
            r"GRU.recurrent_activation: must be a known name \(got 'hard_sigmoid'\)",
        ),
        (
            SimpleRNN(units=2, config={"activation": "tanh", "go_backwards": True}),
            "go_backwards: must be false",
        ),
        (SimpleNamespace(), r"from_keras layer: must be a known name \(got 'SimpleNamespace'\)"),
    ],
)
def test_keras_layers_that_do_not_fit_are_refused_by_name(layer, message):
    with pytest.raises(InputError, match=message):
        from_keras(layer, None)
