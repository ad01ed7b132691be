"""Wall time of mapping, building and simulating, as the runs carry it."""

from biornn.compare.measures.base import Line, Measure
from biornn.compare.records import Runs, Seconds
from biornn.core.task import UNDEFINED

RUN_TIMES = ("seconds_build", "seconds_simulate")
"""Keys of `Recording.about` that hold wall times in s."""


def wall_time(runs: Runs) -> Seconds:
    """Return the wall times in s, those of build and simulation summed over repeats."""
    build, simulate = (sum(float(run.about.get(key, UNDEFINED)) for run in runs.spikes) for key in RUN_TIMES)
    return Seconds(float(runs.spiking.about.get("seconds_map", UNDEFINED)), build, simulate)


SECONDS = Measure(
    wall_time,
    tuple(Line(f"time, {part}", "wall time", unit=" s", digits=1, part=part) for part in Seconds._fields),
)
