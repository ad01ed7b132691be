"""Attention in front of a readout: what a network has been doing, weighted by how alike it is to what it does now.

Scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762, Eq. 1) of the present over all steps so far:
``a_ts = softmax_s (q_t . k_s / sqrt(A))`` with ``q = Q r``, ``k = K r``, and the rates themselves as values. Causal.
"""

import math
from types import ModuleType
from typing import Any


def attended(rates: Any, query: Any, key: Any, xp: ModuleType) -> Any:
    """Return the rates and beside them what is attended to, (..., T, 2 N).

    Parameters
    ----------
    rates : (..., T, N) array
    query, key : (A, N) arrays
    xp : module
        numpy or jax.numpy.
    """
    steps = rates.shape[-2]
    match = (rates @ query.T) @ xp.swapaxes(rates @ key.T, -1, -2) / math.sqrt(len(query))
    seen = xp.tril(xp.ones((steps, steps), dtype=bool))
    match = xp.where(seen, match, -xp.inf)
    share = xp.exp(match - match.max(axis=-1, keepdims=True))
    return xp.concatenate([rates, (share / share.sum(axis=-1, keepdims=True)) @ rates], axis=-1)
