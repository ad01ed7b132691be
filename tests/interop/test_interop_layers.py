"""Layers of Keras and PyTorch against the networks they become, in float64; skipped where a library is missing."""

import os

import numpy as np
import pytest

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
        ("LSTM", {"activation": "softplus", "unroll": True}),
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
