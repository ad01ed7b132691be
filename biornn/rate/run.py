"""Run a trained rate network on trials, in numpy."""

import numpy as np
from numpy.typing import NDArray

from biornn.core.checks import count
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.seeds import generator
from biornn.core.trials import Trials
from biornn.theory.rate import check_inputs, euler

STRETCH = 2**24
"""States held at once where only outputs are asked for; 128 MB."""


def run(network: RateNetwork, trials: Trials, seed: int = 0, noise: bool = False) -> Recording:
    """Run the Euler map that was trained, at its own step.

    Parameters
    ----------
    network : RateNetwork
        N units.
    trials : Trials
        K trials of T steps with the network's number of input channels and its dt.
    seed : int
        Seed of the noise; every trial has its own stream, so a trial's noise does not depend on the others.
    noise : bool
        Whether to add the noise the network was trained with (its SD is ``network.noise``).

    Returns
    -------
    Recording
        States, rates and outputs, (K, T, N) and (K, T, O), at (t + 1) dt.

    Raises
    ------
    InputError
        Another number of input channels, another time step, or a seed that is not a whole number of at least 0.
    """
    check_inputs(network, trials)
    count("rate.run.seed", seed, 0, 2**63)
    xi = _noise(trials.count, (trials.steps, network.states), seed) if noise else None
    states, rates, outputs = euler(network, trials.inputs, xi)
    about: dict[str, str | float] = {"engine": "numpy", "numpy": np.__version__, "noise": float(noise)}
    return Recording(network.dt, states, rates, outputs, network, seed, about=about)


def noisy_outputs(network: RateNetwork, trials: Trials, seed: int, limit: int = STRETCH) -> NDArray[np.float64]:
    """Return only the outputs (K, T, O) of `run` with noise, in memory that does not grow with T states.

    The network is run in stretches of time, whose states are forgotten. Attention needs all states and keeps them.

    Parameters
    ----------
    network, trials, seed
        As for `run`; the noise is the same.
    limit : int
        Most numbers, states of all trials and steps, in a stretch.
    """
    size = max(1, limit // (trials.count * network.states))
    if network.attends or size >= trials.steps:
        return run(network, trials, seed, noise=True).outputs
    check_inputs(network, trials)
    draws = [generator(seed, "rate", trial) for trial in range(trials.count)]
    found, state = [], None
    for begin in range(0, trials.steps, size):
        given = trials.inputs[:, begin : begin + size]
        xi = np.stack([draw.standard_normal((given.shape[1], network.states)) for draw in draws])
        states, _, z = euler(network, given, xi, state)
        state = states[:, -1].copy()
        found.append(z)
    return np.concatenate(found, axis=1)


def _noise(trials: int, shape: tuple[int, int], seed: int) -> NDArray[np.float64]:
    xi = np.empty((trials, *shape))
    for trial in range(trials):
        generator(seed, "rate", trial).standard_normal(out=xi[trial])
    return xi
