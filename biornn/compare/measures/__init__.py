"""Measures: every number of a report, one file each with its function, its unit, its meaning and a good value.

Report, JSON object and table read them from `MEASURES`. A new measure is one file like `mean_rate.py` and one line
here; in your own script, ``MEASURES["fano_factor"] = Measure(...)`` before `biornn.compare.compare` is called.
"""

from biornn.compare.measures.accuracy import ACCURACY
from biornn.compare.measures.base import Line, Measure, value_of
from biornn.compare.measures.components import COMPONENTS
from biornn.compare.measures.distances import READOUT, STATE
from biornn.compare.measures.forecast import FORECAST_ERROR
from biornn.compare.measures.irregularity import CV2
from biornn.compare.measures.mean_rate import MEAN_RATE
from biornn.compare.measures.noise_floor import NOISE_FLOOR
from biornn.compare.measures.rate_correlation import CORRELATED_UNITS, RATE_CORRELATION
from biornn.compare.measures.time_step import DISCRETISATION
from biornn.compare.measures.wall_time import SECONDS

MEASURES: dict[str, Measure] = {
    "accuracy": ACCURACY,
    "error": FORECAST_ERROR,
    "state": STATE,
    "readout": READOUT,
    "null": NOISE_FLOOR,
    "discretisation_nrmse": DISCRETISATION,
    "rate_correlation": RATE_CORRELATION,
    "correlated_units": CORRELATED_UNITS,
    "mean_rate_hz": MEAN_RATE,
    "cv2": CV2,
    "seconds": SECONDS,
    "components": COMPONENTS,
}
"""Every measure by its key: attribute of a report, and key of the JSON object, in this order."""

__all__ = ["MEASURES", "Line", "Measure", "value_of"]
