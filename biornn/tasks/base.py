"""What tasks share: descriptions, streams of randomness, balanced conditions and parts of a data set."""

from copy import copy
from dataclasses import fields
from typing import Any, ClassVar, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks, show
from biornn.core.seeds import generator
from biornn.core.task import CALLS, PARTS, sizes
from biornn.core.trials import Trials

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
T = TypeVar("T")

LARGEST, MOST_TRIALS = 10**9, 10**6
"""Numbers that trials drawn at once may consist of (8 GB), and how many trials there may be."""

SPLIT_STREAM = 2**32 - 1
"""Index of the random stream that splits a data set; no trial has it."""


class Described(show.Settings):
    """A task that can be made again from its settings, and that shows itself: settings, sizes and its first trial."""

    name: ClassVar[str]

    def _face(self: Any) -> show.Face:
        plain, what = show.settings(self), sizes(self)
        return show.Face(f"{plain.line}: {what}", (("task", what), *plain.rows), CALLS)

    def _sketch(self: Any) -> show.Sketch:
        sketch: show.Sketch = self.trials(1, 0)._sketch()
        return sketch

    def describe(self) -> dict[str, Any]:
        """Return the task as JSON values: its name under ``"task"`` and its settings.

        ``tasks.make(**task.describe())`` is an equal task. A class of your own that inherits from this one exists in
        memory only, and its description says so under ``"in_memory"``.
        """
        from biornn.tasks import TASKS

        registered: list[object] = list(TASKS.values())
        if type(self) not in registered:
            return in_memory(self)
        settings = {field.name: getattr(self, field.name) for field in fields(cast(Any, self))}
        return {"task": self.name, **{name: plain(value) for name, value in settings.items()}}


class Generative(Described):
    """A task whose trials are drawn afresh: every part is the task itself, since another seed gives other trials."""

    def part(self, name: str) -> Self:
        """Return the task; `name` is ``"train"``, ``"validation"`` or ``"test"``."""
        checks.member(f"{type(self).__name__}.part", name, PARTS)
        return self


def in_memory(task: Any, **sizes: int) -> dict[str, Any]:
    """Return the description of a task whose data or class exist in memory only: its channels and other sizes."""
    return {"task": task.name, "in_memory": {"inputs": task.inputs, "outputs": task.outputs, **sizes}}


def plain(value: Any) -> Any:
    """Return a setting as a JSON value."""
    return list(value) if isinstance(value, tuple) else value


def step(where: str, dt: object) -> float:
    """Return the time step of a task with brief pulses, 0.1 ms to 25 ms, in s."""
    return checks.seconds(where, dt, 1e-4, 0.025)


def steps(dt: float, *times: float) -> tuple[int, ...]:
    """Return times in s as numbers of steps of `dt`."""
    return tuple(round(time / dt) for time in times)


def streams(count: int, seed: int, numbers: int = 1) -> list[np.random.Generator]:
    """Return one generator per trial, so that the first k of more trials are the same k.

    Parameters
    ----------
    count, seed : int
        As in ``trials``.
    numbers : int
        What a trial takes, steps times channels; more trials than memory is likely to hold are refused.
    """
    most = drawable(numbers)
    wanted = checks.count("trials.count", count, 1, most)
    start = checks.seed("trials.seed", seed)
    return [generator(start, "task", k) for k in range(wanted)]


