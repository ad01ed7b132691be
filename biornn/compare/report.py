"""Report: every measure of one comparison, as a record, as JSON values and as a table a person can read."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from biornn.compare.accuracy import wilson
from biornn.compare.geometry import SHARE, Components
from biornn.compare.measures import Cause, Evidence, Null, Pair, Seconds
from biornn.compare.spike_trains import KERNEL_TAU, MIN_INTERVALS
from biornn.theory.distance import MIN_REPEATS, Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Report:
    """The comparison of a spiking network with its rate network; NaN or an empty name stands for undefined.

    Attributes
    ----------
    task, network, mapping : str
        Names; network and mapping are read from the `about` of the spiking network.
    trials, repeats : int
        Trials K, and spiking runs of each.
    seed : int
        Seed of the comparison.
    units, neurons : int
        Rate units N, and spiking neurons in all.
    accuracy : Pair
        Share of trials right by the task's strict scorer; NaN for a forecast. Spiking: the first run.
    error : Pair
        RMSE of a forecast over the SD of its target; NaN for tasks that are right or wrong.
    state, readout : Split
        Distance of unit states x and readout z to the rate network's ODE.
    null : Null
        Distance of the rate network under its training noise to itself without.
    discretisation_nrmse : float
        Distance of the trained Euler map's states to its ODE.
    rate_correlation : float
        Median over units of the correlation of population firing rate with r, both under a 20 ms exponential kernel.
    mean_rate_hz : float
        Over all neurons and trials of the first run.
    cv2 : float
        Median over neurons with at least 20 intervals.
    seconds : Seconds
        Wall time of map, build and simulation, the last two summed over repeats.
    components : Components
        The error of the states within the principal components that hold 90 % of the rate network's variance.
    correlated_units : int
        Number of units in `rate_correlation`; units that never change and silent populations have none.
    causes : tuple of Cause
        What made a poor conversion poor, most important first; empty for one that is not poor.
    evidence : Evidence
        What the figure is drawn from.
    """

    task: str
    network: str
    mapping: str
    trials: int
    repeats: int
    seed: int
    units: int
    neurons: int
    accuracy: Pair
    error: Pair
    state: Split
    readout: Split
    null: Null
    discretisation_nrmse: float
    rate_correlation: float
    mean_rate_hz: float
    cv2: float
    seconds: Seconds
    components: Components
    correlated_units: int
    causes: tuple[Cause, ...]
    evidence: Evidence = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the measures under the keys of ``biornn compare --json``, undefined ones as None."""
        return {key: _plain(getattr(self, key)) for key in KEYS}

    def plot(self) -> "Figure":
        """Return `biornn.plots.comparison` of this report."""
        from biornn.plots import comparison

        return comparison(self)

    def __str__(self) -> str:
        """Return a table of measures, values and what they mean, and the causes of a poor conversion."""
        table = _aligned([*_performance(self), *_distances(self), *_activity(self)])
        return "\n".join([*_heading(self), *table, *_causes(self)])


KEYS = (
    "task", "network", "mapping", "trials", "repeats", "seed", "units", "neurons", "accuracy", "error", "state",
    "readout", "null", "discretisation_nrmse", "rate_correlation", "mean_rate_hz", "cv2", "seconds",
)  # fmt: skip
"""Keys of the JSON object, in order; other programs read them."""


def _plain(value: Any) -> Any:
    """Return JSON values: named tuples as objects, NaN and empty names as None."""
    if isinstance(value, tuple):
        return {key: _plain(part) for key, part in value._asdict().items()}  # type: ignore[attr-defined]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value if value != "" else None


def _heading(report: Report) -> list[str]:
    names = [report.task, *(name for name in (report.network, report.mapping) if name)]
    runs = "1 spiking run" if report.repeats == 1 else f"{report.repeats} spiking runs"
    sizes = f"{report.trials} trials, {runs} of each; {report.units} units as {report.neurons} neurons"
    return [" | ".join(names), sizes, ""]


def _aligned(rows: list[Row]) -> list[str]:
    name, value = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"{row[0]:<{name}}  {row[1]:>{value}}  {row[2]}".rstrip() for row in rows]


def _number(value: float, digits: int = 3, unit: str = "") -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}{unit}"


def _performance(report: Report) -> list[Row]:
    rows = []
    for name, share, error in zip(Pair._fields, report.accuracy, report.error, strict=True):
        if not math.isnan(share):
            low, high = wilson(share, report.trials)
            meaning = f"share of trials right, strictly scored (95 % interval {low:.3f} to {high:.3f})"
            rows.append((f"accuracy, {name}", _number(share), meaning))
        if not math.isnan(error):
            rows.append((f"error, {name}", _number(error), "RMSE of the forecast over the SD of its target"))
    return rows


def _distances(report: Report) -> list[Row]:
    few = "" if report.repeats >= MIN_REPEATS else f" (needs {MIN_REPEATS} repeats)"
    parts = (
        ("state", report.state, "unit states to the rate equation, in SDs"),
        ("readout", report.readout, "outputs to the rate equation, in SDs"),
    )
    rows = []
    for name, part, meaning in parts:
        rows.append((f"{name} error", _number(part.nrmse), f"distance of {meaning}"))
        rows.append(("  bias", _number(part.bias), f"what is left of it in the mean over seeds{few}"))
        rows.append(("  noise", _number(part.noise), f"spread about that mean{few}"))
    inner = f"state error in the {report.components.count} components of {SHARE:.0%} of the variance"
    untrained = " (trained without)" if math.isnan(report.null.state) else ""
    meaning = f"rate network to itself under its training noise{untrained}"
    return [
        *rows,
        ("components", _number(report.components.nrmse), inner),
        ("null, state", _number(report.null.state), meaning),
        ("null, readout", _number(report.null.readout), meaning),
        ("discretisation", _number(report.discretisation_nrmse), "trained Euler map to its own equation, in SDs"),
    ]


def _activity(report: Report) -> list[Row]:
    kernel = f"{KERNEL_TAU * 1e3:.0f} ms kernel"
    counted = f"median of {report.correlated_units} of {report.units} units, {kernel}"
    times = (
        ("map", report.seconds.map),
        ("build", report.seconds.build),
        ("simulate", report.seconds.simulate),
    )
    return [
        ("rate correlation", _number(report.rate_correlation), f"population rate with r ({counted})"),
        ("mean rate", _number(report.mean_rate_hz, 1, " Hz"), "of all neurons"),
        (
            "CV2",
            _number(report.cv2),
            f"irregularity of intervals, Poisson = 1 (neurons with {MIN_INTERVALS} intervals)",
        ),
        *((f"time, {name}", _number(value, 1, " s"), "wall time") for name, value in times if not math.isnan(value)),
    ]


def _causes(report: Report) -> list[str]:
    return ["", "poor conversion; its causes:", *(f"  {cause}" for cause in report.causes)] if report.causes else []
