"""The reference network in biornn, BrainPy, Nengo, a plain JAX scan and the C++ kernel, in turns on one machine.

    pip install "biornn[benchmarks]"; python -m benchmarks.speed.peers         # about five minutes on 2 cores

200 units of 50 LIF neurons at about 23 Hz, 3,560 non-zero weights, dt 0.1 ms, one trial of 1 s, unit states every 5 ms
and all spikes kept. Every round runs each program once; times are medians over rounds, in s for the trial, as wall
clock and as processor time of all threads. biornn (`spiking.run`, jobs=1, the call as users make it) and the kernel
start a process, read files and write results each time; BrainPy, Nengo and JAX are built and compiled beforehand and
only run, in float32 where that is their default. Each program keeps spikes in the form that costs it least. All must
fire alike to 2 %. At the end, 32 trials with all cores.

A peer that is not installed is left out with a note.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shared import reference, timing
from biornn import spiking
from biornn.core.checks import refuse
from biornn.core.seeds import generator
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.spiking.structure import fixed_values, trial_values

WEIGHTS, RATE, TRIALS, SEED = 3560, 24.0, 32, 1
STEPS, HELD = 10_000, 50
Values = dict[str, np.ndarray]
Program = Callable[[], int]
"""Runs one trial and returns the number of spikes."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="runs of each program")
    rounds = parser.parse_args().rounds
    snn, one, values = setting(1)
    _, many, _ = setting(TRIALS)
    with tempfile.TemporaryDirectory(prefix="biornn-peers-") as folder:
        kernel = reference.kernel(Path(folder))
        reference.write(snn, values, Path(folder) / "kernel.values")
        programs: dict[str, Program] = {
            "C++ kernel": lambda: int(subprocess.check_output([kernel, f"{folder}/kernel.values"])),
            "biornn": lambda: spiking.run(snn, one, seed=SEED, jobs=1, progress=False).spikes.count,
        }
        for name, make in (("JAX scan", jax_scan), ("BrainPy", brainpy), ("Nengo", nengo)):
            try:
                programs[name] = make(values)
            except ImportError as missing:
                print(f"{name} is left out: {missing} (pip install 'biornn[benchmarks]')", file=sys.stderr)
        report(programs, rounds)
        both_cores(programs["C++ kernel"], lambda: spiking.run(snn, many, seed=SEED, progress=False), rounds)


def setting(count: int) -> tuple[SpikingNetwork, Trials, Values]:
    """Return the network, so many trials, and the values of the first trial by the names of biornn's programs."""
    snn = reference.network(WEIGHTS, 0.0, rate=RATE)
    inputs = np.sin(2 * np.pi * reference.SAMPLE_DT * np.arange(reference.SAMPLES))[:, None]
    values = fixed_values(snn, reference.SPIKES) | trial_values(snn, inputs, generator(SEED, "spiking", 0))
    values["weight"] = snn.projections[0].weight
    shape = count, reference.SAMPLES
    every = np.broadcast_to(inputs, (*shape, 1))
    return snn, Trials(every, np.zeros((*shape, 1)), np.ones(shape), reference.SAMPLE_DT), values


def report(programs: dict[str, Program], rounds: int) -> None:
    """Print times and ratios of interleaved rounds."""
    counts = {name: run() for name, run in programs.items()}  # warm
    times = np.array([[timed(run) for run in programs.values()] for _ in range(rounds)])
    wall, processor = np.median(times, axis=0).T
    print(f"{'program':12} {'wall s':>8} {'/ kernel':>9} {'processor s':>12} {'/ kernel':>9} {'Hz':>7}")
    for index, (name, count) in enumerate(counts.items()):
        ratios = wall[index] / wall[0], processor[index] / processor[0]
        rate = count / (reference.UNITS * reference.NEURONS)
        print(f"{name:12} {wall[index]:8.4f} {ratios[0]:9.2f} {processor[index]:12.4f} {ratios[1]:9.2f} {rate:7.2f}")
    for name, count in counts.items():
        if abs(count / counts["C++ kernel"] - 1) > reference.AGREE:
            refuse(name, f"must fire like the kernel to {reference.AGREE:.0%}", counts, "it simulates another network")


