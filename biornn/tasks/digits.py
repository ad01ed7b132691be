"""Digits: handwritten digits that are read row by row."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.tasks.base import Array
from biornn.tasks.labelled import Labelled

BRIGHTEST = 16.0
"""Largest value of a pixel: the number of black points in a square of 4 x 4."""


@lru_cache(maxsize=1)
def images() -> tuple[Array, NDArray[np.int64]]:
    """Return the images of scikit-learn's digits, (S, 8, 8) from 0 to 1, and their labels (S,).

    Raises
    ------
    InputError
        No scikit-learn.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        checks.refuse("Digits", "needs scikit-learn, which has the images", error, "pip install 'biornn[tasks]'")
    found = load_digits()
    return np.asarray(found.images, dtype=np.float64) / BRIGHTEST, np.asarray(found.target, dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class Digits(Labelled):
    """Handwritten digits of 8 rows of 8 pixels, read row by row; see `Labelled` for the settings.

    The 1,797 images of scikit-learn's ``load_digits``: the test set of Alpaydin & Kaynak (1998, "Optical Recognition of
    Handwritten Digits", UCI). Symbol r is row r from the top, input c its pixel c from the left, 0 (white) to 1. The
    digit is asked for at the last step of the last row.

    Raises
    ------
    InputError
        No scikit-learn (``pip install 'biornn[tasks]'``), or what `Labelled` refuses.
    """

    name: ClassVar[str] = "digits"
    inputs: ClassVar[int] = 8
    outputs: ClassVar[int] = 10

    @property
    def size(self) -> int:
        """Number of images."""
        return len(images()[1])

    def labelled(self) -> tuple[list[Array], NDArray[np.int64]]:
        """Return the images as sequences of rows, (8, 8) each, and the digits."""
        pixels, labels = images()
        return list(pixels), labels
