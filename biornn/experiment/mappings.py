"""Mappings that simulate: what they are calibrated and judged with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

from biornn.core import checks
from biornn.core.checks import count, member
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.experiment.known import the_task
from biornn.experiment.streams import derived_seed

if TYPE_CHECKING:
    from biornn.bridge import Kim, Population, ShortestStep
    from biornn.core.recording import Recording

CALIBRATION_TRIALS = 32
JUDGED_TRIALS = 128
"""Trials that the duration of a step is judged on."""


def population(
    jobs: int | None = None, *, progress: bool = True, irregular: bool = False, refit: bool = False, **options: Any
) -> "Population":
    """Return the population mapping; `refit` has it calibrated by simulation (`jobs`, `progress`: as in `compare`).

    Parameters
    ----------
    irregular : bool
        Whether to start from `bridge.Population.irregular`.
    refit : bool
        Whether weights are corrected in closed loop, see `bridge.Population`.
    **options
        As in `bridge.Population`.

    Raises
    ------
    InputError
        An unknown or refused option.
    """
    from biornn import bridge

    checks.flag("irregular", irregular)
    checks.flag("refit", refit)
    _check_run(jobs, progress)
    _check_names("bridge.Population option", options, (item.name for item in fields(bridge.Population)))
    make = bridge.Population.irregular if irregular else bridge.Population
    return make(**options, refit=_simulator(jobs, progress) if refit else None)


def shortest_step(
    network: RateNetwork,
    task: Task | str,
    mapping: "Population | None" = None,
    *,
    trials: int = JUDGED_TRIALS,
    seed: int = 0,
    jobs: int | None = None,
    progress: bool = True,
    **limits: Any,
) -> "ShortestStep":
    """Return the shortest time for which the steps of a discrete network can be held and still be followed.

    Populations are calibrated on the task's training part and judged on its validation part; `compare` scores on its
    test part, so nothing is scored on what it was chosen by.

    Parameters
    ----------
    network : RateNetwork
        A discrete one, such as `biornn.interop.from_keras` returns.
    mapping : bridge.Population, optional
        Its `step_duration` is what is looked for; populations of 50 neurons by default.
    trials, seed : int
        Number of judged trials, and what decides them.
    jobs, progress
        As in `compare`.
    **limits
        ``durations``, ``loss`` and ``state_nrmse`` of `biornn.bridge.shortest_step`.

    Raises
    ------
    InputError
        A network in continuous time, no trials, implausible limits, or no duration that keeps them.
    """
    from biornn import bridge

    checks.instance("shortest_step: network", network, RateNetwork, "read one: biornn.interop.from_keras(layer, ...)")
    task = the_task(task)
    chosen = bridge.Population() if mapping is None else mapping
    checks.instance("shortest_step: mapping", chosen, bridge.Population, "make one: bridge.Population()")
    count("shortest_step: trials", trials, 1, 1_000_000)
    seed = checks.seed("seed", seed)
    _check_run(jobs, progress)
    _check_names("shortest_step option", limits, ("durations", "loss", "state_nrmse"))
    return bridge.shortest_step(
        chosen,
        network,
        task.part("train").trials(CALIBRATION_TRIALS, derived_seed(seed, "calibration")),
        task.part("validation").trials(trials, derived_seed(seed, "comparison", 1)),
        simulate=_simulator(jobs, progress),
        score=task.score,
        progress=progress,
        **limits,
    )


def kim(
    task: Task | str, scorer: str = "published", jobs: int | None = None, progress: bool = True, **options: Any
) -> "Kim":
    """Return the published one-to-one mapping, its grid searched by the task's published or strict scorer.

    Parameters
    ----------
    task : Task
        Whose scorer judges the grid.
    scorer : {"published", "strict"}
    jobs, progress
        As in `compare`.
    **options
        As in `bridge.Kim`.

    Raises
    ------
    InputError
        An unknown scorer, or the published one for a task that the paper does not have.
    """
    from biornn import bridge, tasks

    task = the_task(task)
    _check_run(jobs, progress)
    _check_names("bridge.Kim option", options, (item.name for item in fields(bridge.Kim)))
    if member("scorer", scorer, ("published", "strict")) == "strict":
        return bridge.OneToOne.kim(_simulator(jobs, progress), task.score, **options)
    member("published scorer: task", task.name, tasks.PUBLISHED)
    return bridge.OneToOne.kim(_simulator(jobs, progress), partial(tasks.published_score, task), **options)


def _check_run(jobs: Any, progress: Any) -> None:
    if jobs is not None:
        count("jobs", jobs, 1, 1024)
    checks.flag("progress", progress)


def _check_names(where: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    names = tuple(known)
    for name in given:
        member(where, name, names)


def _simulator(jobs: int | None, progress: bool) -> "Callable[[SpikingNetwork, Trials, int], Recording]":
    """Return how a mapping simulates its calibration trials: under a seed of their own, without keeping spikes."""
    from biornn import spiking

    def simulate(network: SpikingNetwork, trials: Trials, seed: int) -> "Recording":
        own = derived_seed(seed, "calibration")
        return spiking.run(network, trials, seed=own, spikes="none", jobs=jobs, progress=progress)

    return simulate