def both_cores(kernel: Program, run: Callable[[], object], rounds: int) -> None:
    """Print the time per trial of many trials on all cores against the kernel's."""
    each = []
    for _ in range(max(3, rounds // 3)):
        plain = np.median([timed(kernel)[0] for _ in range(5)])
        each.append((timed(run)[0] / TRIALS, plain))
    per_trial, plain = np.median(each, axis=0)
    ratio = f"{per_trial / plain:.2f} x the kernel's {plain:.4f} s"
    print(f"{TRIALS} trials on {os.cpu_count()} cores: {per_trial:.4f} s wall per trial, {ratio}")


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Return wall clock and processor time in s, processes below included."""
    start, before = time.perf_counter(), timing.processor_time()
    run()
    return time.perf_counter() - start, timing.processor_time() - before


def neuron(values: Values, name: str) -> np.ndarray:
    """Return a value of every neuron."""
    return np.asarray(values[f"bank_0_neurons.{name}"])


def jax_scan(values: Values) -> Program:
    """Return the network as nested scans of JAX."""
    import jax
    import jax.numpy as jnp

    f = partial(jnp.asarray, dtype=jnp.float32)
    approach, threshold, reset = (f(neuron(values, name)) for name in ("approach", "v_threshold", "v_reset"))
    rest, gain, decoder = (f(neuron(values, name)) for name in ("rest", "gain", "decoder_0"))
    silent = jnp.asarray(neuron(values, "refractory_steps"))
    rise, decay = f(values["bank_0.rise_0"]), f(values["bank_0.decay_0"])
    weight = f(values["weight"])

    def step(state: Any, held: Any) -> Any:
        v, wait, x, rising, drive = state
        free = wait <= 0
        v = jnp.where(free, v + approach * (rest + gain * jnp.repeat(x, reference.NEURONS) - v), v)
        fired = v > threshold
        rising = rising + rise * (drive / reference.DT + held - rising)
        x = x + decay * (rising - x)
        activity = jnp.where(fired, decoder, 0).reshape(reference.UNITS, -1).sum(axis=1)
        v, wait = jnp.where(fired, reset, v), jnp.where(fired, silent, wait - 1)
        return (v, wait, x, rising, weight @ activity), fired

    def sample(state: Any, held: Any) -> Any:
        state, fired = jax.lax.scan(lambda s, _: step(s, held), state, None, length=HELD)
        return state, (state[2], fired)

    zeros = jnp.zeros(reference.UNITS, jnp.float32)
    start = f(neuron(values, "v")), jnp.asarray(neuron(values, "free_from")), zeros, zeros, zeros
    run = jax.jit(lambda start, inputs: jax.lax.scan(sample, start, inputs)[1])
    inputs = f(values["bank_0_0_input.values"])

    def program() -> int:
        _, fired = run(start, inputs)
        return int(np.count_nonzero(np.asarray(fired)))

    return program


def brainpy(values: Values) -> Program:
    """Return the network with BrainPy's own LIF neurons; voltages in mV, times in ms."""
    import brainpy as bp
    import brainpy.math as bm

    bm.set_dt(1e3 * reference.DT)
    f = partial(bm.asarray, dtype=bm.float32)
    lif = {"V_rest": -65.0, "V_reset": -65.0, "V_th": -50.0, "tau": 20.0, "R": 1.0, "tau_ref": 2.0 - 0.05}

    class Network(bp.DynSysGroup):
        def __init__(self) -> None:
            super().__init__()
            self.neurons = bp.dyn.LifRef(reference.UNITS * reference.NEURONS, spk_reset="hard", **lif)
            self.neurons.V.value = f(1e3 * neuron(values, "v"))
            self.bias = f(1e3 * (neuron(values, "rest") + 0.065))
            self.gain, self.decoder = f(1e3 * neuron(values, "gain")), f(neuron(values, "decoder_0"))
            self.rise, self.decay = f(values["bank_0.rise_0"]), f(values["bank_0.decay_0"])
            self.weight, self.inputs = f(values["weight"]), f(values["bank_0_0_input.values"])
            self.x, self.rising, self.drive = (bm.Variable(bm.zeros(reference.UNITS)) for _ in range(3))

        def update(self) -> Any:
            spikes = self.neurons(self.bias + self.gain * bm.repeat(self.x, reference.NEURONS))
            held = self.inputs[bp.share["i"] // HELD]
            self.rising += self.rise * (self.drive / reference.DT + held - self.rising)
            self.x += self.decay * (self.rising - self.x)
            activity = bm.where(spikes, self.decoder, 0.0).reshape(reference.UNITS, -1).sum(axis=1)
            self.drive.value = self.weight @ activity
            return self.x.value, spikes

    indices = np.arange(STEPS)
    net = Network()
    start = {name: np.asarray(variable.value) for name, variable in net.vars().items()}

    @bm.jit
    def run() -> Any:
        return bm.for_loop(net.step_run, indices)

    def program() -> int:
        for name, variable in net.vars().items():
            variable.value = bm.asarray(start[name])
        _, fired = run()
        return int(np.count_nonzero(np.asarray(fired)))

    return program


def nengo(values: Values) -> Program:
    """Return the network with Nengo's own LIF neurons, whose threshold is 1 and reset 0."""
    import nengo as ng
    from scipy import sparse

    count = reference.UNITS * reference.NEURONS
    gain, bias = neuron(values, "gain") / 0.015, (neuron(values, "rest") + 0.065) / 0.015
    unit = np.arange(count) // reference.NEURONS
    spread = sparse.coo_matrix((gain, (np.arange(count), unit)), shape=(count, reference.UNITS))
    gather = sparse.coo_matrix((neuron(values, "decoder_0"), (unit, np.arange(count))))
    held = values["bank_0_0_input.values"]
    synapse = ng.LinearFilter([1], [0.05 * 0.002, 0.052, 1])  # decay 50 ms, rise 2 ms
    spikes: list[np.ndarray] = []
    with ng.Network(seed=0) as model:
        inputs = ng.Node(lambda t: held[min(int(round(t / reference.DT) - 1) // HELD, len(held) - 1)])
        units = ng.Node(size_in=reference.UNITS)
        activity = ng.Node(size_in=reference.UNITS)
        voltage = ng.dists.Samples((neuron(values, "v") + 0.065) / 0.015)
        neurons = ng.Ensemble(
            count,
            1,
            neuron_type=ng.LIF(tau_rc=0.02, tau_ref=0.002, initial_state={"voltage": voltage}),
            gain=np.ones(count),
            bias=bias,
            encoders=np.ones((count, 1)),
        ).neurons
        keep = ng.Node(lambda _, fired: spikes.append(np.flatnonzero(fired)), size_in=count)
        ng.Connection(inputs, units, synapse=synapse)
        ng.Connection(units, neurons, transform=ng.Sparse(spread.shape, init=spread), synapse=None)
        ng.Connection(neurons, activity, transform=ng.Sparse(gather.shape, init=gather), synapse=None)
        ng.Connection(activity, units, transform=values["weight"], synapse=synapse)
        ng.Connection(neurons, keep, synapse=None)
        ng.Probe(units, sample_every=reference.SAMPLE_DT)
    simulator = ng.Simulator(model, dt=reference.DT, progress_bar=False)

    def program() -> int:
        spikes.clear()
        simulator.reset()
        simulator.run_steps(STEPS, progress_bar=False)
        return sum(step.size for step in spikes)

    return program


if __name__ == "__main__":
    main()
