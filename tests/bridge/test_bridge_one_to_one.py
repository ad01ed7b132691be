"""The one-to-one bridge: the published map's laws, ridge regression's laws, refusals; one test needs Brian2."""

from dataclasses import replace

import numpy as np
import pytest

from biornn import experiment, spiking, store, tasks
from biornn.bridge import Kim, OneToOne, predicted_unit_rate
from biornn.bridge.code.evaluation import evaluate
from biornn.bridge.kim import NOISE, firing_rates
from biornn.bridge.refit.ridge import Moments, corrected, moments
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.task import Score
from biornn.theory.activation import apply
from biornn.theory.distance import nrmse
from biornn.theory.rate import ode


def rate_network(activation="sigmoid", units=30, seed=0, dale=False):
    random = np.random.default_rng(seed)
    recurrent = random.normal(0, 1 / np.sqrt(units), (units, units)) * (random.random((units, units)) < 0.5)
    signs = np.where(np.arange(units) < 24, 1.0, -1.0) if dale else np.zeros(units)
    weights = {
        "recurrent": np.abs(recurrent) * signs if dale else recurrent,
        "input": random.normal(size=(units, 1)),
        "bias": random.normal(0, 0.3, units),
        "output": random.normal(size=(1, units)) / units,
        "output_bias": np.array([0.25]),
        "initial_state": np.zeros(units),
    }
    return RateNetwork(weights, activation, random.uniform(0.02, 0.05, units), 5e-3, signs, np.zeros(units))


def go_trials(count=4, seed=1):
    return tasks.GoNoGo().trials(count, seed)


def never(*_):
    pytest.fail("simulated")


def recorder(seen):
    """Return a simulation that notes what it is asked for, and puts out the unit rate."""

    def simulate(network, trials, seed):
        seen.append((network, trials, seed))
        states = np.zeros((trials.count, trials.steps, network.banks[0].units))
        outputs = np.full((trials.count, trials.steps, 1), 1 / network.banks[0].decoders["activity"][0, 0])
        return Recording(network.sample_dt, states, states, outputs, network)

    return simulate


def test_the_published_map_scales_all_weights_by_one_factor_and_keeps_the_published_constants():
    network = rate_network()
    snn, fit = Kim(never, never, unit_rates=(50.0,))(network, go_trials())
    bank = snn.banks[0]
    assert (bank.neurons, snn.dt) == (30, 5e-5)
    np.testing.assert_allclose(bank.decoders["activity"] * 50, 1)
    np.testing.assert_array_equal(snn.projections[0].weight, network.weights["recurrent"])
    np.testing.assert_allclose(bank.channels["recurrent"].tau_rise, 2e-3)
    np.testing.assert_array_equal(bank.channels["external"].tau_decay, 0)
    # The bias current holds every neuron at its threshold; a state of 1 is 1 mV.
    np.testing.assert_allclose(bank.parameters["v_rest"] + bank.bias, bank.parameters["v_threshold"])
    np.testing.assert_allclose(bank.gain, 1e-3)
    # 0.1 mV in each step of 0.05 ms at tau_m = 10 ms is a stationary SD of 0.1 / sqrt(2 dt / tau_m) = 1 mV.
    np.testing.assert_allclose(bank.noise, 1e-3, rtol=0.01)
    assert fit.scaling.chosen == 50
    assert fit.scaling.searched == {}


def test_doubling_the_unit_rate_halves_every_synapse_and_the_readout():
    network = rate_network()
    fast, slow = (Kim(never, never, unit_rates=(rate,))(network, go_trials())[0] for rate in (60.0, 30.0))
    for snn, factor in ((fast, 1.0), (slow, 0.5)):
        synapses = snn.projections[0].weight * snn.banks[0].decoders["activity"][:, 0]
        np.testing.assert_allclose(synapses * factor, network.weights["recurrent"] / 60)
        np.testing.assert_allclose(
            snn.readout.weight * snn.banks[0].decoders["activity"][:, 0] * factor, network.weights["output"] / 60
        )


def test_the_output_bias_is_dropped_as_published_and_kept_on_request():
    network = rate_network()
    dropped, kept = (
        Kim(never, never, (50.0,), keep_output_bias=keep)(network, go_trials())[0] for keep in (False, True)
    )
    assert dropped.readout.bias == 0
    assert kept.readout.bias == 0.25


