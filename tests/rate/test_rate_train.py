"""Training: it learns, keeps its constraints, repeats itself, and says when it failed."""

import io
import json
from contextlib import redirect_stderr

import numpy as np
import pytest

from biornn import rate
from biornn.core.checks import InputError
from biornn.core.seeds import generator
from biornn.core.task import UNDEFINED, Score, Task
from biornn.core.trials import Trials
from biornn.theory import activation


class Whole(Task):
    """A task whose every part is itself."""

    dt = 0.01
    inputs = 1


class Hold(Whole):
    """Follow the sign of a pulse after it has ended."""

    name = "hold"
    outputs = 1
    readout = "identity"

    def trials(self, count, seed):
        side = np.array([generator(seed, "task", k).choice([-1.0, 1.0]) for k in range(count)])
        inputs, targets = np.zeros((count, 20, 1)), np.zeros((count, 20, 1))
        inputs[:, 2:8, 0] = side[:, None]
        targets[:, 8:, 0] = side[:, None]
        return Trials(inputs, targets, np.ones((count, 20)), self.dt, {"side": side})

    def score(self, outputs, trials):
        turned = trials.conditions["side"][:, None] * outputs[:, 10:, 0]
        return Score((turned.min(axis=1) > 0.3).astype(float))


class Forecast(Hold):
    """The same, scored by its error."""

    def score(self, outputs, trials):
        error = np.sqrt(((outputs - trials.targets) ** 2).mean()) / trials.targets.std()
        return Score(np.full(trials.count, UNDEFINED), float(error))


class Pattern(Whole):
    """The textbook toy: short sequences of 0, 1 and 2, flagged if 2 follows 2, to be classified at the last step.

    Integers go in as one channel, (trial, time, 1): the copied version of this toy feeds (trial, time) and fails.
    """

    name = "pattern"
    outputs = 2
    readout = "softmax"

    def trials(self, count, seed):
        symbols = generator(seed, "task").integers(3, size=(count, 8))
        flag = ((symbols[:, :-1] == 2) & (symbols[:, 1:] == 2)).any(axis=1).astype(int)
        targets = np.broadcast_to(np.eye(2)[flag][:, None], (count, 8, 2))
        mask = np.zeros((count, 8))
        mask[:, -1] = 1
        return Trials(symbols[:, :, None], targets, mask, self.dt, {"flag": flag})

    def score(self, outputs, trials):
        return Score((outputs[:, -1].argmax(axis=1) == trials.conditions["flag"]).astype(float))


QUICK = {"units": 24, "batch": 16, "gain": 1.0, "tau": (0.02, 0.1), "progress": False}
SHORT = {**QUICK, "goal": 0.0, "steps": 20}


def test_it_learns_and_keeps_its_history():
    network = rate.train(Hold(), **QUICK, about={"task": {"task": "hold", "side": 2}}, steps=400)
    about = network.about
    assert about["goal_reached"] is True
    assert about["steps"] == len(about["loss"]) == about["validation"][-1][0]
    assert about["validation"][-1][1] >= 0.99
    assert np.mean(about["loss"][-5:]) < 0.5 * np.mean(about["loss"][:5])
    assert about["task"] == {"task": "hold", "side": 2}
    assert about["settings"]["units"] == 24
    assert {"biornn", "jax", "optax", "numpy"} == set(about["versions"])
    json.dumps(about, allow_nan=False)
    fresh = Hold().trials(200, 99)
    assert Hold().score(rate.run(network, fresh, 3, noise=True).outputs, fresh).accuracy >= 0.97


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "softplus", "lif"])
def test_the_loss_falls_with_every_activation(name):
    with pytest.warns(UserWarning, match="goal not reached in 60 steps"):
        network = rate.train(Hold(), **QUICK, steps=60, goal_loss=0.0, activation=name)
    assert network.activation == name
    assert np.mean(network.about["loss"][-10:]) < 0.8 * np.mean(network.about["loss"][:5])


def test_same_seed_same_network_other_seed_another():
    first, again, other = (rate.train(Hold(), **SHORT, seed=seed) for seed in (1, 1, 2))
    for name, value in first.weights.items():
        np.testing.assert_array_equal(value, again.weights[name])
    np.testing.assert_array_equal(first.tau, again.tau)
    assert first.about["loss"] == again.about["loss"]
    assert (first.weights["recurrent"] != other.weights["recurrent"]).all()


def test_constraints_hold_after_training():
    mask = (np.random.default_rng(0).random((24, 24)) < 0.5).astype(float)
    settings = {**SHORT, "dale": True, "inhibitory": 0.25, "connection_probability": mask, "learning_rate": 0.05}
    network = rate.train(Hold(), **settings)
    recurrent = network.weights["recurrent"]
    np.testing.assert_array_equal(recurrent != 0, mask == 1)
    np.testing.assert_array_equal(network.signs, [1] * 18 + [-1] * 6)
    assert (recurrent * network.signs >= 0).all()
    assert ((network.tau >= 0.02) & (network.tau <= 0.1)).all()
    before = rate.train(Hold(), **{**settings, "learning_rate": 1e-9})
    assert (np.abs(network.tau - before.tau) > 1e-4).mean() > 0.9
    np.testing.assert_array_equal(network.weights["input"], before.weights["input"])
    assert (network.weights["bias"] != 0).all()


def test_tau_stays_where_it_is_not_learned():
    fixed = rate.train(Hold(), **{**SHORT, "tau": np.linspace(0.01, 0.1, 24)})
    np.testing.assert_allclose(fixed.tau, np.linspace(0.01, 0.1, 24), rtol=1e-15)
    drawn, slower = (rate.train(Hold(), **SHORT, learn_tau=False, learning_rate=r) for r in (0.05, 1e-9))
    np.testing.assert_array_equal(drawn.tau, slower.tau)
    assert drawn.tau.std() > 0.01


