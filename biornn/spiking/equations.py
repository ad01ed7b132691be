"""The code of a bank's units and synapses, as text for Brian2.

One step, in Brian2's order: neurons move with their unit's state x as it stands; units gather the activity of the
step before into their channels and make the next x; neurons over threshold spike; a spike adds its decoders to its
unit's activity; units with a fresh spike send their activity through the trained weights.
"""

from collections.abc import Sequence

from biornn.spiking.structure import BankStructure
from biornn.theory.neurons import NEURON_MODELS


def neuron_declarations(bank: BankStructure) -> str:
    """Return the declarations of a bank's neurons."""
    decoders = [f"decoder_{name} : 1 (constant)" for name in bank.decoders]
    return "\n".join([NEURON_MODELS[bank.model].equations, "gain : volt (constant)", "x : 1 (linked)", *decoders])


def unit_declarations(bank: BankStructure) -> str:
    """Return the declarations of a bank's units."""
    lines = ["x : 1", "offset : 1 (constant)", "fresh : 1", "spikes : 1"]
    lines += [f"activity_{name} : 1" for name in bank.decoders]
    lines += [f"drive_{name} : 1" for name in bank.channels]
    for name in _filters(bank):
        lines += [f"rise_{name} : 1 (constant)", f"decay_{name} : 1 (constant)"]
        lines += [f"rising_{name} : 1", f"state_{name} : 1"]
    return "\n".join(lines)


def unit_update(bank: BankStructure, dt: float) -> str:
    """Return one step of a bank's units: two one-pole filters in a row for each channel, of unit area.

    An activity of one step is a rectangle of width dt, hence the division.
    """
    lines = []
    for name in bank.channels:
        source = f"drive_{name} / {dt!r}"
        if name in bank.inputs:
            source += f" + {bank.name}_{name}_input(t, i)"
        lines += [*_filter_update(name, source), f"drive_{name} = 0"]
    for decoder in bank.reads:
        lines += _filter_update("readout", f"activity_{decoder} / {dt!r}")
    lines += [f"activity_{name} = 0" for name in bank.decoders]
    lines += ["fresh = 0", "x = offset + " + " + ".join(f"state_{name}" for name in bank.channels)]
    return "\n".join(lines)


def spike_effect(bank: BankStructure) -> str:
    """Return what a spike does to its unit."""
    lines = [f"activity_{name}_post += decoder_{name}_pre" for name in bank.decoders]
    return "\n".join([*lines, "fresh_post += 1", "spikes_post += 1"])


def _filters(bank: BankStructure) -> Sequence[str]:
    return [*bank.channels, *(("readout",) if bank.reads else ())]


def _filter_update(name: str, source: str) -> list[str]:
    return [
        f"rising_{name} += rise_{name} * ({source} - rising_{name})",
        f"state_{name} += decay_{name} * (rising_{name} - state_{name})",
    ]
