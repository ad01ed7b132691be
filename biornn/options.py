"""Options of the command line that stand for objects: settings given as NAME=VALUE, and mappings."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from biornn.core.checks import member, number, refuse

if TYPE_CHECKING:
    from biornn.core.rate import RateNetwork
    from biornn.core.task import Task
    from biornn.experiment import Mapper

DEFAULT_NEURONS = 50


def pairs(option: str, items: list[str]) -> dict[str, Any]:
    """Return NAME=VALUE options as a dictionary; values are JSON where they can be, else text."""
    result: dict[str, Any] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            refuse(option, "must be NAME=VALUE", repr(item), f"write {option} window=80")
        try:
            result[name.strip()] = json.loads(value)
        except json.JSONDecodeError:
            result[name.strip()] = value
    return result


def process_of(join: str, process: str) -> tuple[str | None, int | None, int | None]:
    """Return what `biornn.rate.join` is to be told by ``--join HOST:PORT --process I/N`` or ``--join auto``.

    Raises
    ------
    InputError
        One option without the other, or a process that is not I/N.
    """
    if join == "auto" and not process:
        return None, None, None
    index, slash, count = process.partition("/")
    if not (join and slash and index.isdigit() and count.isdigit()):
        advice = "write --join localhost:4321 --process 0/2, or --join auto alone"
        refuse("--process", "must be I/N beside --join HOST:PORT", repr(process), advice)
    return join, int(count), int(index)


def mapper_of(
    mapping: str, task: "Task", shape: Mapping[str, Any], *, noise: float | None, jobs: int | None
) -> "Mapper":
    """Return the mapping that options ask for.

    Parameters
    ----------
    mapping : {"population", "one-to-one", "one-to-one-kim"}
    task : Task
        Whose published scorer decides the grid search of the published map.
    shape : dict
        Arguments of `biornn.experiment.population`, which one-to-one maps do not have.
    noise : float, optional
        SD of membrane noise as a share of the distance from reset to threshold.
    jobs : int, optional
        Trials simulated at once in calibration.

    Raises
    ------
    InputError
        An unknown mapping, or an option that it does not have.
    """
    from biornn import bridge, experiment

    member("--mapping", mapping, ("population", "one-to-one", "one-to-one-kim"))
    options: dict[str, Any] = {}
    if noise is not None:
        neuron = bridge.Population().neuron
        share = number("--noise", noise, 0, 5, "0.1 is a tenth of the distance from reset to threshold")
        options["noise"] = share * (neuron.v_threshold - neuron.v_reset).item()
    if mapping == "population":
        return experiment.population(jobs, progress=sys.stderr.isatty(), **shape, **options)
    _refuse_population_options(mapping, shape)
    if mapping == "one-to-one":
        return bridge.OneToOne(**options)
    return experiment.kim(task, jobs=jobs, progress=sys.stderr.isatty(), **options)


def held_for(
    step: str,
    mapper: "Mapper",
    network: "RateNetwork",
    task: "Task",
    *,
    seed: int,
    jobs: int | None,
    show: Callable[[str], None],
) -> "Mapper":
    """Return the mapping with steps of a discrete network held for as long as ``--step`` asks for.

    Parameters
    ----------
    step : str
        A time in s, or "shortest" to look for it; empty for the mapping's own.
    seed : int
        Decides the trials that the shortest is judged on.
    show : callable
        Gets what was measured on the way to the shortest.

    Raises
    ------
    InputError
        A mapping or a network without such steps, something that is no time, no duration that is reliable.
    """
    from biornn import bridge, experiment

    if not step:
        return mapper
    if not isinstance(mapper, bridge.Population) or not network.discrete:
        rule = "must be left out but for a discrete network mapped onto populations"
        refuse("--step", rule, step, "leave it out")
    if step != "shortest":
        return replace(mapper, step_duration=number("--step", step, 1e-3, 10, "give seconds, or 'shortest'"))
    found = experiment.shortest_step(network, task, mapper, seed=seed, jobs=jobs, progress=sys.stderr.isatty())
    show(f"{found}\n")
    return replace(mapper, step_duration=found.duration)


def _refuse_population_options(mapping: str, given: Mapping[str, Any]) -> None:
    """Refuse options of populations for a mapping that has none; one neuron a unit may be said."""
    left_out = {
        "neurons_per_unit": (1, DEFAULT_NEURONS),
        "tuning": ("rising",),
        "dale": (False,),
        "irregular": (False,),
        "refit": (False,),
    }
    for name, value in given.items():
        if value not in left_out[name]:
            option = "--neurons" if name == "neurons_per_unit" else f"--{name}"
            refuse(
                option, f"must be left out with --mapping {mapping}: every unit is one neuron", value, "leave it out"
            )
