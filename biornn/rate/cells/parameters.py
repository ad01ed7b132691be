"""Parameters to weights: constraints that no step of the optimiser can break."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

CONSTRAINTS = ("mask", "signs", "tau_low", "tau_high", "noise")
"""Entries that are no weights themselves."""


def weights(trained: Mapping[str, Any], fixed: Mapping[str, Any], xp: ModuleType) -> dict[str, Any]:
    """Return the weights that parameters stand for; written once for numpy and JAX.

    Masked weights are exactly zero, Dale's law holds as ``W = |V| diag(s)``, and time constants stay inside their
    range as ``low + (high - low) sigmoid(p)``.

    Parameters
    ----------
    trained, fixed : dict of str to array
        The weights of `RateNetwork`, with V for ``recurrent`` and p (N,) for ``tau``; ``mask`` (N, N), ``signs`` (N,),
        ``tau_low``, ``tau_high`` (N,) in s. Whether an entry is trained depends only on the dictionary it is in.
    xp : module
        numpy or jax.numpy.

    Returns
    -------
    dict of str to array
        The weights of `RateNetwork` and ``tau`` in s.
    """
    value = {**fixed, **trained}
    free = value["recurrent"] * value["mask"]
    share = 0.5 * (1 + xp.tanh(0.5 * value["tau"]))
    return {
        **{name: weight for name, weight in value.items() if name not in CONSTRAINTS},
        "recurrent": xp.where(value["signs"] == 0, free, xp.abs(free) * value["signs"]),
        "tau": value["tau_low"] + (value["tau_high"] - value["tau_low"]) * share,
    }
