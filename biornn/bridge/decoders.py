"""Decoders: the weights that read a unit's activity from its neurons' spikes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Decoded(NamedTuple):
    """``sum_k decoders_k f_k(x) + constant ~ target(x)``: decoders (M,), the constant, and the residual (S,)."""

    decoders: Array
    constant: float
    residual: Array


def least_squares(rates: Array, target: Array, weight: Array, regularisation: float) -> Decoded:
    """Fit decoders and a constant by weighted, regularised least squares.

    Minimises ``sum_s w_s (target_s - constant - sum_k d_k f_ks)^2 + (regularisation f_max)^2 sum_k d_k^2`` with the
    weights normalised to one (Eliasmith and Anderson 2003, *Neural Engineering*, Eq. 2.20, noise as a share of the
    highest rate). The constant is not penalised; it costs no spikes, since it joins the target units' offsets.

    Parameters
    ----------
    rates : (S, M) array
        Firing rates of the M neurons at S sampled states, in Hz.
    target : (S,) array
        Wanted activity at those states.
    weight : (S,) array
        How much each sample counts, at least 0.
    regularisation : float
        Noise that the decoders should be robust to, as a share of the highest rate.
    """
    weight = weight / weight.sum()
    mean_rate, mean_target = weight @ rates, weight @ target
    root = np.sqrt(weight)
    a, b = root[:, None] * (rates - mean_rate), root * (target - mean_target)
    penalty = max((regularisation * rates.max(initial=0.0)) ** 2, 1e-9)
    samples, neurons = rates.shape
    # The smaller of the two equivalent systems: neurons or samples.
    if neurons <= samples:
        decoders = np.linalg.solve(a.T @ a + penalty * np.eye(neurons), a.T @ b)
    else:
        decoders = a.T @ np.linalg.solve(a @ a.T + penalty * np.eye(samples), b)
    constant = float(mean_target - mean_rate @ decoders)
    return Decoded(decoders, constant, target - constant - rates @ decoders)
