"""Forecast error: the RMSE of a forecast over the SD of its target, of both networks."""

from biornn.compare.measures.base import Line, Measure
from biornn.compare.records import Pair, Runs

MEANING = "RMSE of the forecast over the SD of its target"


def forecast_error(runs: Runs) -> Pair:
    """Return the errors of the rate network and of the first spiking run; NaN for a task that is right or wrong."""
    return Pair(*(float(score.error) for score in runs.scores))


FORECAST_ERROR = Measure(
    forecast_error,
    (
        Line("forecast error, rate", MEANING, good="below 1", part="rate"),
        Line("forecast error, spiking", MEANING, good="as the rate network's", part="spiking"),
    ),
)
