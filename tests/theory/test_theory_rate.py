"""The rate equation: against closed forms, against scipy, in the limit of small steps."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory import activation
from biornn.theory.rate import check_inputs, euler, ode


def make(units=5, activation="tanh", dt=5e-3, seed=0, noise=0.0, readout="identity", outputs=2):
    random = np.random.default_rng(seed)
    weights = {
        "recurrent": random.normal(0, 1.2 / np.sqrt(units), (units, units)),
        "input": random.normal(size=(units, 2)),
        "bias": random.normal(0, 0.3, units),
        "output": random.normal(size=(outputs, units)),
        "output_bias": random.normal(size=outputs),
        "initial_state": random.normal(0, 0.2, units),
    }
    tau = random.uniform(0.02, 0.1, units)
    return RateNetwork(weights, activation, tau, dt, np.zeros(units), np.full(units, noise), readout)


def slow_inputs(steps=60, seed=1):
    return np.random.default_rng(seed).normal(size=(3, steps, 2)).cumsum(axis=1) * 0.1


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus"])
def test_ode_equals_scipys_integrator(name):
    network, inputs = make(activation=name), slow_inputs()
    ours = ode(network, inputs, np.full(5, 0.02), step=1e-3)
    usual = ode(network, inputs, np.full(5, 0.02))
    np.testing.assert_allclose(usual.states, ours.states, atol=1e-5)
    w = network.weights

    def slope(t, y, u):
        r = activation.apply(name, y[:5])
        x_slope = (-y[:5] + w["recurrent"] @ r + w["input"] @ u + w["bias"]) / network.tau
        return np.concatenate([x_slope, (r - y[5:]) / 0.02])

    y = np.concatenate([w["initial_state"], activation.apply(name, w["initial_state"])])
    for t in range(inputs.shape[1]):
        y = solve_ivp(slope, (0, network.dt), y, args=(inputs[0, t],), rtol=1e-10, atol=1e-12).y[:, -1]
        np.testing.assert_allclose(ours.states[0, t], y[:5], atol=1e-7)
        np.testing.assert_allclose(ours.outputs[0, t], w["output"] @ y[5:] + w["output_bias"], atol=1e-7)


def test_euler_converges_to_the_ode_at_first_order():
    inputs = slow_inputs()
    errors = []
    for halvings in range(4):
        parts = 2**halvings
        network = make(dt=5e-3 / parts)
        fine = euler(network, np.repeat(inputs, parts, axis=1)).states[:, parts - 1 :: parts]
        exact = ode(make(), inputs, np.zeros(5)).states
        errors.append(np.sqrt(((fine - exact) ** 2).mean()))
    ratios = np.divide(errors[:-1], errors[1:])
    np.testing.assert_allclose(ratios, 2.0, rtol=0.15)


def test_noise_has_the_stated_stationary_sd_whatever_dt():
    # A free unit: no weights. 200 trials x 100 units give 20,000 samples, so an SD is known to 0.5 % (1 sigma).
    for dt in (2e-3, 2e-2):
        network = make(units=100, dt=dt, noise=0.3)
        free = network.with_weights(recurrent=np.zeros((100, 100)), bias=np.zeros(100), initial_state=np.zeros(100))
        steps = round(1.0 / dt)
        noise = np.random.default_rng(2).standard_normal((200, steps, 100))
        run = euler(free, np.zeros((200, steps, 2)), noise)
        assert run.states[:, -1].std() == pytest.approx(0.3, rel=0.02)


def test_a_single_unit_relaxes_exponentially():
    network = make(units=1).with_weights(recurrent=np.zeros((1, 1)), input=np.zeros((1, 2)))
    x0, b, tau = network.weights["initial_state"][0], network.weights["bias"][0], network.tau[0]
    t = (np.arange(40) + 1) * network.dt
    run = ode(network, np.zeros((1, 40, 2)), np.zeros(1))
    np.testing.assert_allclose(run.states[0, :, 0], b + (x0 - b) * np.exp(-t / tau), atol=1e-8)


def test_softmax_readout_gives_probabilities():
    run = euler(make(readout="softmax", outputs=4), slow_inputs())
    np.testing.assert_allclose(run.outputs.sum(axis=-1), 1.0)


def test_inputs_that_do_not_fit_are_refused():
    network = make()

    def trials(channels, dt):
        return Trials(np.zeros((1, 4, channels)), np.zeros((1, 4, 1)), np.ones((1, 4)), dt)

    with pytest.raises(InputError, match=r"Trials.inputs: must have 2 channels \(got 3\)"):
        check_inputs(network, trials(3, network.dt))
    with pytest.raises(InputError, match=r"Trials.dt: must be the network's step 0.005 s \(got 0.01 s\)"):
        check_inputs(network, trials(2, 0.01))


def test_known_values_of_activations():
    assert activation.apply("sigmoid", 0.0) == 0.5
    assert activation.apply("sigmoid", -800.0) == 0.0
    assert activation.apply("softplus", 0.0) == pytest.approx(np.log(2))
    np.testing.assert_array_equal(activation.apply("relu", [-1.0, 2.0]), [0.0, 2.0])
    # Far above threshold the soft LIF is the hard one: x = 1 is twice the rheobase.
    assert activation.apply("lif", 1.0) == pytest.approx(1 / (100 * (0.002 + 0.02 * np.log(2))), rel=1e-6)
    # Softplus is 0.02 exp(-50) there, and log1p(1 / that) is 53.9.
    assert activation.apply("lif", -1.0) == pytest.approx(1 / (100 * (0.002 + 0.02 * 53.91)), rel=1e-3)


def test_an_activation_needs_a_free_name_and_a_sound_function():
    with pytest.raises(InputError, match=r"activation: must be a known name \(got 'swish'\); choose one of"):
        activation.apply("swish", 0.0)
    with pytest.raises(InputError, match=r"activation name: must not be taken by another function \(got 'relu'\)"):
        activation.register("relu", lambda x, xp: x)
    with pytest.raises(InputError, match=r"activation 'one-argument': must be a function of \(x, xp\)"):
        activation.register("one-argument", lambda x: x)
    with pytest.raises(InputError, match=r"activation 'log': must map finite arrays to finite arrays"):
        activation.register("log", lambda x, xp: xp.where(x > 0, x, xp.inf))
