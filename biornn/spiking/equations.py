"""The code of a bank's units and neurons, as text for Brian2.

One step, in Brian2's order: neurons move with their unit's state x as it stands; units gather the activity of the
step before into their channels and make the next x; neurons over threshold spike and are reset; spikes of silenced
neurons are taken away; a spike that is left adds its decoders to its unit's activity; units that are active send their
activity through the trained weights.
"""

from collections.abc import Sequence

from biornn.spiking.structure import BankStructure


def neuron_declarations(bank: BankStructure) -> str:
    """Return the declarations of a bank's neurons; `x` is a copy of the unit's state, so that nothing is gathered."""
    lines = [bank.equations, "gain : volt (constant)", "x : 1"]
    lines += [f"decoder_{name} : 1 (constant)" for name in bank.decoders]
    if bank.noisy:
        lines += ["noise : volt (constant)", "noise_key : integer (shared)"]
    return "\n".join(lines)


def neuron_update(bank: BankStructure) -> str:
    """Return one step of a bank's neurons."""
    draw = "xi = standard_normal(noise_key, t_in_timesteps, i)"
    return f"{draw}\n{bank.update}" if bank.noisy else bank.update


def unit_declarations(bank: BankStructure) -> str:
    """Return the declarations of a bank's units."""
    lines = ["x : 1", "offset : 1 (constant)", "spikes : 1"]
    lines += [f"activity_{name} : 1" for name in bank.decoders]
    lines += [f"drive_{name} : 1" for name in bank.channels]
    lines += [f"input_{name} : 1" for name in bank.inputs]
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
        held = f" + input_{name}" if name in bank.inputs else ""
        lines += [*_filter_update(name, f"drive_{name} / {dt!r}{held}"), f"drive_{name} = 0"]
    for decoder in bank.reads:
        lines += _filter_update("readout", f"activity_{decoder} / {dt!r}")
    lines += [f"activity_{name} = 0" for name in bank.decoders]
    return "\n".join([*lines, "x = offset + " + " + ".join(f"state_{name}" for name in bank.channels)])


def _filters(bank: BankStructure) -> Sequence[str]:
    return [*bank.channels, *(("readout",) if bank.reads else ())]


def _filter_update(name: str, source: str) -> list[str]:
    return [
        f"rising_{name} += rise_{name} * ({source} - rising_{name})",
        f"state_{name} += decay_{name} * (rising_{name} - state_{name})",
    ]
