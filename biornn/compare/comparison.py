"""Comparison: where the measures meet in one report."""

from collections.abc import Callable, Sequence

import numpy as np

from biornn.compare import agreement, causes
from biornn.compare.geometry import component_error
from biornn.compare.measures import Evidence, Null, Pair, Seconds
from biornn.compare.report import Report
from biornn.compare.spike_trains import mean_rate, median_cv2, rate_correlation
from biornn.core import checks
from biornn.core.progress import SHORT, bar
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.seeds import generator
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import UNDEFINED, Task
from biornn.core.trials import Trials
from biornn.theory.distance import nrmse, split
from biornn.theory.rate import euler, reference

STEPS = 5
"""Steps of a comparison that its bar counts."""
RUN_TIMES = ("seconds_build", "seconds_simulate")
"""Keys of `Recording.about` that hold wall times in s."""


def compare(
    rates: Recording,
    spikes: Recording | Sequence[Recording],
    task: Task,
    trials: Trials,
    *,
    seed: int = 0,
    progress: bool = True,
) -> Report:
    """Compare a spiking network with its rate network on the same trials.

    Parameters
    ----------
    rates : Recording
        The trained rate network run on `trials` by its own Euler map, without noise.
    spikes : Recording or sequence of Recording
        The spiking network on the same trials; several recordings are repeats under different seeds, and at least 8 of
        them split the error into bias and noise. Measures of a single run are taken from the first.
    task : Task
        Its strict scorer judges both networks.
    trials : Trials
        K trials that both networks were run on.
    seed : int
        Seed of the training noise in the null.
    progress : bool
        Whether to show a progress bar where it takes longer than half a second.

    Returns
    -------
    Report
        Distances are to the rate network's ODE integrated without noise, inputs held over each step (a discrete
        network's own map), its rates passed
        through the decay of the spiking network's readout filter (its rise only takes back the populations' lead). The
        null alone lies between two Euler runs of the rate network, with its training noise and without, over the SD of
        the latter.

    Raises
    ------
    InputError
        Other objects; a recording of the wrong kind, of other trials, another shape or step, or of another network; a
        rate run with noise; two repeats with one seed; a task that scores something else than its trials.
    """
    runs, judge = agreement.taken(rates, spikes, task, trials, seed)
    with bar(STEPS, "comparing", "step", checks.flag("compare.progress", progress), SHORT) as shown:
        return _report(rates, runs, judge, trials, seed=seed, done=shown.update)


def _report(
    rates: Recording, runs: Sequence[Recording], task: Task, trials: Trials, *, seed: int, done: Callable[[], object]
) -> Report:
    """Return the report; `done` is called after each of `STEPS` steps."""
    network, spiking = agreement.checked(rates, runs, trials)
    first = runs[0]
    done()
    followed = reference(network, trials.inputs, spiking.readout.synapse.tau_decay[: network.units])
    scores = tuple(agreement.scored(task, run.outputs, trials) for run in (rates, first))
    done()
    states = [run.states for run in runs]
    correlation = rate_correlation(first.rates[..., : network.units], followed.rates, first.dt)
    accuracy, error = Pair(*(s.accuracy for s in scores)), Pair(*(float(s.error) for s in scores))
    state, readout = split(states, followed.states), split([run.outputs for run in runs], followed.outputs)
    done()
    own, discretisation = null(rates, trials, seed), nrmse(rates.states, followed.states)
    evidence = Evidence(trials, followed, rates, first, task)
    poor = causes.is_poor(accuracy, error, trials.count, (state, readout), own)
    done()
    # What makes a conversion poor is known for leaky networks only.
    explained = network.cell == "leaky" and not network.discrete
    named = causes.find(evidence, task, own, discretisation) if poor and explained else ()
    done()
    return Report(
        task=task.name,
        network=str(spiking.about.get("network", "")),
        mapping=str(spiking.about.get("mapping", "")),
        trials=trials.count,
        repeats=len(runs),
        seed=seed,
        units=network.units,
        neurons=spiking.neurons,
        accuracy=accuracy,
        error=error,
        state=state,
        readout=readout,
        null=own,
        discretisation_nrmse=discretisation,
        rate_correlation=correlation.median,
        mean_rate_hz=mean_rate(first),
        cv2=median_cv2(first.spikes),
        seconds=_seconds(spiking, runs),
        components=component_error(states, followed.states),
        correlated_units=correlation.units,
        causes=named,
        poor=poor,
        evidence=evidence,
    )


def null(rates: Recording, trials: Trials, seed: int) -> Null:
    """Return the distance of a rate network under its training noise to its own run without noise.

    Parameters
    ----------
    rates : Recording
        The Euler run without noise.
    trials : Trials
        What it was run on.
    seed : int
        Seed of the noise; trial k has the same noise however many trials there are.

    Returns
    -------
    Null
        Distances of states and of outputs over the pooled SD of the run without noise; NaN for a network that was
        trained without noise.
    """
    network = rates.source
    if not isinstance(network, RateNetwork) or not network.noise.any():
        return Null(UNDEFINED, UNDEFINED)
    shape = (trials.steps, network.states)
    noise = np.stack([generator(seed, "comparison", k).standard_normal(shape) for k in range(trials.count)])
    noisy = euler(network, trials.inputs, noise)
    return Null(nrmse(noisy.states, rates.states), nrmse(noisy.outputs, rates.outputs))


def _seconds(spiking: SpikingNetwork, runs: Sequence[Recording]) -> Seconds:
    """Return the wall times in s that map and runs left in their `about`, summed over repeats."""
    build, simulate = (sum(float(run.about.get(key, UNDEFINED)) for run in runs) for key in RUN_TIMES)
    return Seconds(float(spiking.about.get("seconds_map", UNDEFINED)), build, simulate)
