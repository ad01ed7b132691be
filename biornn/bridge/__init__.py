"""Bridge: trained weights mapped onto spiking populations.

A mapping is an object called with a rate network and trials to calibrate on; it returns a `SpikingNetwork` and a
report of its fit. All cells take one way. `graph` writes a network as signals, readings and routes, in one short file
for each cell. `code` finds the evaluation points of these signals on the calibration trials, and the populations that
carry them, with tuning and decoders. `assemble` joins the populations. `refit` corrects weights where asked.
`Population` gives each signal M neurons and `OneToOne` a single one; `Kim` is the published map of that kind.
`shortest_step` finds how long the steps of a discrete network must be held.
"""

from biornn.bridge.fit import Fit
from biornn.bridge.kim import Kim, predicted_unit_rate
from biornn.bridge.one_to_one import OneToOne
from biornn.bridge.population import Population
from biornn.bridge.predict import Prediction, predict
from biornn.bridge.step_duration import ShortestStep, Tried, shortest_step

__all__ = [
    "Fit",
    "Kim",
    "OneToOne",
    "Population",
    "Prediction",
    "ShortestStep",
    "Tried",
    "predict",
    "predicted_unit_rate",
    "shortest_step",
]


def __dir__() -> list[str]:
    """Return the public names, for completion by the tab key."""
    return __all__
