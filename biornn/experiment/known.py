"""The task of a network: what its file says of it, which is not to be trusted, or what the caller names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biornn.core import checks
from biornn.core.checks import refuse
from biornn.core.rate import RateNetwork
from biornn.core.task import Task, checked_task

NAME_IT = "add --task NAME, or in Python pass the task itself"


def task_of(network: RateNetwork, name: str = "", settings: Mapping[str, Any] | None = None) -> Task:
    """Return the task a network is compared on: the one it was trained on unless another is named.

    Parameters
    ----------
    network : RateNetwork
        Its ``about["task"]`` is the description of a task, see `biornn.tasks.describe`.
    name : str
        Another task; its settings are its defaults but for `settings`.
    settings : dict, optional
        Settings of the task.

    Raises
    ------
    InputError
        No name for a network that does not know its task, a description that is none, a task whose data or class
        existed in memory only, or a file that is gone.
    """
    from biornn import tasks

    checks.instance("network", network, RateNetwork, "load one: biornn.store.load(path)")
    checks.instance("name", name, str, "give the name of a task")
    changes = checked_settings("settings", {} if settings is None else settings)
    if "task" in changes:
        refuse("setting 'task'", "must not rename the task", changes["task"], "use --task NAME")
    known = network.about.get("task")
    if name and (changes or not isinstance(known, Mapping) or name != known.get("task")):
        return tasks.make(name, **changes)
    return tasks.make(**_described(known, changes))


def the_task(value: Any) -> Task:
    """Return a task that is given as itself or by its name."""
    from biornn import tasks

    return tasks.make(value) if isinstance(value, str) else checked_task("task", value)


def checked_settings(where: str, value: Any) -> dict[str, Any]:
    """Return settings by name, or refuse what is no dictionary with names."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        refuse(where, "must be a dictionary of settings by name", value, "write {'dt': 0.005}")
    return dict(value)


def _described(value: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a task that comes from a file, with changes, if it is one that can be made."""
    if value is None:
        refuse("task", "must be named for a network that does not know its own", "nothing", NAME_IT)
    where = "about['task'] of the network"
    if not isinstance(value, Mapping) or not isinstance(value.get("task"), str):
        refuse(where, "must be a description such as {'task': 'go-nogo'}", value, NAME_IT)
    if "in_memory" in value:
        rule = "must be made of settings or a file to be used again: its data or its class existed in memory only"
        advice = "use Python: experiment.compare(store.load(FILE), task, bridge.Population()) with the task itself"
        refuse(f"task {value['task']}", rule, value["in_memory"], advice)
    settings = {**checked_settings(where, value), **changes}
    path = settings.get("path", "")
    if path != "" and not (isinstance(path, str) and Path(path).is_file()):
        advice = "put the file there, or give another by --setting path=FILE"
        refuse(f"{where}: path", "must be a file of data", path, advice)
    return settings
