"""The population bridge: static fit, laws in M, refusals. Dynamics are in tests/agreement."""

import numpy as np
import pytest

from biornn.bridge import Population
from biornn.bridge.code.decoders import least_squares
from biornn.bridge.code.evaluation import evaluate
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import ACTIVATIONS, apply
from biornn.theory.neurons import LIF
from biornn.theory.neurons.lif import firing_rate


def rate_network(activation="sigmoid", units=12, seed=0):
    random = np.random.default_rng(seed)
    weights = {
        "recurrent": random.normal(0, 1 / np.sqrt(units), (units, units)),
        "input": random.normal(size=(units, 2)),
        "bias": random.normal(0, 0.3, units),
        "output": random.normal(size=(1, units)),
        "output_bias": random.normal(size=1),
        "initial_state": np.zeros(units),
    }
    return RateNetwork(weights, activation, random.uniform(0.02, 0.1, units), 5e-3, np.zeros(units), np.zeros(units))


def trials(count=6, steps=100, seed=1):
    inputs = np.random.default_rng(seed).normal(0, 0.3, (count, steps, 2)).cumsum(axis=1) * 0.2
    return Trials(inputs, np.zeros((count, steps, 1)), np.ones((count, steps)), 5e-3)


def decoded(snn, x):
    """Return the activity (S, U) that the bank of `snn` decodes at constant states x (S, U)."""
    bank = snn.bank("units")
    steady = bank.parameters["v_rest"] + bank.bias + bank.gain * x[:, :, None]
    return (firing_rate(bank.parameters, steady, snn.dt) * bank.decoders["activity"]).sum(axis=-1)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_decoded_activity_follows_the_activation_over_the_visited_range(activation):
    network, calibration = rate_network(activation), trials()
    snn, fit = Population()(network, calibration)
    x = evaluate(network, calibration, 0.0).points["units"].states
    wanted = apply(activation, x)
    # The constant part went into the offset: r is decoded up to a constant per unit.
    error = decoded(snn, x) - wanted
    error -= error.mean(axis=0)
    assert np.sqrt((error**2).mean() / wanted.var(axis=0).mean()) < 0.04
    assert fit.nrmse < 0.04
    assert fit.rate.mean() > 5


def test_the_constant_reaches_offset_and_output_bias():
    # At a constant state the spiking drive W a + offset must equal the rate drive W r + b, and z must equal z.
    network = rate_network()
    snn, _ = Population(neurons_per_unit=200)(network, trials())
    x = evaluate(network, trials(), 0.0).points["units"].states
    r, a, w = apply("sigmoid", x), decoded(snn, x), network.weights
    drive = a @ w["recurrent"].T + snn.bank("units").offset
    np.testing.assert_allclose(drive, r @ w["recurrent"].T + w["bias"], atol=0.02)
    z = a @ snn.readout.weight.T + snn.readout.bias
    np.testing.assert_allclose(z, r @ w["output"].T + w["output_bias"], atol=0.02)


def test_rising_curves_rise_and_on_off_curves_do_both():
    rising, _ = Population(neurons_per_unit=20)(rate_network(), trials())
    both, _ = Population(neurons_per_unit=20, tuning="on-off")(rate_network(), trials())
    assert (rising.bank("units").gain > 0).all()
    assert ((both.bank("units").gain > 0).mean(axis=1) == 0.5).all()


def test_firing_rates_keep_to_the_peak_rates():
    network, calibration = rate_network(), trials()
    for peak in ((20.0, 60.0), (100.0, 200.0)):
        snn, fit = Population(peak_rates=peak, mean_rate=500)(network, calibration)
        bank = snn.bank("units")
        top = evaluate(network, calibration, 0.1).points["units"].high
        rates = firing_rate(bank.parameters, bank.parameters["v_rest"] + bank.bias + bank.gain * top[:, None], snn.dt)
        assert rates.min() == pytest.approx(peak[0], rel=0.05)
        assert rates.max() == pytest.approx(peak[1], rel=0.05)
        assert fit.largest_rate.max() <= peak[1]


def test_mapping_the_same_network_twice_gives_the_same_description():
    first, _ = Population()(rate_network(), trials())
    second, _ = Population()(rate_network(), trials())
    np.testing.assert_array_equal(first.bank("units").decoders["activity"], second.bank("units").decoders["activity"])


