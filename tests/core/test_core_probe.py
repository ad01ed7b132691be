"""Tasks are tried on two trials: a task that contradicts itself is refused in one line that names class and method."""

import numpy as np
import pytest

from biornn import tasks
from biornn.core.checks import InputError
from biornn.core.probe import known_task
from biornn.core.task import Score, Task
from biornn.core.trials import Trials


class Echo(Task):
    name, dt, inputs, outputs, readout = "echo", 0.01, 1, 1, "identity"

    def trials(self, count, seed):
        shown = np.random.default_rng(seed).normal(size=(count, 5, self.inputs))
        return Trials(shown, shown[:, :, :1], np.ones((count, 5)), 0.01)

    def score(self, outputs, trials):
        return Score((abs(outputs - trials.targets) < 0.5).mean(axis=(1, 2)))


def series():
    return tasks.Series(np.sin(np.arange(900) / 9))


def test_a_task_or_its_name_is_known():
    assert known_task("x task", "go-nogo").describe() == tasks.GoNoGo().describe()
    echo = Echo()
    assert known_task("x task", echo) is echo


@pytest.mark.parametrize("make", [tasks.GoNoGo, tasks.FlipFlop, tasks.Adding, series])
def test_sound_tasks_pass(make):
    task = make()
    assert known_task("x task", task) is task


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"score": lambda self, outputs, trials: 0.5}, r"Echo\.score: must be a Score \(got 0\.5\)"),
        ({"score": lambda self, outputs, trials: Score(np.float64(0.5))}, r"Echo\.score\(.*\)\.correct: must have sh"),
        ({"score": lambda self, outputs, trials: Score(np.ones(2), None)}, r"Echo\.score\(.*\)\.error: must be a num"),
        ({"score": lambda self, outputs: None}, r"Echo\.score: must take \(outputs, trials\)"),
        ({"inputs": 2, "trials": lambda self, n, s: Trials(*np.ones((2, n, 5, 1)), np.ones((n, 5)), 0.01)},
         r"Echo\.trials: must have 2 input channels, as Echo\.inputs says \(got 1\)"),
        ({"outputs": 3}, r"Echo\.trials: must have 3 output channels, as Echo\.outputs says \(got 1\)"),
        ({"dt": 0.02}, r"Echo\.trials: must have the step of 0\.02 s, as Echo\.dt says \(got 0\.01 s\)"),
        ({"readout": "linear"}, r"Echo\.readout: must be a known name \(got 'linear'\); choose one of id"),
        ({"trials": lambda self, n, s: (1, 2)}, r"Echo\.trials: must be a Trials \(got a tuple\)"),
        ({"trials": lambda self, n, s: Echo().trials(5, s)}, r"Echo\.trials: must draw as many trials as asked for"),
        ({"trials": lambda self: None}, r"Echo\.trials: must take \(count, seed\)"),
        ({"part": lambda self, name: name}, r"Echo\.part\('train'\): must be a task \(got a str\)"),
        ({"name": 5}, r"Echo\.name: must be a str \(got 5\)"),
        ({"dt": "fast"}, r"Echo\.dt: must be a number"),
        ({"inputs": 1.0}, r"Echo\.inputs: must be a whole number"),
        ({"describe": lambda self: {"task": "echo", "data": np.ones(3)}},
         r"describe\(\): must hold JSON values only \(got a ndarray at \['data'\]\)"),
        ({"describe": lambda self: {"task": "echo", "gain": np.inf}}, r"describe\(\): must hold finite numbers"),
        ({"describe": lambda self: {"name": "echo"}}, r"describe\(\)\['task'\]: must be a str \(got None\)"),
    ],
)  # fmt: skip
def test_a_task_that_contradicts_itself_is_refused(members, message):
    with pytest.raises(InputError, match=message):
        known_task("x task", type("Echo", (Echo,), members)())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("go-no-go", r"task: must be a known name \(got 'go-no-go'\).*did you mean go-nogo\?"),
        (tasks.GoNoGo, r"x task: must be a task \(got the class GoNoGo\); make one: GoNoGo\(\)"),
        (None, r"x task: must be a task \(got a NoneType\)"),
        ({"task": "go-nogo"}, r"x task: must be a task \(got a dict\)"),
        (tasks.GoNoGo().trials(2, 0), r"x task: must be a task \(got a Trials\)"),
    ],
)
def test_what_is_no_task_is_refused(value, message):
    with pytest.raises(InputError, match=message):
        known_task("x task", value)


def test_an_error_inside_a_users_method_stays_theirs():
    def broken(self, count, seed):
        raise KeyError("their own")

    with pytest.raises(KeyError, match="their own"):
        known_task("x task", type("Echo", (Echo,), {"trials": broken})())
