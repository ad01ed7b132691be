"""Choose: the few trials, units and neurons out of many that a figure shows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biornn.compare.report import Report
from biornn.core.checks import count
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials

SHOWN_UNITS, SHOWN_NEURONS, SHOWN_TRACES = 6, 150, 4


def spread(values: Sequence[int] | NDArray[np.integer], wanted: int) -> list[int]:
    """Return at most `wanted` of the values, evenly spread and in their order."""
    places = np.unique(np.linspace(0, len(values) - 1, min(wanted, len(values))).round().astype(int))
    return [int(values[place]) for place in places]


def trials_shown(trials: Trials, chosen: int | Sequence[int]) -> list[int]:
    """Return the chosen trials, or where none is chosen the first with the least and the greatest of a condition.

    Raises
    ------
    InputError
        A trial that there is not.
    """
    wanted = [chosen] if isinstance(chosen, int) else list(chosen)
    if wanted:
        return [count("plots.comparison.trial", index, 0, trials.count - 1) for index in wanted]
    for values in trials.conditions.values():
        first = np.unique(values, return_index=True)[1]
        if len(first) > 1:
            return sorted((int(first[0]), int(first[-1])))
    return [0]


def condition(trials: Trials, index: int) -> str:
    """Return a heading such as ``trial 3 (go: yes)``."""
    named = [f"{name}: {_short(values[index])}" for name, values in trials.conditions.items()]
    return f"trial {index}" + (f" ({', '.join(named[:3])})" if named else "")


def _short(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float | np.floating) else str(value)


def units_shown(report: Report, chosen: Sequence[int]) -> list[int]:
    """Return the chosen units, or where none is chosen a few evenly spread over the ranks of their variance.

    Raises
    ------
    InputError
        A unit that there is not.
    """
    if len(chosen):
        return [count("plots.comparison.units", unit, 0, report.units - 1) for unit in chosen]
    variance = report.evidence.reference.states.var(axis=(0, 1))
    return spread(np.argsort(-variance, kind="stable"), SHOWN_UNITS)


def neurons_shown(report: Report) -> NDArray[np.int64]:
    """Return a sample of the recorded neurons of the observed bank, in order of their units."""
    recorded = np.sort(report.evidence.spikes.recorded).astype(np.int64)
    offset, size, _ = _observed(report)
    inside = recorded[(recorded >= offset) & (recorded < offset + size)]
    return np.array(spread(inside, SHOWN_NEURONS), dtype=np.int64)


def unit_of(report: Report, neurons: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the units that neurons of the observed bank belong to."""
    offset, _, per_unit = _observed(report)
    return np.asarray((neurons - offset) // per_unit, dtype=np.int64)


def _observed(report: Report) -> tuple[int, int, int]:
    """Return number of the first neuron, number of neurons, and neurons per unit of the observed bank."""
    network = report.evidence.spikes.source
    if not isinstance(network, SpikingNetwork):
        return 0, 0, 1
    names = [bank.name for bank in network.banks]
    before = network.banks[: names.index(network.observe)]
    bank = network.bank(network.observe)
    return sum(other.neurons for other in before), bank.neurons, bank.neurons_per_unit
