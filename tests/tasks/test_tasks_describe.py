"""Descriptions, settings and classes of a user's own."""

import json
from dataclasses import dataclass
from inspect import Parameter

import numpy as np
import pytest

from biornn import tasks
from biornn.core.checks import InputError
from biornn.core.task import MEMBERS, Score, checked_task
from biornn.core.trials import Trials


class Echo(tasks.Task):
    """A task of a user's own, which says only what it must."""

    inputs, outputs, readout, name = 1, 1, "identity", "echo"

    def __init__(self, dt):
        self.dt = dt

    def trials(self, count, seed):
        shown = np.random.default_rng(seed).normal(size=(count, 50, 1))
        return Trials(shown, shown, np.ones((count, 50)), self.dt)

    def score(self, outputs, trials):
        return Score((abs(outputs - trials.targets) < 0.5).mean(axis=(1, 2)))


@dataclass(frozen=True)
class Slow(tasks.GoNoGo):
    """A task that inherits from a registered one without being it."""


@dataclass(frozen=True)
class Framed(tasks.Task):
    """A frozen record that is a task."""

    dt: float
    name: str = "framed"
    inputs: int = 1
    outputs: int = 1
    readout: str = "identity"

    trials = Echo.trials
    score = Echo.score


@pytest.mark.parametrize("task", [Echo(0.01), Slow(), Framed(0.01)], ids=["class", "subclass", "record"])
def test_a_class_of_ones_own_inherits_parts_and_a_description_that_cannot_be_remade(task):
    assert checked_task("task", task) is task
    assert task.part("test") is task
    assert task.trials(3, 0).count == 3
    description = json.loads(json.dumps(tasks.describe(task)))
    assert description == {"task": task.name, "in_memory": {"inputs": 1, "outputs": 1}}
    rule = (
        rf"task {task.name}: must be made of settings or a file .*class that lived in the memory.*pass the task object"
    )
    with pytest.raises(InputError, match=rule):
        tasks.make(**description)
    with pytest.raises(InputError, match=r"\.part: must be a known name"):
        task.part("tset")


def test_a_record_without_a_step_must_be_told_it():
    with pytest.raises(TypeError, match="dt"):
        Framed()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (tasks.GoNoGo, r"tasks.describe: must be a task \(got the class GoNoGo\); make one: GoNoGo\(\)"),
        (None, r"tasks.describe: must be a task \(got a NoneType\)"),
        ("go-nogo", r"tasks.describe: must be a task \(got a str\)"),
        (5, "tasks.describe: must be a task"),
    ],
)
def test_what_is_no_task_is_named(value, message):
    with pytest.raises(InputError, match=message):
        tasks.describe(value)


def test_a_class_that_lacks_a_member_is_told_which():
    class Half:
        name, dt, inputs, outputs, readout = "half", 0.01, 1, 1, "identity"

    with pytest.raises(InputError, match=r"Half without trials, part, score, describe\); inherit from"):
        checked_task("task", Half())
    assert set(MEMBERS) <= set(dir(Echo(0.01)))


@pytest.mark.parametrize("name", tasks.TASKS)
def test_every_setting_of_every_task_has_a_default_and_a_meaning(name):
    found = tasks.settings(name)
    assert found
    for setting in found:
        assert setting.meaning, f"{name}.{setting.name} has no meaning"
        assert "\n" not in setting.meaning
        assert len(setting.meaning) < 200
    required = {"series": ["path"], "sequences": ["sequences", "labels", "classes"], "arrays": ["inputs", "targets"]}
    lacking = [setting.name for setting in found if setting.default is Parameter.empty]
    assert sorted(lacking) == sorted(required.get(name, []))


def test_settings_are_those_of_the_class():
    found = {setting.name: setting for setting in tasks.settings("sine")}
    assert found["slowest"].default == 1.0
    assert found["slowest"].meaning == "Range of frequencies in Hz"
    assert found["dt"].meaning == "Step in s"
    inherited = {setting.name: setting for setting in tasks.settings("mackey-glass")}
    assert inherited["horizon"].default == 6
    assert inherited["horizon"].meaning == "Number of samples ahead"
    with pytest.raises(InputError, match=r"task: must be a known name .*did you mean sine"):
        tasks.settings("sin")


@pytest.mark.parametrize(
    ("name", "meant"), [("gonogo", "go-nogo"), ("GoNoGo", "go-nogo"), ("XOR", "xor"), ("mackeyglass", "mackey-glass")]
)
def test_a_name_that_is_nearly_right_is_guessed(name, meant):
    with pytest.raises(InputError, match=f"did you mean {meant}"):
        tasks.make(name)


def test_a_setting_that_is_nearly_right_is_guessed():
    with pytest.raises(InputError, match=r"setting of task flip-flop: .*did you mean interval"):
        tasks.make("flip-flop", intervals=1)


def test_a_text_that_has_changed_is_told_and_one_of_other_characters_is_refused(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("abc cab " * 60)
    description = json.loads(json.dumps(tasks.Characters(path).describe()))
    assert tasks.make(**description) == tasks.Characters(path)
    path.write_text("abc bbc " * 60)
    with pytest.warns(UserWarning, match=r"text.txt is not what the network was trained on, or has changed since"):
        tasks.make(**description)
    path.write_text("abd dab " * 60)
    with pytest.raises(InputError, match=r"Characters.path: must consist of the characters of training, ' abc'"):
        tasks.make(**description)
    for odd in ([1], {"alphabet": 5}, "abc"):
        with pytest.raises(InputError, match=r"Characters\.trained_on: must be a dictionary"):
            tasks.Characters(path, trained_on=odd)
