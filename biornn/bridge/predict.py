"""Prediction: how well a mapped network will follow its rate network, before the network is simulated.

The populations are driven by the rate network's own states (open loop); the error of the drive that they decode,
with its noise and its lag, is then fed into the rate network. What the rate network makes of it, with all its feedback,
is the prediction. Taken for granted is that populations follow a state that has been moved by errors as they follow the
true one. Below 20 neurons a unit that fails: neurons synchronise by their own ripple (Go/NoGo, M = 10: noise 0.022
predicted, 0.032 measured).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.open_loop import decoded, interpolated
from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.spiking import Bank, SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.distance import Split, pooled_sd
from biornn.theory.rate import ode

Array = NDArray[np.float64]
BYTES_PER_SPIKE, BYTES_PER_SAMPLE = 16, 24
"""A spike is two int32 and a float64; a sample of a unit is its state, rate and filtered activity."""


@dataclass(frozen=True)
class Prediction:
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

    def __str__(self) -> str:
        return (
            f"predicted state error {self.state.nrmse:.3f} (bias {self.state.bias:.3f}, noise {self.state.noise:.3f}), "
            f"mean rate {self.mean_rate_hz:.1f} Hz, {self.bytes_per_second / 1e6:.1f} MB for each second of a trial"
        )


def predict(
    network: RateNetwork, spiking: SpikingNetwork, trials: Trials, *, repeats: int = 3, count: int = 4, seed: int = 0
) -> Prediction:
    """Predict the error of a population network without simulating it.

    Parameters
    ----------
    network : RateNetwork
        The rate network that `spiking` was mapped from.
    spiking : SpikingNetwork
        A network of one bank whose units are those of `network`.
    trials : Trials
        Trials to predict on; the first `count` are used.
    repeats : int
        Draws of phases and noise for each trial, at least 2.
    seed : int
        Decides those draws.

    Returns
    -------
    Prediction

    Raises
    ------
    InputError
        Fewer than 2 repeats, or a network of several banks.
    """
    checks.count("repeats", repeats, 2, 1000)
    if len(spiking.banks) != 1 or spiking.banks[0].units != network.units:
        rule = "must be one bank of the rate network's units"
        checks.refuse("SpikingNetwork.banks", rule, [bank.name for bank in spiking.banks], "predict population maps")
    bank, some = spiking.banks[0], trials.select(slice(count))
    reference = ode(network, some.inputs, np.zeros(network.units)).states
    initial = np.broadcast_to(network.weights["initial_state"], (some.count, 1, network.units))
    fine = interpolated(np.concatenate([initial, reference], axis=1), spiking.steps_per_sample)
    wanted = apply(network.activation, fine) @ network.weights["recurrent"].T
    runs, rates = [], []
    for repeat in range(repeats):
        activity, rate = decoded(bank, fine, spiking.dt, generator(seed, "calibration", repeat + 1))
        given = sum(activity[route.decoder] @ route.weight.T for route in spiking.projections)
        runs.append(_moved(network, spiking, some.inputs, given + bank.offset - network.weights["bias"] - wanted))
        rates.append(rate)
    mean_rate = float(np.mean(rates))
    size = BYTES_PER_SPIKE * mean_rate * bank.neurons + BYTES_PER_SAMPLE * bank.units / network.dt
    return Prediction(_split(runs, reference), mean_rate, size)


def _moved(network: RateNetwork, spiking: SpikingNetwork, inputs: Array, error: Array) -> Array:
    """Return the states (K, T, N) of the rate network whose drive (K, steps, N) is off by `error`."""
    bank, dt, per_sample = spiking.banks[0], spiking.dt, spiking.steps_per_sample
    weights = network.weights
    synapse = _channel(bank, spiking)
    rise, decay, leak = (_approach(tau, dt) for tau in (synapse[0], synapse[1], network.tau))
    external = np.zeros((inputs.shape[0], network.units))
    recurrent = np.broadcast_to(weights["initial_state"] - weights["bias"], external.shape)
    rising = bank.rising[spiking.projections[0].channel] + bank.offset - weights["bias"]
    states = np.empty((*inputs.shape[:2], network.units))
    for step in range(error.shape[1]):
        x = weights["bias"] + recurrent + external
        drive = apply(network.activation, x) @ weights["recurrent"].T + error[:, step]
        rising = rising + rise * (drive - rising)
        recurrent = recurrent + decay * (rising - recurrent)
        external = external + leak * (inputs[:, step // per_sample] @ weights["input"].T - external)
        if (step + 1) % per_sample == 0:
            states[:, step // per_sample] = weights["bias"] + recurrent + external
    return states


def _channel(bank: Bank, spiking: SpikingNetwork) -> tuple[Array, Array]:
    """Return rise and decay (N,) of the channel that the units reach each other through."""
    synapse = bank.channels[spiking.projections[0].channel]
    return synapse.tau_rise, synapse.tau_decay


def _approach(tau: Array, dt: float) -> Array:
    return np.where(tau > 0, -np.expm1(-dt / np.where(tau > 0, tau, 1.0)), 1.0)


def _split(runs: list[Array], reference: Array) -> Split:
    """Split the distance of runs (K, T, N) to their reference as `biornn.theory.distance.split` does."""
    scale, repeats = pooled_sd(reference), len(runs)
    total = float(np.mean([np.mean((run - reference) ** 2) for run in runs]))
    mean = sum(runs[1:], start=runs[0]) / repeats
    variance = sum(float(np.mean((run - mean) ** 2)) for run in runs) / (repeats - 1)
    bias = max(total - variance, 0.0)
    return Split(np.sqrt(total) / scale, float(np.sqrt(bias)) / scale, float(np.sqrt(variance)) / scale)
