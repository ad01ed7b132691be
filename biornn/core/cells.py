"""Cells by name: which weights a network of each has, of which shape, and how many states a unit has."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.values import kind_name

Array = NDArray[np.float64]
Shape = tuple[int | str, ...]
READOUT: dict[str, Shape] = {"output_bias": ("O",), "output": ("O", "F")}
ATTENTION: dict[str, Shape] = {"query": ("A", "N"), "key": ("A", "N")}


@dataclass(frozen=True)
class Layout:
    """Weights of a cell.

    Attributes
    ----------
    weights : dict of str to shape
        N units, I inputs.
    gates : tuple of str
        Order of the first axis of ``recurrent``, ``input`` and ``bias``; empty for a cell without gates.
    states : int
        States of a unit.
    discrete : bool
        Whether the cell is a map of whole steps only, its time constants equal to its step.
    """

    weights: Mapping[str, Shape]
    gates: tuple[str, ...] = ()
    states: int = 1
    discrete: bool = False


def _gated(gates: tuple[str, ...], states: int = 1, **further: Shape) -> Layout:
    count = len(gates)
    weights: dict[str, Shape] = {"recurrent": (count, "N", "N"), "input": (count, "N", "I"), "bias": (count, "N")}
    return Layout({**weights, "initial_state": ("N",), **further}, gates, states)


_PLAIN: dict[str, Shape] = {"recurrent": ("N", "N"), "input": ("N", "I"), "bias": ("N",), "initial_state": ("N",)}
LARGEST = 1e12
"""A weight, a bias or a noise beyond this is none that training ends with: float64 has 16 digits, and sums of states
and such weights lose all that distinguish one state from another."""
CELLS = {
    "leaky": Layout(_PLAIN),
    "elman": Layout(_PLAIN, discrete=True),
    "gru": _gated(("update", "reset", "candidate"), recurrent_bias=("N",)),
    "gru-reset-before": _gated(("update", "reset", "candidate")),
    "lstm": _gated(("input", "forget", "candidate", "output"), states=2, initial_cell=("N",)),
}
"""``gru`` resets after its recurrent weights, ``r (U h + recurrent_bias)``, as PyTorch and, by default, Keras do;
``gru-reset-before`` resets before them, ``U (r h)`` (Cho et al. 2014)."""


def checked_weights(cell: str, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Return the weights of a cell as read-only float64 arrays of shapes that agree, attention included if given.

    Raises
    ------
    InputError
        An unknown cell; no dictionary; a missing, unknown, misshapen, non-finite or huge weight.
    """
    layout = CELLS[checks.member("RateNetwork.cell", cell, CELLS)]
    if not isinstance(weights, Mapping):
        checks.refuse(
            "RateNetwork.weights", "must be a dictionary of arrays", kind_name(weights), "use {'name': array}"
        )
    shapes = {**layout.weights, **READOUT}
    if ATTENTION.keys() & weights.keys():
        shapes |= ATTENTION
    if set(weights) != set(shapes):
        odd = sorted(map(str, set(shapes).symmetric_difference(weights)))
        rule = f"must have exactly the keys {', '.join(sorted(shapes))}"
        checks.refuse("RateNetwork.weights", rule, f"missing or unknown: {', '.join(odd)}", "rename or add them")
    sizes: dict[str, int] = {}
    checked = {}
    for name, shape in shapes.items():
        wanted = tuple(sizes.get(size, size) if isinstance(size, str) else size for size in shape)
        where = f"RateNetwork.weights[{name!r}]"
        checked[name] = not_huge(where, checks.array(where, weights[name], wanted))
        sizes |= {size: got for size, got in zip(shape, checked[name].shape, strict=True) if isinstance(size, str)}
        if "N" in sizes:
            # Attention is read beside the unit itself.
            sizes["F"] = sizes["N"] * (2 if "query" in shapes else 1)
    return checked


def not_huge(where: str, values: Array) -> Array:
    """Return values of at most `LARGEST` in magnitude.

    Raises
    ------
    InputError
    """
    extreme = values.flat[np.abs(values).argmax()] if values.size else 0.0
    if abs(extreme) > LARGEST:
        advice = "train at a lower rate, or give inputs and targets in larger units"
        checks.refuse(where, f"must be at most {LARGEST:g} in magnitude", f"{extreme:g}", advice)
    return values
