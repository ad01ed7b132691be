"""Probe: a task, given as an object or by name, tried on two trials before any work is done on it."""

import inspect
import math
from importlib import import_module
from typing import Any, cast

import numpy as np

from biornn.core import checks
from biornn.core.task import PARTS, Score, Task, checked_task
from biornn.core.trials import Trials
from biornn.core.values import json_values

COUNT = 2
"""Trials that are drawn to try a task."""


def known_task(where: str, value: Any) -> Task:
    """Return a task that was given as an object or by its command-line name, whose trials and scores are what they say.

    Parameters
    ----------
    where : str
        Function and argument for the message.
    value : Task or str
        A name is looked up among those of `biornn.tasks`.

    Raises
    ------
    InputError
        An unknown name, an object that is no task, or a task that contradicts itself: trials of other channels, another
        step or number than it says, a score that is no `Score`.
    """
    if isinstance(value, str):
        # Looked up when it is needed: what lies below the stages imports none of them.
        value = import_module("biornn.tasks").make(value)
    task = checked_task(where, value)
    _attributes(task)
    for name in PARTS[:2]:
        _draws(checked_task(f"{_name(task)}.part({name!r})", _called(task, "part", name)), task)
    trials = _draws(task, task)
    _scores(task, trials)
    described = json_values(f"{_name(task)}.describe()", _called(task, "describe"), finite=True)
    checks.instance(f"{_name(task)}.describe()['task']", described.get("task"), str, "give the task's name")
    return task


def _name(task: Task) -> str:
    return type(task).__name__


def _attributes(task: Task) -> None:
    where = _name(task)
    checks.instance(f"{where}.name", task.name, str, "give a name, such as 'go-nogo'")
    checks.seconds(f"{where}.dt", task.dt, 1e-6, 10.0)
    for member in ("inputs", "outputs"):
        checks.count(f"{where}.{member}", getattr(task, member))
    checks.member(f"{where}.readout", task.readout, ("identity", "softmax"))


def _draws(part: Task, task: Task) -> Trials:
    """Draw trials and compare them with what the task says about itself."""
    where = f"{_name(part)}.trials"
    trials = checks.instance(where, _called(part, "trials", COUNT, 0), Trials, "return core.trials.Trials(...)")
    if trials.count != COUNT:
        checks.refuse(where, "must draw as many trials as asked for", f"{trials.count} for {COUNT}", "return count")
    for member, values in (("inputs", trials.inputs), ("outputs", trials.targets)):
        said, found = getattr(task, member), values.shape[2]
        if said != found:
            rule = f"must have {said} {member[:-1]} channels, as {_name(task)}.{member} says"
            checks.refuse(where, rule, found, f"change the trials or {member}")
    if not math.isclose(trials.dt, task.dt, rel_tol=1e-6):
        rule = f"must have the step of {task.dt:g} s, as {_name(task)}.dt says"
        checks.refuse(where, rule, f"{trials.dt:g} s", "change the trials or dt")
    return trials


def _scores(task: Task, trials: Trials) -> None:
    where = f"{_name(task)}.score"
    # A score is a judgement of any output: of a network that is silent, too.
    found = _called(task, "score", np.zeros(trials.targets.shape), trials)
    score = checks.instance(where, found, Score, "return core.task.Score(correct), one value for each trial")
    correct = checks.plain_array(f"{where}(...).correct", score.correct)
    if correct.shape != (trials.count,):
        rule = f"must have shape ({trials.count},), one value for each trial"
        checks.refuse(f"{where}(...).correct", rule, correct.shape, "average over steps and outputs")
    if (correct < 0).any() or (correct > 1).any():
        rule = "must be from 0 (wrong) to 1 (right), NaN where that is undefined"
        checks.refuse(f"{where}(...).correct", rule, correct, "give an error as Score(correct, error)")
    if isinstance(score.error, bool) or not isinstance(score.error, int | float | np.integer | np.floating):
        kind = f"a {type(score.error).__name__}"
        checks.refuse(f"{where}(...).error", "must be a number", kind, "leave it out where none is defined")


def _called(task: Task, method: str, *arguments: Any) -> Any:
    """Call a method that takes these arguments; what fails inside it is the user's own error and shown as it is."""
    function = getattr(task, method)
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as problem:
        takes = {"trials": "(count, seed)", "part": "(name)", "score": "(outputs, trials)", "describe": "()"}[method]
        checks.refuse(f"{_name(task)}.{method}", f"must take {takes}", problem, "change its parameters")
    return cast(Any, function(*arguments))
