"""Memory: what a run will need, said before it starts, and whether this machine has it.

Everything but the number of spikes is known beforehand. Spikes are reckoned with `SPIKE_RATE` or the rate at the
initial states, whichever is higher. They are collected on disk, so that more of them than expected fill a disk and not
the memory; see `biornn.spiking.collect`.
"""

import shutil
from dataclasses import dataclass

from biornn.core import checks
from biornn.core.memory import available, readable
from biornn.core.spiking import SpikingNetwork
from biornn.spiking import scratch
from biornn.theory.neurons import NEURON_MODELS

SPIKE_RATE = 30.0
"""Hz; the mean rate that `biornn.bridge.Population` keeps to by default."""
SPIKE_BYTES = 16
"""Of one spike in a `biornn.core.recording.Spikes`: trial, neuron, time."""
WORK_BYTES = 28
"""Of one spike on its way from the program's files to the collected ones."""
PROGRAM_BYTES, VALUE_BYTES = 150, 150
"""Of one neuron while a trial runs: in the program, and in the caller who makes its values and writes them to files;
measured with 1,000,000 neurons, rounded up."""
SPARE = 0.9
"""Part of the available memory that a run may take."""


@dataclass(frozen=True)
class Need:
    """Bytes that a run takes.

    Attributes
    ----------
    recording : float
        States, rates, outputs and voltages of all trials.
    worker : float
        One trial as it runs: its program, its values and its share of the results.
    spikes : float
        All kept spikes; on disk first, in memory only where they fit.
    disk : float
        Files for the time of the run: values, results of the trials that run, spikes.
    """

    recording: float
    worker: float
    spikes: float
    disk: float

    def __str__(self) -> str:
        return (
            f"{readable(self.recording)} of recordings, {readable(self.worker)} for each trial at work, "
            f"about {readable(self.spikes)} of spikes"
        )


def need(network: SpikingNetwork, trials: int, steps: int, kept: int, traced: int) -> Need:
    """Return what a run takes.

    Parameters
    ----------
    trials, steps : int
        Number of trials, and of steps of each.
    kept, traced : int
        Number of neurons whose spikes are kept, and of traces: of voltages and of currents.
    """
    bank, read = network.bank(network.observe), network.readout
    samples = steps * network.stretch
    fine = samples * network.steps_per_sample
    # In float64: states, rates and outputs; spike counts and filtered activity are the trial's own.
    sample = 8.0 * (2 * bank.units + read.weight.shape[0])
    passing = 8.0 * (3 * bank.units + network.bank(read.source).units)
    voltages = 8.0 * fine * traced
    # A program records the spikes of all neurons, whichever are kept.
    every = _rate(network) * steps * network.step_duration * network.neurons if kept else 0.0
    spikes = SPIKE_BYTES * every * kept / network.neurons
    weights = sum(8.0 * projection.weight.size for projection in network.projections)
    # Brian2 doubles a full array, copying it: up to three times its size for a moment, and once more to be read.
    # Traces are read from a file and put in order.
    results = 3 * samples * passing + 2 * voltages
    worker = network.neurons * (PROGRAM_BYTES + VALUE_BYTES) + weights + results + WORK_BYTES * every
    recording = trials * (steps * sample + voltages)
    disk = network.neurons * VALUE_BYTES + weights + results + 4 * every
    return Need(recording, worker, trials * spikes, disk + trials * spikes)


def _rate(network: SpikingNetwork) -> float:
    """Return the mean rate in Hz at the initial states, at least SPIKE_RATE."""
    total = 0.0
    for bank in network.banks:
        steady = bank.steady_voltage(bank.initial_state)
        # A part of the neurons tells the mean.
        few = slice(None, None, max(1, bank.neurons_per_unit // 50))
        parameters = {name: value[:, few] for name, value in bank.parameters.items()}
        rates = NEURON_MODELS[bank.model].rate(parameters, steady[:, few], network.dt, bank.noise[:, few])
        total += float(rates.mean()) * bank.neurons
    return max(SPIKE_RATE, total / network.neurons)


def workers(wanted: int, trials: int, found: Need) -> int:
    """Return how many trials may run at once: as many as wanted, fewer where memory is short.

    Raises
    ------
    InputError
        Not even one fits, or the disk for temporary files is too small.
    """
    free, most = available(), min(wanted, trials)
    room = free * SPARE - found.recording
    if room < found.worker:
        rule = f"must fit into the {readable(free)} of memory that are available"
        advice = (
            f"that is {found}: keep fewer spikes (spikes='none') or voltages, run fewer or shorter trials, use fewer "
            "neurons, or allow more by BIORNN_MEMORY in GB"
        )
        checks.refuse("spiking.run", rule, f"a need of {readable(found.recording + found.worker)}", advice)
    folder = scratch.temporary()
    disk = shutil.disk_usage(folder).free
    if found.disk > disk:
        advice = "keep fewer spikes (spikes='none'), or set TMPDIR to a folder on a larger disk"
        checks.refuse(f"disk of {folder}", f"must hold {readable(found.disk)}", f"{readable(disk)} free", advice)
    return max(1, min(most, int(room // found.worker)))
