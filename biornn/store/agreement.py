"""Agreement: whether the arrays of a recording or a report that was read belong together, as those of a run do."""

from typing import TYPE_CHECKING, Any

import numpy as np

from biornn.core.checks import count, refuse, seconds
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import SpikingNetwork

if TYPE_CHECKING:
    from biornn.compare.report import Report

ADVICE = "save the object again"
LONGEST_STEP = 10.0
"""In s."""


def check(thing: Any) -> None:
    """Refuse a recording or a report whose parts contradict each other; other objects check themselves when made.

    Raises
    ------
    InputError
    """
    if isinstance(thing, Recording):
        _recording(thing)
    elif not isinstance(thing, RateNetwork | SpikingNetwork):
        _report(thing)


def _recording(run: Recording) -> None:
    seconds("Recording.dt", run.dt, 1e-6, LONGEST_STEP)
    count("Recording.seed", run.seed, 0, 2**63)
    if run.states.ndim != 3 or min(run.states.shape) < 1:
        refuse("Recording.states", "must have shape (K, T, N)", run.states.shape, ADVICE)
    trials, steps, _ = run.states.shape
    units, outputs = _sizes(run.source)
    for name, last in (("states", units[0]), ("rates", units[1]), ("outputs", outputs)):
        shape = (trials, steps, last)
        if getattr(run, name).shape != shape:
            refuse(f"Recording.{name}", f"must have shape {shape}", getattr(run, name).shape, ADVICE)
    most = run.source.neurons if isinstance(run.source, SpikingNetwork) else 0
    count("Recording.neurons", run.neurons, most, most)
    _positions("Recording.recorded", run.recorded, most)
    _positions("Recording.spikes.trial", run.spikes.trial, trials)
    _positions("Recording.spikes.neuron", run.spikes.neuron, most)
    _positions("Recording.voltages.neurons", run.voltages.neurons, most)
    if run.spikes.time.shape != run.spikes.trial.shape or run.spikes.time.shape != run.spikes.neuron.shape:
        refuse("Recording.spikes", "must have as many times as trials and neurons", run.spikes.time.shape, ADVICE)
    if run.spikes.count and not (run.spikes.time.min() >= 0 and run.spikes.time.max() <= run.duration):
        refuse("Recording.spikes.time", f"must be from 0 to {run.duration:g} s", "others", ADVICE)
    watched, values = run.voltages.neurons.size, run.voltages.values
    if values.ndim != 3 or values.shape[2] != watched or (watched and values.shape[0] != trials):
        refuse("Recording.voltages.values", f"must have shape ({trials}, T, {watched})", values.shape, ADVICE)
    seconds("Recording.voltages.dt", run.voltages.dt, 1e-7, LONGEST_STEP)


def _sizes(source: RateNetwork | SpikingNetwork) -> tuple[tuple[int, int], int]:
    """Return how many states, rates and outputs a run has."""
    if isinstance(source, RateNetwork):
        return (source.states, source.units), source.outputs
    units = source.bank(source.observe).units
    return (units, units), int(source.readout.weight.shape[0])


def _positions(where: str, values: Any, size: int) -> None:
    if values.ndim != 1 or (values.size and not 0 <= values.min() <= values.max() < size):
        refuse(where, f"must be one axis of numbers from 0 to {size - 1}", f"shape {values.shape}", ADVICE)


def _report(report: "Report") -> None:
    evidence = report.evidence
    for run in (evidence.rates, evidence.spikes):
        _recording(run)
    shape = evidence.rates.states.shape
    trials = evidence.trials
    rates, spikes = evidence.rates.source, evidence.spikes.source
    if not isinstance(rates, RateNetwork) or not isinstance(spikes, SpikingNetwork):
        refuse("Report.evidence", "must hold a rate run and a spiking run", "others", ADVICE)
    for part in report.accuracy:
        if not (np.isnan(part) or 0 <= part <= 1):
            refuse("Report.accuracy", "must be from 0 to 1", part, ADVICE)
    same = {
        "trials": (report.trials, trials.count, shape[0], evidence.spikes.states.shape[0]),
        "units": (report.units, rates.units),
        "neurons": (report.neurons, spikes.neurons),
        "evidence.trials.steps": (trials.steps, shape[1], evidence.spikes.states.shape[1]),
        "evidence.trials.inputs": (trials.inputs.shape[2], rates.inputs),
        "evidence.trials.targets": (trials.targets.shape[2], rates.outputs),
        "evidence.reference.states": (evidence.reference.states.shape, shape),
        "evidence.reference.rates": (evidence.reference.rates.shape, evidence.rates.rates.shape),
        "evidence.reference.outputs": (evidence.reference.outputs.shape, evidence.rates.outputs.shape),
    }
    for name, values in same.items():
        if len(set(values)) != 1:
            refuse(f"Report.{name}", "must agree within the report", values, ADVICE)
    if not np.isclose(evidence.rates.dt, trials.dt):
        refuse("Report.evidence.rates.dt", f"must be that of the trials, {trials.dt:g} s", evidence.rates.dt, ADVICE)
