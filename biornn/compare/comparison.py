"""Comparison: where the measures meet in one report."""

from collections.abc import Callable, Sequence
from typing import Any

from biornn.compare import agreement, causes
from biornn.compare.measures import MEASURES, value_of
from biornn.compare.records import Evidence, Runs
from biornn.compare.report import Report
from biornn.core import checks
from biornn.core.progress import SHORT, bar
from biornn.core.recording import Recording
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.theory.rate import reference

STEPS = 3
"""Steps of a comparison that its bar counts beside the measures."""


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
    with bar(STEPS + len(MEASURES), "comparing", "step", checks.flag("compare.progress", progress), SHORT) as shown:
        return _report(rates, runs, judge, trials, seed=seed, done=shown.update)


def _report(
    rates: Recording, runs: Sequence[Recording], task: Task, trials: Trials, *, seed: int, done: Callable[[], object]
) -> Report:
    """Return the report; `done` is called after each of `STEPS` steps and after each measure."""
    network, spiking = agreement.checked(rates, runs, trials)
    first = runs[0]
    done()
    followed = reference(network, trials.inputs, spiking.readout.synapse.tau_decay[: network.units])
    evidence = Evidence(trials, followed, rates, first, task)
    of_rates, of_spikes = (agreement.scored(task, run.outputs, trials) for run in (rates, first))
    done()
    both = Runs(evidence, runs, (of_rates, of_spikes), network, spiking, seed)
    measures: dict[str, Any] = {}
    for key, measure in MEASURES.items():
        measures[key] = value_of(key, measure, both)
        done()
    distances = measures["state"], measures["readout"]
    poor = causes.is_poor(measures["accuracy"], measures["error"], trials.count, distances, measures["null"])
    # What makes a conversion poor is known for leaky networks only.
    explained = network.cell == "leaky" and not network.discrete
    named = (
        causes.find(evidence, task, measures["null"], measures["discretisation_nrmse"]) if poor and explained else ()
    )
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
        measures=measures,
        causes=named,
        poor=poor,
        evidence=evidence,
    )
