"""Experiment: the one file where the five stages meet; each is imported inside the function that needs it."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biornn import __version__, store
from biornn.config import Recipe
from biornn.core import places
from biornn.core.checks import count, member, refuse
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import Task
from biornn.core.trials import Trials

if TYPE_CHECKING:
    from biornn.bridge import Fit, Kim, Population, ShortestStep
    from biornn.compare import Report
    from biornn.core.recording import Recording

Mapper = Callable[[RateNetwork, Trials], "tuple[SpikingNetwork, Fit]"]

CALIBRATION_TRIALS = 32
JUDGED_TRIALS = 128
"""Trials that the duration of a step is judged on."""
VOLTAGE_TRACES = 3
DEMO = Recipe(task="go-nogo", training={"units": 200, "activation": "sigmoid", "seed": 0})


@dataclass(frozen=True, eq=False)
class Comparison:
    """A converted network, the expected fit and the measured comparison."""

    network: SpikingNetwork
    fit: "Fit"
    report: "Report"


def train(recipe: Recipe, progress: bool = True) -> RateNetwork:
    """Train the network of a recipe; the task's description is kept with it.

    Raises
    ------
    InputError
        Unknown or implausible settings of the task or the training.
    """
    from biornn import rate, tasks

    for name in recipe.training:
        member("rate.train setting", name, (field.name for field in fields(rate.Training)))
    if "task" in recipe.settings:
        refuse("setting 'task'", "must not rename the task", recipe.settings["task"], "name the task itself instead")
    task = tasks.make(recipe.task, **recipe.settings)
    return rate.train(task, about={"task": tasks.describe(task)}, progress=progress, **recipe.training)


def task_of(network: RateNetwork, name: str = "", settings: Mapping[str, Any] | None = None) -> Task:
    """Return the task a network is compared on: the one it was trained on unless another is named.

    Raises
    ------
    InputError
        No name for a network that does not know its task, or a task whose data were in memory.
    """
    from biornn import tasks

    known = dict(network.about.get("task", {}))
    if settings and "task" in settings:
        refuse("setting 'task'", "must not rename the task", settings["task"], "use --task NAME")
    if name and (name != known.get("task") or settings):
        return tasks.make(name, **(settings or {}))
    if not known:
        refuse("task", "must be named for a network that does not know its own", "nothing", "add --task NAME")
    return tasks.make(**{**known, **(settings or {})})


def compare(
    network: RateNetwork,
    task: Task,
    mapper: Mapper,
    *,
    name: str = "",
    trials: int = 64,
    seed: int = 0,
    repeats: int = 1,
    jobs: int | None = None,
    calibration_trials: int = CALIBRATION_TRIALS,
    progress: bool = True,
) -> Comparison:
    """Map a rate network, simulate it on fresh trials, and compare.

    Calibration trials come from the task's training part under a seed of their own, the compared ones from its test
    part, so that nothing is scored on what it was fitted to.

    Parameters
    ----------
    mapper : callable
        A mapping such as `biornn.bridge.Population`.
    name : str
        What to call the network in the report.
    trials, seed : int
        Number of compared trials, and what decides them, the initial voltages and the noise of the null.
    repeats : int
        Spiking runs of every trial under different seeds; at least 8 split the error into bias and noise.
    jobs : int, optional
        Trials simulated at once; all cores by default.
    calibration_trials : int
        Trials that the mapping is fitted to.
    progress : bool
        Whether to show progress bars.

    Returns
    -------
    Comparison
    """
    from biornn import compare, rate, spiking

    count("trials", trials, 1, 1_000_000)
    count("repeats", repeats, 1, 10_000)
    count("calibration_trials", calibration_trials, 1, 1_000_000)
    if jobs is not None:
        count("jobs", jobs, 1, 1024)
    calibration = task.part("train").trials(calibration_trials, derived_seed(seed, "calibration"))
    fresh = task.part("test").trials(trials, derived_seed(seed, "comparison"))
    start = time.perf_counter()
    mapped, fit = mapper(network, calibration)
    about = {**mapped.about, "network": name, "seconds_map": time.perf_counter() - start}
    mapped = replace(mapped, about=about)
    runs = [
        spiking.run(
            mapped,
            fresh,
            seed=derived_seed(seed, "spiking", repeat),
            spikes="none" if repeat else "all",
            voltages=() if repeat else _shown_neurons(mapped, fit),
            jobs=jobs,
            progress=progress,
        )
        for repeat in range(repeats)
    ]
    report = compare.compare(rate.run(network, fresh), runs, task.part("test"), fresh, seed=seed)
    return Comparison(mapped, fit, report)


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
    """
    from biornn import bridge

    make = bridge.Population.irregular if irregular else bridge.Population
    return make(**options, refit=_simulator(jobs, progress) if refit else None)


