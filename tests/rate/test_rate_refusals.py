"""Every public callable of `biornn.rate` refuses what it cannot take, in one line, before work starts."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biornn import rate, tasks
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.theory import activation
from biornn.theory.rate import euler, ode

ODD = [
    "text", b"bytes", None, float("nan"), float("inf"), -1, 2**80, 1j, {1, 2}, {"a": 1}, [1, "a"], [[1], [1, 2]],
    slice(3), int, object(), True, np.ma.masked_array([1.0, 2.0], [True, False]),
    np.ones((2, 2), complex), np.array(["a"]),
]  # fmt: skip
NAMES = [item.name for item in fields(rate.Training)]
TAKEN = {
    "activation": ["None"], "tau": ["None"], "initial": ["None"], "gain": ["None"], "train_input": ["None", "True"],
    "learn_tau": ["True"], "dale": ["True"], "goal_loss": ["inf", str(2**80)], "goal_error": ["inf", str(2**80)],
    "forget": ["-1"],
}  # fmt: skip
"""Of these odd values, those that a setting takes."""


@pytest.mark.parametrize("name", NAMES)
def test_odd_settings_are_one_line_that_names_them(name):
    for value in ODD:
        if str(value) in TAKEN.get(name, ()):
            rate.Training(**{"units": 4, name: value})
            continue
        # Only "truncate" needs another setting.
        with pytest.raises(InputError, match=rf"^Training\.({name}|segment): must") as told:
            rate.Training(**{name: value})
        assert "\n" not in str(told.value)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(ODD) | st.floats() | st.integers() | st.text(max_size=5))
def test_any_value_is_taken_or_refused(name, value):
    refusal = "Training. as it is taken"
    try:
        rate.Training(**{name: value}).as_json()
    except InputError as problem:
        refusal = str(problem)
    assert refusal.startswith("Training.")
    assert "\n" not in refusal


def test_an_unknown_setting_is_refused_and_guessed():
    with pytest.raises(
        InputError, match=r"rate\.train setting: must be a known name \(got 'learningrate'\).*learning_rate\?"
    ):
        rate.train("go-nogo", learningrate=0.1)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (
            {"units": 1_000_000},
            r"Training\.units: must fit into the .* of memory .*got 1000000, which takes \d+",
        ),
        ({"units": 10, "batch": 10_000_000}, r"Training\.batch: must fit into the .* of memory"),
        (
            {"units": 10, "validation_trials": 10_000_000},
            r"Training\.validation_trials: must fit into the .* of mem",
        ),
    ],
)
def test_what_cannot_fit_is_refused_before_it_is_allocated(monkeypatch, chosen, message):
    monkeypatch.setenv("BIORNN_MEMORY", "16")
    with pytest.raises(InputError, match=message):
        rate.train("go-nogo", **chosen, progress=False)


@pytest.mark.parametrize("call", [rate.train, rate.ensemble])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "gonogo"}, r"task: must be a known name \(got 'gonogo'\).*did you mean go-nogo\?"),
        ({"task": tasks.GoNoGo}, r"task: must be a task \(got the class GoNoGo\); make one: GoNoGo\(\)"),
        ({"task": None}, r"task: must be a task \(got a NoneType\)"),
        ({"task": "go-nogo", "about": "text"}, r"about: must be a dictionary of JSON values \(got 'text'\)"),
        (
            {"task": "go-nogo", "about": {"a": np.ones(2)}},
            r"about: must hold JSON values only \(got a ndarray at \['a'\]\)",
        ),
        ({"task": "go-nogo", "progress": "yes"}, r"progress: must be True or False \(got 'yes'\)"),
    ],
)
def test_odd_tasks_and_options_are_refused(call, arguments, message):
    with pytest.raises(InputError, match=message):
        call(**arguments, units=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": True}, r"rate\.ensemble seeds: must be"),
        ({"seeds": 0}, r"rate\.ensemble seeds: must be a whole number from 1"),
        ({"seeds": {1, 2}}, r"rate\.ensemble seed: must be a list of at least one value"),
        ({"seeds": [0.5]}, r"Training\.seed: must be a whole number"),
        ({"seeds": "abc"}, r"rate\.ensemble seed: must be a list"),
        ({"vary": [1]}, r"rate\.ensemble vary: must be a dict \(got a list\)"),
        ({"vary": {"units": 5}}, r"rate\.ensemble units: must be a list"),
        ({"vary": {"unit": [5]}}, r"rate\.train setting: must be a known name .*did you mean units\?"),
        ({"vary": {5: [5]}}, r"rate\.ensemble vary: must have names of settings \(got 5\)"),
        ({"way": 3}, r"rate\.ensemble way: must be a known name \(got 3\)"),
    ],
)
def test_odd_ensembles_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        rate.ensemble("go-nogo", **arguments)


def network(scale=1.0, activation="relu", **settings):
    zeros = {"bias": np.zeros(4), "output_bias": np.zeros(1), "initial_state": np.zeros(4)}
    weights = {"recurrent": scale * np.ones((4, 4)), "input": np.ones((4, 1)), "output": np.ones((1, 4)), **zeros}
    return RateNetwork(weights, activation, np.full(4, 0.02), 0.005, np.zeros(4), np.zeros(4), **settings)


@pytest.mark.parametrize("call", [rate.run, rate.flow])
def test_networks_and_trials_are_told_apart(call):
    net, trials = network(), tasks.GoNoGo().trials(2, 0)
    for first, second, message in (
        (trials, net, r"network: must be a RateNetwork \(got a Trials\); call rate\.\w+\(network, trials\)"),
        (net, tasks.GoNoGo(), r"trials: must be a Trials \(got a GoNoGo\); .*task\.trials\(64, seed=1\)"),
        (net, None, r"trials: must be a Trials \(got None\)"),
        (None, trials, r"network: must be a RateNetwork \(got None\)"),
        (net, rate.run(net, trials), r"trials: must be a Trials \(got a Recording\)"),
        (RateNetwork, trials, r"network: must be a RateNetwork \(got the class RateNetwork"),
        (net, tasks.XOR().trials(2, 0), r"Trials\.inputs: must have 1 channels \(got 2\)"),
    ):
        with pytest.raises(InputError, match=message):
            call(first, second)


@pytest.mark.parametrize("seed", [-1, 0.0, None, "0", 2**80, [1], True])
def test_odd_seeds_of_a_run_are_refused(seed):
    with pytest.raises(InputError, match=r"rate\.run seed: must be a whole number"):
        rate.run(network(), tasks.GoNoGo().trials(2, 0), seed)


@pytest.mark.parametrize("noise", [0.1, "yes", None, [True]])
def test_noise_of_a_run_is_true_or_false(noise):
    with pytest.raises(InputError, match=r"rate\.run noise: must be True or False"):
        rate.run(network(), tasks.GoNoGo().trials(2, 0), noise=noise)


@pytest.mark.parametrize("scale", [1e6, 1e12])
def test_an_exploding_network_is_one_line_and_no_warning(scale):
    net, trials = network(scale), tasks.GoNoGo().trials(4, 0)
    message = r"RateNetwork: must keep finite states, rates and outputs \(got (inf|nan) of states at .* s in trial"
    for call in (
        lambda: rate.run(net, trials),
        lambda: rate.run(net, trials, noise=True),
        lambda: euler(net, trials.inputs),
        lambda: ode(net, trials.inputs, np.zeros(4)),
    ):
        with pytest.raises(InputError, match=message):
            call()
    with pytest.raises(InputError, match=message):
        rate.flow(net, trials)


def test_gradients_that_are_not_finite_are_refused():
    # States reach about 1e18, outputs 1e30: their square is beyond the numbers of training, of 32 bits.
    loud = network(0.58).with_weights(output=np.full((1, 4), 1e12))
    with pytest.raises(InputError, match=r"rate\.flow network: must have finite gradients"):
        rate.flow(loud, tasks.GoNoGo().trials(2, 0))


@pytest.mark.parametrize(
    "coordinator", [5, "localhost", "localhost:", ":80", "localhost:x", "localhost:0", "a:99999", "a:²"]
)
def test_odd_coordinators_are_refused(coordinator):
    with pytest.raises(InputError, match=r"rate\.join coordinator: must be HOST:PORT"):
        rate.join(coordinator, 2, 0)


def test_an_activation_that_jax_cannot_differentiate_is_refused():
    activation.register("numpys-own", lambda x, xp: np.tanh(x))
    try:
        with pytest.raises(InputError, match=r"activation 'numpys-own': must be written with xp, .*got TracerArray"):
            rate.train("go-nogo", units=4, activation="numpys-own", progress=False)
    finally:
        del activation.ACTIVATIONS["numpys-own"]
