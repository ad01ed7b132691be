"""Bridge: trained weights mapped onto spiking populations.

A mapping is an object called with a rate network and trials to calibrate on; it returns a `SpikingNetwork` and a
report of its fit. `Population` gives each unit M neurons that share the unit's state as their input (`tuning`), and
decoders that read the unit's activity from their spikes (`decoders`), both fitted to the states that the calibration
trials visit (`calibrate`); `lower` writes the network of each kind of cell; `closed_loop` corrects weights where asked.
`shortest_step` finds how long the steps of a discrete network must be held. `OneToOne` gives each unit a single neuron;
`Kim` is the published map of that kind.
"""

from biornn.bridge.duration import ShortestStep, Tried, shortest_step
from biornn.bridge.fit import Fit
from biornn.bridge.kim import Kim, predicted_unit_rate
from biornn.bridge.one_to_one import OneToOne
from biornn.bridge.population import Population
from biornn.bridge.predict import Prediction, predict

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
