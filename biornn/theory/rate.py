"""The rate network in numpy: the reference for bridge, comparison and tests; JAX is not needed to run a network."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from biornn.core import show
from biornn.core.checks import refuse
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials, check_symbols
from biornn.theory.activation import activation
from biornn.theory.attention import attended
from biornn.theory.cells import CELLS

Array = NDArray[np.float64]
ODE_STEP = 2.5e-3
"""Longest Runge-Kutta step in s: against steps of 0.2 ms it moves the states of the networks in models/ by at most 8e-6
(ReLU) and 2.4e-7 (smooth activations) of their SD."""


class RateRun(NamedTuple):
    """States (K, T, S), rates (K, T, N) and outputs (K, T, O) at (t + 1) dt."""

    states: Array
    rates: Array
    outputs: Array

    def __repr__(self) -> str:
        return show.shapes(self)


def read_out(network: RateNetwork, rates: Array) -> Array:
    """Return z = W_out r + b_out, or its softmax, for rates (K, T, N); of r and what is attended to, if it attends."""
    if network.attends:
        rates = attended(rates, network.weights["query"], network.weights["key"], np)
    z = rates @ network.weights["output"].T + network.weights["output_bias"]
    return np.asarray(softmax(z, axis=-1)) if network.readout == "softmax" else z


def check_inputs(network: RateNetwork, trials: Trials) -> None:
    """Refuse trials whose inputs the network cannot take.

    Raises
    ------
    InputError
        Another number of input channels, another time step than the network was trained with, or symbols that last for
        several steps where the network takes one step a symbol.
    """
    channels, dt = trials.inputs.shape[2], trials.dt
    if channels != network.inputs:
        refuse("Trials.inputs", f"must have {network.inputs} channels", channels, "use the network's task")
    if not math.isclose(dt, network.dt, rel_tol=1e-6):
        refuse("Trials.dt", f"must be the network's step {network.dt:g} s", f"{dt:g} s", "draw trials at that step")
    check_symbols(trials, one_step=network.steps_are_symbols)


def euler(network: RateNetwork, inputs: Array, noise: Array | None = None, start: Array | None = None) -> RateRun:
    """Run the trained map on inputs (K, T, I).

    Each step is that of the network's cell, with ``sqrt(alpha (2 - alpha)) sigma xi`` added to its states, alpha = dt /
    tau, so that sigma is the stationary SD of a free leaky unit whatever dt.

    Parameters
    ----------
    noise : (K, T, S) array, optional
        Standard normal xi; without it the run has no noise.
    start : (K, S) array, optional
        States before the first step; without it the network's own.

    Raises
    ------
    InputError
        States that grow beyond all numbers.
    """
    with np.errstate(all="ignore"):
        return _finite(network, stepped(network, inputs, noise, start))


def stepped(network: RateNetwork, inputs: Array, noise: Array | None = None, start: Array | None = None) -> RateRun:
    """Return the run of `euler` without a look at its states, which may be infinite or NaN."""
    weights, cell, alpha = network.weights, CELLS[network.cell], network.dt / network.tau
    spread = np.tile(np.sqrt(alpha * (2 - alpha)) * network.noise, network.states // network.units)
    phi = activation(network.activation)
    drive = cell.drive(weights, inputs)
    states = np.empty((*inputs.shape[:2], network.states))
    x = np.broadcast_to(cell.start(weights, np), states[:, 0].shape) if start is None else start
    for t in range(inputs.shape[1]):
        x = cell.step(weights, phi, alpha, x, drive[:, t], np)
        if noise is not None:
            x = x + spread * noise[:, t]
        states[:, t] = x
    rates = cell.rates(phi, states)
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
        Sampled at (t + 1) dt; `rates` are those of the states, `outputs` are read from the filtered rates.

    Raises
    ------
    InputError
        States that grow beyond all numbers.
    """
    with np.errstate(all="ignore"):
        return _finite(network, _integrated(network, inputs, readout_tau, step))


def _integrated(network: RateNetwork, inputs: Array, readout_tau: Array, step: float) -> RateRun:
    """Return the run of `ode` without a look at its states."""
    weights, cell, phi = network.weights, CELLS[network.cell], activation(network.activation)
    fastest = min(network.tau.min(), readout_tau[readout_tau > 0].min(initial=np.inf))
    substeps = math.ceil(network.dt / min(step, fastest / 5) - 1e-9)
    h = network.dt / substeps
    lag = np.where(readout_tau > 0, readout_tau, 1.0)
    tau = np.tile(network.tau, network.states // network.units)
    drive = cell.drive(weights, inputs)

    start = np.broadcast_to(cell.start(weights, np), (inputs.shape[0], network.states))
    # States and filtered rates move together.
    y = np.concatenate([start, cell.rates(phi, start)], axis=-1)
    path = np.empty((*inputs.shape[:2], y.shape[-1]))
    for t in range(inputs.shape[1]):

        def slope(y: Array, held: Array = drive[:, t]) -> Array:
            x, s = y[..., : network.states], y[..., network.states :]
            return np.concatenate(
                [cell.slope(weights, phi, x, held, np) / tau, (cell.rates(phi, x) - s) / lag], axis=-1
            )

        y = runge_kutta(slope, y, h, substeps)
        path[:, t] = y
    states, filtered = path[..., : network.states], path[..., network.states :]
    rates = cell.rates(phi, states)
    return RateRun(states, rates, read_out(network, np.where(readout_tau > 0, filtered, rates)))


def runge_kutta(slope: Callable[[Array], Array], x: Array, h: float, steps: int) -> Array:
    """Return x after a number of fourth-order Runge-Kutta steps of h s of ``dx/dt = slope(x)``."""
    for _ in range(steps):
        one = slope(x)
        two = slope(x + h / 2 * one)
        three = slope(x + h / 2 * two)
        x = x + h / 6 * (one + 2 * two + 2 * three + slope(x + h * three))
    return x


def _finite(network: RateNetwork, run: RateRun) -> RateRun:
    """Refuse a run that left the numbers behind."""
    for name, values in run._asdict().items():
        if not np.isfinite(values).all():
            trial, t, index = np.argwhere(~np.isfinite(values))[0]
            found = f"{values[trial, t, index]} of {name} at {(t + 1) * network.dt:g} s in trial {trial}"
            advice = "its weights are too large for its activation: train it again with a lower gain or learning_rate"
            refuse("RateNetwork", "must keep finite states, rates and outputs", found, advice)
    return run


def reference(network: RateNetwork, inputs: Array, readout_tau: Array) -> RateRun:
    """Return the run that a spiking network is measured against: the rate equation, or a discrete network's own map."""
    return euler(network, inputs) if network.discrete else ode(network, inputs, readout_tau)
