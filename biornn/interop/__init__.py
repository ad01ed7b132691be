"""Networks of other libraries as rate networks.

Layers are read through their own methods, so that neither library is needed before there is a layer. Both kinds of
layers take whole steps: what comes out is discrete, each of its time constants equal to its step.
"""

from biornn.interop.keras import from_keras
from biornn.interop.torch import from_torch

__all__ = ["from_keras", "from_torch"]


def __dir__() -> list[str]:
    """Return the public names, for completion by the tab key."""
    return __all__
