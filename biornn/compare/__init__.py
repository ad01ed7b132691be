"""Compare: how far a spiking network is from the rate network it stands for, on the same trials.

Every error here is a distance to one reference, the rate equation integrated without noise, so that the bridge is
never blamed for the time step of the trained map. Three numbers put a distance into proportion: the split into bias
(what more neurons or other decoders must mend) and noise (what averaging mends), the null (the distance of the rate
network under its own training noise), and the discretisation error (its distance to its own equation).

``report = compare.compare(rates, spikes, task, trials)`` measures all of them, and ``print(report)`` shows them.

The files: `measures` one file for each number of the report, `comparison` where they meet in a `report`, `table` and
`verdict` its text, `causes` what made a poor conversion poor; `spike_trains`, `geometry` and `accuracy` the functions
that measures are made of, `records` what they return.
"""

from biornn.compare.comparison import compare
from biornn.compare.measures import MEASURES
from biornn.compare.records import Cause
from biornn.compare.report import Report

__all__ = ["MEASURES", "Cause", "Report", "compare"]


def __dir__() -> list[str]:
    """Return the public names, for completion by the tab key."""
    return __all__
