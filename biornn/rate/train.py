"""Train a rate network on a task."""

import time
import warnings
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

from biornn import __version__
from biornn.core import checks
from biornn.core.cells import CELLS
from biornn.core.rate import RateNetwork
from biornn.core.task import Task
from biornn.rate.settings import Training

if TYPE_CHECKING:
    from biornn.rate.fit import Fitted


class TrainableTask(Task, Protocol):
    """A task that says which trials are for training and which for validation."""

    def part(self, name: str) -> Task:
        """Return the task that draws from the part ``"train"``, ``"validation"`` or ``"test"`` of the data."""
        ...


def train(
    task: TrainableTask, *, about: Mapping[str, Any] | None = None, progress: bool = True, **settings: Any
) -> RateNetwork:
    """Train a rate network on fresh trials of a task until it passes a strict validation.

    Back-propagation through the cell's map with Adam, training noise in every step. Every ``validate_every`` steps the
    network is run in numpy, with that noise, on validation trials and judged by the task's own scorer. Training stops
    when the goal is reached; if it never is, the best validated network is returned with a warning.

    Parameters
    ----------
    task : Task
        With ``part("train")`` and ``part("validation")``.
    about : dict, optional
        JSON values to be kept with the network, such as a description of the task.
    progress : bool
        Whether to show a progress bar.
    **settings
        The fields of `Training`: ``units=200, activation="sigmoid", dale=True, seed=0``.

    Returns
    -------
    RateNetwork
        Its `about` holds ``settings``, ``versions``, the ``loss`` of every step, ``validation`` as pairs of step and
        accuracy (or error of a forecast), ``steps``, ``seconds`` and ``goal_reached``.

    Raises
    ------
    InputError
        An unknown or refused setting, a step above the smallest time constant, or a loss that is not finite.

    Warns
    -----
    UserWarning
        The goal was not reached in the given steps.

    Examples
    --------
    >>> from biornn import rate, tasks
    >>> network = rate.train(tasks.GoNoGo(), units=200, activation="sigmoid", dale=True)  # doctest: +SKIP
    """
    chosen = checked(task, settings)
    from biornn.rate.fit import fit

    start = time.perf_counter()
    found = fit(task, task.part("train"), task.part("validation"), chosen, progress)
    return remembered(found, task, chosen, about or {}, time.perf_counter() - start)


def checked(task: Task, settings: Mapping[str, Any]) -> Training:
    """Return the settings of a training on a task.

    Raises
    ------
    InputError
        An unknown or refused setting, or a step above the smallest time constant.
    """
    known = [item.name for item in fields(Training)]
    for name in settings:
        checks.member("rate.train setting", name, known)
    if CELLS.get(str(settings.get("cell")), CELLS["leaky"]).discrete:
        settings = {"tau": task.dt, **settings}
    chosen = Training(**settings)
    fastest = chosen.tau_range[0].min()
    if task.dt > fastest * (1 + 1e-9):
        rule = f"must not be below the task's step of {task.dt:g} s"
        checks.refuse("Training.tau", rule, f"{fastest:g} s", "use slower units or a task of finer steps")
    return chosen


def remembered(found: "Fitted", task: Task, chosen: Training, about: Mapping[str, Any], seconds: float) -> RateNetwork:
    """Return the network with its history; warn where the goal was not reached."""
    if not found.reached:
        text = f"rate.train: goal not reached in {chosen.steps} steps (best validation {found.value:.4g}); train longer"
        warnings.warn(text, stacklevel=3)
    history = {
        "settings": chosen.as_json(),
        "seed": int(chosen.seed),
        "loss": found.losses,
        "validation": found.validation,
        "steps": len(found.losses),
        "goal_reached": found.reached,
        "seconds": seconds,
        "versions": {"biornn": __version__} | {name: version(name) for name in ("jax", "optax", "numpy")},
    }
    return replace(found.network, about={"task": {"name": task.name}, **about, **history})
