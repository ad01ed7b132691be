"""The f-I curve under white membrane noise: against quadrature, against simulated neurons, and in its limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import erfcx

from biornn.core.checks import InputError
from biornn.theory.neurons import LIF
from biornn.theory.neurons.lif import LIF_MODEL, firing_rate, steady_voltage
from biornn.theory.neurons.siegert import HIGHEST, integral

P = LIF().parameters(1, 1)
DISTANCE = 0.015
DT = 1e-4


# Beyond 10, where rates are below 1e-40 Hz, only wide intervals are known as well.
@given(st.one_of(st.tuples(st.floats(-200, 9), st.floats(1e-3, 1)), st.tuples(st.floats(-200, 24), st.floats(0.5, 40))))
def test_the_integral_agrees_with_quadrature(interval):
    lower, width = interval
    upper = min(lower + width, HIGHEST - 0.1)
    # From the upper end, where the integrand is largest: scaled, so that nothing overflows.
    scale = erfcx(-upper)
    reference = quad(lambda u: erfcx(-u) / scale, lower, upper, epsabs=0, epsrel=1e-9, limit=400)[0]
    assert float(integral(lower, upper)) == pytest.approx(np.sqrt(np.pi) * reference * scale, rel=1e-4)


def simulated(mean, sd, dt=DT, neurons=3000, duration=1.6, settle=0.4):
    """Return rate in Hz and number of spikes of neurons with fresh noise in every step: no biornn code."""
    random = np.random.default_rng(0)
    v, wait, count = np.full(neurons, -0.065), np.zeros(neurons), 0
    keep = np.exp(-dt / 0.02)
    kick = sd * np.sqrt(1 - keep**2)
    for step in range(round(duration / dt)):
        free = wait <= 0
        v = np.where(free, mean + (v - mean) * keep + kick * random.standard_normal(neurons), v)
        wait -= ~free
        fired = v > -0.05
        v[fired], wait[fired] = -0.065, round(0.002 / dt)
        count += fired.sum() * (step * dt >= settle)
    return count / neurons / (duration - settle), count


@pytest.mark.parametrize(("drive", "share"), [(0.7, 0.1), (1.0, 0.1), (0.9, 0.2), (0.6, 0.5), (1.2, 0.5)])
def test_the_rate_is_that_of_simulated_neurons_and_is_not_without_the_time_step(drive, share):
    mean, sd = -0.065 + drive * DISTANCE, share * DISTANCE
    rate, count = simulated(mean, sd)
    assert firing_rate(P, mean, DT, sd)[0, 0] == pytest.approx(rate, rel=0.005 + 3 / np.sqrt(count))
    # Negative control: the curve of continuous time is far off.
    assert abs(firing_rate(P, mean, 0.0, sd)[0, 0] / rate - 1) > 0.015
    assert rate > 0.3


def test_little_noise_gives_the_curve_without_noise():
    steady = np.linspace(-0.048, -0.01, 20)
    np.testing.assert_allclose(firing_rate(P, steady, DT, 1e-7), firing_rate(P, steady, DT), rtol=5e-3)
    assert firing_rate(P, -0.055, DT, 1e-5)[0, 0] == 0


@given(st.floats(0.2, 200.0), st.floats(1e-4, 0.02))
def test_the_steady_voltage_inverts_the_rate(rate, noise):
    steady = steady_voltage(P, rate, DT, noise)
    assert firing_rate(P, steady, DT, noise)[0, 0] == pytest.approx(rate, rel=1e-6)


def test_noisy_and_noise_free_neurons_may_stand_side_by_side():
    p = LIF().parameters(1, 2)
    noise = np.array([[0.0, 0.003]])
    rates = firing_rate(p, np.full((1, 2), -0.052), DT, noise)
    assert rates[0, 0] == 0
    assert rates[0, 1] == firing_rate(P, -0.052, DT, 0.003)[0, 0] > 5
    steady = steady_voltage(p, np.array([[0.0, 5.0]]), DT, noise)
    assert steady[0, 0] == -0.05
    with pytest.raises(InputError, match="firing rate: must be above 0 where there is noise"):
        steady_voltage(p, np.array([[0.0, 0.0]]), DT, noise)


@pytest.mark.parametrize(("drive", "share"), [(0.6, 0.4), (0.9, 0.2), (1.3, 0.1)])
def test_noisy_neurons_start_at_their_rate(drive, share):
    # No volley and no silence at the start of a trial: the first 20 ms hold as many spikes as the curve says.
    count, random = 20_000, np.random.default_rng(3)
    p = LIF().parameters(1, count)
    mean, sd = np.full((1, count), -0.065 + drive * DISTANCE), np.full((1, count), share * DISTANCE)
    state = LIF_MODEL.initial(p, mean, sd, (random.random(mean.shape), random.random(mean.shape)), DT)
    constants, kick = LIF_MODEL.constants(p, mean - p["v_rest"], DT), LIF_MODEL.kick(p, sd, DT)
    fired = sum(
        LIF_MODEL.step(constants, state, np.zeros(()), kick * random.standard_normal(mean.shape), now).sum()
        for now in range(200)
    )
    expected = firing_rate(P, mean[0, 0], DT, sd[0, 0])[0, 0]
    assert fired / count / 0.02 == pytest.approx(expected, rel=0.15)
