"""The f-I curve against closed forms and against neurons simulated step by step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biornn.core.checks import InputError
from biornn.theory.neurons import LIF
from biornn.theory.neurons.lif import LIF_MODEL, firing_rate, refractory_steps, steady_voltage

P = LIF().parameters(1, 1)


def simulated_rate(parameters, steady, dt, duration):
    """Count spikes of a neuron integrated with small Euler-free exact steps: plain arithmetic, no biornn code."""
    tau, threshold, reset = parameters["tau_m"], parameters["v_threshold"], parameters["v_reset"]
    wait_steps = np.round(parameters["t_ref"] / dt)
    v = np.broadcast_to(reset, steady.shape).copy()
    wait, spikes, first, last = np.zeros_like(v), np.zeros_like(v), np.full_like(v, np.nan), np.zeros_like(v)
    for step in range(round(duration / dt)):
        free = wait <= 0
        v = np.where(free, steady + (v - steady) * np.exp(-dt / tau), v)
        wait = wait - ~free
        fired = v > threshold
        v, wait = np.where(fired, reset, v), np.where(fired, wait_steps, wait)
        first = np.where(fired & np.isnan(first), step * dt, first)
        last = np.where(fired, step * dt, last)
        spikes += fired
    return (spikes - 1) / (last - first)


@pytest.mark.parametrize("dt", [1e-4, 5e-4])
def test_f_i_curve_matches_simulated_neurons_to_one_percent(dt):
    # Drives spread at random, because at one given drive rounding to the grid is worth up to dt, not its mean dt / 2.
    random = np.random.default_rng(0)
    steady = random.uniform(-0.0495, -0.02, (1, 400))
    expected = firing_rate(P, steady, dt)
    measured = simulated_rate(P, steady, dt, duration=3.0)
    assert (measured > 5).all()
    # One neuron: every interval is a whole number of steps, at most dt / 2 from its mean; all together: 0.2 %.
    assert (np.abs(measured / expected - 1) < expected * dt / 2 + 0.001).all()
    assert np.abs(measured / expected - 1).mean() < 0.01
    assert measured.mean() == pytest.approx(expected.mean(), rel=0.002)
    # Negative control: without the correction for the clock the mean is off by far more.
    assert abs(measured.mean() / firing_rate(P, steady).mean() - 1) > 4 * abs(measured.mean() / expected.mean() - 1)


def test_f_i_curve_closed_form():
    # Drive twice the distance to threshold: the rise takes tau_m log 2.
    assert firing_rate(P, -0.035)[0, 0] == pytest.approx(1 / (0.002 + 0.02 * np.log(2)))


def test_refractory_limit_and_threshold():
    assert firing_rate(P, 1e6)[0, 0] == pytest.approx(1 / 0.002, rel=1e-4)
    assert firing_rate(P, -0.050)[0, 0] == 0
    assert firing_rate(P, -0.060)[0, 0] == 0


def test_two_milliseconds_are_twenty_steps():
    assert refractory_steps(P, 1e-4)[0, 0] == 20
    # 0.002 / 0.0001 is 20.000000000000004 or 19.99...: truncation would make it 19 for some step sizes.
    for steps in range(1, 200):
        parameters = {**P, "t_ref": np.array([[steps * 1e-4]])}
        assert refractory_steps(parameters, 1e-4)[0, 0] == steps


# Below 2 Hz the drive is within rounding error of the threshold.
@given(st.floats(2, 400), st.sampled_from([0.0, 1e-4, 5e-5]))
def test_steady_voltage_inverts_the_f_i_curve(rate, dt):
    assert firing_rate(P, steady_voltage(P, np.array(rate), dt), dt)[0, 0] == pytest.approx(rate, rel=1e-4)


def test_rate_zero_is_the_threshold_and_impossible_rates_are_refused():
    assert steady_voltage(P, np.array(0.0))[0, 0] == pytest.approx(-0.050)
    with pytest.raises(InputError, match=r"firing rate: must stay below 1 / t_ref = 500 Hz \(got 500 Hz\)"):
        steady_voltage(P, np.array(500.0))


def test_initial_phases_are_those_of_the_firing_cycle():
    # Started at phase p, a neuron of period T spikes after (1 - p) T.
    steady = np.full((1, 500), -0.04)
    p = LIF().parameters(1, 500)
    phase = np.random.default_rng(1).random((1, 500))
    start = LIF_MODEL.initial(p, steady, np.zeros(()), (phase, np.zeros(())), 1e-4)
    period = 1 / firing_rate(p, steady, 1e-4)
    v, wait, at = start["v"].copy(), start["free_from"].copy(), np.full(steady.shape, np.nan)
    for step in range(600):
        free = wait <= 0
        v = np.where(free, steady + (v - steady) * np.exp(-1e-4 / 0.02), v)
        wait = wait - ~free
        fired = (v > -0.05) & np.isnan(at)
        at = np.where(fired, step * 1e-4, at)
    np.testing.assert_allclose(at, (1 - phase) * period, atol=2.1e-4)


def test_silent_neurons_start_at_rest():
    start = LIF_MODEL.initial(P, np.array([[-0.06]]), np.zeros(()), (np.array([[0.3]]), np.zeros(())), 1e-4)
    assert start["v"][0, 0] == -0.06
    assert start["free_from"][0, 0] == 0


def test_brian2_quantities_are_accepted_and_their_dimension_checked():
    b2 = pytest.importorskip("brian2")
    lif = LIF(tau_m=20 * b2.ms, v_threshold=[-50, -48] * b2.mV)
    assert lif.tau_m == pytest.approx(0.02)
    np.testing.assert_allclose(lif.parameters(3, 2)["v_threshold"], [[-0.05, -0.048]] * 3)
    with pytest.raises(InputError, match=r"LIF.tau_m: must be in seconds \(got 20. mV\)"):
        LIF(tau_m=20 * b2.mV)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tau_m": -0.02}, r"LIF.tau_m: must be positive \(got -0.02 s\); times are in seconds, 20 ms is 0.02"),
        ({"tau_m": 20}, r"LIF.tau_m: must be from 0.0001 s to 1 s \(got 20 s\); times are in seconds, 20 ms is 0.02"),
        ({"t_ref": np.nan}, r"LIF.t_ref: must be finite"),
        ({"v_threshold": -50}, r"LIF.v_threshold: must be from -0.2 to 0.2 \(got -50.0\); voltages are in volt"),
        ({"v_reset": -0.05}, r"LIF.v_reset: must be below the threshold -0.05 V"),
        ({"v_rest": -0.04}, r"LIF.v_rest: must be below the threshold -0.05 V"),
        ({"tau_m": "slow"}, r"LIF.tau_m: must be an array of real numbers"),
    ],
)
def test_implausible_parameters_are_refused_by_name(change, message):
    with pytest.raises(InputError, match=message):
        LIF(**change)


def test_parameters_that_do_not_broadcast_are_refused():
    with pytest.raises(InputError, match=r"LIF.tau_m: must broadcast to \(units, neurons\) = \(4, 5\) \(got \(3,\)\)"):
        LIF(tau_m=[0.01, 0.02, 0.03]).parameters(4, 5)