def test_elman_network_has_tau_equal_to_dt():
    network = rate.train(Hold(), **{**SHORT, "tau": Hold.dt})
    assert (network.tau == Hold.dt).all()


def test_input_weights_are_trained_if_asked():
    slow, fast = (rate.train(Hold(), **SHORT, train_input=True, learning_rate=r) for r in (1e-9, 0.01))
    assert (slow.weights["input"] != fast.weights["input"]).all()


def test_penalties_lower_what_they_penalise():
    plain = rate.train(Hold(), **{**SHORT, "steps": 60})
    light = rate.train(Hold(), **{**SHORT, "steps": 60}, weight_penalty=100.0)
    quiet = rate.train(Hold(), **{**SHORT, "steps": 60}, rate_penalty=10.0)
    trials = Hold().trials(20, 5)
    assert (light.weights["recurrent"] ** 2).mean() < 0.5 * (plain.weights["recurrent"] ** 2).mean()
    assert (rate.run(quiet, trials).rates ** 2).mean() < 0.5 * (rate.run(plain, trials).rates ** 2).mean()


def test_a_registered_function_trains_and_an_unregistered_one_is_refused():
    def softsign(x, xp):
        return x / (1 + xp.abs(x))

    with pytest.raises(InputError, match=r"Training\.activation: must be registered.*register\(name, function\)"):
        rate.train(Hold(), **SHORT, activation=softsign)
    activation.register("softsign", softsign)
    try:
        network = rate.train(Hold(), **SHORT, activation=softsign)
        assert network.activation == "softsign"
        trials = Hold().trials(2, 0)
        recording = rate.run(network, trials)
        np.testing.assert_allclose(recording.rates, softsign(recording.states, np))
    finally:
        del activation.ACTIVATIONS["softsign"]


def test_a_missed_goal_gives_the_best_network_and_a_warning():
    with pytest.warns(UserWarning, match=r"rate\.train: goal not reached in 6 steps \(best validation"):
        network = rate.train(Hold(), **QUICK, steps=6, validate_every=1, goal=1.0, learning_rate=1e-9)
    assert network.about["goal_reached"] is False
    assert [step for step, _ in network.about["validation"]] == [1, 2, 3, 4, 5, 6]


def test_a_forecast_stops_at_its_error_or_keeps_the_best():
    reached = rate.train(Forecast(), **QUICK, goal_error=0.5, steps=300)
    assert reached.about["goal_reached"] is True
    assert reached.about["steps"] < 300
    # Steps far too long for the loss to keep falling: the last network is not the best one.
    with pytest.warns(UserWarning, match="poorly at best, .* train with a gain below 1, a learning_rate below 5"):
        network = rate.train(Forecast(), **QUICK, steps=120, validate_every=4, learning_rate=5.0)
    assert network.about["goal_reached"] is None
    assert reached.about["time_step_error"] < 0.3
    errors = [value for _, value in network.about["validation"]]
    trials = Forecast().trials(128, int(generator(0, "training", 1).integers(2**31)))
    error = Forecast().score(rate.run(network, trials, 0, noise=True).outputs, trials).error
    assert error == min(errors) < errors[-1]


def test_textbook_toy():
    # Three ReLU units have nothing to spare: about half the seeds start from units that stay silent and never learn.
    settings = {"units": 3, "activation": "relu", "gain": 1.0, "tau": Pattern.dt, "noise": 0.0, "train_input": True}
    settings |= {"batch": 64, "steps": 2000, "validate_every": 100, "goal": 1.0, "seed": 7, "progress": False}
    network = rate.train(Pattern(), **settings)
    assert network.readout == "softmax"
    fresh = Pattern().trials(1000, 4)
    assert 0.2 < fresh.conditions["flag"].mean() < 0.8
    outputs = rate.run(network, fresh).outputs
    np.testing.assert_allclose(outputs.sum(axis=2), 1)
    assert Pattern().score(outputs, fresh).accuracy >= 0.99


def test_bad_calls_are_refused_before_work():
    with pytest.raises(InputError, match=r"rate\.train setting: must be a known name \(got 'unit'\); choose one of"):
        rate.train(Hold(), unit=20)
    with pytest.raises(InputError, match=r"Training\.tau: must not be below the task's step of 0\.01 s \(got 0\.005 s"):
        rate.train(Hold(), tau=(0.005, 0.1))


def test_a_loss_that_is_not_finite_is_refused():
    activation.register("steep", lambda x, xp: x**5)
    try:
        with pytest.raises(InputError, match=r"rate\.train loss: must stay finite \(got (nan|inf) in step 1\)"):
            rate.train(Hold(), **{**QUICK, "noise": 10.0}, activation="steep", steps=5)
    finally:
        del activation.ACTIVATIONS["steep"]


@pytest.mark.parametrize("progress", [True, False])
def test_the_progress_bar_can_be_silent(progress):
    stream = io.StringIO()
    with redirect_stderr(stream):
        rate.train(Hold(), **{**SHORT, "progress": progress})
    assert ("validation=" in stream.getvalue()) is progress


def test_a_bar_is_full_when_the_goal_is_reached_early():
    stream = io.StringIO()
    with redirect_stderr(stream):
        network = rate.train(Hold(), **{**SHORT, "goal": 0.0, "steps": 500, "progress": True})
    done = network.about["steps"]
    assert done < 500
    last = stream.getvalue().strip().split("\r")[-1]
    assert "100%" in last
    assert f"{done}/{done}" in last
