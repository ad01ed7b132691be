"""Experiment: where the five stages meet; each is imported inside the function that needs it.

`train` and `demo_network` make networks, `task_of` finds the task of one, `population`, `kim` and `shortest_step` make
mappings that simulate, `compare` maps, simulates and compares, `figures` draws.
"""

from biornn.experiment.known import task_of
from biornn.experiment.mappings import CALIBRATION_TRIALS, JUDGED_TRIALS, kim, population, shortest_step
from biornn.experiment.run import Comparison, Mapper, compare, figures
from biornn.experiment.streams import derived_seed
from biornn.experiment.training import DEMO, demo_network, train

__all__ = [
    "CALIBRATION_TRIALS",
    "DEMO",
    "JUDGED_TRIALS",
    "Comparison",
    "Mapper",
    "compare",
    "demo_network",
    "derived_seed",
    "figures",
    "kim",
    "population",
    "shortest_step",
    "task_of",
    "train",
]