@pytest.mark.parametrize(("activation", "grid"), [("sigmoid", range(20, 76, 5)), ("relu", range(4, 27, 2))])
def test_the_grid_is_the_published_one_and_the_first_best_wins(activation, grid):
    seen = []
    calibration = go_trials()
    best = (list(grid)[3], list(grid)[5])

    def score(outputs, trials):
        assert trials is calibration
        return Score(np.array([float(outputs[0, 0, 0].round() in best)]))

    _, fit = Kim(recorder(seen), score)(rate_network(activation), calibration)
    assert list(fit.scaling.searched) == list(grid)
    assert fit.scaling.chosen == best[0]
    assert f"{best[0]} Hz stand for an output of 1" in str(fit)
    assert len(seen) == len(grid)


def test_the_search_and_the_scores_use_different_trials(monkeypatch):
    seen = []
    network = rate_network()
    monkeypatch.setattr("biornn.experiment.mappings._simulator", lambda *_: recorder(seen))
    scored = []

    def run(snn, trials, **_):
        scored.append(trials)
        raise KeyboardInterrupt

    monkeypatch.setattr(spiking, "run", run)
    task = tasks.ContextIntegration()
    with pytest.raises(InputError, match=r"Trials\.inputs"):
        experiment.compare(network, task, experiment.kim(task), trials=4, progress=False)
    with pytest.raises(KeyboardInterrupt):
        experiment.compare(network, tasks.GoNoGo(), experiment.kim(tasks.GoNoGo()), trials=64, progress=False)
    searched = {trials.conditions["go"].tobytes() for _, trials, _ in seen}
    assert len(seen) == 12
    assert len(searched) == 1
    assert scored[0].conditions["go"][:32].tobytes() not in searched


def test_the_predicted_unit_rate_is_exact_where_one_factor_fits():
    # An activation that is itself the neuron's f-I curve over 37 Hz.
    network = rate_network("sigmoid")
    states = evaluate(network, go_trials(), 0.0).points["units"].states
    rates = firing_rates(states, NOISE)
    assert rates.max() > 10
    target = apply("sigmoid", states)
    weight = (network.weights["recurrent"] ** 2).sum(axis=0)
    found = predicted_unit_rate(network, states)

    def error(unit_rate):
        return float((weight * (rates / unit_rate - target) ** 2).sum())

    # The minimum of a parabola in 1 / lambda: steps to either side are worse.
    assert error(found) < min(error(0.98 * found), error(1.02 * found))
    assert error(found) < 0.5 * error(2 * found)


def test_the_prediction_does_not_simulate_and_scales_with_the_activation():
    network = rate_network("relu")
    states = evaluate(network, go_trials(), 0.0).points["units"].states
    one = predicted_unit_rate(network, states)
    rates, target = firing_rates(states, NOISE), apply("relu", states)
    weight = (network.weights["recurrent"] ** 2).sum(axis=0)
    assert one == pytest.approx((weight * rates**2).sum() / (weight * rates * target).sum())
    # Without noise no neuron fires below threshold, so the curve is lower at every state.
    assert (firing_rates(states, 0.0) <= firing_rates(states, NOISE) + 1e-9).mean() > 0.9


def test_regression_recovers_weights_and_constant():
    random = np.random.default_rng(0)
    regressors, true = random.normal(2, 1, (4000, 5)), np.array([[1.0, -2.0, 0.5, 0.0, 3.0]])
    trained = true + 0.3
    target = regressors @ true.T + 0.7
    sums = moments(regressors[:1000], target[:1000], trained) + moments(regressors[1000:], target[1000:], trained)
    weights, constant = corrected(sums, trained, 1e-9, np.zeros(5))
    np.testing.assert_allclose(weights, true, atol=1e-6)
    np.testing.assert_allclose(constant, 0.7, atol=1e-5)
    # A strong ridge keeps the trained weights; the constant still takes out the mean error.
    held, constant = corrected(sums, trained, 1e6, np.zeros(5))
    np.testing.assert_allclose(held, trained, atol=1e-3)
    np.testing.assert_allclose(held @ regressors.mean(axis=0) + constant, target.mean(), atol=1e-6)


def test_refitted_weights_keep_their_signs_where_they_must():
    random = np.random.default_rng(1)
    regressors = random.normal(size=(500, 4))
    target = regressors @ np.array([[1.0], [-1.0], [2.0], [0.5]])
    trained = np.array([[0.5, 0.5, 0.5, -0.5]])
    sums = moments(regressors, target, trained)
    free, _ = corrected(sums, trained, 1e-6, np.zeros(4))
    signed, _ = corrected(sums, trained, 1e-6, np.array([1.0, 1.0, 0.0, -1.0]))
    assert free[0, 1] < -0.9
    assert (signed[0, :2] >= 0).all()
    assert signed[0, 3] <= 0
    np.testing.assert_allclose(signed[0, 2], 2.0, atol=0.2)


