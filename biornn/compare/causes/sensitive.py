"""Sensitive: whether a rate network carries a small difference at its start far away, so that no twin can follow it."""

import numpy as np
from numpy.typing import NDArray

from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.distance import pooled_sd
from biornn.theory.rate import reference

Array = NDArray[np.float64]
PUSH, GROWN = 1e-3, 0.1
"""A start that is moved by a thousandth of an SD and ends a tenth of an SD away has grown a hundredfold."""
TRIALS = 4
TAIL = 4
"""The last quarter of the trials is looked at."""
SMALLER_GAIN = 0.9
"""A gain of the initial weights from which tanh networks convert: spiking error 0.22 on a delayed comparison, 1.16 from
a gain of 1.5."""


def divergence(network: RateNetwork, trials: Trials, states: Array) -> float:
    """Return how far, in SDs, trajectories end from the reference whose start was moved by `PUSH`.

    Parameters
    ----------
    states : (K, T, S) array
        The reference on `trials`.
    """
    some, scale = trials.inputs[:TRIALS], pooled_sd(states)
    start = network.weights["initial_state"]
    push = PUSH * scale * np.random.default_rng(0).standard_normal(start.shape)
    moved = reference(network.with_weights(initial_state=start + push), some, np.zeros(network.units)).states
    late = slice(-max(trials.steps // TAIL, 1), None)
    away = (moved[:, late] - states[:TRIALS, late]) ** 2
    return float(np.sqrt(away.mean()) / scale)


def smaller_gain(network: RateNetwork) -> str:
    """Return the advice to train again with a smaller initial gain than this network's."""
    settings = network.about.get("settings", {})
    known = settings.get("gain") if isinstance(settings, dict) else None
    used = float(known) if isinstance(known, int | float) and known > 0 else 2 * SMALLER_GAIN
    gain = SMALLER_GAIN if used > SMALLER_GAIN else used / 2
    return f"train it again with a smaller initial gain, rate.train(..., gain={gain:g})"
