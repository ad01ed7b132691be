"""Held steps: filters, sampling and read-out times of a discrete network, whose steps are held for a chosen time."""

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.graph.timing import Levels
from biornn.core import checks
from biornn.core.spiking import Filter

Array = NDArray[np.float64]
SAMPLE = 2e-3
"""Time in s between samples: a step has a whole number of them, and one program serves steps of all durations."""
SHARE = 1 / 8
"""Lag of a synapse as a share of a step: a shorter one leaves more noise, a longer one more of the neighbouring steps,
see docs/gated.md."""
SETTLED = 5
"""How often the lag of the readout fits into a step, so that little of the step before is left."""


def synapse(lag: Array) -> Filter:
    """Return the synapse of two equal filters in a row that lag by `lag` (U,) in s.

    As little noise passes as behind one such filter, and their lag varies half as much: less of the last step is left.
    """
    return Filter(lag / 2, lag / 2)


def readout_synapse(units: int, step_duration: float) -> Filter:
    """Return what the activity of the states passes on its way to the readout."""
    return synapse(np.full(units, step_duration / SETTLED))


def early(levels: Levels, state: str, lag: float, step_duration: float) -> int:
    """Return how many samples before the end of a step it is read: in the middle of the time its states are complete.

    Parameters
    ----------
    levels : dict of str to (U,) array
        Synapses behind each signal, from `biornn.bridge.graph.timing.levels`.
    state : str
        Name of the states.
    lag : float
        Of a synapse, in s.

    Raises
    ------
    InputError
        Synapses so slow that a step is over before its states are complete.
    """
    depth = int(levels[state].max())
    shortest = (depth + 1) * lag
    if step_duration < shortest * (1 - 1e-9):
        rule = f"must be at least {shortest:g} s for {depth} synapses of {lag:g} s in a row"
        checks.refuse("Population.step_duration", rule, f"{step_duration:g} s", "hold steps longer")
    return round((step_duration - depth * lag) / 2 / SAMPLE)


def samples(step_duration: float) -> int:
    """Return the number of samples in a step.

    Raises
    ------
    InputError
        A duration that is no multiple of `SAMPLE`.
    """
    count = round(step_duration / SAMPLE)
    if count < 1 or abs(step_duration / SAMPLE - count) > 1e-6:
        rule = f"must be a multiple of {SAMPLE:g} s for a discrete network"
        checks.refuse("Population.step_duration", rule, f"{step_duration:g} s", "round it")
    return count
