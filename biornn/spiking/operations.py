"""What happens between neurons and units, which Brian2 has no fast words for: C++ templates, and the same in numpy.

Both kinds have the same operations and schedule them alike, so `biornn.spiking.build` need not know which it uses.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

import numpy as np

from biornn.spiking.plain_brian2 import b2
from biornn.spiking.structure import BankStructure, ProjectionStructure

MUTE = ("resets", 1)
"""After the resets; what reads spikes does so in the slot "end"."""


class Operations(Protocol):
    """The operations; each returns the Brian2 object that does it in every step."""

    def spread(self, bank: BankStructure, units: Any, neurons: Any) -> Any:
        """Give every neuron the state of its unit, before the neurons move."""
        ...

    def gather(self, bank: BankStructure, units: Any, neurons: Any) -> Any:
        """Add the decoders of neurons that spike to the activities of their units."""
        ...

    def mute(self, bank: BankStructure, neurons: Any) -> Any:
        """Take away the spikes of silenced neurons, which have been reset by then."""
        ...

    def trace(self, name: str, group: Any, variable: str) -> Any:
        """Keep the values of chosen members of a group at the start of each step."""
        ...

    def record(self, bank: BankStructure, neurons: Any) -> Any:
        """Keep which neurons spike in this step."""
        ...

    def project(self, name: str, item: ProjectionStructure, source: Any, target: Any) -> Any:
        """Add the weighted activities of the source's units to the drive of the target's."""
        ...

    def hold(self, name: str, channel: str, units: Any, clock: Any) -> Any:
        """Give the units their external input of this sampling step."""
        ...


class Compiled:
    """The operations as C++ templates, in the folder ``templates``."""

    def spread(self, bank: BankStructure, units: Any, neurons: Any) -> Any:
        """See `Operations.spread`."""
        names = {"state": _name(units, "x"), "copies": _name(neurons, "x")}
        return _runner(units, "spread", f"{bank.name}_spread", ("groups", -1), **_sizes(units, neurons), **names)

    def gather(self, bank: BankStructure, units: Any, neurons: Any) -> Any:
        """See `Operations.gather`."""
        decoders = [(_name(units, f"activity_{d}"), _name(neurons, f"decoder_{d}")) for d in bank.decoders]
        names = {"spikes": _name(neurons, "_spikespace"), "counts": _name(units, "spikes"), "decoders": decoders}
        return _runner(units, "gather", f"{bank.name}_gather", ("end", 0), **_sizes(units, neurons), **names)

    def mute(self, bank: BankStructure, neurons: Any) -> Any:
        """See `Operations.mute`."""
        name = f"{bank.name}_mute"
        options = {"file": name, "spikes": _name(neurons, "_spikespace"), "neurons": len(neurons)}
        return _runner(neurons, "mute", name, MUTE, **options)

    def trace(self, name: str, group: Any, variable: str) -> Any:
        """See `Operations.trace`."""
        options = {"file": name, "values": _name(group, variable)}
        return _runner(group, "trace", name, ("start", 0), **options)

    def record(self, bank: BankStructure, neurons: Any) -> Any:
        """See `Operations.record`."""
        name = f"{bank.name}_spikes"
        options = {"file": name, "spikes": _name(neurons, "_spikespace"), "neurons": len(neurons)}
        return _runner(neurons, "record", name, ("end", -1), **options)

    def project(self, name: str, item: ProjectionStructure, source: Any, target: Any) -> Any:
        """See `Operations.project`."""
        names = {"activity": _name(source, f"activity_{item.decoder}"), "drive": _name(target, f"drive_{item.channel}")}
        sizes = {"file": name, "sources": len(source), "targets": len(target), "delayed": item.delayed}
        return _runner(target, "project", name, ("end", 1), **sizes, **names)

    def hold(self, name: str, channel: str, units: Any, clock: Any) -> Any:
        """See `Operations.hold`."""
        options = {"file": f"{name}.values", "units": len(units), "held": _name(units, f"input_{channel}")}
        return _runner(units, "hold", name, ("start", 0), clock, **options)


def _name(group: Any, variable: str) -> str:
    name: str = b2.get_device().get_array_name(group.variables[variable])
    return name


def _sizes(units: Any, neurons: Any) -> dict[str, int]:
    return {"units": len(units), "neurons": len(neurons)}


def _runner(group: Any, template: str, name: str, when: tuple[str, int], clock: Any = None, **options: Any) -> Any:
    slot, order = when
    clock = clock or group.clock
    return b2.CodeRunner(group, template, name=name, when=slot, order=order, clock=clock, template_kwds=options)


@dataclass(frozen=True)
class Interpreted:
    """The operations as Python functions on the values of one trial."""

    values: Mapping[str, np.ndarray]
    fired: dict[str, list[np.ndarray]] = field(default_factory=dict)
    """Neurons that spiked in each step, by the name of the operation that keeps them."""
    traces: dict[str, list[np.ndarray]] = field(default_factory=dict)
    """Values at the start of each step, by the name of the operation that keeps them."""

    def spread(self, bank: BankStructure, units: Any, neurons: Any) -> Any:
        """See `Operations.spread`."""
        state, copies = _values(units, "x"), _values(neurons, "x").reshape(bank.units, -1)

        def operation() -> None:
            copies[:] = state[:, None]

        return b2.NetworkOperation(operation, when="groups", order=-1, name=f"{bank.name}_spread")

    def gather(self, bank: BankStructure, units: Any, neurons: Any) -> Any:
        """See `Operations.gather`."""
        pairs = [(_values(units, f"activity_{d}"), _values(neurons, f"decoder_{d}")) for d in bank.decoders]
        counts = _values(units, "spikes")

        def operation() -> None:
            fired = neurons.spikes
            unit = fired // (len(neurons) // bank.units)
            for activity, decoder in pairs:
                np.add.at(activity, unit, decoder[fired])
            np.add.at(counts, unit, 1)

        return b2.NetworkOperation(operation, when="end", order=0, name=f"{bank.name}_gather")

    def mute(self, bank: BankStructure, neurons: Any) -> Any:
        """See `Operations.mute`."""
        name = f"{bank.name}_mute"
        silent, (first, last) = self.values[f"{name}.silent"], self.values[f"{name}.window"]
        space, steps = _values(neurons, "_spikespace"), count()

        def operation() -> None:
            if first <= next(steps) < last:
                left = [neuron for neuron in space[: space[-1]] if not silent[neuron]]
                space[: len(left)], space[-1] = left, len(left)

        when, order = MUTE
        return b2.NetworkOperation(operation, when=when, order=order, name=name)

    def trace(self, name: str, group: Any, variable: str) -> Any:
        """See `Operations.trace`."""
        kept, chosen = self.traces.setdefault(name, []), self.values[f"{name}.chosen"]
        values = _values(group, variable)

        def operation() -> None:
            kept.append(values[chosen])

        return b2.NetworkOperation(operation, when="start", order=0, name=name)

    def record(self, bank: BankStructure, neurons: Any) -> Any:
        """See `Operations.record`."""
        name = f"{bank.name}_spikes"
        steps, wanted = self.fired.setdefault(name, []), bool(self.values[f"{name}.wanted"][0])

        def operation() -> None:
            if wanted:
                steps.append(np.array(neurons.spikes, dtype=np.int32))

        return b2.NetworkOperation(operation, when="end", order=-1, name=name)

    def project(self, name: str, item: ProjectionStructure, source: Any, target: Any) -> Any:
        """See `Operations.project`."""
        activity, drive = _values(source, f"activity_{item.decoder}"), _values(target, f"drive_{item.channel}")
        weight, rows, starts = (self.values[f"{name}.{part}"] for part in ("values", "rows", "starts"))

        under_way = deque(self.values[f"{name}.past"]) if item.delayed else None

        def operation() -> None:
            arriving = activity
            if under_way is not None:
                arriving = under_way.popleft()
                under_way.append(activity.copy())
            for unit in np.flatnonzero(arriving):
                if starts.size:
                    entries = slice(starts[unit], starts[unit + 1])
                    drive[rows[entries]] += weight[entries] * arriving[unit]
                else:
                    drive[:] += weight[unit * drive.size : (unit + 1) * drive.size] * arriving[unit]

        return b2.NetworkOperation(operation, when="end", order=1, name=name)

    def hold(self, name: str, channel: str, units: Any, clock: Any) -> Any:
        """See `Operations.hold`."""
        held, rows = _values(units, f"input_{channel}"), iter(self.values[f"{name}.values"])

        def operation() -> None:
            held[:] = next(rows, held)

        return b2.NetworkOperation(operation, clock=clock, when="start", order=0, name=name)


def _values(group: Any, variable: str) -> np.ndarray:
    values: np.ndarray = group.variables[variable].get_value()
    return values
