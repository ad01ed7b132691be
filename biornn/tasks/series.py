"""Series: prediction of any series of numbers, from an array or a CSV file."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from biornn.core import checks
from biornn.tasks import base
from biornn.tasks.base import Array
from biornn.tasks.forecast import Forecast


@dataclass(frozen=True, eq=False)
class Series(Forecast):
    """Prediction of a series that is in memory; see `Forecast` for the settings.

    Parameters
    ----------
    values : (N,) or (N, C) array
        Samples in the order of time, in any unit.

    Raises
    ------
    InputError
        NaN or infinity, or what `Forecast` refuses.
    """

    values: ArrayLike = field(repr=False)
    name: ClassVar[str] = "series"

    @cached_property
    def samples(self) -> Array:
        """The series in the data's units, (N, C)."""
        if np.ndim(self.values) == 1:
            return checks.array("Series.values", self.values, ("N",))[:, None]
        return checks.array("Series.values", self.values, ("N", "C"))

    def describe(self) -> dict[str, Any]:
        """Return the sizes of the task, whose data exist in memory only."""
        return base.in_memory(self, samples=self.samples.shape[0])

    @staticmethod
    def from_csv(path: str | Path, columns: Sequence[str] = (), **settings: Any) -> "CsvSeries":
        """Return the prediction of columns of a CSV file, `CsvSeries`."""
        return CsvSeries(str(path), tuple(columns), **settings)


@dataclass(frozen=True)
class CsvSeries(Forecast):
    """Prediction of columns of a CSV file; see `Forecast` for the settings.

    Parameters
    ----------
    path : str
        Comma-separated file, one sample a row, with or without a line of column names.
    columns : tuple of str
        Names, or numbers from 0, of the columns; all of them if empty.

    Raises
    ------
    InputError
        A file that is missing or no table of numbers, an unknown column, or what `Forecast` refuses.
    """

    path: str
    columns: tuple[str, ...] = ()
    name: ClassVar[str] = "series"

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", str(self.path))
        columns = (self.columns,) if isinstance(self.columns, str | int) else self.columns
        object.__setattr__(self, "columns", tuple(str(column) for column in columns))
        super().__post_init__()

    @cached_property
    def samples(self) -> Array:
        """The series in the data's units, (N, C)."""
        return read_csv(self.path, self.columns)


def read_csv(path: str | Path, columns: Sequence[str] = ()) -> Array:
    """Return columns of a CSV file as (N, C) array.

    Parameters
    ----------
    path : path
        Comma-separated file, with or without a line of column names.
    columns : sequence of str
        Names, or numbers from 0; all columns if empty.

    Raises
    ------
    InputError
        A missing or empty file, an unknown column, a cell that is not a finite number.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        checks.refuse("CSV file", "must be a readable text file", path, f"check the path ({type(error).__name__})")
    rows = [(line, row) for line, row in enumerate(csv.reader(lines), start=1) if row]
    if not rows:
        checks.refuse("CSV file", "must have rows", path, "give one sample a row")
    names = [str(index) for index in range(len(rows[0][1]))]
    if not any(_is_number(cell) for cell in rows[0][1]):
        names = [cell.strip() for cell in rows.pop(0)[1]]
    chosen = [names.index(checks.member("CSV columns", str(column), names)) for column in columns]
    picked = chosen or range(len(names))
    return checks.array("CSV file", [[_cell(line, row, index) for index in picked] for line, row in rows], ("N", "C"))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _cell(line: int, row: list[str], index: int) -> float:
    cell = row[index] if index < len(row) else ""
    if not _is_number(cell) or not np.isfinite(float(cell)):
        where = f"CSV file, line {line}, column {index}"
        checks.refuse(where, "must be a finite number", repr(cell), "fill or remove the row")
    return float(cell)
