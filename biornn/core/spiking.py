"""SpikingNetwork: a description of populations and projections that runs nothing.

Every bank is U units of M neurons. The neurons of a unit share one input, the unit's state x; their spikes, weighted
by decoders, are the unit's activity; projections carry activities to the synaptic channels of other units. Because
neurons share their unit's input, M^2 synapses for each trained weight are not needed: neuron k of unit j reaches
neuron l of unit i with the effective weight ``gain[i, l] * weight[i, j] * decoder[j, k]``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks, show
from biornn.core.bank import Bank, Filter, unbounded
from biornn.core.connections import Attention, Input, Projection, Readout
from biornn.core.steps import checked_step
from biornn.core.values import json_values

Array = NDArray[np.float64]
__all__ = ["Attention", "Bank", "Filter", "Input", "Neuron", "Projection", "Readout", "SpikingNetwork", "unbounded"]


class Neuron(NamedTuple):
    """The place of one neuron: its bank, its unit there, and its number k among the neurons of that unit."""

    bank: str
    unit: int
    k: int


@dataclass(frozen=True, eq=False)
class SpikingNetwork(show.Shown):
    """A network of spiking populations, ready to be built by a simulator.

    Parameters
    ----------
    dt : float
        Step of the simulation in s.
    sample_dt : float
        Step of inputs and sampled states in s, a whole multiple of `dt`.
    trial_dt : float, optional
        Step in s of the trials that it runs: the rate network's dt. By default `sample_dt`.
    stretch : int
        Samples for which each step of a trial is held.
    early : int
        Samples before the end of a step at which it is read: what the next one brings may arrive before it begins.
    banks : tuple of Bank
    projections : tuple of Projection
    inputs : tuple of Input
    readout : Readout
    observe : str
        Bank whose unit states and firing rates stand for the rate network's units.
    about : dict
        Where it comes from; JSON values only.

    Raises
    ------
    InputError
        Steps that do not divide, names that do not exist, shapes that do not agree, NaN or infinity.
    """

    dt: float
    sample_dt: float
    banks: tuple[Bank, ...]
    projections: tuple[Projection, ...]
    inputs: tuple[Input, ...]
    readout: Readout
    observe: str
    about: Mapping[str, Any] = field(default_factory=dict)
    trial_dt: float = 0.0
    stretch: int = 1
    early: int = 0

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "dt", checks.seconds("SpikingNetwork.dt", self.dt, 1e-6, 1e-3))
        put(self, "sample_dt", checks.seconds("SpikingNetwork.sample_dt", self.sample_dt, 1e-6, 10.0))
        checked_step("SpikingNetwork.dt", self.dt, self.sample_dt, "the sampling step")
        put(self, "trial_dt", checks.seconds("SpikingNetwork.trial_dt", self.trial_dt, 0.0, 10.0) or self.sample_dt)
        checks.count("SpikingNetwork.stretch", self.stretch, 1, 100_000)
        checks.count("SpikingNetwork.early", self.early, 0, self.stretch - 1)
        put(self, "about", json_values("SpikingNetwork.about", self.about, finite=True))
        for name, kind in (("banks", Bank), ("projections", Projection), ("inputs", Input)):
            advice = f"give a tuple of {kind.__name__}s"
            for item in checks.instance(f"SpikingNetwork.{name}", getattr(self, name), tuple, advice):
                checks.instance(f"SpikingNetwork.{name}", item, kind, advice)
        names = [bank.name for bank in self.banks]
        if len(set(names)) != len(names) or not names:
            checks.refuse("SpikingNetwork.banks", "must have distinct names", names, "rename a bank")
        checks.member("SpikingNetwork.observe", self.observe, names)
        for projection in self.projections:
            self._check_projection(projection)
        self._check_inputs()
        self._check_readout(checks.instance("SpikingNetwork.readout", self.readout, Readout, "give a Readout"))

    def _check_projection(self, item: Projection) -> None:
        target = self._channel("Projection", item.target, item.channel)
        source = self._decoder("Projection", item.source, item.decoder)
        checks.array("Projection.weight", item.weight, (target.units, source.units))

    def _check_inputs(self) -> None:
        if not self.inputs:
            checks.refuse("SpikingNetwork.inputs", "must have at least one Input", "none", "weights may be 0")
        channels = self.inputs[0].weight.shape[1]
        for item in self.inputs:
            target = self._channel("Input", item.target, item.channel)
            checks.array("Input.weight", item.weight, (target.units, channels))

    def _check_readout(self, item: Readout) -> None:
        source = self._decoder("Readout", item.source, item.decoder)
        read = source.units * (2 if item.attention else 1)
        checks.array("Readout.weight", item.weight, ("O", read))
        checks.array("Readout.synapse.tau_decay", item.synapse.tau_decay, (source.units,))
        checks.array("Readout.initial", item.initial, (source.units,))

    def _face(self) -> show.Face:
        shown = self.bank(self.observe)
        size = f"{shown.units:,} units x {shown.neurons_per_unit:,} {shown.model.upper()} neurons ({self.neurons:,})"
        if len(self.banks) > 1:
            size = f"{shown.units:,} units as {self.neurons:,} {shown.model.upper()} neurons in {len(self.banks)} banks"
        channels = sum(item.weight.shape[1] for item in self.inputs[:1])
        ends = f"{show.count(channels, 'input')}, {show.count(int(np.size(self.readout.bias)), 'output')}"
        network, mapping = (str(self.about.get(key, "")) for key in ("network", "mapping"))
        maps = (f"; maps {network}" if network else "") + (f"; mapping {mapping}" if mapping else "")
        times = f"dt {self.dt * 1e3:g} ms, trials in steps of {self.trial_dt * 1e3:g} ms"
        held = f"; each step lasts {self.step_duration * 1e3:g} ms" if self.stretch > 1 else ""
        rows = (
            ("neurons", size),
            ("times", times + held),
            *((f"bank {bank.name}", str(bank).partition(": ")[2]) for bank in self.banks[:8]),
            ("projections", str(len(self.projections))),
            ("readout", str(self.readout).partition(": ")[2]),
        )
        calls = ("spikes = spiking.run(snn, trials, seed=3)", "print(bridge.predict(network, snn, trials))")
        return show.Face(f"SpikingNetwork: {size}, {ends}, {times}{held}{maps}", rows, calls)

    def _sketch(self) -> show.Sketch | None:
        return self.projections[-1]._sketch() if self.projections else None

    def bank(self, name: str) -> Bank:
        """Return the bank of that name."""
        return {bank.name: bank for bank in self.banks}[name]

    def _channel(self, owner: str, bank: str, channel: str) -> Bank:
        checks.member(f"{owner}.target", bank, (b.name for b in self.banks))
        checks.member(f"{owner}.channel", channel, self.bank(bank).channels)
        return self.bank(bank)

    def _decoder(self, owner: str, bank: str, decoder: str) -> Bank:
        checks.member(f"{owner}.source", bank, (b.name for b in self.banks))
        checks.member(f"{owner}.decoder", decoder, self.bank(bank).decoders)
        return self.bank(bank)

    def neuron(self, number: int) -> Neuron:
        """Return the place of a neuron that is numbered over all banks, as those of `biornn.core.recording.Spikes`."""
        left = checks.count("neuron", number, 0, self.neurons - 1)
        starts = np.cumsum([0, *(bank.neurons for bank in self.banks)])
        place = int(np.searchsorted(starts, left, "right")) - 1
        bank = self.banks[place]
        return Neuron(bank.name, *divmod(left - int(starts[place]), bank.neurons_per_unit))

    def neurons_of(self, unit: int, bank: str = "") -> NDArray[np.int64]:
        """Return the numbers of a unit's neurons, (M,); of the observed bank, or of the one that is named."""
        names = [item.name for item in self.banks]
        place = names.index(checks.member("bank", bank or self.observe, names))
        found = self.banks[place]
        row = checks.count("unit", unit, 0, found.units - 1)
        first = sum(item.neurons for item in self.banks[:place]) + row * found.neurons_per_unit
        return first + np.arange(found.neurons_per_unit)

    @property
    def neurons(self) -> int:
        """Number of spiking neurons in all banks."""
        return sum(bank.neurons for bank in self.banks)

    @property
    def step_duration(self) -> float:
        """Simulated time of one step of a trial in s."""
        return self.sample_dt * self.stretch

    @property
    def steps_per_sample(self) -> int:
        """Simulation steps in one sampling step."""
        return round(self.sample_dt / self.dt)
