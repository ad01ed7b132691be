"""The long short-term memory with forget gate (Hochreiter & Schmidhuber 1997; Gers et al. 2000) in continuous time.

    i, f, o = sigma(W u + U h + b)     g = phi(W_g u + U_g h + b_g)
    tau dc/dt = -c + f c + i g         tau dh/dt = -h + o phi(c)

The step moves c first and h by the new c, so that alpha = dt / tau = 1 is the textbook's ``c <- f c + i g``,
``h <- o phi(c)``.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

from biornn.theory.activation import sigmoid
from biornn.theory.cells.base import GATED, Phi, Weights, flat_drive, flat_recurrent


class Lstm:
    """Two states for each unit, h and then c, of which h is read; see `biornn.theory.cells.base.Cell`."""

    defaults: ClassVar[Mapping[str, Any]] = GATED

    def start(self, weights: Weights, xp: ModuleType) -> Any:
        """Return the state at time 0."""
        return xp.concatenate([xp.asarray(weights["initial_state"]), xp.asarray(weights["initial_cell"])])

    def drive(self, weights: Weights, inputs: Any) -> Any:
        """Return ``W_in u + b`` of input gate, forget gate, candidate and output gate."""
        return flat_drive(weights, inputs)

    def slope(self, weights: Weights, phi: Phi, x: Any, drive: Any, xp: ModuleType) -> Any:
        """Return ``tau dh/dt`` and ``tau dc/dt``."""
        into_cell, out = self._gates(weights, phi, x, drive, xp)
        h, c = xp.split(x, 2, axis=-1)
        return xp.concatenate([out * phi(c) - h, into_cell - c], axis=-1)

    def step(self, weights: Weights, phi: Phi, alpha: Any, x: Any, drive: Any, xp: ModuleType) -> Any:
        """Return the state one step later."""
        into_cell, out = self._gates(weights, phi, x, drive, xp)
        h, c = xp.split(x, 2, axis=-1)
        c = c + alpha * (into_cell - c)
        return xp.concatenate([h + alpha * (out * phi(c) - h), c], axis=-1)

    def rates(self, phi: Phi, x: Any) -> Any:  # noqa: ARG002
        """Return h."""
        return x[..., : x.shape[-1] // 2]

    def _gates(self, weights: Weights, phi: Phi, x: Any, drive: Any, xp: ModuleType) -> tuple[Any, Any]:
        """Return ``f c + i g`` and o."""
        h, c = xp.split(x, 2, axis=-1)
        i, f, g, o = xp.split(drive + flat_recurrent(weights, h), 4, axis=-1)
        return sigmoid(f, xp) * c + sigmoid(i, xp) * phi(g), sigmoid(o, xp)
