"""CV2: how irregularly neurons fire."""

from biornn.compare.measures.base import Facts, Line, Measure
from biornn.compare.records import Runs
from biornn.compare.spike_trains import MIN_INTERVALS, median_cv2


def irregularity(runs: Runs) -> float:
    """Return the median CV2 over neurons with at least 20 intervals in the first spiking run."""
    return median_cv2(runs.evidence.spikes.spikes)


def _undefined(value: float, facts: Facts) -> str:  # noqa: ARG001
    recorded = facts.evidence.spikes.recorded.size
    why = f"no neuron has {MIN_INTERVALS} intervals" if recorded else "no spikes were kept"
    return f"irregularity of intervals is undefined: {why}"


CV2 = Measure(
    irregularity,
    (
        Line(
            "CV2",
            f"irregularity of intervals (neurons with {MIN_INTERVALS} or more), Poisson: 1",
            good="0.5 to 1 (cortex)",
            undefined=_undefined,
        ),
    ),
)
