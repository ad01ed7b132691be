"""Threads: many small products are faster on one.

Threads of the linear algebra library wait for each other at every product. On a loaded machine a mapping took 48 s
with two of them and 9 s with one.
"""

from typing import Any

from threadpoolctl import ThreadpoolController

_KNOWN: list[Any] = []
"""The controller of the libraries, made at the first use: looking for them takes a millisecond."""


def single() -> Any:
    """Return a context in which linear algebra uses one thread; at its end all is as before."""
    if not _KNOWN:
        _KNOWN.append(ThreadpoolController())
    return _KNOWN[0].limit(limits=1, user_api="blas")
