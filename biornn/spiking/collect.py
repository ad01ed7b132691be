"""Collecting: what the trials leave behind, put in its place as each of them ends.

States, rates, outputs and voltages go into arrays made at the start. Spikes, whose number nobody knows beforehand, go
to nameless files; at the end they are loaded, or mapped into memory where they would take more than half of what is
available. Mapped spikes read like any array; their space on disk is given back when the recording goes.
"""

import tempfile
from collections.abc import Mapping
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from biornn.core.memory import available
from biornn.core.recording import NO_SPIKES, Spikes, Voltages
from biornn.core.spiking import SpikingNetwork
from biornn.spiking import memory, scratch
from biornn.spiking.children import full_disk
from biornn.spiking.request import Request
from biornn.spiking.structure import TRACE, bank_ranges, label
from biornn.theory.attention import attended

MAPPED = 0.5
"""Part of the available memory beyond which spikes are left on disk."""
COLUMNS = ("i4", "i4", "f8")
"""Types of the files of spikes: trial, neuron, time."""


class Trial(NamedTuple):
    """One trial: states and rates (T, U), outputs (T, O), spikes by time, voltages and currents (T_v, C)."""

    states: NDArray[np.float64]
    rates: NDArray[np.float64]
    outputs: NDArray[np.float64]
    neurons: NDArray[np.int32]
    times: NDArray[np.float64]
    voltages: NDArray[np.float64]
    currents: NDArray[np.float64]


def trial(
    results: Mapping[str, NDArray[Any]],
    network: SpikingNetwork,
    steps: int,
    request: Request,
) -> Trial:
    """Return the results of one trial by their meaning; see `biornn.spiking.build` for their names."""
    observed, readout = network.bank(network.observe), network.readout
    # The first sample is the state at time 0.
    samples = steps * network.stretch + 1
    read = np.arange(1, steps + 1) * network.stretch - network.early
    name = f"{label(network, network.observe)}_samples"
    states = _table(results, f"{name}.x", samples, observed.units)[read]
    counts = _table(results, f"{name}.spikes", samples, observed.units)[:: network.stretch]
    rates = np.diff(counts, axis=0) / (observed.neurons_per_unit * network.step_duration)
    filtered = f"{label(network, readout.source)}_samples.state_readout"
    activity = _table(results, filtered, samples, network.bank(readout.source).units)[read]
    if readout.attention is not None:
        activity = attended(activity + readout.attention.constant, readout.attention.query, readout.attention.key, np)
    outputs = activity @ readout.weight.T + readout.bias
    if readout.kind == "softmax":
        outputs = softmax(outputs, axis=-1)
    fine = steps * network.stretch * network.steps_per_sample
    voltages = _traces(results, network, "voltages", fine, request.voltages)
    # Recorded are the states of the neurons' units.
    currents = _traces(results, network, "currents", fine, request.currents)
    for column, number in enumerate(request.currents.tolist()):
        bank, unit, k = network.neuron(number)
        gain, bias = (float(part[unit, k]) for part in (network.bank(bank).gain, network.bank(bank).bias))
        currents[:, column] = gain * currents[:, column] + bias
    neurons, times = _spikes(results, network, fine, request.spikes)
    return Trial(states, rates, outputs, neurons, times, voltages, currents)


def _table(results: Mapping[str, NDArray[Any]], name: str, rows: int, columns: int) -> NDArray[Any]:
    """Return one result as (rows, columns); a file that is too short means that a disk was full."""
    found = results[name]
    if found.size != rows * columns:
        full_disk(scratch.temporary())
    return found.reshape(rows, columns)


