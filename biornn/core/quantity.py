"""Quantity: the type of a physical value that a user gives."""

import numpy as np
from numpy.typing import NDArray

Quantity = float | NDArray[np.float64]
"""A number or an array in SI units, or a Brian2 quantity: an array with a dimension, which is checked."""
