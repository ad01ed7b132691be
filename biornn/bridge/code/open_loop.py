"""Open loop: what populations decode when their units' states are those of the rate network itself."""

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations
from biornn.core.spiking import Bank
from biornn.theory.neurons import NEURON_MODELS

Array = NDArray[np.float64]


def interpolated(states: Array, factor: int) -> Array:
    """Return states (S, T, U) at every step between their samples, (S, (T - 1) factor, U)."""
    share = (np.arange(factor) / factor)[:, None]
    between = states[:, :-1, None] * (1 - share) + states[:, 1:, None] * share
    return between.reshape(states.shape[0], -1, states.shape[2])


def decoded(
    populations: Populations | Bank,
    states: Array,
    dt: float,
    random: np.random.Generator,
    units: NDArray[np.int64] | None = None,
) -> tuple[dict[str, Array], float]:
    """Return the activity (S, T, U) that each set of decoders reads, and the mean firing rate in Hz.

    Parameters
    ----------
    states : (S, T, U) array
        States of the units, one for every step of `dt`.
    random : Generator
        Draws initial phases and membrane noise.
    units : (U,) int array, optional
        Which units the states are of; all by default.
    """
    chosen = np.arange(populations.gain.shape[0]) if units is None else units
    model = NEURON_MODELS[populations.model]
    parameters = {name: value[chosen] for name, value in populations.parameters.items()}
    constants = model.constants(parameters, populations.bias[chosen], dt)
    gain, noise = populations.gain[chosen], populations.noise[chosen]
    decoders = {name: value[chosen] for name, value in populations.decoders.items()}
    kick = model.kick(parameters, noise, dt)
    first = constants["rest"] + gain * states[:, 0, :, None]
    draws = random.random(first.shape), random.random(first.shape)
    state = model.initial(parameters, first, noise, draws, dt)
    activity = {name: np.empty(states.shape) for name in decoders}
    spikes = 0
    for step in range(states.shape[1]):
        push = kick * random.standard_normal(first.shape) if noise.any() else kick
        fired = model.step(constants, state, gain * states[:, step, :, None], push, step)
        # Few fire in one step: it pays to gather those only.
        who = np.flatnonzero(fired)
        spikes += who.size
        for name, value in decoders.items():
            weights = value.ravel()[who % value.size] / dt
            read = np.bincount(who // value.shape[1], weights, minlength=states[:, 0].size)
            activity[name][:, step] = read.reshape(states[:, 0].shape)
    return activity, spikes / (first.size * states.shape[1] * dt)


def filtered(values: Array, tau: float, dt: float, start: Array) -> Array:
    """Return values (S, T, U) behind a one-pole filter that starts at `start` (S, U)."""
    from scipy.signal import lfilter

    if tau <= 0:
        return values
    keep = np.exp(-dt / tau)
    result, _ = lfilter([1 - keep], [1, -keep], values, axis=1, zi=keep * start[:, None])
    return np.asarray(result)
