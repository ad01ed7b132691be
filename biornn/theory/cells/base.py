"""What a cell is: its equations, written once for numpy and JAX."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Protocol

Phi = Callable[[Any], Any]
Weights = Mapping[str, Any]


class Cell(Protocol):
    """Equations of a cell; axes before the last are free, `xp` is numpy or jax.numpy.

    A state x (..., S) may hold several parts for each of the N units, one after the other.

    Attributes
    ----------
    defaults : dict
        Settings of `biornn.rate.Training` that a user of the cell does not give: activation, tau, initial, train_input,
        and gain where it does not follow from the activation.
    """

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Settings of training for this cell."""
        ...

    def start(self, weights: Weights, xp: ModuleType) -> Any:
        """Return the state (S,) at time 0."""
        ...

    def drive(self, weights: Weights, inputs: Any) -> Any:
        """Return what inputs (..., I) and biases add in a step, (..., D); it is held over the step."""
        ...

    def slope(self, weights: Weights, phi: Phi, x: Any, drive: Any, xp: ModuleType) -> Any:
        """Return ``tau dx/dt`` (..., S)."""
        ...

    def step(self, weights: Weights, phi: Phi, alpha: Any, x: Any, drive: Any, xp: ModuleType) -> Any:
        """Return the state after the trained map's step of ``alpha = dt / tau`` (N,)."""
        ...

    def rates(self, phi: Phi, x: Any) -> Any:
        """Return the rates (..., N) that a readout reads from a state (..., S)."""
        ...


GATED: Mapping[str, Any] = {
    "activation": "tanh",
    "tau": 0.1,
    "initial": "orthogonal",
    "gain": 1.0,
    "train_input": True,
}
"""Settings of training that gated cells share."""


def flat_drive(weights: Weights, inputs: Any) -> Any:
    """Return ``W_in u + b`` of gates (G, N), one after the other, (..., G N)."""
    weight = weights["input"]
    return inputs @ weight.reshape(-1, weight.shape[-1]).T + weights["bias"].reshape(-1)


def flat_recurrent(weights: Weights, rates: Any, gates: slice = slice(None)) -> Any:
    """Return ``U h`` of some gates for rates (..., N), one after the other."""
    weight = weights["recurrent"][gates]
    return rates @ weight.reshape(-1, weight.shape[-1]).T
