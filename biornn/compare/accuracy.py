"""Accuracy: how sure a share of trials is."""

import math
from typing import NamedTuple

from scipy.special import ndtri

from biornn.core.task import UNDEFINED


class Interval(NamedTuple):
    """Lower and upper end of a confidence interval."""

    low: float
    high: float


def wilson(share: float, trials: int, confidence: float = 0.95) -> Interval:
    """Return the score interval of a proportion (Wilson 1927, J. Am. Stat. Assoc. 22:209, without continuity term).

    Parameters
    ----------
    share : float
        Share of trials that are right, 0 to 1; NaN gives an undefined interval.
    trials : int
        Number of independent trials.
    confidence : float
        Coverage, 0 to 1.

    Notes
    -----
    It stays inside [0, 1] and does not shrink to a point when every trial is right, as mean and SEM would. Where a
    trial can be partly right its variance is below that of a single decision and the interval is wider than it need be.
    """
    if math.isnan(share):
        return Interval(UNDEFINED, UNDEFINED)
    z = float(ndtri(0.5 + confidence / 2))
    shrink = 1 / (1 + z**2 / trials)
    centre = shrink * (share + z**2 / (2 * trials))
    half = shrink * z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return Interval(max(centre - half, 0.0), min(centre + half, 1.0))
