"""Run a described network on trials: one program, one short process per trial, all cores."""

import os
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from biornn import __version__
from biornn.core import checks
from biornn.core.recording import Recording, Spikes, Voltages
from biornn.core.seeds import generator
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.spiking import cache, engines
from biornn.spiking.compilation import compiler
from biornn.spiking.structure import bank_ranges, fixed_values, structure, trial_values
from biornn.theory.attention import attended
from biornn.theory.rate import softmax


class _Trial(NamedTuple):
    """One trial: states and rates (T, U), filtered activity (T, U), spikes by bank, voltages (T_v, C)."""

    states: NDArray[np.float64]
    rates: NDArray[np.float64]
    filtered: NDArray[np.float64]
    neurons: NDArray[np.int32]
    times: NDArray[np.float64]
    voltages: NDArray[np.float64]


def run(
    network: SpikingNetwork,
    trials: Trials,
    *,
    seed: int = 0,
    spikes: str | ArrayLike = "all",
    voltages: ArrayLike = (),
    jobs: int | None = None,
    progress: bool = True,
) -> Recording:
    """Simulate a spiking network on trials with Brian2.

    Parameters
    ----------
    network : SpikingNetwork
        What to run.
    trials : Trials
        Inputs (K, T, I) at the network's sampling step, each held for that step.
    seed : int
        Fixes the initial phase of every neuron in every trial; neither `jobs` nor the other trials change a result.
    spikes : {"all", "none"} or array_like of int
        Neurons whose spikes are kept. Firing rates of the units are counted in any case.
    voltages : array_like of int
        Neurons whose membrane voltage is recorded at every step.
    jobs : int, optional
        Trials simulated at once; all cores by default.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    Recording
        Sampled at the trials' dt, `source` is `network`.

    Raises
    ------
    InputError
        Trials that do not fit the network, or neurons that do not exist.

    Notes
    -----
    Where no C++ compiler is found Brian2's numpy target runs the same network, several times slower.
    """
    _check(network, trials)
    kept, chosen = _neurons("spikes", spikes, network), _neurons("voltages", voltages, network)
    workers = checks.count("jobs", os.cpu_count() or 1 if jobs is None else jobs, 1, 1024)
    plan = structure(network, bool(kept.size), chosen)
    shared = fixed_values(network, chosen)
    start = time.perf_counter()
    program = cache.program(plan) if compiler() else None
    built = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="biornn-") as folder:
        work = Path(folder)
        runner = engines.compiled(program, shared, work) if program else engines.interpreted(plan, shared, work)

        def one(trial: int) -> _Trial:
            held = trials.inputs[trial].repeat(network.stretch, axis=0)
            values = trial_values(network, held, generator(seed, "spiking", trial))
            return _sort(runner(values), network, trials.steps, kept, chosen)

        bar = tqdm(total=trials.count, desc="simulating", unit="trial", disable=not progress)
        with ThreadPoolExecutor(workers) as pool, bar:
            results = []
            for result in pool.map(one, range(trials.count)):
                results.append(result)
                bar.update()
    engine = f"{version('brian2')} {'cpp_standalone' if program else 'numpy'}"
    about: dict[str, str | float] = {"biornn": __version__, "brian2": engine}
    about |= {"seconds_build": built - start, "seconds_simulate": time.perf_counter() - built}
    return Recording(
        source=network,
        seed=seed,
        neurons=network.neurons,
        recorded=kept,
        about=about,
        **_joined(results, network, chosen),
    )


def _check(network: SpikingNetwork, trials: Trials) -> None:
    channels = network.inputs[0].weight.shape[1]
    if trials.inputs.shape[2] != channels:
        checks.refuse("Trials.inputs", f"must have {channels} channels", trials.inputs.shape[2], "use the same task")
    if abs(trials.dt / network.trial_dt - 1) > 1e-6:
        rule = f"must be the step {network.trial_dt:g} s of the network's trials"
        checks.refuse("Trials.dt", rule, f"{trials.dt:g} s", "draw trials at that step")


