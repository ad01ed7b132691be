"""A second simulator: the description run step by step in plain numpy, written without looking at the Brian2 code.

It shares only the description and the values of a trial with `biornn.spiking`.
"""

import numpy as np

from biornn.core.seeds import generator
from biornn.spiking.structure import label, trial_values


def simulate(network, inputs, seed, trial=0):
    """Return states (T, U) of the observed bank, spike (step, neuron) pairs, and z (T, O); LIF banks only."""
    dt, per_sample = network.dt, network.steps_per_sample
    start = trial_values(network, inputs, generator(seed, "spiking", trial))
    banks = {}
    for bank in network.banks:
        banks[bank.name] = {
            "v": start[f"{label(network, bank.name)}_neurons.v"].reshape(bank.gain.shape),
            "wait": start[f"{label(network, bank.name)}_neurons.free_from"].reshape(bank.gain.shape),
            "activity": {name: np.zeros(bank.units) for name in bank.decoders},
            "s": {name: bank.initial[name].copy() for name in bank.channels},
            "q": {name: bank.rising[name].copy() for name in bank.channels},
            "x": bank.initial_state.copy(),
        }
    noisy = [bank.name for bank in network.banks if bank.noise.any()]
    keys = {name: int(start[f"{label(network, name)}_neurons.noise_key"].view(np.uint32)[0]) for name in noisy}
    read = network.readout
    f, g = read.initial.copy(), read.initial.copy()
    states, outputs, spikes, history = [], [], [], []
    for step in range(len(inputs) * per_sample):
        u = inputs[step // per_sample]
        before = {name: state["x"] for name, state in banks.items()}
        arriving = {name: state["activity"] for name, state in banks.items()}
        history.append(arriving)
        for bank in network.banks:
            state = banks[bank.name]
            for name, synapse in bank.channels.items():
                drive = np.zeros(bank.units)
                for p in network.projections:
                    if (p.target, p.channel) == (bank.name, name):
                        drive += p.weight @ late(p, history, step, dt) / dt
                for i in network.inputs:
                    if (i.target, i.channel) == (bank.name, name):
                        drive += i.weight @ u
                state["q"][name] = relax(state["q"][name], drive, synapse.tau_rise, dt)
                state["s"][name] = relax(state["s"][name], state["q"][name], synapse.tau_decay, dt)
            state["x"] = bank.offset + sum(state["s"].values())
        a = arriving[read.source][read.decoder] / dt
        g = relax(g, a, read.synapse.tau_rise, dt)
        f = relax(f, g, read.synapse.tau_decay, dt)
        first = 0
        for bank in network.banks:
            state, p = banks[bank.name], bank.parameters
            steady = p["v_rest"] + bank.bias + bank.gain * before[bank.name][:, None]
            free = state["wait"] <= 0
            moved = steady + (state["v"] - steady) * np.exp(-dt / p["tau_m"])
            if bank.name in keys:
                xi = [byte_normal(keys[bank.name], step, neuron) for neuron in range(bank.neurons)]
                lost = 1 - np.exp(-2 * dt / p["tau_m"])
                moved = moved + bank.noise * np.sqrt(lost) * np.reshape(xi, moved.shape)
            state["v"] = np.where(free, moved, state["v"])
            state["wait"] = np.where(free, 0, state["wait"] - 1)
            fired = state["v"] > p["v_threshold"]
            state["v"] = np.where(fired, p["v_reset"], state["v"])
            state["wait"] = np.where(fired, np.round(p["t_ref"] / dt), state["wait"])
            state["activity"] = {name: (d * fired).sum(axis=1) for name, d in bank.decoders.items()}
            spikes += [(step, first + n) for n in np.flatnonzero(fired)]
            first += bank.neurons
        if (step + 1) % per_sample == 0:
            states.append(banks[network.observe]["x"])
            outputs.append(f @ read.weight.T + read.bias)
    return np.array(states), np.array(spikes), np.array(outputs)


def late(projection, history, step, dt):
    """Activity that arrives in a step: what was sent a delay before it, or what was under way at time 0."""
    sent = step - round(projection.delay / dt)
    if sent > 0:
        return history[sent][projection.source][projection.decoder]
    if step > 0 and projection.past is not None:
        return projection.past * dt
    return np.zeros(projection.weight.shape[1])


def relax(state, target, tau, dt):
    """One exact step towards a held target; tau = 0 jumps."""
    with np.errstate(divide="ignore"):
        return target + (state - target) * np.exp(-dt / np.asarray(tau, dtype=float))


def byte_normal(key, step, neuron):
    """Philox2x32-7 in Python's own integers; the standardised sum of its eight bytes."""
    left, right = step, neuron
    for number in range(7):
        high, low = divmod(0xD256D193 * left, 2**32)
        left, right = high ^ ((key + number * 0x9E3779B9) % 2**32) ^ right, low
    total = sum(left.to_bytes(4, "little")) + sum(right.to_bytes(4, "little"))
    return (total - 1020) / 43690**0.5
