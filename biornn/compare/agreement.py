"""Agreement: what cannot be compared is refused before any work starts."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.checks import refuse
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import Score, Task, checked_task
from biornn.core.trials import Trials
from biornn.theory.distance import pooled_sd
from biornn.theory.rate import check_inputs, euler

Array = NDArray[np.float64]
REPRODUCED = 0.01
"""Largest distance, in SDs, between a rate run and its repetition without noise; rounding in a chaotic network stays
far below, a noisy run or one of other trials lies far above."""


def taken(
    rates: object, spikes: object, task: object, trials: object, seed: object
) -> tuple[tuple[Recording, ...], Task]:
    """Return the spiking runs and the task, once every argument is of its kind.

    Raises
    ------
    InputError
        Another kind of object, or arguments in another order.
    """
    if isinstance(task, Trials):
        refuse("compare.task", "must be a task", "trials", "swap the last two: compare(rates, spikes, task, trials)")
    checks.instance("compare.rates", rates, Recording, "give what rate.run returned")
    checks.instance("compare.trials", trials, Trials, "give the trials that both networks were run on")
    checks.seed("compare.seed", seed)
    advice = "give what spiking.run returned, or a list of such runs"
    if not isinstance(spikes, Recording | list | tuple):
        checks.instance("compare.spikes", spikes, Recording, advice)
    runs = (spikes,) if isinstance(spikes, Recording) else tuple(spikes)  # type: ignore[arg-type]
    for index, run in enumerate(runs):
        checks.instance(f"compare.spikes[{index}]", run, Recording, advice)
    return runs, checked_task("compare.task", task)


def scored(task: Task, outputs: Array, trials: Trials) -> Score:
    """Return a task's score of outputs, once it is one.

    Raises
    ------
    InputError
        Another object than a `Score`, or one of other trials.
    """
    score = checks.instance(f"task {task.name}: score", task.score(outputs, trials), Score, "return biornn.Score(...)")
    correct = checks.plain_array(f"task {task.name}: score.correct", score.correct)
    if correct.shape != (trials.count,):
        rule = f"must hold one share for each of the {trials.count} trials"
        refuse(f"task {task.name}: score.correct", rule, f"shape {correct.shape}", "return an array (K,)")
    return score


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
    if trials.targets.shape[2] != network.outputs:
        rule = f"must have the network's {network.outputs} output channels"
        refuse("Trials.targets", rule, trials.targets.shape[2], "compare on trials of the network's task")
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
    for name, given, size in (*arrays, ("outputs", run.outputs, network.outputs)):
        values = checks.plain_array(f"{where}.{name}", given)
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
