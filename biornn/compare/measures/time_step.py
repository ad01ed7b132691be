"""Time-step error: how far the rate network as trained, in steps of its dt, is from its own equation."""

from biornn.compare.causes.find import TIME_STEP
from biornn.compare.measures.base import Facts, Line, Measure
from biornn.compare.records import Runs
from biornn.core.rate import RateNetwork
from biornn.theory.distance import nrmse


def time_step_error(runs: Runs) -> float:
    """Return the distance of the trained Euler map's states to the reference."""
    return nrmse(runs.evidence.rates.states, runs.evidence.reference.states)


def _meaning(value: float, facts: Facts) -> str:  # noqa: ARG001
    network = facts.evidence.rates.source
    if isinstance(network, RateNetwork) and network.discrete:
        return "none: the reference of a discrete network is its own map"
    return f"trained network ({facts.evidence.trials.dt * 1e3:g} ms steps) against dt -> 0"


DISCRETISATION = Measure(
    time_step_error,
    (
        Line(
            "time-step error",
            _meaning,
            good=f"below {TIME_STEP:g}",
            undefined="undefined: the states of the rate network never change",
            unit=" SD",
        ),
    ),
)