def _neurons(name: str, wanted: str | ArrayLike, network: SpikingNetwork) -> NDArray[np.int32]:
    if isinstance(wanted, str):
        checks.member(name, wanted, ("all", "none"))
        return np.arange(network.neurons if wanted == "all" else 0, dtype=np.int32)
    chosen = np.unique(np.asarray(wanted, dtype=np.int64))
    if chosen.size and not 0 <= chosen[0] <= chosen[-1] < network.neurons:
        rule = f"must be neurons from 0 to {network.neurons - 1}"
        checks.refuse(name, rule, f"{chosen[0]} to {chosen[-1]}", "choose neurons of this network")
    return chosen.astype(np.int32)


def _sort(
    results: Mapping[str, NDArray[Any]],
    network: SpikingNetwork,
    steps: int,
    kept: NDArray[np.int32],
    chosen: NDArray[np.int32],
) -> _Trial:
    observed, readout = network.bank(network.observe), network.readout
    # The first sample is the state at time 0.
    read = np.arange(1, steps + 1) * network.stretch - network.early
    states = results[f"{observed.name}_samples.x"].reshape(-1, observed.units)[read]
    counts = results[f"{observed.name}_samples.spikes"].reshape(-1, observed.units)[:: network.stretch]
    rates = np.diff(counts, axis=0) / (observed.neurons_per_unit * network.step_duration)
    filtered = results[f"{readout.source}_samples.state_readout"].reshape(steps * network.stretch + 1, -1)[read]
    updates = steps * network.stretch * network.steps_per_sample
    neurons, times, traces = [], [], [np.empty((updates, 0))]
    for bank, (low, high) in zip(network.banks, bank_ranges(network), strict=True):
        if kept.size:
            neurons.append(results[f"{bank.name}_spikes.i"] + low)
            times.append(results[f"{bank.name}_spikes.t"])
        count = int(((chosen >= low) & (chosen < high)).sum())
        if count:
            traces.append(results[f"{bank.name}_voltages.v"].reshape(-1, count)[:-1])
    neuron, time_ = _ordered(neurons, times, kept, network, updates)
    return _Trial(states, rates, filtered, neuron, time_, np.concatenate(traces, axis=1))


def _ordered(
    neurons: list[NDArray[np.int32]],
    times: list[NDArray[np.float64]],
    kept: NDArray[np.int32],
    network: SpikingNetwork,
    updates: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    if not kept.size:
        return np.empty(0, np.int32), np.empty(0)
    neuron, at = np.concatenate(neurons).astype(np.int32), np.concatenate(times)
    # The last step only serves to sample the final state.
    keep = at < (updates - 0.5) * network.dt
    if kept.size < network.neurons:
        keep &= np.isin(neuron, kept)
    neuron, at = neuron[keep], at[keep]
    if len(neurons) == 1:  # recorded in order
        return neuron, at
    order = np.lexsort((neuron, at))
    return neuron[order], at[order]


def _joined(results: list[_Trial], network: SpikingNetwork, chosen: NDArray[np.int32]) -> dict[str, Any]:
    readout = network.readout
    read = np.stack([result.filtered for result in results])
    if readout.attention is not None:
        read = attended(read + readout.attention.constant, readout.attention.query, readout.attention.key, np)
    z = read @ readout.weight.T + readout.bias
    trial = np.repeat(np.arange(len(results), dtype=np.int32), [result.times.size for result in results])
    neuron = np.concatenate([result.neurons for result in results])
    return {
        "dt": network.step_duration,
        "states": np.stack([result.states for result in results]),
        "rates": np.stack([result.rates for result in results]),
        "outputs": softmax(z) if readout.kind == "softmax" else z,
        "spikes": Spikes(trial, neuron, np.concatenate([result.times for result in results])),
        "voltages": Voltages(chosen, np.stack([result.voltages for result in results]), network.dt),
    }
