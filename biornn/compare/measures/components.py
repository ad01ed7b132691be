"""State error within the principal components that hold 90 % of the rate network's variance."""

from biornn.compare.geometry import SHARE, component_error
from biornn.compare.measures.base import Facts, Line, Measure
from biornn.compare.records import Components, Runs


def components(runs: Runs) -> Components:
    """Return the number of components, and error, bias and noise within them."""
    return component_error([run.states for run in runs.spikes], runs.evidence.reference.states)


def _meaning(value: Components, facts: Facts) -> str:  # noqa: ARG001
    return f"state error in the {value.count} components of {SHARE:.0%} of the variance"


COMPONENTS = Measure(
    components,
    (Line("state, components", _meaning, good="below the state error", unit=" SD", part="nrmse"),),
)
