"""Rate networks: trained in JAX, run in numpy.

`train` draws trials from a task and returns a checked `RateNetwork`, `ensemble` returns one for each of many seeds and
settings; `join` lets several processes train together. `run` is the trained Euler map on trials. Only training imports
JAX, and only when it is called, so that comparisons and sweep workers start without it.
"""

from biornn.rate.ensemble import ensemble
from biornn.rate.gradients import Flow, flow
from biornn.rate.join import first, join
from biornn.rate.run import run
from biornn.rate.settings import Training
from biornn.rate.train import train

__all__ = ["Flow", "Training", "ensemble", "first", "flow", "join", "run", "train"]


def __dir__() -> list[str]:
    """Return the public names, for completion by the tab key."""
    return __all__
