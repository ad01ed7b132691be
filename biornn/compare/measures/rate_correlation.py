"""Rate correlation: whether the firing rate of each population follows the rate of its unit."""

from biornn.compare.measures.base import Facts, Line, Measure
from biornn.compare.records import Runs
from biornn.compare.spike_trains import KERNEL_TAU


def rate_correlation(runs: Runs) -> float:
    """Return the median over units of the correlation of population firing rate with unit rate."""
    return runs.correlation.median


def correlated_units(runs: Runs) -> int:
    """Return the number of units in `rate_correlation`; units and populations that never change have none."""
    return runs.correlation.units


def _meaning(value: float, facts: Facts) -> str:  # noqa: ARG001
    counted = f"{facts.measures['correlated_units']} of {facts.units} units"
    return f"population with unit rates ({counted}, {KERNEL_TAU * 1e3:.0f} ms kernel)"


RATE_CORRELATION = Measure(
    rate_correlation,
    (
        Line(
            "rate correlation",
            _meaning,
            good="near 1",
            undefined="undefined: no unit whose rate changes has a population whose firing changes",
        ),
    ),
)
CORRELATED_UNITS = Measure(correlated_units, in_json=False)