def test_moments_of_parts_add_up():
    random = np.random.default_rng(2)
    regressors, target, trained = random.normal(size=(50, 3)), random.normal(size=(50, 2)), random.normal(size=(2, 3))
    whole = moments(regressors, target, trained)
    parts = moments(regressors[:20], target[:20], trained) + moments(regressors[20:], target[20:], trained)
    assert isinstance(parts, Moments)
    np.testing.assert_allclose(parts.gram, whole.gram)
    np.testing.assert_allclose(parts.missing, whole.missing)


def simulate(network, trials, seed):
    return spiking.run(network, trials, seed=seed, spikes="none", jobs=1, progress=False)


def test_a_trained_network_keeps_its_weights_and_is_followed_on_fresh_trials():
    network = store.load(store.find("go-nogo-sigmoid"))
    task = experiment.task_of(network)
    calibration, fresh = task.trials(16, 1), task.trials(16, 2)
    snn, fit = OneToOne()(network, calibration)
    np.testing.assert_array_equal(snn.projections[0].weight, network.weights["recurrent"])
    run = simulate(snn, fresh, 5)
    assert 5 < run.rates.mean() < 60
    assert fit.rate.mean() == pytest.approx(run.rates.mean(), rel=0.1)
    assert task.score(run.outputs, fresh).accuracy == 1.0
    reference = ode(network, fresh.inputs, np.zeros(network.units)).states
    # 0.05 was measured on 8 other trials.
    assert nrmse(run.states, reference) < 0.1
    # Negative control: the same neurons with the weights of other units.
    order = np.random.default_rng(0).permutation(network.units)
    shuffled = replace(snn, projections=(replace(snn.projections[0], weight=network.weights["recurrent"][:, order]),))
    lost = simulate(shuffled, fresh, 5)
    assert task.score(lost.outputs, fresh).accuracy < 0.8
    assert nrmse(lost.states, reference) > 0.5


def test_every_neuron_of_a_dale_network_has_the_class_of_its_unit():
    _, fit = OneToOne()(rate_network(dale=True), go_trials(8))
    assert fit.classes.counts == (24, 6, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"peak_rate": 600.0}, "OneToOne.peak_rate: must be from"),
        ({"noise": -1e-3}, "OneToOne.noise: must be from"),
        ({"noise": 1.5}, "OneToOne.noise: must be from 0 to 0.1"),
        ({"readout_tau": 50.0}, "OneToOne.readout_tau"),
        ({"dt": 0.1}, "OneToOne.dt"),
    ],
)
def test_implausible_settings_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        OneToOne(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit_rates": (0.0,)}, "Kim.unit_rates: must be from"),
        ({"unit_rates": (50.0, 900.0)}, "Kim.unit_rates: must be from"),
        ({"noise": 1.0}, "Kim.noise: must be from 0 to 0.1"),
    ],
)
def test_implausible_settings_of_the_published_map_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        OneToOne.kim(never, never, **options)


def test_an_activation_that_one_factor_cannot_scale_is_refused():
    network = rate_network("tanh")
    states = np.full((10, network.units), -0.5)
    with pytest.raises(InputError, match="needs an activation that is positive where neurons fire"):
        predicted_unit_rate(network, states)


def test_the_published_scorer_looks_at_one_side_and_the_strict_one_at_both():
    task = tasks.XOR()
    trials = task.trials(8, 0)
    side = trials.conditions["side"]
    crossing = np.zeros(trials.targets.shape)
    crossing[:, 210:220, 0], crossing[:, 230:240, 0] = side[:, None], -side[:, None]
    assert tasks.published_score(task, crossing, trials).accuracy == 1
    assert task.score(crossing, trials).accuracy == 0
    go_nogo = tasks.GoNoGo()
    trials = go_nogo.trials(8, 0)
    below = np.where(trials.conditions["go"][:, None, None], 1.0, -0.5) * np.ones(trials.targets.shape)
    assert tasks.published_score(go_nogo, below, trials).accuracy == 1
    assert go_nogo.score(below, trials).accuracy == 0.5
    # Nothing before 0.5 s counts.
    early = np.zeros(trials.targets.shape)
    early[:, :99] = 1
    assert tasks.published_score(go_nogo, early, trials).accuracy == 0.5
    with pytest.raises(InputError, match=r"published_score\.task"):
        tasks.published_score(tasks.Sine(), early, trials)


def test_unknown_scorers_and_tasks_are_refused():
    with pytest.raises(InputError, match="scorer: must be a known name"):
        experiment.kim(tasks.GoNoGo(), scorer="lenient")
    with pytest.raises(InputError, match="published scorer: task"):
        experiment.kim(tasks.Sine())


def test_trials_of_another_task_are_refused():
    with pytest.raises(InputError, match=r"Trials\.inputs: must have 1 channels"):
        OneToOne()(rate_network(), tasks.XOR().trials(4, 0))
