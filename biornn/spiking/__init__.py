"""Spiking: a described network, built and run by Brian2.

`structure` says what a program depends on and what it is given when it runs, `equations` is the code of a bank as
text, `build` turns both into Brian2 objects in a process of its own, `cache` keeps compiled programs, `memory` says
what a run needs, `engines` runs one trial, `collect` puts together what trials leave, `simulate` runs them all.
"""

from biornn.spiking.simulate import run

__all__ = ["run"]


def __dir__() -> list[str]:
    """Return the public names, for completion by the tab key."""
    return __all__
