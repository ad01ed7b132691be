"""Mean firing rate over all neurons and trials of the first spiking run."""

from biornn.compare.measures.base import Line, Measure
from biornn.compare.records import Runs
from biornn.compare.spike_trains import mean_rate


def mean_rate_hz(runs: Runs) -> float:
    """Return the mean firing rate in Hz."""
    return mean_rate(runs.evidence.spikes)


MEAN_RATE = Measure(
    mean_rate_hz, (Line("mean firing rate", "of all neurons", good="1 to 30 Hz (cortex)", unit=" Hz", digits=1),)
)
