"""Train a rate network on a task."""

import time
import warnings
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from biornn import __version__
from biornn.core import checks
from biornn.core.cells import CELLS
from biornn.core.probe import known_task
from biornn.core.rate import RateNetwork
from biornn.core.task import Task
from biornn.core.values import json_values
from biornn.rate.interrupt import Deferred
from biornn.rate.need import fits
from biornn.rate.settings import Training

if TYPE_CHECKING:
    from biornn.rate.fit import Fitted


def train(
    task: Task | str, *, about: Mapping[str, Any] | None = None, progress: bool = True, **settings: Any
) -> RateNetwork:
    """Train a rate network on fresh trials of a task until it passes a strict validation.

    Back-propagation through the cell's map with Adam, training noise in every step. Every ``validate_every`` steps the
    network is run in numpy, with that noise, on validation trials and judged by the task's own scorer. Training stops
    when the goal is reached; if it never is, the best validated network is returned with a warning, or the last one
    where no validation is defined. Ctrl-C takes effect after the step that is being computed, a second one at once.

    Parameters
    ----------
    task : Task or str
        Trained on its part ``"train"``, judged on its part ``"validation"``. A name is one of ``tasks.TASKS``.
    about : dict, optional
        JSON values to be kept with the network; ``task`` stands for the task's own description.
    progress : bool
        Whether to show a progress bar.
    **settings
        The fields of `Training`: ``units=200, activation="sigmoid", dale=True, seed=0``.

    Returns
    -------
    RateNetwork
        Its `about` holds ``task`` as ``task.describe()``, ``settings``, ``versions``, the ``loss`` of every step,
        ``validation`` as pairs of step and accuracy (or error of a forecast; None where undefined), ``steps``,
        ``seconds``, ``goal_reached`` (None for a forecast without a goal, or where no validation is defined),
        ``time_step_error`` (the trained map against its own equation, in SDs of the latter) and ``noise_baseline`` (the
        network with against without training noise), both on 4 validation trials and None where undefined.

    Raises
    ------
    InputError
        Another object than a task, a task that contradicts itself, an unknown or refused setting, a step above the
        smallest time constant, a network that does not fit into memory, or a loss that is not finite.

    Warns
    -----
    UserWarning
        The goal was not reached in the given steps; no validation is defined; or the network is so far from its own
        equation, or from itself under noise, that no spiking network will follow it.

    Examples
    --------
    >>> from biornn import rate, tasks
    >>> network = rate.train(tasks.GoNoGo(), units=30, activation="sigmoid", dale=True, steps=100, progress=False)
    >>> network.units, network.cell
    (30, 'leaky')
    """
    given = json_values("rate.train about", {} if about is None else about, finite=True)
    progress = checks.flag("rate.train progress", progress)
    task = known_task("rate.train task", task)
    chosen = checked(task, settings)
    with Deferred() as interrupts:
        from biornn.rate.fit import fit

        start = time.perf_counter()
        found = fit(task, chosen, progress, interrupts.deliver)
        return remembered(found, task, chosen, given, time.perf_counter() - start)


def checked(task: Task, settings: Mapping[str, Any]) -> Training:
    """Return the settings of a training on a task.

    Raises
    ------
    InputError
        An unknown or refused setting, a step above the smallest time constant, or a network that does not fit into
        memory.
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
        advice = f"use slower units, tau=({2 * task.dt:.3g}, {10 * task.dt:.3g}), or a task of finer steps"
        checks.refuse("Training.tau", rule, f"{fastest:g} s", advice)
    fits(task, chosen)
    return chosen


def remembered(found: "Fitted", task: Task, chosen: Training, about: Mapping[str, Any], seconds: float) -> RateNetwork:
    """Return the network with its history; warn where the goal was not reached, or no spiking network will follow."""
    from biornn.rate.twin import outlook, verdict

    seen = outlook(found.network, task, chosen)
    missed = f"goal not reached in {chosen.steps} steps (best validation {found.value:.4g})"
    told = ([missed] if found.reached is False else []) + ([verdict(seen, found.network, chosen)] if seen.poor else [])
    if told:
        warnings.warn(f"rate.train: {'; '.join(told)}{'' if seen.poor else '; train longer'}", stacklevel=3)
    history = {
        "settings": chosen.as_json(),
        "seed": int(chosen.seed),
        "loss": found.losses,
        "validation": found.validation,
        "steps": len(found.losses),
        "goal_reached": found.reached,
        "seconds": seconds,
        "time_step_error": seen.time_step if np.isfinite(seen.time_step) else None,
        "noise_baseline": seen.noise if np.isfinite(seen.noise) else None,
        "versions": {"biornn": __version__} | {name: version(name) for name in ("jax", "optax", "numpy")},
    }
    return replace(found.network, about={"task": task.describe(), **about, **history})
