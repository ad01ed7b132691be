"""Choose: the few trials, units and neurons out of many that a figure shows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biornn.core.checks import count, indices, instance, refuse
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.plots.style import plain

if TYPE_CHECKING:
    from biornn.compare.report import Report

Array = NDArray[np.float64]
SHOWN_OUTPUTS, SHOWN_UNITS, SHOWN_NEURONS, SHOWN_TRACES = 3, 6, 150, 4
MOST_TRIALS, MOST_UNITS = 6, 30
"""Trials side by side and units above one another that a figure has room for."""
WINDOW = 2.0
"""Time in s of spikes and voltages that is shown at most; in more, single spikes cannot be seen."""


def spread(values: Sequence[int] | NDArray[np.integer], wanted: int) -> list[int]:
    """Return at most `wanted` of the values, evenly spread and in their order."""
    places = np.unique(np.linspace(0, len(values) - 1, min(wanted, len(values))).round().astype(int))
    return [int(values[place]) for place in places]


def report_checked(where: str, report: object) -> "Report":
    """Return `report` if it is one.

    Raises
    ------
    InputError
        Another object, or a report whose evidence holds recordings of other kinds.
    """
    from biornn.compare.report import Report

    found = instance(where, report, Report, "give what compare.compare returned")
    instance(f"{where}: evidence.rates.source", found.evidence.rates.source, RateNetwork, "compare the runs again")
    return found


def trials_shown(trials: Trials, chosen: int | Sequence[int]) -> list[int]:
    """Return the chosen trials, or where none is chosen two of different answers, the first trial among them.

    Raises
    ------
    InputError
        A trial that there is not, or more than a figure has room for.
    """
    where = "plots.comparison.trial"
    if isinstance(chosen, Path) or (isinstance(chosen, str) and Path(chosen).suffix):
        refuse(where, "must be trials by their numbers", repr(str(chosen)), f"save the figure by path={str(chosen)!r}")
    if isinstance(chosen, int | np.integer) and not isinstance(chosen, bool):
        return [count(where, chosen, 0, trials.count - 1)]
    wanted = indices(where, chosen, trials.count, "choose trials of this comparison").tolist()
    if len(wanted) > MOST_TRIALS:
        refuse(where, f"must be at most {MOST_TRIALS} trials", len(wanted), "draw more than one figure")
    return wanted or _different(trials)


def _different(trials: Trials) -> list[int]:
    """Return the first trial and the one whose answer is farthest from its own, or whose conditions differ."""
    weight = trials.mask if trials.mask.ndim == 3 else trials.mask[:, :, None]
    answers = trials.targets * (weight > 0)
    apart = np.abs(answers - answers[0]).sum(axis=(1, 2))
    if apart.max() > 0:
        # Of those that are as far away the first one: fewer trials then show the same.
        return [0, int(np.argmax(apart >= apart.max() * (1 - 1e-9)))]
    for values in trials.conditions.values():
        others = np.flatnonzero(values != values[0])
        if others.size:
            return [0, int(others[0])]
    return [0]


def outputs_shown(trials: Trials, shown: Sequence[int]) -> list[int]:
    """Return at most three output channels, those with the largest targets in the trials shown: the right classes."""
    weight = trials.mask if trials.mask.ndim == 3 else trials.mask[:, :, None]
    wanted = np.abs(trials.targets * (weight > 0))[list(shown)].sum(axis=(0, 1))
    return sorted(np.argsort(-wanted, kind="stable")[:SHOWN_OUTPUTS].tolist())


def condition(trials: Trials, index: int) -> str:
    """Return a heading in words, such as ``Trial 3: no go`` or ``Trial 0: side -1, coherence 0.2``."""
    named = [_phrase(name.replace("_", " "), values[index]) for name, values in trials.conditions.items()]
    return f"Trial {index}" + (f": {', '.join(named[:3])}" if named else "")


def _phrase(name: str, value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return plain(name if value else f"no {name}", 30)
    return plain(f"{name} {value:.3g}" if isinstance(value, float | np.floating) else f"{name} {value}", 30)


def window(report: "Report", trial: int) -> tuple[float, float]:
    """Return start and end in s of the part of a trial whose spikes are shown: where the states move most."""
    states, dt = report.evidence.reference.states[trial], report.evidence.spikes.dt
    length = round(WINDOW / dt)
    if len(states) <= length:
        return 0.0, len(states) * dt
    moved = np.abs(np.diff(states, axis=0, prepend=states[:1])).mean(axis=1)
    total = np.concatenate([[0.0], np.cumsum(moved)])
    start = int(np.argmax(total[length:] - total[:-length]))
    return start * dt, (start + length) * dt


def units_shown(report: "Report", chosen: int | Sequence[int]) -> list[int]:
    """Return the chosen units, or where none is chosen a few evenly spread over the ranks of their variance.

    Raises
    ------
    InputError
        A unit that there is not, or more than a figure has room for.
    """
    states = report.evidence.reference.states
    several = [chosen] if isinstance(chosen, int | np.integer) and not isinstance(chosen, bool) else chosen
    wanted = indices("plots.comparison.units", several, states.shape[2], "choose units of this network").tolist()
    if len(wanted) > MOST_UNITS:
        refuse("plots.comparison.units", f"must be at most {MOST_UNITS}", len(wanted), "draw more than one figure")
    return wanted or spread(np.argsort(-states.var(axis=(0, 1)), kind="stable"), SHOWN_UNITS)


def neurons_shown(report: "Report") -> NDArray[np.int64]:
    """Return a sample of the recorded neurons of the observed bank, in order of their units."""
    recorded = np.sort(report.evidence.spikes.recorded).astype(np.int64)
    offset, size, _ = _observed(report)
    inside = recorded[(recorded >= offset) & (recorded < offset + size)]
    return np.array(spread(inside, SHOWN_NEURONS), dtype=np.int64)


def unit_of(report: "Report", neurons: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the units that neurons of the observed bank belong to."""
    offset, _, per_unit = _observed(report)
    return np.asarray((neurons - offset) // per_unit, dtype=np.int64)


def _observed(report: "Report") -> tuple[int, int, int]:
    """Return number of the first neuron, number of neurons, and neurons per unit of the observed bank."""
    network = report.evidence.spikes.source
    if not isinstance(network, SpikingNetwork):
        return 0, 0, 1
    names = [bank.name for bank in network.banks]
    before = network.banks[: names.index(network.observe)]
    bank = network.bank(network.observe)
    return sum(other.neurons for other in before), bank.neurons, bank.neurons_per_unit