def _traces(
    results: Mapping[str, NDArray[Any]], network: SpikingNetwork, part: str, fine: int, chosen: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the traces (T_v, C) of chosen neurons, in the order asked for."""
    traces = np.empty((fine, chosen.size))
    for bank, (low, high) in zip(network.banks, bank_ranges(network), strict=True):
        columns = np.flatnonzero((chosen >= low) & (chosen < high))
        if columns.size:
            name = f"{label(network, bank.name)}_{part}.{TRACE}"
            # The last step only serves to sample the final state.
            traces[:, columns] = _table(results, name, fine + 1, columns.size)[:-1]
    return traces


def _spikes(
    results: Mapping[str, NDArray[Any]], network: SpikingNetwork, fine: int, kept: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return neurons and times of the kept spikes, ordered by time, then neuron."""
    if not kept.size:
        return NO_SPIKES.neuron, NO_SPIKES.time
    every, steps = [], []
    for bank, (low, _) in zip(network.banks, bank_ranges(network), strict=True):
        # The last step only serves to sample the final state.
        name = f"{label(network, bank.name)}_spikes"
        counts = _table(results, f"{name}.counts", fine + 1, 1)[:fine, 0]
        every.append(results[f"{name}.neurons"][: int(counts.sum())] + np.int32(low))
        steps.append(np.repeat(np.arange(counts.size, dtype=np.int32), counts))
    neuron, step = (every[0], steps[0]) if len(every) == 1 else (np.concatenate(every), np.concatenate(steps))
    if kept.size < network.neurons:
        wanted = np.zeros(network.neurons, dtype=bool)
        wanted[kept] = True
        keep = wanted[neuron]
        neuron, step = neuron[keep], step[keep]
    if len(every) > 1:  # those of one bank are recorded in order
        order = np.lexsort((neuron, step))
        neuron, step = neuron[order], step[order]
    return neuron, np.asarray(step * network.dt, dtype=np.float64)


def _write(file: IO[bytes], column: NDArray[Any]) -> None:
    try:
        # Not `tofile`, which says nothing when the last bytes do not fit.
        file.write(np.ascontiguousarray(column).data)
        file.flush()
    except OSError:
        full_disk(scratch.temporary())


class Collector:
    """Takes trials in order and gives the fields of a `biornn.core.recording.Recording`.

    Parameters
    ----------
    network : SpikingNetwork
    trials, steps : int
        Number of trials, and of steps of each.
    request : Request
        Neurons that are recorded.
    """

    def __init__(self, network: SpikingNetwork, trials: int, steps: int, request: Request) -> None:
        units = network.bank(network.observe).units
        self._network, self._request = network, request
        self._states, self._rates = np.empty((trials, steps, units)), np.empty((trials, steps, units))
        self._outputs = np.empty((trials, steps, network.readout.weight.shape[0]))
        fine = steps * network.stretch * network.steps_per_sample
        self._voltages = np.empty((trials, fine, request.voltages.size))
        self._currents = np.empty((trials, fine, request.currents.size))
        self._count = 0
        self._files = [tempfile.TemporaryFile(prefix="biornn-spikes-") for _ in COLUMNS]  # noqa: SIM115 - see close

    def add(self, index: int, result: Trial) -> None:
        """Put one trial in its place; trials come in order."""
        self._states[index], self._rates[index], self._outputs[index] = result.states, result.rates, result.outputs
        self._voltages[index], self._currents[index] = result.voltages, result.currents
        columns: tuple[NDArray[Any], ...] = (
            np.full(result.times.size, index, dtype=np.int32),
            result.neurons,
            result.times,
        )
        for file, column in zip(self._files, columns, strict=True):
            _write(file, column)
        self._count += result.times.size

    def fields(self) -> dict[str, Any]:
        """Return the fields, once, after the last trial."""
        mapped = self._count * memory.SPIKE_BYTES > MAPPED * available()
        columns = [self._read(file, kind, mapped) for file, kind in zip(self._files, COLUMNS, strict=True)]
        return {
            "dt": self._network.step_duration,
            "states": self._states,
            "rates": self._rates,
            "outputs": self._outputs,
            "spikes": Spikes(*columns),
            "voltages": Voltages(self._request.voltages, self._voltages, self._network.dt),
            "currents": Voltages(self._request.currents, self._currents, self._network.dt),
        }

    def _read(self, file: IO[bytes], kind: str, mapped: bool) -> NDArray[Any]:
        with file:
            file.flush()
            if mapped and self._count:
                return np.memmap(file, dtype=kind, mode="r", shape=(self._count,))
            file.seek(0)
            return np.fromfile(file, dtype=kind)

    def close(self) -> None:
        """Give the files back; what is mapped stays."""
        for file in self._files:
            file.close()
