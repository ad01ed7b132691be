"""Refit: recurrent and readout weights of a one-to-one network, corrected on its own spikes.

A neuron's f-I curve is not its unit's activation, so the drive that spikes give is off, and feedback adds it up. The
trained network says what drive belongs to any state, also to one that it would never visit: ``W phi(x)`` behind the
unit's leak. Each unit's incoming weights are therefore fitted by ridge regression on filtered spike trains to the drive
that the rate network would give at the states the *spiking* network was in, in rounds that collect data under the
latest weights (data set aggregation, Ross, Gordon & Bagnell 2011, AISTATS). The first round holds all neurons at the
states of the rate network, as full-FORCE does (DePasquale et al. 2018, PLoS ONE 13:e0191527). Weights are drawn
towards the trained ones, not towards 0. It is batch ridge regression, to which recursive least squares converges.

Tried and dropped (Go/NoGo sigmoid, N = 200): ridge towards 0 with the rate network's trajectory as the target:
trajectories are too few to tell weights apart, weights grow up to threefold, accuracy at most 0.5. A ridge of 1 or 0.3
leaves no-go outputs drifting upwards (softplus: 0.84 at the end of a trial; 0.05 with a ridge of 0.05).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.signal import lfilter

from biornn.bridge.base import Simulate
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import Filter, Input, SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply

Array = NDArray[np.float64]
SETTLE = 0.05
"""Start of each trial in s that is left out: the filters of the regression start empty."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over samples of the products of regressors (a constant last) with each other and with what is missing.

    Attributes
    ----------
    gram : (J + 1, J + 1) array
    missing : (J + 1, O) array
        With the target less what the trained weights give.
    """

    gram: Array
    missing: Array

    def __add__(self, other: "Moments") -> "Moments":
        """Return the moments of both sets of samples."""
        return Moments(self.gram + other.gram, self.missing + other.missing)


def moments(regressors: Array, target: Array, trained: Array) -> Moments:
    """Return the moments of samples: regressors (S, J), target (S, O), trained weights (O, J)."""
    full = np.column_stack([regressors, np.ones(len(regressors))])
    return Moments(full.T @ full, full.T @ (target - regressors @ trained.T))


def corrected(sums: Moments, trained: Array, ridge: float, signs: Array) -> tuple[Array, Array]:
    """Return weights (O, J) and constants (O,) that fit the target, drawn towards the trained weights.

    Minimises the squared error and ``ridge`` times the mean variance of the regressors times
    ``sum (w - trained)^2``; the constant is free.

    Parameters
    ----------
    sums : Moments
    trained : (O, J) array
    ridge : float
        Strength; 0 follows the data alone.
    signs : (J,) array
        Sign that the weights of each regressor must have; 0 leaves them free.
    """
    count = sums.gram[-1, -1]
    mean, mean_missing = sums.gram[:-1, -1] / count, sums.missing[-1] / count
    covariance = sums.gram[:-1, :-1] / count - np.outer(mean, mean)
    shared = sums.missing[:-1] / count - np.outer(mean, mean_missing)
    penalty = max(ridge * float(np.trace(covariance)) / max(len(mean), 1), 1e-12)
    root = np.linalg.cholesky(covariance + penalty * np.eye(len(mean))).T
    wanted = root @ trained.T + np.linalg.solve(root.T, shared)
    if signs.any():
        side = np.where(signs == 0, 1.0, signs)
        weights = np.array([side * nnls(root * side, column)[0] for column in wanted.T])
    else:
        weights = np.linalg.solve(root, wanted).T
    return weights, mean_missing - (weights - trained) @ mean


def refit(
    network: RateNetwork,
    start: SpikingNetwork,
    trajectories: Array,
    trials: Trials,
    simulate: Simulate,
    *,
    rounds: int,
    ridge: float,
) -> SpikingNetwork:
    """Return the one-to-one network with recurrent and readout weights fitted in `rounds` of simulation.

    No synapse is added where the trained network has none, and weights keep Dale's law where it does.

    Parameters
    ----------
    start : SpikingNetwork
        One bank of one neuron a unit, with the trained weights.
    trajectories : (K, T, N) array
        States of the rate network on the trials.
    rounds : int
        Runs on the calibration trials; the first is held at the trajectories.
    ridge : float
        See `corrected`.
    """
    spiking = start
    fitted: list[Moments] = []
    for number in range(rounds):
        if number == 0:
            run = simulate(held(start, network), forced(trajectories, network, trials), number)
        else:
            run = simulate(spiking, trials, number)
        seen = observed(network, start, run)
        fitted = [old + new for old, new in zip(fitted, seen, strict=True)] if fitted else seen
        spiking = rewired(network, start, fitted, ridge)
    return spiking


def held(spiking: SpikingNetwork, network: RateNetwork) -> SpikingNetwork:
    """Return the network whose units have the states that it is given as inputs, whatever their spikes do."""
    bank, none = spiking.banks[0], np.zeros(network.units)
    channels = {name: Filter(none, none) if name == "external" else kept for name, kept in bank.channels.items()}
    empty = dict.fromkeys(bank.initial, none)
    unmoved = replace(bank, channels=channels, offset=none, initial=empty, rising=empty)
    silent = replace(spiking.projections[0], weight=np.zeros((network.units, network.units)))
    given = Input("units", "external", np.eye(network.units))
    return replace(spiking, banks=(unmoved,), projections=(silent,), inputs=(given,))


def forced(trajectories: Array, network: RateNetwork, trials: Trials) -> Trials:
    """Return trials whose inputs are states, each step held at the mean of its two ends."""
    return Trials(midway(trajectories, network), trials.targets, trials.mask, trials.dt)


def midway(states: Array, network: RateNetwork) -> Array:
    """Return states (K, T, N) in the middle of each step, from those at its end."""
    first = np.broadcast_to(network.weights["initial_state"], (states.shape[0], 1, network.units))
    return (np.concatenate([first, states[:, :-1]], axis=1) + states) / 2


def observed(network: RateNetwork, start: SpikingNetwork, run: Recording) -> list[Moments]:
    """Return the moments of each unit's drive, and those of the readout last."""
    weights, bank, dt = network.weights, start.banks[0], network.dt
    given = run.rates * bank.decoders["activity"][:, 0]
    wanted = apply(network.activation, midway(run.states, network))
    drive = wanted @ weights["recurrent"].T
    skip = round(SETTLE / dt)
    through, result = bank.channels["recurrent"], []
    for unit in range(network.units):
        inputs = np.flatnonzero(weights["recurrent"][unit])
        smooth = double(given[:, :, inputs], through.tau_decay[unit], through.tau_rise[unit], dt)[:, skip:]
        target = double(drive[:, :, [unit]], network.tau[unit], 0.0, dt)[:, skip:] + weights["bias"][unit]
        result.append(moments(flat(smooth), flat(target), weights["recurrent"][[unit]][:, inputs]))
    synapse = start.readout.synapse
    by_unit = [double(given[:, :, [u]], synapse.tau_decay[u], synapse.tau_rise[u], dt) for u in range(network.units)]
    ideal = [double(wanted[:, :, [u]], synapse.tau_decay[u], 0.0, dt) for u in range(network.units)]
    target = np.concatenate(ideal, axis=2) @ weights["output"].T + weights["output_bias"]
    result.append(moments(flat(np.concatenate(by_unit, axis=2)[:, skip:]), flat(target[:, skip:]), weights["output"]))
    return result


