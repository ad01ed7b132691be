"""State and readout error: how far the spiking network is from the rate equation, split into bias and noise."""

import math
from functools import partial

from biornn.compare.causes.find import POOR_ERROR
from biornn.compare.measures.base import Facts, Line, Measure
from biornn.compare.records import Runs
from biornn.theory.distance import MIN_REPEATS, Split, split


def state_error(runs: Runs) -> Split:
    """Return the distance of the unit states to the reference, in pooled SDs of the reference."""
    return split([run.states for run in runs.spikes], runs.evidence.reference.states)


def readout_error(runs: Runs) -> Split:
    """Return the distance of the outputs to the reference's, in pooled SDs of the reference."""
    return split([run.outputs for run in runs.spikes], runs.evidence.reference.outputs)


def _few(meaning: str, value: Split, facts: Facts) -> str:  # noqa: ARG001
    """Return why bias and noise are undefined; nothing where the line above says it for them."""
    return "" if math.isnan(value.nrmse) else f"{meaning} (needs {MIN_REPEATS} repeats)"


def _lines(name: str, values: str) -> tuple[Line, ...]:
    mean, spread = "error of the mean over spiking seeds", "spread of single runs about that mean"
    return (
        Line(
            f"{name} error",
            f"RMS distance of the {values} to the rate equation's",
            good=f"below {POOR_ERROR:g}",
            undefined=f"undefined: the {values} of the rate network never change",
            unit=" SD",
            part="nrmse",
        ),
        Line(f"{name} bias", mean, "below the noise floor", partial(_few, mean), " SD", part="bias"),
        Line(f"{name} noise", spread, "below the noise floor", partial(_few, spread), " SD", part="noise"),
    )


STATE = Measure(state_error, _lines("state", "unit states"))
READOUT = Measure(readout_error, _lines("readout", "outputs"))
