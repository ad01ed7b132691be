"""One comparison: a network is mapped, simulated on fresh trials and compared; trials are never used twice."""

import inspect
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biornn.core import checks, show
from biornn.core.checks import count, refuse
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.experiment.known import the_task
from biornn.experiment.mappings import CALIBRATION_TRIALS
from biornn.experiment.streams import derived_seed

if TYPE_CHECKING:
    from biornn.bridge import Fit
    from biornn.compare import Report

Mapper = Callable[[RateNetwork, Trials], "tuple[SpikingNetwork, Fit]"]
VOLTAGE_TRACES = 3


@dataclass(frozen=True, eq=False)
class Comparison(show.Shown):
    """A converted network, the expected fit and the measured comparison."""

    network: SpikingNetwork
    fit: "Fit"
    report: "Report"

    def _face(self) -> show.Face:
        rows = tuple((name, repr(getattr(self, name))) for name in ("network", "fit", "report"))
        calls = ("print(comparison.report)", "comparison.report.plot()")
        return show.Face(f"Comparison: {self.report.verdict}", rows, calls)


def compare(
    network: RateNetwork,
    task: Task | str,
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
    network : RateNetwork
    task : Task or str
        A task, or the name of one with its default settings.
    mapper : callable
        A mapping such as ``biornn.bridge.Population()``: called with the network and calibration trials, it returns a
        spiking network and its fit.
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

    Raises
    ------
    InputError
        An argument of another kind or size, trials that do not fit into memory or to the network.
    """
    from biornn import compare, rate, spiking

    checks.instance("network", network, RateNetwork, "load one: biornn.store.load(path)")
    task = the_task(task)
    checks.instance("name", name, str, "give a text")
    _check_mapper(mapper)
    _check_sizes(trials, repeats, calibration_trials, jobs)
    checks.flag("progress", progress)
    seed = checks.seed("seed", seed)
    calibration = task.part("train").trials(calibration_trials, derived_seed(seed, "calibration"))
    _check_memory(network, calibration, trials)
    fresh = task.part("test").trials(trials, derived_seed(seed, "comparison"))
    mapped, fit = _mapped(mapper, network, calibration, name, progress)
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
    report = compare.compare(rate.run(network, fresh), runs, task.part("test"), fresh, seed=seed, progress=progress)
    return Comparison(mapped, fit, report)


def _check_mapper(value: Any) -> None:
    advice = "make one: bridge.Population()"
    if isinstance(value, type):
        refuse("mapper", "must be a mapping", f"the class {value.__name__}", f"make one: bridge.{value.__name__}()")
    if not callable(value):
        refuse("mapper", "must be a mapping", value, advice)
    try:
        inspect.signature(value).bind("network", "trials")
    except (TypeError, ValueError) as problem:
        refuse("mapper", "must take a rate network and trials", problem, advice)


def _check_sizes(trials: Any, repeats: Any, calibration_trials: Any, jobs: Any) -> None:
    count("trials", trials, 1, 1_000_000)
    count("repeats", repeats, 1, 10_000)
    count("calibration_trials", calibration_trials, 1, 1_000_000)
    if jobs is not None:
        count("jobs", jobs, 1, 1024)


def _check_memory(network: RateNetwork, calibration: Trials, trials: int) -> None:
    """Refuse more trials than memory holds, before they are drawn; `spiking.run` judges what it needs itself."""
    from biornn.core.memory import available, readable
    from biornn.spiking import memory

    steps, channels = calibration.inputs.shape[1], network.inputs + 2 * network.outputs
    # Inputs, targets and mask; states and rates of two recordings, each with outputs.
    need = 8.0 * trials * steps * (channels + 2 * (2 * network.units + network.outputs))
    free = available()
    if need > memory.SPARE * free:
        rule = f"must fit into the {readable(free)} of memory that are available"
        refuse("trials", rule, f"{trials} trials, which need {readable(need)}", "compare fewer trials")


def _mapped(
    mapper: Mapper, network: RateNetwork, calibration: Trials, name: str, progress: bool
) -> "tuple[SpikingNetwork, Fit]":
    """Return the mapped network, which knows what it was mapped from and how long that took, and its fit."""
    from biornn import bridge

    start = time.perf_counter()
    # A mapping of a user takes two arguments and shows no bar.
    if isinstance(mapper, bridge.Population | bridge.OneToOne | bridge.Kim):
        result = mapper(network, calibration, progress=progress)
    else:
        result = mapper(network, calibration)
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], SpikingNetwork)):
        refuse("mapper", "must return a SpikingNetwork and its fit", result, "see biornn.bridge.Population")
    mapped, fit = result
    about = {**mapped.about, "network": name, "seconds_map": time.perf_counter() - start}
    return replace(mapped, about=about), fit


def _shown_neurons(network: SpikingNetwork, fit: "Fit") -> list[int]:
    """Return one neuron of each of the units whose activity varies most: their voltages are worth a look."""
    bank = network.bank(network.observe)
    neurons = bank.neurons_per_unit
    units = sorted(fit.spread[: bank.units].argsort()[::-1][:VOLTAGE_TRACES].tolist())
    return [unit * neurons + neurons // 4 for unit in units]


def figures(report: "Report", task: Task | str, path: str | os.PathLike[str]) -> list[Path]:
    """Draw a comparison into `path`, and for a series its forecast into ``<name>-forecast`` beside it.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    InputError
        No report, no task, or a path that cannot be written or has an unknown ending.
    """
    from biornn import compare, plots, tasks

    checks.instance("report", report, compare.Report, "take that of experiment.compare(...) or compare.compare(...)")
    task = the_task(task)
    if not isinstance(path, str | os.PathLike):
        refuse("path", "must be the path of a figure", path, "give a file name such as comparison.png")
    file = Path(path)
    written = {file: plots.comparison(report)}
    if isinstance(task, tasks.Forecast):
        written[file.with_stem(f"{file.stem}-forecast")] = plots.forecast(report)
    return [plots.save(figure, place) for place, figure in written.items()]
