"""The leaky cell, and the Elman step as its limit of alpha = 1.

``tau dx/dt = -x + W phi(x) + W_in u + b``; with alpha = 1, ``h = phi(x)`` obeys ``h <- phi(W h + W_in u + b)``, the
step of Elman (1990, *Cognitive Science* 14:179) and of Keras' SimpleRNN.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from biornn.theory.cells.base import GATED, Phi, Weights

LEAKY: Mapping[str, Any] = {
    "activation": "sigmoid",
    "tau": (0.02, 0.1),
    "initial": "gaussian",
    "train_input": False,
}
ELMAN: Mapping[str, Any] = {**GATED, "tau": 0.01, "initial": "gaussian"}
"""Settings of training in continuous time, and of the discrete step."""


@dataclass(frozen=True)
class Leaky:
    """One state for each unit; see `biornn.theory.cells.base.Cell`."""

    defaults: Mapping[str, Any]

    def start(self, weights: Weights, xp: ModuleType) -> Any:
        """Return the state at time 0."""
        return xp.asarray(weights["initial_state"])

    def drive(self, weights: Weights, inputs: Any) -> Any:
        """Return ``W_in u + b``."""
        return inputs @ weights["input"].T + weights["bias"]

    def slope(self, weights: Weights, phi: Phi, x: Any, drive: Any, xp: ModuleType) -> Any:  # noqa: ARG002
        """Return ``tau dx/dt``."""
        return drive - x + phi(x) @ weights["recurrent"].T

    def step(self, weights: Weights, phi: Phi, alpha: Any, x: Any, drive: Any, xp: ModuleType) -> Any:
        """Return the state one Euler step later."""
        return x + alpha * self.slope(weights, phi, x, drive, xp)

    def rates(self, phi: Phi, x: Any) -> Any:
        """Return phi(x)."""
        return phi(x)