def drawable(numbers: int) -> int:
    """Return how many trials of so many numbers each may be drawn at once: 8 GB of them, or a million trials."""
    if numbers > LARGEST:
        rule = f"must be of at most {LARGEST} numbers, steps times channels"
        checks.refuse("a trial", rule, numbers, "shorten it or hold symbols for fewer steps")
    return min(MOST_TRIALS, LARGEST // max(numbers, 1))


def balanced(conditions: int, draws: list[np.random.Generator]) -> Indices:
    """Return a condition per trial: every run of `conditions` trials holds each once, in random order.

    The order comes from the first trial of each run, so that fewer trials are a prefix of more.

    Parameters
    ----------
    conditions : int
        Number of conditions C; they are called 0 to C - 1.
    draws : list of Generator
        One per trial, from `streams`.

    Returns
    -------
    (K,) array
    """
    runs = [first.permutation(conditions) for first in draws[::conditions]]
    return np.concatenate(runs)[: len(draws)]


def split(where: str, total: int, validation: float, test: float) -> dict[str, range]:
    """Return the three parts of `total` samples as ranges: train first, then validation, test last.

    Parameters
    ----------
    where : str
        Name of the task for messages.
    total : int
        Number of samples or trials.
    validation, test : float
        Held out: a share below 1, or a whole number. With 0 nothing is held out, and that part is the training part.

    Raises
    ------
    InputError
        A negative or fractional number, a share that comes to nothing, or nothing left to train on.
    """
    sizes = {"validation": validation, "test": test}
    for name, value in sizes.items():
        held = checks.number(f"{where}.{name}", value, 0, total - 1, f"there are {total}, and some must be left")
        if held >= 1 and held != int(held):
            checks.refuse(f"{where}.{name}", "must be a share below 1 or a whole number", value, "round it")
        sizes[name] = round(held * total) if held < 1 else int(held)
        if held > 0 and sizes[name] == 0:
            checks.refuse(f"{where}.{name}", f"must hold out at least one of {total}", value, "use 0 to hold none out")
    trained = total - int(sizes["validation"]) - int(sizes["test"])
    if trained < 1:
        checks.refuse(f"{where}.test", f"must leave some of {total} to train on", test, "hold out less")
    train, last = range(trained), range(total - int(sizes["test"]), total)
    return {"train": train, "validation": range(trained, last.start) or train, "test": last or train}


def windows(where: str, name: str, part: range, *, window: int, warmup: int, horizon: int) -> tuple[range, int]:
    """Return where windows of a series may start, and their length, so that all judged targets lie inside a part.

    Only inputs and warm-up may reach back before the part. Where a part held out is short, so is its only window.

    Parameters
    ----------
    where, name : str
        Name of the task and of the part for messages.
    part : range
        The part's samples, from `split`.
    window, warmup, horizon : int
        Samples of a window, samples at its start that are not judged, and samples from an input to its target.

    Raises
    ------
    InputError
        A part without room for a window.
    """
    earliest = max(0, part.start - warmup - horizon)
    length = min(window, part.stop - horizon - earliest)
    training = part.start == 0
    if length <= warmup or (training and length < window):
        rule = f"must fit the {name} part of {len(part)} samples with a horizon of {horizon}"
        advice = f"take a window of up to {length}, or hold out less"
        if length <= warmup:
            advice = f"hold out less, or take a window of up to {max(length, 2)} and a shorter warm-up"
        checks.refuse(f"{where}.window", rule, window, advice if length > 1 else "hold out less")
    return range(earliest, part.stop - horizon - length + 1), length


def held(symbols: Array, hold_steps: int) -> Array:
    """Return symbols (K, L, C) held for `hold_steps` steps each, (K, L hold_steps, C)."""
    return symbols.repeat(hold_steps, axis=1)


def judged_holds(asked: NDArray[np.bool_], hold_steps: int) -> Array:
    """Return the mask (K, L hold_steps): 1 on the last step of the hold of each symbol that is `asked` (K, L)."""
    mask = np.zeros((*asked.shape, hold_steps))
    mask[:, :, -1] = asked
    return mask.reshape(len(asked), -1)


def shuffled(where: str, total: int, validation: float, test: float, seed: int) -> dict[str, Indices]:
    """Return the indices of each part of a data set that is split at random by `seed`; errors as in `split`."""
    order = generator(seed, "task", SPLIT_STREAM).permutation(total)
    return {name: order[part] for name, part in split(where, total, validation, test).items()}


def restricted(task: T, name: str) -> T:
    """Return a copy of a data-set task that draws from the part `name`; the data themselves are shared."""
    twin = copy(task)
    object.__setattr__(twin, "stretch", checks.member(f"{type(task).__name__}.part", name, PARTS))
    return twin


def draw(data: Trials, part: Indices, count: int, seed: int) -> Trials:
    """Return `count` trials of a part in random order: none comes twice before all have come once.

    More trials than the part holds are further passes, each in its own random order.
    """
    most = drawable(data.steps * (data.inputs.shape[2] + data.targets.shape[2]))
    passes = -(-checks.count("trials.count", count, 1, most) // part.size)
    checks.seed("trials.seed", seed)
    order = np.concatenate([generator(seed, "task", index).permutation(part) for index in range(passes)])
    return data.select(order[:count])
