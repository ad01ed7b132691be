"""The rate network in numpy: the reference for bridge, comparison and tests; JAX is not needed to run a network."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.core.checks import refuse
from biornn.core.rate import RateNetwork
from biornn.theory.activation import apply

Array = NDArray[np.float64]
ODE_STEP = 2.5e-3
"""Longest Runge-Kutta step in s: against steps of 0.2 ms it moves the states of the networks in models/ by at most 8e-6
(ReLU) and 2.4e-7 (smooth activations) of their SD."""


class RateRun(NamedTuple):
    """States and rates (K, T, N) and outputs (K, T, O) at (t + 1) dt."""

    states: Array
    rates: Array
    outputs: Array


def read_out(network: RateNetwork, rates: Array) -> Array:
    """Return z = W_out r + b_out, or its softmax, for rates (..., N)."""
    z = rates @ network.weights["output"].T + network.weights["output_bias"]
    return softmax(z) if network.readout == "softmax" else z


def softmax(z: Array) -> Array:
    """Softmax over the last axis."""
    shifted = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def check_inputs(network: RateNetwork, inputs: Array, dt: float) -> None:
    """Refuse inputs (K, T, I) that the network cannot take.

    Raises
    ------
    InputError
        Another number of input channels, or another time step than the network was trained with.
    """
    if inputs.shape[2] != network.inputs:
        refuse("Trials.inputs", f"must have {network.inputs} channels", inputs.shape[2], "use the network's task")
    if not math.isclose(dt, network.dt, rel_tol=1e-6):
        refuse("Trials.dt", f"must be the network's step {network.dt:g} s", f"{dt:g} s", "draw trials at that step")


def euler(network: RateNetwork, inputs: Array, noise: Array | None = None) -> RateRun:
    """Run the trained Euler map on inputs (K, T, I).

    ``x <- x + alpha (-x + W r + W_in u + b) + sqrt(alpha (2 - alpha)) sigma xi`` with alpha = dt / tau, so that sigma
    is the stationary SD of a free unit whatever dt.

    Parameters
    ----------
    noise : (K, T, N) array, optional
        Standard normal xi; without it the run has no noise.
    """
    weights, alpha = network.weights, network.dt / network.tau
    spread = np.sqrt(alpha * (2 - alpha)) * network.noise
    drive = inputs @ weights["input"].T + weights["bias"]
    states = np.empty((*inputs.shape[:2], network.units))
    rates = np.empty_like(states)
    x = np.broadcast_to(weights["initial_state"], states[:, 0].shape)
    r = apply(network.activation, x)
    for t in range(inputs.shape[1]):
        x = x + alpha * (drive[:, t] - x + r @ weights["recurrent"].T)
        if noise is not None:
            x = x + spread * noise[:, t]
        r = apply(network.activation, x)
        states[:, t], rates[:, t] = x, r
    return RateRun(states, rates, read_out(network, rates))


def ode(network: RateNetwork, inputs: Array, readout_tau: Array, step: float = ODE_STEP) -> RateRun:
    """Integrate the rate equation itself, inputs (K, T, I) held over each step, without noise.

    Fourth-order Runge-Kutta within each held step: this is the reference that a spiking network's error is measured
    against, so that the trained map's own time step does not count as an error of the bridge.

    Parameters
    ----------
    readout_tau : (N,) array
        Time constants in s of the readout's filter of each unit's rate; 0 for none.
    step : float
        Longest Runge-Kutta step in s.

    Returns
    -------
    RateRun
        Sampled at (t + 1) dt; `rates` are phi(x), `outputs` are read from the filtered rates.
    """
    weights = network.weights
    fastest = min(network.tau.min(), readout_tau[readout_tau > 0].min(initial=np.inf))
    substeps = math.ceil(network.dt / min(step, fastest / 5) - 1e-9)
    h = network.dt / substeps
    lag = np.where(readout_tau > 0, readout_tau, 1.0)
    drive = inputs @ weights["input"].T + weights["bias"]

    def slope(x: Array, s: Array, held: Array) -> tuple[Array, Array]:
        r = apply(network.activation, x)
        return (held - x + r @ weights["recurrent"].T) / network.tau, (r - s) / lag

    x = np.array(np.broadcast_to(weights["initial_state"], (inputs.shape[0], network.units)))
    s = np.array(apply(network.activation, x))
    states = np.empty((*inputs.shape[:2], network.units))
    filtered = np.empty_like(states)
    for t in range(inputs.shape[1]):
        held = drive[:, t]
        for _ in range(substeps):
            x1, s1 = slope(x, s, held)
            x2, s2 = slope(x + h / 2 * x1, s + h / 2 * s1, held)
            x3, s3 = slope(x + h / 2 * x2, s + h / 2 * s2, held)
            x4, s4 = slope(x + h * x3, s + h * s3, held)
            x = x + h / 6 * (x1 + 2 * x2 + 2 * x3 + x4)
            s = s + h / 6 * (s1 + 2 * s2 + 2 * s3 + s4)
        states[:, t], filtered[:, t] = x, s
    rates = apply(network.activation, states)
    return RateRun(states, rates, read_out(network, np.where(readout_tau > 0, filtered, rates)))
