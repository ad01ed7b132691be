"""Agreement: recordings that cannot be compared are refused before any work starts."""

import math
from collections.abc import Sequence

import numpy as np

from biornn.core.checks import refuse
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.distance import pooled_sd
from biornn.theory.rate import check_inputs, euler

REPRODUCED = 0.01
"""Largest distance, in SDs, between a rate run and its repetition without noise; rounding in a chaotic network stays
far below, a noisy run or one of other trials lies far above."""


def checked(rates: Recording, runs: Sequence[Recording], trials: Trials) -> tuple[RateNetwork, SpikingNetwork]:
    """Return the two networks of recordings that belong together.

    Parameters
    ----------
    rates : Recording
        Euler run of the rate network without noise.
    runs : sequence of Recording
        Spiking runs under different seeds.
    trials : Trials
        What all of them were run on.

    Raises
    ------
    InputError
        A recording of the wrong kind, of other trials, another shape or step, or of another network; a rate run with
        noise; two repeats with one seed; no spiking run at all.
    """
    network = rates.source
    if not isinstance(network, RateNetwork):
        refuse("compare.rates", "must be the recording of a rate network", "a spiking run", "swap the arguments")
    if not runs:
        refuse("compare.spikes", "must hold at least one recording", "none", "run the spiking network first")
    check_inputs(network, trials)
    _check_shape("compare.rates", rates, network, trials)
    spiking = _spiking_source("compare.spikes[0]", runs[0], network)
    for index, run in enumerate(runs):
        where = f"compare.spikes[{index}]"
        if not _same(_spiking_source(where, run, network), spiking):
            refuse(where, "must be a run of the same spiking network as the first", "another one", "repeat one network")
        _check_shape(where, run, network, trials)
    seeds = [run.seed for run in runs]
    if len(set(seeds)) < len(seeds):
        refuse("compare.spikes", "must be repeats under different seeds", seeds, "run each repeat with its own seed")
    _check_repetition(rates, network, trials)
    return network, spiking


def _spiking_source(where: str, run: Recording, network: RateNetwork) -> SpikingNetwork:
    source = run.source
    if not isinstance(source, SpikingNetwork):
        refuse(where, "must be the recording of a spiking network", "a rate run", "swap the arguments")
    units, outputs = source.bank(source.observe).units, source.readout.weight.shape[0]
    if (units, outputs) != (network.states, network.outputs):
        rule = f"must come from a spiking network with {network.states} states and {network.outputs} outputs"
        refuse(where, rule, f"{units} and {outputs}", "map this rate network first")
    return source


def _same(one: SpikingNetwork, other: SpikingNetwork) -> bool:
    """Whether two descriptions agree in what a repeat keeps; they are copies where a run came from another process."""
    banks = one.bank(one.observe), other.bank(other.observe)
    return one is other or (
        one.neurons == other.neurons
        and one.dt == other.dt
        and np.array_equal(banks[0].gain, banks[1].gain)
        and np.array_equal(one.readout.weight, other.readout.weight)
    )


def _check_shape(where: str, run: Recording, network: RateNetwork, trials: Trials) -> None:
    spiking = isinstance(run.source, SpikingNetwork)
    arrays = (
        ("states", run.states, network.states),
        ("rates", run.rates, network.states if spiking else network.units),
    )
    for name, values, size in (*arrays, ("outputs", run.outputs, network.outputs)):
        shape = (trials.count, trials.steps, size)
        if values.shape != shape:
            refuse(f"{where}.{name}", f"must have shape {shape}", values.shape, "run both networks on these trials")
        if not np.isfinite(values).all():
            refuse(f"{where}.{name}", "must be finite", "NaN or infinity", "check the run that made it")
    step = run.source.step_duration if isinstance(run.source, SpikingNetwork) else trials.dt
    if not math.isclose(run.dt, step, rel_tol=1e-6):
        rule = f"must be the trials' step {step:g} s"
        refuse(f"{where}.dt", rule, f"{run.dt:g} s", "sample both networks at the rate network's step")


def _check_repetition(rates: Recording, network: RateNetwork, trials: Trials) -> None:
    repetition = euler(network, trials.inputs).states
    distance = float(np.sqrt(np.mean((rates.states - repetition) ** 2)))
    if distance > REPRODUCED * np.nan_to_num(pooled_sd(repetition)):
        rule = "must be the rate network's run on these trials without noise"
        next_step = "run the network again, without noise, on the trials that are given here"
        refuse("compare.rates", rule, f"a run {distance:.2g} away from it", next_step)
