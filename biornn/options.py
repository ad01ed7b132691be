"""Options of the command line that stand for objects: settings, recipes, networks, mappings."""

import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biornn.config import Recipe, read_recipe
from biornn.core.checks import InputError, member, number, refuse

if TYPE_CHECKING:
    from biornn.core.rate import RateNetwork
    from biornn.core.task import Task
    from biornn.experiment import Mapper

DEFAULT_NEURONS = 50
SMALLEST_NOISE = 1e-4
"""Membrane noise below this part of the distance from reset to threshold changes no spike, and its curves overflow."""
EXAMPLES = {"--training": "steps=500"}
"""What is written after an option that takes NAME=VALUE; others set a task."""
OF_POPULATIONS = ("neurons", "tuning", "dale", "irregular", "refit")
"""Options that one-to-one mappings do not have."""


def pairs(option: str, items: Sequence[str]) -> dict[str, Any]:
    """Return NAME=VALUE options as a dictionary; values are JSON where they can be, else text.

    Raises
    ------
    InputError
        An item that is not NAME=VALUE, a name given twice, or a value that is null, infinite or NaN.
    """
    result: dict[str, Any] = {}
    for item in items:
        name, equals, text = item.partition("=")
        name = name.strip()
        if not equals or not name or not text.strip():
            refuse(option, "must be NAME=VALUE", repr(item), f"write {option} {EXAMPLES.get(option, 'dt=0.01')}")
        if name in result:
            refuse(f"{option} {name}", "must be given once", f"{result[name]} and {text}", "leave one of them out")
        result[name] = _value(f"{option} {name}", text)
    return result


def _value(where: str, text: str) -> Any:
    def finite(digits: str) -> float:
        if not math.isfinite(float(digits)):
            refuse(where, "must be finite", digits, "give another number")
        return float(digits)

    if text.strip() in ("True", "False"):  # as Python and the messages on such a setting write it
        return text.strip() == "True"
    try:
        value = json.loads(text, parse_constant=finite, parse_float=finite)
    except (json.JSONDecodeError, RecursionError):
        if text.strip().lower().lstrip("+-") in ("nan", "inf"):
            refuse(where, "must be finite", text, "give another number")
        return text
    except InputError:
        raise
    except ValueError:  # more digits than Python reads
        refuse(where, "must be a number of fewer digits", text, "give another number")
    if value is None:
        refuse(where, "must be a value", text, "leave it out for its default")
    return value


def recipe_of(
    file: Path | None,
    task: str,
    *,
    given: Mapping[str, str],
    fields: Mapping[str, Any],
    setting: Sequence[str],
    training: Sequence[str],
) -> Recipe:
    """Return what to train: the recipe of a file, or a task with the options that were given.

    Parameters
    ----------
    file : Path, optional
        The recipe.
    task : str
        Name of the task.
    given : dict
        From `given_options`.
    fields : dict
        Fields of `biornn.rate.Training` that have an option of their own.
    setting, training : list of str
        Further ones as NAME=VALUE.

    Raises
    ------
    InputError
        A recipe beside options that it would override, a field given twice, or neither a recipe nor a task.
    """
    if file is not None:
        for name in ("task", "units", "activation", "seed", "dale", "setting", "training"):
            if name in given:
                advice = "leave it out, or write it into a copy of the recipe"
                refuse(given[name], "must be left out with --recipe, which says all of the training", "both", advice)
        return read_recipe(file)
    if not task:
        refuse("TASK", "must be named", "nothing", "see 'biornn tasks', or give --recipe FILE")
    others = pairs("--training", training)
    for name in others:
        if name in fields:
            refuse(f"--training {name}", f"must be left out with {given[name]}", others[name], "leave one of them out")
    return Recipe(task, pairs("--setting", setting), {**fields, **others})


def network_file(name: str) -> Path:
    """Return the file of a network given by path or name.

    Raises
    ------
    InputError
        No such network; the name of a task is told apart.
    """
    from biornn import store, tasks

    if name in tasks.TASKS and not Path(name).exists() and name not in store.available():
        trained = [known for known in store.available() if known.startswith(name)]
        advice = f"choose {' or '.join(trained)}, or " if trained else ""
        advice += f"train one: biornn train {name} --out {name}.safetensors"
        refuse("network", "must be a file or the name of a known network", f"{name!r}, which is a task", advice)
    return store.find(name)


def process_of(join: str, process: str) -> tuple[str | None, int | None, int | None]:
    """Return what `biornn.rate.join` is to be told by ``--join HOST:PORT --process I/N`` or ``--join auto``.

    Raises
    ------
    InputError
        One option without the other, or a process that is not I/N.
    """
    if join == "auto" and not process:
        return None, None, None
    parts = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", process)
    if not (join and parts):
        advice = "write --join localhost:4321 --process 0/2, or --join auto alone"
        refuse("--process", "must be I/N beside --join HOST:PORT", repr(process), advice)
    return join, int(parts[2]), int(parts[1])


def mapper_of(
    mapping: str,
    task: "Task",
    shape: Mapping[str, Any],
    *,
    given: Mapping[str, str],
    noise: float | None,
    jobs: int | None,
) -> "Mapper":
    """Return the mapping that options ask for.

    Parameters
    ----------
    mapping : {"population", "one-to-one", "one-to-one-kim"}
    task : Task
        Whose published scorer decides the grid search of the published map.
    shape : dict
        Arguments of `biornn.experiment.population`, which one-to-one maps do not have.
    given : dict
        From `given_options`.
    noise : float, optional
        SD of membrane noise as a part of the distance from reset to threshold.
    jobs : int, optional
        Trials simulated at once in calibration.

    Raises
    ------
    InputError
        An unknown mapping, an option that it does not have, or two options that set the noise.
    """
    from biornn import bridge, experiment

    member("--mapping", mapping, ("population", "one-to-one", "one-to-one-kim"))
    options: dict[str, Any] = {}
    if noise is not None:
        if shape["irregular"]:
            refuse("--noise", "must be left out with --irregular, which sets the noise", noise, "leave one of them out")
        hint = "0.1 is a tenth of the distance from reset to threshold"
        part = number("--noise", noise, 0, 5, hint)
        if 0 < part < SMALLEST_NOISE:
            refuse("--noise", f"must be 0 or at least {SMALLEST_NOISE:g}", noise, hint)
        neuron = bridge.Population().neuron
        options["noise"] = part * (neuron.v_threshold - neuron.v_reset).item()
    if mapping == "population":
        return experiment.population(jobs, progress=sys.stderr.isatty(), **shape, **options)
    for name in OF_POPULATIONS:
        if name in given and not (name == "neurons" and shape["neurons_per_unit"] == 1):
            rule = f"must be left out with --mapping {mapping}: every unit is one neuron"
            refuse(given[name], rule, "both", "leave it out")
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
        hint = "give seconds, or 'shortest'"
        try:
            duration = float(step)
        except ValueError:
            refuse("--step", "must be a number", step, hint)
        return replace(mapper, step_duration=number("--step", duration, 1e-3, 10, hint))
    found = experiment.shortest_step(network, task, mapper, seed=seed, jobs=jobs, progress=sys.stderr.isatty())
    show(f"{found}\n")
    return replace(mapper, step_duration=found.duration)
