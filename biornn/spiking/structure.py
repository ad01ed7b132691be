"""Structure and values: what a simulation program depends on, and what it is given when it runs.

`Structure` holds everything that ends up in the compiled program: numbers of units, names, step. `values` holds
everything else, numbers of neurons and weights and decoders and inputs and initial voltages, by the name under which
the program takes them. Two networks of the same structure share one program, whatever their weights and numbers of
neurons per unit and however long their trials are.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core.spiking import Bank, Filter, Input, Projection, SpikingNetwork
from biornn.spiking.request import Request
from biornn.theory.neurons import NEURON_MODELS

Array = NDArray[np.float64]

DENSE = 0.2
"""Part of non-zero weights above which adding whole columns, zeros included, is faster than picking the non-zeros;
measured with 200 and 1,000 units (AVX-512)."""
FROM_FILES = (".size", ".values", ".rows", ".starts", ".past", ".wanted", ".chosen", ".silent", ".window")
"""Endings of values that programs read themselves, for their size may change from run to run."""
SPIKE_FILES = ("neurons", "counts")
"""What is recorded of spikes, as int32: neurons of the bank, step by step, and their number in each step."""
TRACE = "trace"
"""What is recorded of chosen neurons or units, as float64: one row for each step."""
PROGRESS = "progress"
"""Opens the lines by which a build tells how many of its files are done."""


@dataclass(frozen=True)
class BankStructure:
    """Number of units and names of one bank; a program serves any number of neurons per unit.

    Names stand for banks, channels and decoders in generated code, where those of users could meet others. `inputs` are
    the channels with external input, `reads` the decoder read out, `noisy` says whether any neuron has its own noise.
    The neuron model's code is part of the structure: a model that has changed under its name is another program.
    """

    name: str
    model: str
    equations: str
    update: str
    threshold: str
    reset: str
    units: int
    channels: tuple[str, ...]
    decoders: tuple[str, ...]
    inputs: tuple[str, ...]
    reads: tuple[str, ...]
    noisy: bool


@dataclass(frozen=True)
class ProjectionStructure:
    """Names of one projection, and whether it has a delay."""

    source: str
    decoder: str
    target: str
    channel: str
    delayed: bool


@dataclass(frozen=True)
class Structure:
    """Everything a compiled simulation depends on."""

    dt: float
    steps_per_sample: int
    banks: tuple[BankStructure, ...]
    projections: tuple[ProjectionStructure, ...]
    observe: str

    @property
    def size(self) -> str:
        """Units and neurons of each bank in words: ``200 x M lif``, for a program serves any number M of neurons."""
        return ", ".join(f"{bank.units:,} x M {bank.model}" for bank in self.banks)

    def to_json(self) -> str:
        """Return the structure as canonical JSON: the same structure gives the same text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Structure":
        """Return the structure that `to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        lists: list[dict[str, Any]] = [
            {k: tuple(v) if isinstance(v, list) else v for k, v in bank.items()} for bank in fields["banks"]
        ]
        banks = tuple(BankStructure(**bank) for bank in lists)
        projections = tuple(ProjectionStructure(**projection) for projection in fields["projections"])
        return cls(**{**fields, "banks": banks, "projections": projections})


def label(network: SpikingNetwork, bank: str) -> str:
    """Return the name of a bank in generated code."""
    return f"bank_{[item.name for item in network.banks].index(bank)}"


def channel_label(bank: Bank, channel: str) -> str:
    """Return what stands for a channel in the names of generated code."""
    return str(list(bank.channels).index(channel))


def decoder_label(bank: Bank, decoder: str) -> str:
    """Return what stands for a decoder in the names of generated code."""
    return str(list(bank.decoders).index(decoder))


def structure(network: SpikingNetwork) -> Structure:
    """Return what a program that runs `network` depends on."""
    banks = tuple(_bank_structure(network, bank) for bank in network.banks)
    projections = tuple(
        ProjectionStructure(
            source=label(network, p.source),
            decoder=decoder_label(network.bank(p.source), p.decoder),
            target=label(network, p.target),
            channel=channel_label(network.bank(p.target), p.channel),
            delayed=round(p.delay / network.dt) > 0,
        )
        for p in network.projections
    )
    return Structure(network.dt, network.steps_per_sample, banks, projections, label(network, network.observe))


def _bank_structure(network: SpikingNetwork, bank: Bank) -> BankStructure:
    model, noisy, read = NEURON_MODELS[bank.model], bool(bank.noise.any()), network.readout
    return BankStructure(
        name=label(network, bank.name),
        model=bank.model,
        equations=model.equations,
        update=model.noisy_update if noisy else model.update,
        threshold=model.threshold,
        reset=model.reset,
        units=bank.units,
        channels=tuple(channel_label(bank, channel) for channel in bank.channels),
        decoders=tuple(decoder_label(bank, decoder) for decoder in bank.decoders),
        inputs=tuple(channel_label(bank, channel) for channel in bank.channels if _driven(network, bank, channel)),
        reads=(decoder_label(bank, read.decoder),) if read.source == bank.name else (),
        noisy=noisy,
    )


def _driven(network: SpikingNetwork, bank: Bank, channel: str) -> list[Input]:
    """Return the external inputs into a channel."""
    return [item for item in network.inputs if (item.target, item.channel) == (bank.name, channel)]


def bank_ranges(network: SpikingNetwork) -> list[tuple[int, int]]:
    """Return the range of neuron numbers [first, last) of each bank."""
    ends = np.cumsum([bank.neurons for bank in network.banks]).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def fixed_values(network: SpikingNetwork, request: Request) -> dict[str, NDArray[np.generic]]:
    """Return the values that all trials share, by ``object.variable`` as `biornn.spiking.build` names them."""
    values: dict[str, NDArray[np.generic]] = {}
    for bank, (low, high) in zip(network.banks, bank_ranges(network), strict=True):
        model, name = NEURON_MODELS[bank.model], label(network, bank.name)
        neurons = {"gain": bank.gain, **model.constants(bank.parameters, bank.bias, network.dt)}
        if bank.noise.any():
            neurons["noise"] = model.kick(bank.parameters, bank.noise, network.dt)
        neurons |= {f"decoder_{decoder_label(bank, decoder)}": value for decoder, value in bank.decoders.items()}
        values |= {f"{name}_neurons.{variable}": np.ravel(value) for variable, value in neurons.items()}
        values[f"{name}_neurons.size"] = np.array([bank.neurons], dtype=np.int32)
        values |= {f"{name}.{variable}": value for variable, value in _unit_values(network, bank).items()}
        values |= _requested(name, request, low, high, bank.neurons_per_unit)
    for index, projection in enumerate(network.projections):
        parts = {**_columns(projection.weight), **_under_way(projection, network.dt)}
        values |= {f"projection_{index}.{part}": value for part, value in parts.items()}
    return values


def _requested(bank: str, request: Request, low: int, high: int, per_unit: int) -> dict[str, NDArray[np.generic]]:
    """Return what is recorded of a bank's neurons [low, high), and which of them are silent."""

    def inside(chosen: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.asarray(chosen[(chosen >= low) & (chosen < high)] - low, dtype=np.int32)

    silent = np.zeros(high - low if request.silent.size else 0, dtype=np.int32)
    silent[inside(request.silent)] = 1
    return {
        f"{bank}_spikes.wanted": np.array([request.spikes.size > 0], dtype=np.int32),
        f"{bank}_voltages.chosen": inside(request.voltages),
        f"{bank}_currents.chosen": inside(request.currents) // np.int32(per_unit),
        f"{bank}_mute.silent": silent,
        f"{bank}_mute.window": np.array(request.window, dtype=np.int32),
    }


def _columns(weight: Array) -> dict[str, NDArray[np.generic]]:
    """Return the columns of (U_target, U_source) weights: whole, or only their non-zeros where those are few."""
    by_source = np.ascontiguousarray(weight.T)
    source, target = np.nonzero(by_source)
    if target.size > DENSE * weight.size:
        return {"values": by_source.ravel(), "rows": np.empty(0, np.int32), "starts": np.empty(0, np.int32)}
    starts = np.searchsorted(source, np.arange(len(by_source) + 1)).astype(np.int32)
    return {"values": by_source[source, target], "rows": target.astype(np.int32), "starts": starts}


def _under_way(projection: Projection, dt: float) -> dict[str, Array]:
    """Return the activities (steps of the delay, U_source) that are under way at time 0, in the order of arrival."""
    steps = round(projection.delay / dt)
    if not steps:
        return {}
    past = np.zeros(projection.weight.shape[1]) if projection.past is None else projection.past * dt
    return {"past": np.tile(past, (steps, 1))}


def _unit_values(network: SpikingNetwork, bank: Bank) -> dict[str, Array]:
    values = {"offset": bank.offset, "x": bank.initial_state}
    for name, synapse in bank.channels.items():
        values |= _filter_values(channel_label(bank, name), synapse, bank.initial[name], bank.rising[name], network.dt)
    if network.readout.source == bank.name:
        read = network.readout
        values |= _filter_values("readout", read.synapse, read.initial, read.initial, network.dt)
    return values


def _filter_values(name: str, synapse: Filter, initial: Array, rising: Array, dt: float) -> dict[str, Array]:
    def approach(tau: Array) -> Array:
        return np.where(tau > 0, -np.expm1(-dt / np.where(tau > 0, tau, 1.0)), 1.0)

    return {
        f"rise_{name}": approach(synapse.tau_rise),
        f"decay_{name}": approach(synapse.tau_decay),
        f"rising_{name}": rising,
        f"state_{name}": initial,
    }


def trial_values(
    network: SpikingNetwork, inputs: Array, generator: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    """Return the values of one trial: inputs (T, I) through their weights, initial voltages, and keys of the noise.

    Every neuron starts at a random phase of the firing cycle that its unit's initial state drives, noise included, so
    that no volley of spikes opens the trial.
    """
    values: dict[str, NDArray[np.generic]] = {}
    # All phases are drawn first, so that they are the same with and without noise.
    phases = [generator.random(bank.gain.shape) for bank in network.banks]
    for bank, phase in zip(network.banks, phases, strict=True):
        level = np.zeros(())
        if bank.noise.any():
            key = generator.integers(2**32, size=1, dtype=np.uint32)
            values[f"{label(network, bank.name)}_neurons.noise_key"] = key.view(np.int32)
            level = generator.random(bank.gain.shape)
        steady = bank.steady_voltage(bank.initial_state)
        initial = NEURON_MODELS[bank.model].initial(bank.parameters, steady, bank.noise, (phase, level), network.dt)
        values |= {f"{label(network, bank.name)}_neurons.{name}": np.ravel(value) for name, value in initial.items()}
        for channel in bank.channels:
            driven = _driven(network, bank, channel)
            if driven:
                name = f"{label(network, bank.name)}_{channel_label(bank, channel)}_input.values"
                values[name] = np.sum([inputs @ i.weight.T for i in driven], axis=0)
    return values
