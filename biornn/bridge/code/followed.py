"""Followed: the states that a rate network visits on trials, kept for the next mapping of the same network.

A second mapping on the same trials, of more neurons say, and a prediction ask for the same integration again.
"""

import hashlib
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.theory.rate import reference

Array = NDArray[np.float64]
NETWORKS, BYTES = 2, 2**27
"""Networks whose states are kept, and the size that is too large to keep. They go when their network goes."""
LARGEST = 1e9
"""States beyond are those of a network that explodes."""
_KEPT: "WeakKeyDictionary[RateNetwork, tuple[bytes, Array]]" = WeakKeyDictionary()


def followed(network: RateNetwork, inputs: Array) -> Array:
    """Return the states (K, T, S) of the rate equation, or of a discrete network's own map, on inputs (K, T, I).

    Raises
    ------
    InputError
        A network whose states grow without bound.
    """
    content = hashlib.blake2b(np.ascontiguousarray(inputs).data, person=str(inputs.shape).encode()[:16]).digest()
    kept = _KEPT.get(network)
    if kept is not None and kept[0] == content:
        return kept[1]
    with np.errstate(over="ignore", invalid="ignore"):
        states = reference(network, inputs, np.zeros(network.units)).states
        largest = float(np.abs(states).max())
    if not largest <= LARGEST:
        rule = f"must keep its states below {LARGEST:g} on these trials"
        checks.refuse("RateNetwork", rule, f"{largest:g}", "train it again with a smaller gain or learning_rate")
    states.setflags(write=False)
    _KEPT.pop(network, None)
    while len(_KEPT) >= NETWORKS:
        del _KEPT[next(iter(_KEPT.keys()))]
    if states.nbytes <= BYTES:
        _KEPT[network] = content, states
    return states
