"""Frame: the columns of a pandas data frame, and the clock in its index."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from biornn.core import checks
from biornn.tasks import clocks
from biornn.tasks.base import Array
from biornn.tasks.clocks import Clock

if TYPE_CHECKING:
    import pandas as pd

WHERE = "Series.values"


@dataclass(frozen=True, eq=False)
class Frame:
    """A data frame whose columns may be forecast, or tell the time.

    Attributes
    ----------
    names : tuple of str
        Names of the columns; empty text for a series without a name.
    index : Clock or None
        The frame's index where it tells the time; pandas' own row numbers do not.
    columns : list of pandas series
        The columns.
    """

    names: tuple[str, ...]
    index: Clock | None
    columns: "list[pd.Series]"
    where: ClassVar[str] = WHERE

    def numbers(self, column: int) -> Array | None:
        """Return a column as finite numbers (N,), or None where it holds anything else."""
        try:
            values = checks.plain_array(WHERE, self.columns[column]).astype(np.float64)
        except checks.InputError:
            return None
        return values if np.isfinite(values).all() else None

    def dates(self, column: int) -> Clock | None:
        """Return a column of dates as a clock, or None where it is none."""
        return _dates(self.columns[column])

    def keeping(self, columns: Sequence[int]) -> str:
        """Return how a user forecasts these columns and no others."""
        every = len(columns) == len(self.names)
        return "tasks.Series(frame.to_numpy())" if every else f"{self._named(columns)[:-1]}.to_numpy())"

    def refuse(self, column: int) -> NoReturn:
        """Refuse a column that holds anything but finite numbers."""
        values, where = self.columns[column], f"{WHERE}, column {self.names[column]!r}"
        missing = values.isna().to_numpy()
        if missing.any():
            row = int(missing.argmax())
            gaps = f"{missing.sum()} gaps" if missing.sum() > 1 else "gap"
            given = f"{values.iloc[row]} at {values.index[row]}"
            checks.refuse(where, "must not be missing", given, f"fill the {gaps}, as pandas' interpolate() does")
        good = [k for k in range(len(self.names)) if self.numbers(k) is not None]
        advice = f"choose the columns of numbers, {self._named(good)}" if good else "give columns of numbers"
        checks.refuse(where, "must be finite real numbers", f"values of type {values.dtype}", advice)

    def _named(self, columns: Sequence[int]) -> str:
        return f"tasks.Series(frame[{checks.shown([self.names[k] for k in columns], 400)}])"


def of(values: Any) -> Frame | None:
    """Return a pandas data frame or series as a `Frame`, or None for any other object."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(values, pandas.DataFrame | pandas.Series):
        return None
    if not len(values):
        checks.refuse(WHERE, "must have rows", "an empty data frame", "give one sample a row")
    if isinstance(values, pandas.Series):
        name = "" if values.name is None else str(values.name)
        return Frame((name,), _index(values.index), [values.copy()])
    columns = [values.iloc[:, k].copy() for k in range(values.shape[1])]
    return Frame(tuple(map(str, values.columns)), _index(values.index), columns)


def _index(index: "pd.Index") -> Clock | None:
    """Return a frame's index as a clock; a count of rows, or numbers that turn back, are none."""
    import pandas as pd

    if isinstance(index, pd.MultiIndex):
        return None
    if not pd.api.types.is_numeric_dtype(index.dtype):
        return _dates(index.to_series())
    if index.isna().any() or index.dtype.kind not in "iuf":
        return None
    found = clocks.counter(str(index.name or ""), np.asarray(index, dtype=np.float64), first=True)
    useful = found is not None and found.positions.size and found.ordered and not clocks.counts_rows(found)
    return found if useful else None


def _dates(values: "pd.Series") -> Clock | None:
    """Return time stamps, periods, spans of time, or texts of dates as a clock."""
    import pandas as pd

    kind = values.dtype
    if values.isna().any():
        return None
    if isinstance(kind, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    elif pd.api.types.is_timedelta64_dtype(kind):
        seconds = np.asarray(values.dt.total_seconds(), dtype=np.float64)
        return Clock(seconds, "Time (s)", bool((np.diff(seconds) > 0).all()))
    elif not pd.api.types.is_datetime64_any_dtype(kind):
        cells = [str(value) for value in values]
        return clocks.dates(cells) if pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind) else None
    return clocks.of_stamps(values)
