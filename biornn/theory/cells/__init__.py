"""The equations of every cell, one file each, written once for numpy and JAX."""

from biornn.theory.cells.base import Cell
from biornn.theory.cells.gru import Gru
from biornn.theory.cells.leaky import ELMAN, LEAKY, Leaky
from biornn.theory.cells.lstm import Lstm

CELLS: dict[str, Cell] = {
    "leaky": Leaky(LEAKY),
    "elman": Leaky(ELMAN),
    "gru": Gru(reset_after=True),
    "gru-reset-before": Gru(reset_after=False),
    "lstm": Lstm(),
}
"""Equations and settings of training, by the names of the layouts in `biornn.core.cells.CELLS`."""

__all__ = ["CELLS", "Cell"]
