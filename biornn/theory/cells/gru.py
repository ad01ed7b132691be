"""The gated recurrent unit (Cho et al. 2014, arXiv 1406.1078) in continuous time.

    z = sigma(W_z u + U_z h + b_z)     r = sigma(W_r u + U_r h + b_r)
    c = phi(W_c u + b_c + r (U_c h + b'))        reset after the recurrent weights
    c = phi(W_c u + b_c + U_c (r h))             reset before them
    tau dh/dt = (1 - z) (c - h)

The Euler step with alpha = dt / tau = 1 is the textbook's ``h <- (1 - z) c + z h``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

from biornn.theory.activation import sigmoid
from biornn.theory.cells.base import GATED, Phi, Weights, flat_drive, flat_recurrent


@dataclass(frozen=True)
class Gru:
    """One state for each unit, read as it is; see `biornn.theory.cells.base.Cell`."""

    reset_after: bool
    defaults: ClassVar[Mapping[str, Any]] = GATED

    def start(self, weights: Weights, xp: ModuleType) -> Any:
        """Return the state at time 0."""
        return xp.asarray(weights["initial_state"])

    def drive(self, weights: Weights, inputs: Any) -> Any:
        """Return ``W_in u + b`` of update, reset and candidate."""
        return flat_drive(weights, inputs)

    def slope(self, weights: Weights, phi: Phi, x: Any, drive: Any, xp: ModuleType) -> Any:
        """Return ``tau dh/dt``."""
        units = x.shape[-1]
        if self.reset_after:
            given = flat_recurrent(weights, x)
            gates = sigmoid(drive[..., : 2 * units] + given[..., : 2 * units], xp)
            recurrent = gates[..., units:] * (given[..., 2 * units :] + weights["recurrent_bias"])
        else:
            gates = sigmoid(drive[..., : 2 * units] + flat_recurrent(weights, x, slice(2)), xp)
            recurrent = flat_recurrent(weights, gates[..., units:] * x, slice(2, 3))
        candidate = phi(drive[..., 2 * units :] + recurrent)
        return (1 - gates[..., :units]) * (candidate - x)

    def step(self, weights: Weights, phi: Phi, alpha: Any, x: Any, drive: Any, xp: ModuleType) -> Any:
        """Return the state one Euler step later."""
        return x + alpha * self.slope(weights, phi, x, drive, xp)

    def rates(self, phi: Phi, x: Any) -> Any:  # noqa: ARG002
        """Return h."""
        return x
