"""Noise floor: how far its own training noise moves the rate network."""

import numpy as np

from biornn.compare.causes.find import CHAOTIC
from biornn.compare.measures.base import Facts, Line, Measure
from biornn.compare.records import Null, Runs
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.seeds import generator
from biornn.core.task import UNDEFINED
from biornn.core.trials import Trials
from biornn.theory.distance import nrmse
from biornn.theory.rate import euler


def null(rates: Recording, trials: Trials, seed: int) -> Null:
    """Return the distance of a rate network under its training noise to its own run without noise.

    Parameters
    ----------
    rates : Recording
        The Euler run without noise.
    trials : Trials
        What it was run on.
    seed : int
        Seed of the noise; trial k has the same noise however many trials there are.

    Returns
    -------
    Null
        Distances of states and of outputs over the pooled SD of the run without noise; NaN for a network that was
        trained without noise.
    """
    network = rates.source
    if not isinstance(network, RateNetwork) or not network.noise.any():
        return Null(UNDEFINED, UNDEFINED)
    shape = (trials.steps, network.states)
    noise = np.stack([generator(seed, "comparison", k).standard_normal(shape) for k in range(trials.count)])
    noisy = euler(network, trials.inputs, noise)
    return Null(nrmse(noisy.states, rates.states), nrmse(noisy.outputs, rates.outputs))


def noise_floor(runs: Runs) -> Null:
    """Return the noise floor of states and outputs."""
    return null(runs.evidence.rates, runs.evidence.trials, runs.seed)


def _undefined(value: Null, facts: Facts) -> str:  # noqa: ARG001
    network = facts.evidence.rates.source
    if isinstance(network, RateNetwork) and not network.noise.any():
        return "undefined: the network was trained without noise"
    return "undefined: the rate network never changes"


MEANING = "rate network with against without training noise"
NOISE_FLOOR = Measure(
    noise_floor,
    (
        Line("noise floor, states", MEANING, f"below {CHAOTIC:g}", _undefined, " SD", part="state"),
        Line("noise floor, readout", MEANING, f"below {CHAOTIC:g}", _undefined, " SD", part="readout"),
    ),
)
