"""Rehearsal: a population network in plain numpy, for the few trials that a prediction or a calibration needs.

Neurons are held in single precision, and nothing is compiled or recorded but the unit states. For each second of a
trial that costs 2 to 4 times the CPU time of `biornn.spiking`, which has to compile first: it pays for a few trials.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.spiking import Bank, SpikingNetwork
from biornn.theory.neurons import NEURON_MODELS

Array = NDArray[np.float64]


def rehearse(spiking: SpikingNetwork, inputs: Array, random: np.random.Generator) -> tuple[Array, float]:
    """Return the unit states (K, T, N) of a network of one bank, sampled at `sample_dt`, and its mean rate in Hz.

    One step, in the order of `biornn.spiking.equations`: neurons move with their unit's state as it stands, the
    spikes of the step before reach the synapses, and the synapses make the next state.

    Parameters
    ----------
    inputs : (K, T, I) array
        Each held over one sample.
    random : Generator
        Draws initial phases and membrane noise.

    Raises
    ------
    InputError
        A network of several banks.
    """
    if len(spiking.banks) != 1:
        names = [bank.name for bank in spiking.banks]
        checks.refuse("SpikingNetwork.banks", "must be one bank", names, "rehearse population maps of leaky networks")
    bank, per_sample = spiking.banks[0], spiking.steps_per_sample
    synapses = {name: _Synapse(bank, name, spiking, inputs) for name in bank.channels}
    neurons = _Neurons(bank, inputs.shape[0], spiking.dt, random)
    states = np.empty((*inputs.shape[:2], bank.units))
    x = np.broadcast_to(bank.initial_state, (inputs.shape[0], bank.units))
    arriving = {name: np.zeros(x.shape) for name in bank.decoders}
    for step in range(inputs.shape[1] * per_sample):
        activity = neurons.step(x, step)
        x = bank.offset + sum(synapse.step(arriving, step // per_sample) for synapse in synapses.values())
        arriving = activity
        if (step + 1) % per_sample == 0:
            states[:, step // per_sample] = x
    return states, neurons.spikes / (inputs.shape[0] * bank.neurons * inputs.shape[1] * spiking.sample_dt)


class _Neurons:
    """The neurons (K, U, M) of K trials."""

    def __init__(self, bank: Bank, trials: int, dt: float, random: np.random.Generator) -> None:
        self.model, self.bank, self.dt, self.random = NEURON_MODELS[bank.model], bank, dt, random
        shape = (trials, *bank.gain.shape)
        steady = bank.steady_voltage(bank.initial_state)
        draws = random.random(shape), random.random(shape)
        state = self.model.initial(bank.parameters, np.broadcast_to(steady, shape), bank.noise, draws, dt)
        self.state = {name: _single(value) for name, value in state.items()}
        constants = self.model.constants(bank.parameters, bank.bias, dt)
        self.constants = {name: _single(value) for name, value in constants.items()}
        self.gain = _single(bank.gain)
        self.kick = _single(self.model.kick(bank.parameters, bank.noise, dt))
        self.weights = {name: value.ravel() / dt for name, value in bank.decoders.items()}
        self.spikes = 0

    def step(self, x: Array, now: int) -> dict[str, Array]:
        """Move all neurons under the states x (K, U) and return what each decoder reads, (K, U)."""
        kick = self.kick
        if kick.any():
            kick = kick * self.random.standard_normal(self.state["v"].shape, dtype=np.float32)
        fired = self.model.step(self.constants, self.state, self.gain * _single(x)[:, :, None], kick, now)
        # Few fire in one step: it pays to gather those only.
        who = np.flatnonzero(fired)
        self.spikes += who.size
        unit, neuron = who // self.gain.shape[1], who % self.gain.size
        read: dict[str, Array] = {}
        for name, weights in self.weights.items():
            read[name] = np.asarray(np.bincount(unit, weights[neuron], x.size).reshape(x.shape), dtype=np.float64)
        return read


class _Synapse:
    """One channel of K trials: two one-pole filters in a row, driven by activities and held inputs."""

    def __init__(self, bank: Bank, channel: str, spiking: SpikingNetwork, inputs: Array) -> None:
        synapse, dt = bank.channels[channel], spiking.dt
        self.rise, self.decay = _approach(synapse.tau_rise, dt), _approach(synapse.tau_decay, dt)
        self.routes = [(p.decoder, p.weight.T) for p in spiking.projections if p.channel == channel]
        held = [inputs @ each.weight.T for each in spiking.inputs if each.channel == channel]
        self.held = np.sum(held, axis=0) if held else np.zeros((*inputs.shape[:2], bank.units))
        shape = self.held[:, 0].shape
        self.state = np.broadcast_to(bank.initial[channel], shape)
        self.rising = np.broadcast_to(bank.rising[channel], shape)

    def step(self, activity: dict[str, Array], sample: int) -> Array:
        """Return the state (K, U) after one step."""
        drive = self.held[:, sample]
        for decoder, weight in self.routes:
            drive = drive + activity[decoder] @ weight
        self.rising = self.rising + self.rise * (drive - self.rising)
        self.state = self.state + self.decay * (self.rising - self.state)
        return self.state


def _approach(tau: Array, dt: float) -> Array:
    """Return the share of the way to its input that a filter goes in one step; all of it without a time constant."""
    return np.where(tau > 0, -np.expm1(-dt / np.where(tau > 0, tau, 1.0)), 1.0)


def _single(values: NDArray[Any]) -> NDArray[Any]:
    """Return floats in single precision, and integers as they are."""
    return values.astype(np.float32) if values.dtype == np.float64 else values
