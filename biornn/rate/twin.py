"""Twin: whether a spiking network can follow a trained one at all, told by two distances that cost no spikes."""

import math
from typing import NamedTuple

import numpy as np

from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.task import UNDEFINED, Task
from biornn.core.trials import Trials
from biornn.rate.fit import seed_of
from biornn.rate.run import run
from biornn.rate.settings import Training, usual_gain
from biornn.theory.distance import nrmse
from biornn.theory.rate import ODE_STEP, euler, ode

TIME_STEP = 0.5
"""SDs between the trained map and its equation beyond which they are two networks, as in `biornn.compare.causes`; it is
at most 0.07 in models/."""
CHAOTIC = 1.0
"""SDs between runs with and without training noise beyond which no trajectory can be followed."""
TRIALS = 4
WORK = 1.5e9
"""Multiplications that the integration may take, half a second; of longer trials the first steps are looked at."""
FEWEST = 20
SLOW = 4
"""Steps of the fastest unit's time constant that are recommended."""


class Outlook(NamedTuple):
    """Distances over the SD of the run or equation without noise; NaN where undefined.

    Attributes
    ----------
    time_step : float
        Of the trained map to its equation; undefined for a network of whole steps, infinite where one of them explodes.
    noise : float
        Of a run with training noise to one without; undefined for a network trained without noise.
    """

    time_step: float
    noise: float

    @property
    def poor(self) -> bool:
        """Whether a spiking network cannot follow; what is undefined does not count."""
        return self.time_step > TIME_STEP or self.noise > CHAOTIC


def outlook(network: RateNetwork, task: Task, settings: Training) -> Outlook:
    """Return how far a network is from its own equation and from itself under noise, on a few validation trials."""
    trials = task.part("validation").trials(TRIALS, seed_of(settings, 0))
    fastest = min(ODE_STEP, network.tau.min() / 5)
    step_work = 4 * math.ceil(network.dt / fastest) * TRIALS * network.weights["recurrent"].size
    steps = min(trials.steps, max(FEWEST, int(WORK / step_work)))
    few = Trials(trials.inputs[:, :steps], trials.targets[:, :steps], trials.mask[:, :steps], trials.dt)
    time_step = noise = UNDEFINED
    try:
        quiet = euler(network, few.inputs).states
        if network.noise.any():
            noise = nrmse(run(network, few, settings.seed, noise=True).states, quiet)
        if not network.discrete:
            time_step = nrmse(quiet, ode(network, few.inputs, np.zeros(network.units)).states)
    except InputError:  # it explodes on these trials, as a map or as an equation
        time_step = np.inf
    return Outlook(time_step, noise)


def verdict(found: Outlook, network: RateNetwork, settings: Training) -> str:
    """Return why no spiking network will follow, and what to train instead, in one line."""
    usual, gain = usual_gain(settings.activation), float(settings.gain or 0.0)
    advice = f"train with gain={usual:g} instead of {gain:g}" if settings.cell == "leaky" and gain > usual else ""
    if found.time_step > TIME_STEP:
        why = f"its {network.dt * 1e3:g} ms steps take it {found.time_step:.2f} SDs from its own equation (dt -> 0)"
        slow = f"train with slower units, tau=({SLOW * network.dt:g}, {5 * SLOW * network.dt:g}), or on a smaller dt"
        advice = advice or (slow if network.tau.min() < SLOW / 2 * network.dt else "")
    else:
        why = f"training noise moves it {found.noise:.2f} SDs from its own run without noise"
    advice = (
        advice or f"train with a gain below {gain:g}, a learning_rate below {settings.learning_rate:g} or another seed"
    )
    return f"a spiking network will follow this one poorly at best, since {why}; {advice}"
