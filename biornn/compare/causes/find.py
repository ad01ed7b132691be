"""Find: whether a conversion is poor, and if so which faults made it so."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biornn.compare.accuracy import wilson
from biornn.compare.causes.dynamic import dynamic_faults
from biornn.compare.causes.scene import scene
from biornn.compare.causes.sensitive import GROWN, PUSH, divergence, smaller_gain
from biornn.compare.causes.static import RANGE_ADVICE, static_faults
from biornn.compare.records import Cause, Evidence, Null, Pair
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import UNDEFINED, Task
from biornn.theory.distance import Split

Array = NDArray[np.float64]
POOR_ERROR, POOR_NULL = 0.25, 2.0
"""A distance is poor above 0.25 SDs (6 % of the variance) that are more than twice the null. Of sound maps and planted
faults of go-nogo-sigmoid, go-nogo-relu and xor-sigmoid all with states within 0.24 kept an accuracy of 1.00; from 0.44
up all but three lost trials."""
POOR_FORECAST = 1.5
"""A forecast is poor where its error is more than 1.5 times that of the rate network, and larger by 0.1 SDs."""
CHAOTIC = 1.0
"""A null above 1: the rate network's own noise moves it as far as two unrelated moments of it are apart."""
TIME_STEP = 0.5
"""A trained map farther than 0.5 SDs from its equation is another network than the one that is converted."""
MATTERS = 0.2
"""Causes that explain less than a fifth of the squared state error are not named."""
MANY, LONGEST_TAU = (10, 40), 5.0
"""Steps that make a time constant long, and the longest in s that a network may have."""
BEYOND = 0.05
"""States beyond the fitted range that are worth a word where their part in the error cannot be told."""
TRIALS = 16
"""Trials that the run is followed through step by step, the first ones."""


def is_poor(accuracy: Pair, error: Pair, trials: int, distances: tuple[Split, Split], null: Null) -> bool:
    """Return whether a conversion is poor.

    Its accuracy lies below that of the rate network by more than chance (95 % intervals apart), or its forecast errs
    more than `POOR_FORECAST` allows, or its states or outputs are farther away than `POOR_ERROR` and the null explain.

    Parameters
    ----------
    accuracy, error : Pair
        Of both networks; NaN where the task does not define it.
    trials : int
        Trials K of the accuracies.
    distances : (Split, Split)
        Of states and of outputs.
    null : Null
        Of both.
    """
    if wilson(accuracy.spiking, trials).high < wilson(accuracy.rate, trials).low:
        return True
    if error.spiking > max(POOR_FORECAST * error.rate, error.rate + 0.1):
        return True
    # Comparisons with an undefined null are false, so that the distance alone decides.
    return any(
        part.nrmse > POOR_ERROR and (own > CHAOTIC or not part.nrmse <= POOR_NULL * own)
        for part, own in zip(distances, null, strict=True)
    )


def find(evidence: Evidence, task: Task, null: Null, discretisation: float) -> tuple[Cause, ...]:
    """Return the causes of a poor conversion, the one that explains most first.

    Parameters
    ----------
    evidence : Evidence
        Reference, rate run and first spiking run.
    task : Task
        Its scorer tells what the rate equation itself achieves.
    null : Null
        Distance of the rate network under its training noise to itself.
    discretisation : float
        Distance of the trained Euler map to its equation.

    Returns
    -------
    tuple of Cause
        One named ``"unknown"`` where none that is known explains enough. Where no trajectory can be tracked (null above
        1) that alone is named: every fault, however small, leads far away, and none can be told from another.

    Notes
    -----
    A rate network trained without noise has no null. Where its time step shows, a start that is moved a little tells
    whether it is chaotic.
    """
    spiking, network = evidence.spikes.source, evidence.rates.source
    if null.state > CHAOTIC:
        return (_chaotic(network, f"is {null.state:.2f} SDs from itself under its training noise (null, state)"),)
    found = []
    if discretisation > TIME_STEP:
        grown = _divergence(evidence, network)
        if grown > GROWN:
            return (_chaotic(network, f"ends {grown:.2f} SDs away where its start is moved by {PUSH:g} SDs"),)
        found.append(_time_step(evidence, task, discretisation))
    if isinstance(spiking, SpikingNetwork) and isinstance(network, RateNetwork):
        if len(spiking.banks) == 1 and not network.discrete:
            found += _of_trajectories(evidence, spiking, network)
        else:
            found += _beyond(evidence, spiking)
    return tuple(found) or (_unknown(),)


def _divergence(evidence: Evidence, network: object) -> float:
    """Return how far a small difference at the start leads, in SDs; 0 where the network is not at hand."""
    if not isinstance(network, RateNetwork):
        return 0.0
    return divergence(network, evidence.trials, evidence.reference.states)


def _beyond(evidence: Evidence, spiking: SpikingNetwork) -> list[Cause]:
    """Return whether states of a gated or discrete network leave the range that its decoders were fitted to."""
    low, high = spiking.bank(spiking.observe).tuned
    run, wanted = evidence.spikes.states, evidence.reference.states
    here, there = (float(((x < low) | (x > high)).mean()) for x in (run, wanted))
    if here < BEYOND:
        return []
    text = f"{here:.1%} of the states lie beyond what the decoders were fitted to (in the reference {there:.1%})"
    return [Cause("range exceeded", text, RANGE_ADVICE, UNDEFINED)]


def _of_trajectories(evidence: Evidence, spiking: SpikingNetwork, network: RateNetwork) -> list[Cause]:
    """Return the causes that explain enough of the state error, largest share first."""
    some = slice(TRIALS)
    trials, run = evidence.trials.select(some), evidence.spikes
    few = replace(run, states=run.states[some], rates=run.rates[some])
    seen = scene(network, spiking, few, trials, evidence.reference.states[some])
    suspects = static_faults(seen) + dynamic_faults(seen)
    causes = [Cause(suspect.name, suspect.evidence, suspect.advice, seen.share(suspect)) for suspect in suspects]
    return sorted((c for c in causes if c.share >= MATTERS), key=lambda c: c.share, reverse=True)


def _chaotic(network: object, evidence: str) -> Cause:
    remedy = smaller_gain(network) if isinstance(network, RateNetwork) else "train it with a smaller initial gain"
    advice = f"no trajectory of it can be tracked, only accuracy, geometry and statistics compare; {remedy}"
    return Cause("chaotic rate network", f"the rate network {evidence}", advice, UNDEFINED)


def _time_step(evidence: Evidence, task: Task, discretisation: float) -> Cause:
    score = task.score(evidence.reference.outputs, evidence.trials)
    reached = f"an error of {score.error:.3f}" if math.isnan(score.accuracy) else f"an accuracy of {score.accuracy:.3f}"
    text = f"the trained map is {discretisation:.2f} SDs from its own equation, which reaches {reached}"
    low, high = (min(steps * evidence.trials.dt, LONGEST_TAU) for steps in MANY)
    advice = (
        "spiking networks have no step to share; train again with time constants of many steps, "
        f"rate.train(..., tau=({low:g}, {high:g})), or on trials of a smaller dt"
    )
    return Cause("time step", text, advice, UNDEFINED)


def _unknown() -> Cause:
    evidence = f"no known fault explains {MATTERS:.0%} of the squared state error"
    return Cause("unknown", evidence, "look at the states in report.plot(), and at inputs and readout", UNDEFINED)
