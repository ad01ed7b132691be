"""Fills: numbers such as -99.99 that a data set writes for a missing sample."""

import re

import numpy as np

from biornn.tasks.base import Array

NINES = re.compile(r"9+\.?9*")
"""Digits of a fill value, without sign: 99, 99.9, 999, 9999."""
HUGE = 1e20
"""Climate archives write 1e20 or more."""


def fill_value(values: Array) -> float | None:
    """Return the number in a column (N,) that stands for a missing sample, as far as one can tell, or None.

    It is the lowest or the highest one, has two digits or more that are all 9 or is huge, and lies apart: it is the
    only negative number, or further from the others than they are from each other.
    """
    for found in (float(values.min()), float(values.max())):
        digits = f"{abs(found):.10g}"
        others = values[values != found]
        nines = len(digits) > 1 and NINES.fullmatch(digits)
        if not (nines or abs(found) >= HUGE) or not others.size:
            continue
        apart = np.abs(others - found).min() > np.ptp(others) > 0
        if apart or (found < 0 <= others.min()):
            return found
    return None
