"""Prediction: how well a mapped network will follow its rate network, from a rehearsal on a few calibration trials.

A few trials that stand for all (medoids, weighted by how many they stand for) are rehearsed in numpy, each with other
phases and noise: at least twice, and more often with few neurons, where runs differ most and cost least. What two
runs of a trial have in common is bias, the rest is noise. Trials are cut after 3 s, and 4 to 12 s of them are rehearsed
in all, against minutes in a study; nothing has to be compiled. What is cut off is taken to go on as the last second
did, for runs differ most at their start: neurons forget their initial voltages as their input moves. Predicted and
measured: ``docs/prediction.md``.

Tried and dropped, all of which drive the populations by prescribed states (open loop) and feed the error that they
decode into the rate network; bias / noise predicted, on 4 trials: populations driven by the rate network's own states,
whose decoding error does not change as the states are moved by it (ReLU, M = 20: 0.030 / 0.022, where the loop itself
gives 0.049 / 0.025; Go/NoGo sigmoid, M = 10: 0.032 / 0.022 for 0.069 / 0.026); the same with deviations answered by
the populations' static curves in place of the activation (0.043 / 0.022; 0.039 / 0.035); a second pass driven by the
states of the first (0.049 / 0.023; 0.052 / 0.043). Neurons are nearly all of the cost, so that each such pass costs as
much as the loop itself. Nor did a coarser clock help, its effect on the static curves taken back: bias of Go/NoGo
sigmoid at M = 50 is 0.026 with steps of 0.2 ms, 0.024 with 0.5 and 0.021 with 1 ms, where 0.1 ms gives 0.027.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.bridge import border
from biornn.bridge.code.followed import followed
from biornn.bridge.rehearse import rehearse
from biornn.core import checks, show
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.theory.distance import Split, pooled_sd

Array = NDArray[np.float64]
LONGEST, SECONDS = 3.0, 12.0
"""Part of a trial in s that is rehearsed at most, and time in s that all rehearsed trials make up."""
TAIL = 1.0
"""End of the rehearsed part in s that stands for what comes after it, too."""
FEWEST_TRIALS, MOST_TRIALS = 2, 4
FEWEST_RUNS, MOST_RUNS, NEURONS = 2, 8, 32_000
"""Runs of each trial; within these bounds, as many as keep the neurons of all runs together below that number."""
BLOCK = 50_000
"""Neurons that are stepped together: more fall out of the processor's cache."""
BYTES_PER_SPIKE, BYTES_PER_STATE, BYTES_PER_OUTPUT = 16, 16, 8
"""In a recording a spike is two int32 and a float64, a sample of a unit its state and rate, and one of an output z."""


@dataclass(frozen=True)
class Prediction(show.Shown):
    """What a mapped network is expected to do.

    Attributes
    ----------
    state : Split
        Distance of unit states to the rate equation, as `biornn.compare` will measure it.
    mean_rate_hz : float
        Mean firing rate of all neurons.
    bytes_per_second : float
        Size of a recording with all spikes, for each simulated second of one trial.
    """

    state: Split
    mean_rate_hz: float
    bytes_per_second: float

    def _face(self) -> show.Face:
        return show.Face(f"Prediction: {str(self).removeprefix('predicted ')}")

    def __str__(self) -> str:
        return (
            f"predicted state error {self.state.nrmse:.3f} (bias {self.state.bias:.3f}, noise {self.state.noise:.3f}), "
            f"mean rate {self.mean_rate_hz:.1f} Hz, {self.bytes_per_second / 1e6:.1f} MB for each second of a trial"
        )


def predict(
    network: RateNetwork, spiking: SpikingNetwork, trials: Trials | Task, *, seed: int = 0, progress: bool = True
) -> Prediction:
    """Predict the error of a population network without simulating it in full.

    Parameters
    ----------
    network : RateNetwork
        The rate network that `spiking` was mapped from.
    spiking : SpikingNetwork
        A network of one bank whose units are those of `network`.
    trials : Trials or Task
        Trials to predict on, 16 or more; a few of them are rehearsed. Of a task 32 are drawn.
    seed : int
        Decides phases and noise.
    progress : bool
        Whether to show a progress bar where it takes longer than a second.

    Returns
    -------
    Prediction

    Raises
    ------
    InputError
        A gated or discrete network, trials that the network cannot take or that leave its states still, or a spiking
        network of several banks or of other units.
    """
    network, drawn = border.called("predict", network, trials)
    order = "give the rate network, what it was mapped to, and trials"
    checks.instance("predict: spiking", spiking, SpikingNetwork, order)
    checks.seed("predict: seed", seed)
    border.check_leaky(network, "a prediction", "simulate it instead: spiking.run, then compare.compare")
    if len(spiking.banks) != 1 or (units := spiking.bank(spiking.observe).units) != network.units:
        given = "several banks" if len(spiking.banks) != 1 else f"{units} units"
        advice = "give the network that it was mapped to"
        checks.refuse("predict: spiking", f"must have the rate network's {network.units} units", given, advice)
    if not math.isclose(spiking.trial_dt, network.dt, rel_tol=1e-6):
        rule = f"must have the rate network's step {network.dt:g} s"
        checks.refuse("predict: spiking", rule, f"{spiking.trial_dt:g} s", "give the network that it was mapped to")
    return prediction(network, spiking, drawn, seed, progress)


