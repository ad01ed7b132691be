"""Geometry: the few directions of state space that carry the rate network's variance, and the error along them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biornn.compare.records import Components
from biornn.theory.distance import split

Array = NDArray[np.float64]
SHARE = 0.9
"""Share of the rate network's variance that the chosen components hold."""


def principal_axes(states: Array, share: float = SHARE) -> Array:
    """Return the fewest principal axes of states (K, T, N) that hold the given share of their variance.

    Returns
    -------
    (N, C) array
        Orthonormal columns in order of falling variance; at least one.
    """
    flat = states.reshape(-1, states.shape[-1])
    centred = flat - flat.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred)
    held = np.cumsum(variances[::-1])
    count = int(np.searchsorted(held, share * held[-1] * (1 - 1e-12))) + 1
    return np.ascontiguousarray(axes[:, ::-1][:, :count])


def component_error(runs: Sequence[Array], reference: Array) -> Components:
    """Split the error of repeated runs (K, T, N) within the components that hold `SHARE` of the reference's variance.

    Spike noise that is independent between units lies mostly outside of these components; an error within them is one
    that the readout and the recurrent weights can see.
    """
    axes = principal_axes(reference)
    return Components(axes.shape[1], *split([run @ axes for run in runs], reference @ axes))
