"""Error: normalised distance of trajectories, and its split into bias and noise over repeats."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.core.task import UNDEFINED

Array = NDArray[np.float64]
MIN_REPEATS = 8
"""Repeats below which bias and noise are undefined: their estimates would be mostly chance."""
FLAT = 1e-12
"""A reference whose SD is below this share of its size is constant up to rounding and normalises nothing."""


class Split(NamedTuple):
    """Distance of one run to the reference, and its parts over repeats, in units of the reference's pooled SD.

    In expectation ``nrmse**2 = bias**2 + noise**2``.
    """

    nrmse: float
    bias: float
    noise: float


def pooled_sd(reference: Array) -> float:
    """Return the SD of trajectories (K, T, N) about each unit's mean, pooled over trials, time and units.

    NaN where the reference is constant up to rounding.
    """
    sd = float(np.sqrt(reference.var(axis=(0, 1)).mean()))
    return sd if sd > FLAT * float(np.abs(reference).max()) else UNDEFINED


def nrmse(run: Array, reference: Array) -> float:
    """Return the RMSE between trajectories (K, T, N) over the pooled SD of the reference.

    NaN where the reference is constant.
    """
    return float(np.sqrt(np.mean((run - reference) ** 2))) / pooled_sd(reference)


def split(runs: Sequence[Array], reference: Array) -> Split:
    """Split the distance of repeated runs to a reference into bias and noise.

    Parameters
    ----------
    runs : sequence of R (K, T, N) arrays
        The same trials under R spiking seeds; the first is the one whose `nrmse` is returned.
    reference : (K, T, N) array
        What they should follow.

    Returns
    -------
    Split
        In units of the reference's pooled SD. `noise` is the RMS spread about the seed mean with R - 1 degrees of
        freedom. `bias` is the RMSE of the seed mean less the noise that is left in that mean, ``noise**2 / R``; 0 where
        the difference is negative. Both are NaN with fewer than `MIN_REPEATS` runs.
    """
    scale, repeats = pooled_sd(reference), len(runs)
    single = nrmse(runs[0], reference)
    if repeats < MIN_REPEATS:
        return Split(single, UNDEFINED, UNDEFINED)
    mean = sum(runs[1:], start=np.array(runs[0])) / repeats
    variance = sum(float(np.mean((run - mean) ** 2)) for run in runs) / (repeats - 1)
    squared_bias = float(np.mean((mean - reference) ** 2)) - variance / repeats
    return Split(single, float(np.sqrt(max(squared_bias, 0.0))) / scale, float(np.sqrt(variance)) / scale)
