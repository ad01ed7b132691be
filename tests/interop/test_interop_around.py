"""What a model does around its layers: between them, after them, by a mask, by an own call or a hook of all modules."""

import os

import numpy as np
import pytest

from biornn.core.checks import InputError
from biornn.interop import from_keras, from_torch
from biornn.theory.rate import euler

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")
torch = pytest.importorskip("torch")
layers = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
INPUTS = np.random.default_rng(0).normal(size=(4, 9, 3)).astype(np.float32)


def model(*parts):
    """A model, its recurrent layer and its readout."""
    keras.utils.set_random_seed(1)
    made = keras.Sequential([keras.Input((9, 3)), *parts])
    recurrent = next(part for part in made.layers if isinstance(part, layers.RNN))
    readout = next(part for part in made.layers if isinstance(part, layers.Dense | layers.TimeDistributed))
    return made, recurrent, readout


def rnn():
    return layers.SimpleRNN(5, return_sequences=True)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((rnn(), layers.LayerNormalization(), layers.Dense(2)), "nothing but dropout .*LayerNormalization between"),
        ((rnn(), layers.GlobalAveragePooling1D(), layers.Dense(2)), "GlobalAveragePooling1D between them"),
        ((rnn(), layers.Dense(2), layers.Softmax()), r"last layer of its model \(got Softmax after it\)"),
        ((rnn(), layers.TimeDistributed(layers.Dense(2)), layers.Activation("softmax")), "Activation after it"),
    ],
)
def test_a_model_that_computes_around_its_layers_is_refused(parts, message):
    _, recurrent, readout = model(*parts)
    with pytest.raises(InputError, match=message):
        from_keras(recurrent, readout)


def test_dropout_and_the_choice_of_the_last_step_change_nothing():
    made, recurrent, readout = model(rnn(), layers.Dropout(0.5), layers.Dense(2))
    found = euler(from_keras(recurrent, readout), INPUTS.astype(float)).outputs
    np.testing.assert_allclose(found, np.asarray(made(INPUTS)), atol=1e-5)
    shown = keras.Input((9, 3))
    recurrent, readout = rnn(), layers.Dense(2)
    made = keras.Model(shown, readout(recurrent(shown)[:, -1]))
    found = euler(from_keras(recurrent, readout), INPUTS.astype(float)).outputs[:, -1]
    np.testing.assert_allclose(found, np.asarray(made(INPUTS)), atol=1e-5)


def test_a_mask_is_told():
    _, recurrent, readout = model(layers.Masking(0.0), rnn(), layers.Dense(2))
    with pytest.warns(UserWarning, match="skips masked steps"):
        from_keras(recurrent, readout)


class Doubled(layers.SimpleRNN):
    """Doubles what comes out of every call."""

    def __call__(self, *arguments, **options):
        return 2 * super().__call__(*arguments, **options)


class Shifted(layers.TimeDistributed):
    """Adds one to what comes out of the layer inside."""

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=training, mask=mask) + 1


def test_own_calls_of_keras_layers_are_refused():
    layer, readout = Doubled(5, return_sequences=True), layers.Dense(2)
    readout(layer(INPUTS))
    with pytest.raises(InputError, match=r"SimpleRNN.__call__: must be that of Keras"):
        from_keras(layer, readout)
    layer, readout = rnn(), Shifted(layers.Dense(2))
    readout(layer(INPUTS))
    with pytest.raises(InputError, match=r"must be a keras.layers.Dense, alone or in a TimeDistributed"):
        from_keras(layer, readout)


class DoubledLinear(torch.nn.Linear):
    """Doubles what comes out of every call."""

    def __call__(self, *arguments):
        return 2 * super().__call__(*arguments)


def test_an_own_call_of_a_torch_module_is_refused():
    with pytest.raises(InputError, match=r"Linear: must be called as PyTorch's own .*DoubledLinear"):
        from_torch(torch.nn.RNN(3, 5), DoubledLinear(5, 2))


def test_hooks_of_all_modules_are_refused():
    handle = torch.nn.modules.module.register_module_forward_hook(lambda module, given, found: found)
    try:
        with pytest.raises(InputError, match=r"must have no forward hooks.*\(got 1 of them\)"):
            from_torch(torch.nn.RNN(3, 5), torch.nn.Linear(5, 2))
    finally:
        handle.remove()
    assert from_torch(torch.nn.RNN(3, 5), torch.nn.Linear(5, 2)).units == 5
