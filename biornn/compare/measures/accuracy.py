"""Accuracy: the fraction of trials that the task's strict scorer accepts, of both networks."""

from functools import partial

from biornn.compare.accuracy import wilson
from biornn.compare.measures.base import Facts, Line, Measure
from biornn.compare.records import Pair, Runs


def accuracy(runs: Runs) -> Pair:
    """Return the accuracies of the rate network and of the first spiking run; NaN for a forecast."""
    return Pair(*(score.accuracy for score in runs.scores))


def _meaning(part: str, value: Pair, facts: Facts) -> str:
    low, high = wilson(getattr(value, part), facts.trials)
    return f"right trials by the strict scorer (95 % interval {low:.3f} to {high:.3f})"


ACCURACY = Measure(
    accuracy,
    (
        Line("accuracy, rate", partial(_meaning, "rate"), good="near 1", part="rate"),
        Line("accuracy, spiking", partial(_meaning, "spiking"), good="as the rate network's", part="spiking"),
    ),
)
