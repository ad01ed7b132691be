"""The JAX cell against numpy, finite differences and the law of its noise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.rate import Training
from biornn.rate.cells import leaky
from biornn.rate.cells.parameters import weights
from biornn.rate.cells.unroll import states
from biornn.rate.initial import initial
from biornn.rate.optimise import Batch, objective
from biornn.theory.activation import ACTIVATIONS
from biornn.theory.rate import euler

DT = 0.005


def parameters(**settings):
    chosen = Training(units=12, connection_probability=0.6, **settings)
    trained, fixed = initial(chosen, 2, 3)
    rng = np.random.default_rng(7)
    # Away from the zeros that biases start from, so that no term of the equation goes untested.
    trained |= {name: rng.normal(size=trained[name].shape) for name in ("bias", "output", "output_bias")}
    fixed["initial_state"] = rng.normal(size=12)
    return chosen, trained, fixed


def phi_of(name):
    return lambda x: ACTIVATIONS[name](x, jnp)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "softplus", "lif"])
@pytest.mark.parametrize("dale", [False, True])
def test_states_are_those_of_the_numpy_run(activation, dale):
    _, trained, fixed = parameters(activation=activation, dale=dale, gain=1.0)
    rng = np.random.default_rng(0)
    inputs, xi = rng.normal(size=(4, 60, 2)), rng.normal(size=(4, 60, 12))
    weight = weights(trained, fixed, np)
    arrays = {name: value for name, value in weight.items() if name != "tau"}
    network = RateNetwork(arrays, activation, weight["tau"], DT, fixed["signs"], fixed["noise"])
    expected = euler(network, inputs, xi).states
    noise = jnp.asarray(np.swapaxes(xi, 0, 1) * fixed["noise"], float)
    single = {name: jnp.asarray(value, float) for name, value in weight.items()}
    given = jnp.asarray(np.swapaxes(inputs, 0, 1), float)
    got = states("leaky", single, ACTIVATIONS[activation], given, noise, dt=DT)
    assert got.dtype == jnp.float32
    assert expected.std() > 0.1
    np.testing.assert_allclose(np.swapaxes(got, 0, 1), expected, atol=1e-5)


@pytest.mark.parametrize("readout", ["identity", "softmax"])
@pytest.mark.parametrize("activation", ["sigmoid", "softplus"])
def test_gradient_is_that_of_finite_differences(activation, readout):
    with jax.enable_x64(True):
        penalties = {"rate_penalty": 0.3, "weight_penalty": 0.2}
        settings, trained, fixed = parameters(activation=activation, dale=True, train_input=True, **penalties)
        rng = np.random.default_rng(1)
        targets = np.eye(3)[rng.integers(3, size=(9, 4))]
        batch = Batch(*(jnp.asarray(a) for a in (rng.normal(size=(9, 4, 2)), targets, rng.random((9, 4, 1)))))
        xi = jnp.asarray(rng.normal(size=(9, 4, 12)))
        constants = {name: jnp.asarray(value) for name, value in fixed.items()}

        def loss(values):
            return objective(values, constants, batch, xi, settings=settings, dt=DT, readout=readout)

        loss = jax.jit(loss)
        gradient = jax.grad(loss)({name: jnp.asarray(value) for name, value in trained.items()})
        step = 1e-5
        for name, value in trained.items():
            direction = rng.normal(size=value.shape)
            up, down = ({**trained, name: value + sign * step * direction} for sign in (1, -1))
            expected = float(loss(up) - loss(down)) / (2 * step)
            # The central difference is right to step^2 times the third derivative.
            assert float((gradient[name] * direction).sum()) == pytest.approx(expected, rel=1e-5, abs=1e-9), name
            assert abs(expected) > 1e-8, name


def test_adjoint_is_what_jax_derives_from_the_scan():
    rng = np.random.default_rng(2)
    phi = phi_of("tanh")
    shapes = ((7, 5), (5,), (5,), (3, 5), (11, 3, 2), (11, 3, 5))
    with jax.enable_x64(True):
        arguments = tuple(jnp.asarray(rng.normal(size=shape) * 0.5) for shape in shapes)

        def naive(weights, decay, spread, start, given, noise):
            x, out = start, []
            for now, kick in zip(given, noise, strict=True):
                x = decay * x + jnp.concatenate([phi(x), now], 1) @ weights + spread * kick
                out.append(x)
            return (jnp.stack(out) ** 3).sum()

        def ours(*arguments):
            return (leaky.unroll(phi, leaky.Map(*arguments[:3]), *arguments[3:]) ** 3).sum()

        for got, expected in zip(
            jax.grad(ours, range(6))(*arguments), jax.grad(naive, range(6))(*arguments), strict=True
        ):
            np.testing.assert_allclose(got, expected, rtol=1e-10)


def final_spread(dt, unscaled):
    """SD over 2000 x 20 free units, 10 time constants after the start."""
    tau, sigma = 0.02, 0.3
    weight = {"tau": jnp.full(20, tau), "input": jnp.zeros((20, 1)), "bias": jnp.zeros(20)}
    weight |= {"recurrent": jnp.zeros((20, 20)), "initial_state": jnp.zeros(20)}
    steps = round(10 * tau / dt)
    noise = sigma * jax.random.normal(jax.random.key(0), (steps, 2000, 20))
    if unscaled:
        alpha = dt / tau
        noise = 0.5 * noise / np.sqrt(alpha * (2 - alpha))
    return float(states("leaky", weight, ACTIVATIONS["tanh"], jnp.zeros((steps, 2000, 1)), noise, dt=dt)[-1].std())


def test_stationary_sd_of_the_noise_does_not_depend_on_dt():
    # 40,000 independent values give an SD to 1 / sqrt(80,000) = 0.35 %; four of these are 1.4 %.
    for dt in (0.001, 0.005, 0.02):
        assert final_spread(dt, unscaled=False) == pytest.approx(0.3, rel=0.014)
    # Negative control: the same kick in every step whatever dt, as in Kim et al. 2019.
    assert final_spread(0.001, unscaled=True) > 2 * final_spread(0.02, unscaled=True)


def test_trials_go_in_with_time_first():
    from biornn.rate.optimise import time_first

    inputs, targets = np.arange(12.0).reshape(2, 3, 2), np.ones((2, 3, 1))
    batch = time_first(Trials(inputs, targets, np.ones((2, 3)), DT))
    np.testing.assert_array_equal(batch.inputs[2, 1], inputs[1, 2])
    assert batch.mask.shape == (3, 2, 1)
