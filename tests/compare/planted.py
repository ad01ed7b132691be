"""Planted recordings: a small rate network, and spiking recordings made of its reference and a known error."""

import copy
from dataclasses import replace

import numpy as np

from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording, Spikes, Voltages
from biornn.core.spiking import Bank, Filter, Input, Projection, Readout, SpikingNetwork
from biornn.core.task import Score, Task
from biornn.core.trials import Trials
from biornn.theory.neurons import LIF
from biornn.theory.rate import euler, ode

DT, TAU, READOUT_TAU, PER_UNIT = 5e-3, 0.05, 0.02, 20


class Pulse(Task):
    """Answer 1 after a pulse and 0 without; right if the last output is within 0.5 of its target."""

    name, dt, inputs, outputs, readout = "pulse", DT, 1, 1, "identity"

    def trials(self, count, seed, steps=100):
        go = np.arange(count) % 2 == 0
        u = np.zeros((count, steps, 1))
        u[go, 20:40] = 1.0
        u += 0.05 * np.random.default_rng(seed).standard_normal(u.shape)
        z = np.zeros((count, steps, 1))
        z[go, 40:] = 1.0
        return Trials(u, z, np.ones((count, steps)), DT, {"go": go})

    def score(self, outputs, trials):
        return Score((np.abs(outputs[:, -1, 0] - trials.targets[:, -1, 0]) < 0.5).astype(float))


def network(units=12, noise=0.1, seed=0, *, inputs=1, outputs=1):
    rng = np.random.default_rng(seed)
    weights = {
        "recurrent": 1.2 * rng.standard_normal((units, units)) / np.sqrt(units),
        "input": rng.standard_normal((units, inputs)),
        "bias": 0.3 * rng.standard_normal(units),
        "output": 2 * rng.standard_normal((outputs, units)) / np.sqrt(units),
        "output_bias": np.zeros(outputs),
        "initial_state": np.zeros(units),
    }
    return RateNetwork(weights, "sigmoid", np.full(units, TAU), DT, np.zeros(units), np.full(units, noise))


def rate_run(net, trials):
    return Recording(trials.dt, *euler(net, trials.inputs), net)


def mapped(net, **about):
    """Describe a spiking network of the right shape; nothing runs it."""
    shape = (net.units, PER_UNIT)
    zero = np.zeros(net.units)
    bank = Bank(
        name="units",
        model="lif",
        parameters=LIF().parameters(*shape),
        gain=np.full(shape, 0.02),
        bias=np.full(shape, 0.016),
        decoders={"rate": np.full(shape, 1 / (PER_UNIT * 60))},
        channels={"synapse": Filter.exponential(net.tau)},
        initial={"synapse": zero},
        offset=zero,
    )
    synapse = Filter.exponential(np.full(net.units, READOUT_TAU))
    return SpikingNetwork(
        dt=1e-4,
        sample_dt=net.dt,
        banks=(bank,),
        projections=(Projection("units", "rate", "units", "synapse", net.weights["recurrent"]),),
        inputs=(Input("units", "synapse", net.weights["input"]),),
        readout=Readout("units", "rate", synapse, net.weights["output"], net.weights["output_bias"], zero),
        observe="units",
        about=about,
    )


def broken(run, **changes):
    """Return a recording that its own checks would refuse."""
    twin = copy.copy(run)
    for name, value in changes.items():
        object.__setattr__(twin, name, value)
    return twin


def reference_run(net, trials, source):
    """Return the reference as if a spiking network had followed it without error, firing 10 to 60 Hz."""
    run = ode(net, trials.inputs, source.readout.synapse.tau_decay)
    return Recording(trials.dt, run.states, 10 + 50 * run.rates, run.outputs, source, neurons=source.neurons)


def repeats(net, trials, count, bias=0.0, noise=0.0, **about):
    """Return runs that are the reference, plus a constant bias in every unit, plus white noise of the given SD."""
    source = mapped(net, **about)
    perfect = reference_run(net, trials, source)
    runs = []
    for seed in range(count):
        rng = np.random.default_rng([77, seed])
        states, outputs = (
            values + bias + noise * rng.standard_normal(values.shape) for values in (perfect.states, perfect.outputs)
        )
        runs.append(replace(perfect, states=states, outputs=outputs, seed=seed))
    return runs


def with_spikes(run, seed=0, watched=(3, 50, 120, 200)):
    """Return the run with Poisson spikes at its rates, the firing rates of those spikes, and made-up voltages."""
    rng = np.random.default_rng(seed)
    count, steps, units = run.rates.shape
    per_neuron = np.repeat(run.rates * run.dt, PER_UNIT, axis=2)
    number = rng.poisson(per_neuron)
    trial, step, neuron = (np.repeat(index, number[number > 0]) for index in np.nonzero(number))
    time = (step + rng.random(step.size)) * run.dt
    order = np.lexsort((neuron, time, trial))
    spikes = Spikes(trial[order].astype(np.int32), neuron[order].astype(np.int32), time[order])
    rates = number.reshape(count, steps, units, PER_UNIT).mean(axis=3) / run.dt
    recorded = np.arange(units * PER_UNIT, dtype=np.int32)
    chosen = np.array([index for index in watched if index < recorded.size], dtype=np.int32)
    return replace(run, rates=rates, spikes=spikes, recorded=recorded, voltages=sawtooth(spikes, chosen, run))


def sawtooth(spikes, chosen, run, dt=5e-4):
    """Return voltages that climb from -65 mV towards -50 mV with 20 ms after each of the neurons' spikes."""
    count, times = run.states.shape[0], np.arange(0, run.duration, dt)
    values = np.empty((count, times.size, chosen.size))
    for k in range(count):
        for column, neuron in enumerate(chosen):
            fired = np.append(-0.01, spikes.time[(spikes.trial == k) & (spikes.neuron == neuron)])
            since = times - fired[np.searchsorted(fired, times, side="right") - 1]
            values[k, :, column] = -0.065 + 0.018 * (1 - np.exp(-since / 0.02))
    return Voltages(chosen, values, dt)