def test_neurons_may_differ():
    lif = LIF(tau_m=np.linspace(0.01, 0.03, 10), v_reset=np.full((12, 1), -0.06))
    snn, fit = Population(neurons_per_unit=10, neuron=lif)(rate_network(), trials())
    np.testing.assert_allclose(snn.bank("units").parameters["tau_m"][3], np.linspace(0.01, 0.03, 10))
    assert fit.nrmse < 0.1


def test_a_unit_that_never_moves_is_mapped():
    network = rate_network().with_weights(recurrent=np.zeros((12, 12)), input=np.zeros((12, 2)), bias=np.zeros(12))
    snn, fit = Population()(network, trials())
    assert np.isfinite(snn.bank("units").gain).all()
    assert fit.residual.max() < 1e-3


def test_samples_and_neurons_solve_the_same_least_squares():
    # The two equivalent systems, on either side of samples = neurons, against scipy's own ridge through lstsq.
    random = np.random.default_rng(0)
    for samples, neurons in ((60, 20), (20, 60)):
        rates, target = random.uniform(0, 50, (samples, neurons)), random.normal(size=samples)
        ours = least_squares(rates, target, np.ones(samples), 0.05)
        centred, wanted = rates - rates.mean(axis=0), target - target.mean()
        penalty = 0.05 * rates.max() * np.sqrt(samples)
        stacked = np.vstack([centred, penalty * np.eye(neurons)])
        expected = np.linalg.lstsq(stacked, np.concatenate([wanted, np.zeros(neurons)]), rcond=None)[0]
        np.testing.assert_allclose(ours.decoders, expected, rtol=1e-6, atol=1e-10)
        assert ours.constant == pytest.approx(target.mean() - rates.mean(axis=0) @ expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"neurons_per_unit": 0}, r"Population.neurons_per_unit: must be a whole number from 1 to 1000000 \(got 0\)"),
        ({"tuning": "bell"}, r"Population.tuning: must be a known name \(got 'bell'\); choose one of on-off, rising"),
        ({"peak_rates": (50, 600)}, r"Population.peak_rates: must rise and stay below 1 / t_ref = 500 Hz"),
        ({"peak_rates": (50, 20)}, r"Population.peak_rates: must rise"),
        ({"onsets": (0.5, 0.2)}, r"Population.onsets: must rise within"),
        ({"readout_tau": 20}, r"Population.readout_tau: must be from 0 s to 1 s \(got 20 s\)"),
        ({"dt": 0.1}, r"Population.dt: must be from 1e-06 s to 0.001 s \(got 0.1 s\)"),
        ({"margin": -1}, r"Population.margin: must be from 0 to 10 \(got -1\)"),
    ],
)
def test_bad_settings_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        Population(**change)


def test_trials_of_another_task_are_refused():
    other = Trials(np.zeros((2, 5, 3)), np.zeros((2, 5, 1)), np.ones((2, 5)), 5e-3)
    with pytest.raises(InputError, match=r"Trials.inputs: must have 2 channels \(got 3\)"):
        Population()(rate_network(), other)


def test_quantities_are_accepted():
    b2 = pytest.importorskip("brian2")
    mapper = Population(readout_tau=10 * b2.ms, dt=0.2 * b2.ms, peak_rates=(10 * b2.Hz, 50 * b2.Hz))
    assert mapper.readout_tau == pytest.approx(0.01)
    assert mapper.peak_rates == (10.0, 50.0)


def test_the_mean_rate_keeps_its_limit_and_rates_are_kept_where_they_are_lower():
    network, calibration = rate_network("tanh"), trials()
    free = Population(mean_rate=500)(network, calibration)[1].rate.mean()
    limited = Population(mean_rate=free / 2)(network, calibration)[1].rate.mean()
    assert free / 2 * 0.9 < limited < free / 2 * 1.02
    assert Population(mean_rate=free * 1.5)(network, calibration)[1].rate.mean() == pytest.approx(free)
    with pytest.raises(InputError, match=r"Population\.mean_rate: must be from 0\.1 to 10000"):
        Population(mean_rate=0)