def shortest_step(
    network: RateNetwork,
    task: Task,
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

    count("shortest_step: trials", trials, 1, 1_000_000)
    return bridge.shortest_step(
        bridge.Population() if mapping is None else mapping,
        network,
        task.part("train").trials(CALIBRATION_TRIALS, derived_seed(seed, "calibration")),
        task.part("validation").trials(trials, derived_seed(seed, "comparison", 1)),
        simulate=_simulator(jobs, progress),
        score=task.score,
        **limits,
    )


def kim(task: Task, scorer: str = "published", jobs: int | None = None, progress: bool = True, **options: Any) -> "Kim":
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

    if member("scorer", scorer, ("published", "strict")) == "strict":
        return bridge.OneToOne.kim(_simulator(jobs, progress), task.score, **options)
    member("published scorer: task", task.name, tasks.PUBLISHED)
    return bridge.OneToOne.kim(_simulator(jobs, progress), partial(tasks.published_score, task), **options)


def _simulator(jobs: int | None, progress: bool) -> "Callable[[SpikingNetwork, Trials, int], Recording]":
    """Return how a mapping simulates its calibration trials: under a seed of their own, without keeping spikes."""
    from biornn import spiking

    def simulate(network: SpikingNetwork, trials: Trials, seed: int) -> "Recording":
        own = derived_seed(seed, "calibration")
        return spiking.run(network, trials, seed=own, spikes="none", jobs=jobs, progress=progress)

    return simulate


def derived_seed(seed: int, stage: str, index: int = 0) -> int:
    """Return the seed of one stage of an experiment; stages and indices never share one."""
    return int(generator(seed, stage, index).integers(2**62))


def _shown_neurons(network: SpikingNetwork, fit: "Fit") -> list[int]:
    """Return one neuron of each of the units whose activity varies most: their voltages are worth a look."""
    bank = network.bank(network.observe)
    neurons = bank.neurons_per_unit
    units = sorted(fit.spread[: bank.units].argsort()[::-1][:VOLTAGE_TRACES].tolist())
    return [unit * neurons + neurons // 4 for unit in units]


def figures(report: "Report", task: Task, path: Path) -> list[Path]:
    """Draw a comparison into `path`, and for a series its forecast into ``<name>-forecast`` beside it.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    InputError
        A path that cannot be written or has an unknown ending.
    """
    from biornn import plots, tasks

    written = [plots.save(plots.comparison(report), path)]
    if isinstance(task, tasks.Forecast):
        picture = plots.forecast(report, task.persistence(report.evidence.trials), *task.axis(report.evidence.trials))
        written.append(plots.save(picture, path.with_stem(f"{path.stem}-forecast")))
    return written


def demo_network(progress: bool = True) -> tuple[RateNetwork, bool]:
    """Return the trained network of the demo, and whether it was kept from an earlier run."""
    depends = json.dumps([__version__, DEMO.task, dict(DEMO.training)])
    path = places.cache() / "demo" / f"{hashlib.sha256(depends.encode()).hexdigest()[:16]}.safetensors"
    if path.is_file():
        return store.load(path), True
    network = train(DEMO, progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    store.save(network, path)
    return network, False