def rewired(network: RateNetwork, start: SpikingNetwork, fitted: list[Moments], ridge: float) -> SpikingNetwork:
    """Return the network with the weights, offsets and readout that the moments ask for."""
    trained, free = network.weights["recurrent"], np.zeros(network.units)
    weight, offset = np.zeros_like(trained), np.zeros(network.units)
    # A negative decoder turns the sign of its unit's synapses.
    signs = network.signs * np.sign(start.banks[0].decoders["activity"][:, 0])
    for unit in range(network.units):
        inputs = np.flatnonzero(trained[unit])
        own, constant = corrected(fitted[unit], trained[[unit]][:, inputs], ridge, signs[inputs])
        weight[unit, inputs], offset[unit] = own[0], constant[0]
    output, output_bias = corrected(fitted[-1], network.weights["output"], ridge, free)
    bank, first = start.banks[0], network.weights["initial_state"]
    initial = {**bank.initial, "recurrent": first - offset}
    drive = trained @ apply(network.activation, first) + network.weights["bias"]
    rising = {**bank.rising, "recurrent": drive - offset}
    return replace(
        start,
        banks=(replace(bank, offset=offset, initial=initial, rising=rising),),
        projections=(replace(start.projections[0], weight=weight),),
        readout=replace(start.readout, weight=output, bias=output_bias),
    )


def double(values: Array, decay: float, rise: float, dt: float) -> Array:
    """Return values (K, T, C), each held for one step, behind a double-exponential filter that starts empty."""
    for tau in (decay, rise):
        if tau > 0:
            keep = np.exp(-dt / tau)
            values = lfilter([1 - keep], [1, -keep], values, axis=1)
    return values


def flat(values: Array) -> Array:
    """Return values (K, T, C) as samples (K T, C)."""
    return values.reshape(-1, values.shape[2])
