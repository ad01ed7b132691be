"""Border: what mappings are called with is checked once, here, before any work starts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from biornn.bridge.graph.leaky import is_leaky
from biornn.core import checks, threads
from biornn.core.progress import bar
from biornn.core.quantity import Quantity
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.task import MEMBERS, Score, checked_task
from biornn.core.trials import Trials
from biornn.theory.rate import check_inputs

CALIBRATION_TRIALS = 32
DELAY = 1.0
"""Time in s before a bar is drawn: short work shows none."""
QUIETEST, LOUDEST = 1e-9, 0.1
"""SD in V of membrane noise where there is some."""
DRAW = "draw them from its task, task.trials(32, seed=2), or give the task"


def called(where: str, network: Any, trials: Any) -> tuple[RateNetwork, Trials]:
    """Return a rate network and trials that it can take; a task in place of trials has them drawn.

    Raises
    ------
    InputError
        Other objects, another number of input channels, another time step.
    """
    advice = "give the trained network first, then trials to calibrate on"
    network = checks.instance(f"{where}: network", network, RateNetwork, advice)
    drawn = calibration(f"{where}: trials", trials)
    check_inputs(network, drawn)
    return network, drawn


def check_leaky(network: RateNetwork, purpose: str = "this mapping", next_step: str = "use bridge.Population") -> None:
    """Refuse a network whose cell is not the leaky one in continuous time.

    Raises
    ------
    InputError
    """
    if not is_leaky(network):
        kind = f"{network.cell!r}, discrete" if network.discrete else repr(network.cell)
        rule = f"must be 'leaky', in continuous time, for {purpose}"
        checks.refuse("RateNetwork.cell", rule, kind, next_step)


def calibration(where: str, trials: Any) -> Trials:
    """Return trials, or those that a task draws from its training part under the seed of calibrations.

    Raises
    ------
    InputError
        Neither trials nor a task.
    """
    if isinstance(trials, Trials):
        return trials
    if (
        isinstance(trials, type)
        or sum(getattr(trials, name, None) is not None for name in MEMBERS) <= len(MEMBERS) // 2
    ):
        return checks.instance(where, trials, Trials, DRAW)
    task = checked_task(where, trials)
    seed = int(generator(0, "calibration").integers(2**62))
    return checks.instance(where, task.part("train").trials(CALIBRATION_TRIALS, seed), Trials, DRAW)


def function(where: str, value: Any, next_step: str) -> Any:
    """Return `value` if it can be called, or refuse it."""
    if not callable(value) or isinstance(value, type):
        given = f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
        checks.refuse(where, "must be a function", given, next_step)
    return value


def judged(where: str, score: Any) -> Score:
    """Return what a scorer gave if it is a score."""
    return checks.instance(where, score, Score, "return biornn.core.task.Score, one number for each trial")


def noise(where: str, value: Quantity) -> float:
    """Return the SD in V of membrane noise, or refuse it; a Brian2 quantity is accepted."""
    hint = "an SD in volt: 1.5 mV is 0.0015"
    result = checks.number(where, checks.unit_free(where, value, "volt"), 0.0, LOUDEST, hint)
    if 0 < result < QUIETEST:
        checks.refuse(where, f"must be 0 or at least {QUIETEST:g}", value, hint)
    return result


def seconds_or_none(where: str, value: Quantity | None, low: float, high: float) -> float | None:
    """Return a time in s, or None where it is left out."""
    return None if value is None else checks.seconds(where, value, low, high)


def listed(where: str, value: Any, next_step: str) -> list[Any]:
    """Return the items of a list, tuple or array with one axis, or refuse what has no order or is text."""
    whole = isinstance(value, np.ndarray) and value.ndim == 1 and not isinstance(value, np.ma.MaskedArray)
    if not whole and (isinstance(value, str | bytes) or not isinstance(value, Sequence)):
        checks.refuse(where, "must be a list", f"a {type(value).__name__}", next_step)
    return list(value)


def pair(where: str, value: Any, ends: tuple[float, float], next_step: str, dimension: str = "") -> tuple[float, float]:
    """Return two numbers inside `ends`, or refuse them; Brian2 quantities of `dimension` are accepted."""
    items = listed(where, checks.unit_free(where, value, dimension) if dimension else value, next_step)
    if len(items) != 2:
        checks.refuse(where, "must be two numbers", f"{len(items)} of them", next_step)
    plain = [checks.unit_free(where, item, dimension) if dimension else item for item in items]
    first, last = (checks.number(where, item, *ends, next_step) for item in plain)
    return first, last


@contextmanager
def at_work(description: str, steps: int, progress: Any, unit: str = "step") -> Iterator[Callable[[str], None]]:
    """Hold linear algebra on one thread and show a bar; what is handed out is called with what was done.

    Raises
    ------
    InputError
        A `progress` that is neither true nor false.
    """
    show = checks.flag(f"{description}: progress", progress)
    with threads.single(), bar(steps, description, unit, show, DELAY) as shown:

        def done(what: str) -> None:
            shown.set_postfix_str(what, refresh=False)
            shown.update()

        yield done
