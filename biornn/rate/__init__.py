"""Rate networks: trained in JAX, run in numpy.

`train` draws trials from a task and returns a checked `RateNetwork`; `run` is the trained Euler map on trials. Only
`train` imports JAX, and only when it is called, so that comparisons and sweep workers start without it.
"""

from biornn.rate.gradients import Flow, flow
from biornn.rate.run import run
from biornn.rate.settings import Training
from biornn.rate.train import train

__all__ = ["Flow", "Training", "flow", "run", "train"]
