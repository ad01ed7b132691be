"""The JAX cell against numpy: the same states as the reference, the same gradients as finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.rate import Training
from biornn.rate.cells.parameters import weights
from biornn.rate.cells.unroll import states as unrolled
from biornn.rate.initial import initial
from biornn.rate.loss import LOSSES
from biornn.rate.optimise import Batch, objective, time_first
from biornn.theory.activation import ACTIVATIONS, tanh
from biornn.theory.rate import euler

DT, TRIALS, STEPS, UNITS, INPUTS, OUTPUTS = 5e-3, 3, 12, 6, 2, 3


def problem(seed=0, **settings):
    """Training settings, parameters in general position, and the inputs and noise of a batch, time first."""
    random = np.random.default_rng(seed)
    chosen = Training(**{"units": UNITS, "seed": seed, "noise": 0.2, "train_input": True, **settings})
    trained, fixed = initial(chosen, INPUTS, OUTPUTS)
    trained["bias"] = random.normal(0, 0.3, UNITS)
    trained["output_bias"] = random.normal(size=OUTPUTS)
    trained["output"] = random.normal(size=(OUTPUTS, UNITS))
    fixed["initial_state"] = random.normal(0, 0.2, UNITS)
    inputs = random.normal(size=(STEPS, TRIALS, INPUTS))
    xi = random.standard_normal((STEPS, TRIALS, UNITS))
    return chosen, trained, fixed, inputs, xi


def batch_of(inputs, readout="identity", seed=1):
    random = np.random.default_rng(seed)
    targets = random.normal(size=(STEPS, TRIALS, OUTPUTS))
    if readout == "softmax":
        targets = softmax(targets, axis=-1)
    width = 1 if readout == "softmax" else OUTPUTS
    mask = random.integers(0, 3, (STEPS, TRIALS, width)).astype(float)
    return Batch(inputs, targets, mask)


@pytest.mark.parametrize("dale", [False, True])
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_states_equal_the_numpy_reference_with_noise(name, dale):
    _, trained, fixed, inputs, xi = problem(activation=name, dale=dale, connection_probability=0.7)
    weight = weights(trained, fixed, np)
    tau = weight.pop("tau")
    network = RateNetwork(weight, name, tau, DT, fixed["signs"], fixed["noise"])
    expected = euler(network, inputs.swapaxes(0, 1), xi.swapaxes(0, 1))

    jax_weight = weights(trained, fixed, jnp)
    phi = ACTIVATIONS[name]
    states = unrolled("leaky", jax_weight, phi, jnp.asarray(inputs), fixed["noise"] * jnp.asarray(xi), dt=DT)
    assert states.shape == (STEPS, TRIALS, UNITS)
    assert expected.states.std() > 0.1
    np.testing.assert_allclose(np.swapaxes(states, 0, 1), expected.states, atol=1e-5)


def test_noise_and_initial_state_enter_the_states():
    _, trained, fixed, inputs, xi = problem()
    weight = weights(trained, fixed, jnp)
    noisy, quiet = (unrolled("leaky", weight, tanh, inputs, factor * jnp.asarray(xi), dt=DT) for factor in (0.2, 0.0))
    assert np.abs(noisy - quiet).max() > 0.05
    elsewhere = unrolled(
        "leaky", {**weight, "initial_state": weight["initial_state"] + 1}, tanh, inputs, 0.0 * xi, dt=DT
    )
    assert np.abs(elsewhere - quiet)[0].min() > 0.1


def test_with_alpha_one_a_step_is_the_elman_step():
    # h_t = f(W h_t-1 + U u_t + b), starting at h = f(x_0).
    _, trained, fixed, inputs, _ = problem(tau=DT, noise=0.0)
    weight = weights(trained, fixed, np)
    states = unrolled("leaky", weight, tanh, jnp.asarray(inputs), jnp.zeros((STEPS, TRIALS, UNITS)), dt=DT)
    h = np.tanh(np.broadcast_to(weight["initial_state"], (TRIALS, UNITS)))
    for t in range(STEPS):
        h = np.tanh(h @ weight["recurrent"].T + inputs[t] @ weight["input"].T + weight["bias"])
        np.testing.assert_allclose(np.tanh(states[t]), h, atol=1e-5)


@pytest.mark.parametrize("readout", ["identity", "softmax"])
@pytest.mark.parametrize("dale", [False, True])
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_gradient_equals_finite_differences_in_float64(name, dale, readout):
    # Central differences with h = 1e-6 err by h^2 / 6 f''' + 1e-16 / h, about 1e-10 of a loss of order 1.
    settings = {"activation": name, "dale": dale, "rate_penalty": 0.1, "weight_penalty": 0.2}
    chosen, trained, fixed, inputs, xi = problem(connection_probability=0.7, **settings)
    assert len(trained) == 6, "every kind of parameter is tested"
    h = 1e-6
    with jax.enable_x64(True):
        constants = {key: jnp.asarray(value) for key, value in fixed.items()}
        batch = Batch(*map(jnp.asarray, batch_of(inputs, readout)))

        @jax.jit
        def loss(parameters):
            return objective(parameters, constants, batch, jnp.asarray(xi), settings=chosen, dt=DT, readout=readout)

        start = {key: jnp.asarray(value, jnp.float64) for key, value in trained.items()}
        gradient = jax.jit(jax.grad(loss))(start)
        for key, value in trained.items():
            assert gradient[key].dtype == np.float64
            expected = np.empty(value.size)
            for k in range(value.size):
                shift = np.zeros(value.size)
                shift[k] = h
                up, down = ({**start, key: start[key] + sign * shift.reshape(value.shape)} for sign in (1, -1))
                expected[k] = (loss(up) - loss(down)) / (2 * h)
            assert np.abs(expected).max() > 1e-6, key
            np.testing.assert_allclose(np.ravel(gradient[key]), expected, rtol=1e-5, atol=1e-8, err_msg=key)


def test_masked_weights_have_no_gradient():
    chosen, trained, fixed, inputs, xi = problem(connection_probability=0.5)
    slope = jax.grad(objective)(
        {key: jnp.asarray(value) for key, value in trained.items()},
        fixed,
        batch_of(inputs),
        jnp.asarray(xi),
        settings=chosen,
        dt=DT,
        readout="identity",
    )
    off = fixed["mask"] == 0
    assert 0 < off.sum() < off.size
    assert (np.asarray(slope["recurrent"])[off] == 0).all()
    assert (np.asarray(slope["recurrent"])[~off] != 0).all()


def test_squared_error_is_the_mask_weighted_mean():
    random = np.random.default_rng(0)
    outputs, targets = random.normal(size=(2, 5, 4, 3))
    full = random.random((5, 4, 3))
    expected = np.average((outputs - targets) ** 2, weights=full)
    assert LOSSES["identity"](outputs, targets, full) == pytest.approx(expected, rel=1e-5)
    one = full[:, :, :1]
    expected = np.average((outputs - targets) ** 2, weights=np.broadcast_to(one, outputs.shape))
    assert LOSSES["identity"](outputs, targets, one) == pytest.approx(expected, rel=1e-5)


def test_cross_entropy_is_the_mask_weighted_mean_of_minus_log_p():
    random = np.random.default_rng(0)
    outputs, mask = random.normal(size=(5, 4, 3)), random.random((5, 4, 1))
    labels = random.integers(3, size=(5, 4))
    p = np.take_along_axis(softmax(outputs, axis=-1), labels[:, :, None], axis=2)[:, :, 0]
    expected = np.average(-np.log(p), weights=mask[:, :, 0])
    assert LOSSES["softmax"](outputs, np.eye(3)[labels], mask) == pytest.approx(expected, rel=1e-5)


def test_a_mask_of_zeros_gives_no_loss_rather_than_nan():
    zeros, ones = np.zeros((2, 2, 1)), np.ones((2, 2, 1))
    assert LOSSES["identity"](ones, zeros, zeros) == 0
    assert LOSSES["softmax"](ones, ones, zeros) == 0


def test_batches_have_time_first_and_a_mask_per_output():
    random = np.random.default_rng(0)
    inputs, targets = random.normal(size=(3, 5, 2)), random.normal(size=(3, 5, 4))
    for mask in (random.random((3, 5)), random.random((3, 5, 4))):
        batch = time_first(Trials(inputs, targets, mask, DT))
        np.testing.assert_allclose(batch.inputs, inputs.swapaxes(0, 1), rtol=1e-6)
        np.testing.assert_allclose(batch.targets, targets.swapaxes(0, 1), rtol=1e-6)
        np.testing.assert_allclose(batch.mask, mask.reshape(3, 5, -1).swapaxes(0, 1), rtol=1e-6)
