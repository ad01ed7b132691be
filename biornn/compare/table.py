"""Table: a report as text, the verdict first, each measure with its value and what it means."""

import math
import textwrap
from typing import TYPE_CHECKING

from biornn.compare.accuracy import wilson
from biornn.compare.geometry import SHARE
from biornn.compare.measures import Pair
from biornn.compare.spike_trains import KERNEL_TAU, MIN_INTERVALS
from biornn.core.rate import RateNetwork
from biornn.theory.distance import MIN_REPEATS

if TYPE_CHECKING:
    from biornn.compare.report import Report

Row = tuple[str, str, str]
WIDTH = 110
"""Characters of a line of the verdict."""


def text(report: "Report") -> str:
    """Return the verdict, the table and the causes."""
    found = rows(report)
    name, value = (max(len(row[column]) for row in found) for column in (0, 1))
    lines = [f"{row[0]:<{name}}  {row[1]:>{value}}  {row[2]}".rstrip() for row in found]
    return "\n".join([*_wrapped(report.verdict), "", *_heading(report), *lines, *_causes(report)])


def rows(report: "Report") -> list[Row]:
    """Return names, values and meanings of all measures; an undefined value is ``-`` and its meaning says why."""
    return [*_performance(report), *_distances(report), *_baselines(report), *_activity(report)]


def _wrapped(text: str) -> list[str]:
    """Return the text in lines that break between words."""
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _heading(report: "Report") -> list[str]:
    names = [report.task, *(name for name in (report.network, report.mapping) if name)]
    runs = "1 spiking run" if report.repeats == 1 else f"{report.repeats} spiking runs"
    sizes = f"{report.trials} trials, {runs} of each; {report.units} units as {report.neurons} neurons"
    return [" | ".join(names), sizes, ""]


def _number(value: float, digits: int = 3, unit: str = "") -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}{unit}"


def _performance(report: "Report") -> list[Row]:
    found = []
    for name, share, error in zip(Pair._fields, report.accuracy, report.error, strict=True):
        if not math.isnan(share):
            low, high = wilson(share, report.trials)
            meaning = f"share of trials right by the task's strict rule (95 % interval {low:.3f} to {high:.3f})"
            found.append((f"accuracy, {name}", _number(share), meaning))
        if not math.isnan(error):
            found.append((f"error, {name}", _number(error), "RMSE of the forecast over the SD of its target"))
    return found


def _distances(report: "Report") -> list[Row]:
    few = "" if report.repeats >= MIN_REPEATS else f" (needs {MIN_REPEATS} repeats)"
    inner = (
        f"state error within the {report.components.count} principal components that hold {SHARE:.0%} of the variance"
    )
    found = []
    for name, part, what in (("state", report.state, "unit states"), ("readout", report.readout, "outputs")):
        flat = math.isnan(part.nrmse)
        meaning = (
            f"undefined: the {what} of the rate network never change"
            if flat
            else (f"distance of the {what} to those of the rate equation, in SDs")
        )
        found.append((f"{name} error", _number(part.nrmse), meaning))
        if not flat:
            found.append(("  bias", _number(part.bias), f"error of the mean over spiking seeds{few}"))
            found.append(("  noise", _number(part.noise), f"spread of single runs about that mean{few}"))
    if not math.isnan(report.components.nrmse):
        found.append(("  in components", _number(report.components.nrmse), inner))
    return found


def _baselines(report: "Report") -> list[Row]:
    network = report.evidence.rates.source
    floor = "rate network with against without training noise"
    if isinstance(network, RateNetwork) and not network.noise.any():
        floor = "undefined: the network was trained without noise"
    step = f"trained network ({report.evidence.trials.dt * 1e3:g} ms steps) against dt -> 0"
    if isinstance(network, RateNetwork) and network.discrete:
        step = "none: the reference of a discrete network is its own map"
    flat = "undefined: the states of the rate network never change"
    return [
        ("noise floor, states", _number(report.null.state), floor),
        ("noise floor, readout", _number(report.null.readout), floor),
        (
            "time-step error",
            _number(report.discretisation_nrmse),
            flat if math.isnan(report.discretisation_nrmse) else step,
        ),
    ]


def _activity(report: "Report") -> list[Row]:
    found = [("mean firing rate", _number(report.mean_rate_hz, 1, " Hz"), "of all neurons")]
    counted = f"median of {report.correlated_units} of {report.units} units, {KERNEL_TAU * 1e3:.0f} ms kernel"
    meaning = f"population firing rates with unit rates ({counted})"
    if math.isnan(report.rate_correlation):
        meaning = "undefined: no unit whose rate changes has a population whose firing changes"
    found.insert(0, ("rate correlation", _number(report.rate_correlation), meaning))
    regular = f"irregularity of intervals, 1 for Poisson (median of neurons with {MIN_INTERVALS} intervals)"
    if math.isnan(report.cv2):
        recorded = report.evidence.spikes.recorded.size
        why = f"no neuron has {MIN_INTERVALS} intervals" if recorded else "no spikes were kept"
        regular = f"irregularity of intervals is undefined: {why}"
    found.append(("CV2", _number(report.cv2), regular))
    times = zip(("map", "build", "simulate"), report.seconds, strict=True)
    return found + [
        (f"time, {name}", _number(value, 1, " s"), "wall time") for name, value in times if not math.isnan(value)
    ]


def _causes(report: "Report") -> list[str]:
    return ["", "poor conversion; its causes:", *(f"  {cause}" for cause in report.causes)] if report.causes else []