def prediction(network: RateNetwork, spiking: SpikingNetwork, trials: Trials, seed: int, progress: bool) -> Prediction:
    """Return what `predict` does, of a network and trials that have been checked.

    Raises
    ------
    InputError
        Trials that leave the states of the network still.
    """
    whole = followed(network, trials.inputs)
    scale = pooled_sd(whole)
    if math.isnan(scale):
        checks.refuse("predict: trials", "must move the network's states", "states that never change", "give others")
    longest, tail = (max(round(part / trials.dt), 1) for part in (LONGEST, TAIL))
    moments = of_time(trials.steps, longest, tail)
    inputs, every = trials.inputs[:, : moments.size], whole[:, : moments.size]
    wanted = round(SECONDS / (inputs.shape[1] * trials.dt))
    chosen, share = medoids(every, min(max(wanted, FEWEST_TRIALS), MOST_TRIALS))
    repeats = min(max(NEURONS // (chosen.size * spiking.neurons), FEWEST_RUNS), MOST_RUNS)
    runs, rates = _rehearsed(spiking, np.tile(inputs[chosen], (repeats, 1, 1)), seed, progress)
    errors = (runs - np.tile(every[chosen], (repeats, 1, 1))).reshape(repeats, chosen.size, *every.shape[1:])
    mean_rate = float(rates.reshape(repeats, -1).mean(axis=0) @ share)
    samples = BYTES_PER_STATE * network.units + BYTES_PER_OUTPUT * network.outputs
    size = BYTES_PER_SPIKE * mean_rate * spiking.neurons + samples / network.dt
    return Prediction(weighted_split(errors, share, moments, scale), mean_rate, size)


def medoids(trajectories: Array, count: int) -> tuple[NDArray[np.int64], Array]:
    """Return trials that stand for all, and the share of trials that each stands for.

    Each next one is the trial that brings all trials nearest to one of the chosen (greedy k-medoids).

    Parameters
    ----------
    trajectories : (K, T, N) array
        States of the trials.
    count : int
        How many are chosen at most.

    Returns
    -------
    (C,) int array, (C,) array
        C is the smaller one of `count` and the number of different trials.
    """
    flat = trajectories.reshape(len(trajectories), -1)
    squares = (flat**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares - 2 * flat @ flat.T, 0.0))
    chosen: list[int] = []
    nearest = np.full(len(flat), np.inf)
    while len(chosen) < min(count, len(flat)):
        totals = np.minimum(nearest[:, None], distance).sum(axis=0)
        totals[chosen] = np.inf
        chosen.append(int(totals.argmin()))
        nearest = np.minimum(nearest, distance[:, chosen[-1]])
    owner = distance[:, chosen].argmin(axis=1)
    return np.array(chosen), np.bincount(owner, minlength=len(chosen)) / len(flat)


def of_time(steps: int, longest: int, tail: int) -> Array:
    """Return the share of a trial that each of its first `longest` steps stands for, the last `tail` for the rest too.

    Returns
    -------
    (T,) array
        Its sum is 1; T is the smaller one of `steps` and `longest`.
    """
    share = np.ones(min(steps, longest))
    share[-tail:] += (steps - share.size) / min(tail, share.size)
    return share / steps


def weighted_split(errors: Array, share: Array, moments: Array, scale: float) -> Split:
    """Split the errors (R, C, T, N) of R runs of C trials, weighted by `share` (C,) and `moments` (T,), over `scale`.

    The squared bias is the mean product of the errors of two different runs, which their noise does not enter.
    """
    repeats = len(errors)
    total = np.mean(errors**2, axis=(0, 3)) @ moments @ share
    of_mean = np.mean(errors.mean(axis=0) ** 2, axis=2) @ moments @ share
    noise = (total - of_mean) * repeats / (repeats - 1)
    bias = max(total - noise, 0.0)
    return Split(*(float(np.sqrt(part)) / scale for part in (total, bias, noise)))


def _rehearsed(spiking: SpikingNetwork, inputs: Array, seed: int, progress: bool) -> tuple[Array, Array]:
    """Return states and mean rates of all runs (R C, T, I), some at a time."""
    size = max(1, BLOCK // spiking.neurons)
    starts = range(0, len(inputs), size)
    states, rates = [], []
    with border.at_work("predicting", len(starts), progress, "block") as done:
        for index, start in enumerate(starts):
            some = inputs[start : start + size]
            found, rate = rehearse(spiking, some, generator(seed, "calibration", index + 1))
            states.append(found)
            rates.append(np.full(len(some), rate))
            done("")
    return np.concatenate(states), np.concatenate(rates)
