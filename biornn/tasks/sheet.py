"""Sheet: the columns of a CSV file that are a series, and the one that is its axis."""

import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from biornn.core import checks
from biornn.tasks import clocks, files, table
from biornn.tasks.base import Array
from biornn.tasks.clocks import Clock
from biornn.tasks.table import MISSING, WHERE, Table

NINES = re.compile(r"-?9{2,}(\.9+)?")
"""Numbers that many archives write where there is no sample."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A series read from a file.

    Attributes
    ----------
    samples : (N, C) array
        The chosen columns.
    names : tuple of str
        Their names.
    clock : Clock or None
        A column that tells the time of each row, if there is one.
    """

    samples: Array
    names: tuple[str, ...]
    clock: Clock | None


def column_names(where: str, columns: Any) -> tuple[str | int, ...]:
    """Return chosen columns as a tuple of names and numbers; a single one need not be in a list.

    Raises
    ------
    InputError
        A set or dictionary, which have no order, or anything but names and whole numbers.
    """
    advice = 'write columns="a", columns=["a", "b"] or columns=[0, 2]'
    if isinstance(columns, str | int | np.integer):
        columns = (columns,)
    if isinstance(columns, bytes | Mapping | AbstractSet | type):
        checks.refuse(where, "must be names or numbers of columns", f"a {type(columns).__name__}", advice)
    try:
        chosen = tuple(columns)
    except Exception:  # any object may fail in its own way to be a list
        checks.refuse(where, "must be names or numbers of columns", f"a {type(columns).__name__}", advice)
    for column in chosen:
        if isinstance(column, bool | np.timedelta64) or not isinstance(column, str | int | np.integer):
            checks.refuse(where, "must be names or numbers of columns", f"a {type(column).__name__}", advice)
    return tuple(str(column) if isinstance(column, str) else int(column) for column in chosen)


def read(path: str, columns: Sequence[str | int] = ()) -> Sheet:
    """Return columns of a CSV file as a series.

    Parameters
    ----------
    path : str
        Text file, see `table.read`.
    columns : sequence of str or int
        Names, or numbers from 0. Without them all columns but those that tell the time or count rows, about which a
        warning is given unless they are dates.

    Raises
    ------
    InputError
        A file that is no table, an unknown column, a cell that is no finite number.
    """
    found = table.read(files.text(WHERE, path))
    chosen = [_place(column, found.names) for column in columns]
    if len(set(chosen)) < len(chosen):
        checks.refuse("CSV columns", "must not repeat a column", ", ".join(map(str, columns)), "name each once")
    numbers = {k: found.numbers(k) for k in range(len(found.names))}
    told = {k: clock for k, values in numbers.items() if (clock := _clock(found, k, values)) and k not in chosen}
    told |= _joined(found, [k for k in told if numbers[k] is None])
    counted = [k for k in told if numbers[k] is not None and not _is_date(told[k], numbers[k])]
    rest = chosen or [k for k in numbers if k not in told]
    if not rest and counted:
        # Nothing else is there to be forecast.
        rest = [counted.pop()]
        del told[rest[0]]
    if not rest:
        advice = "add a column of numbers"
        checks.refuse(WHERE, "must have a column to forecast", f"only {', '.join(found.names)}", advice)
    if not chosen:
        _say_left_out(found, counted, rest)
    samples = np.column_stack([_finite(found, k, numbers[k]) for k in rest])
    samples.setflags(write=False)
    _say_fill(samples, [found.names[k] for k in rest])
    return Sheet(samples, tuple(found.names[k] for k in rest), _axis(told))


def _place(column: str | int, names: tuple[str, ...]) -> int:
    """Return where a column stands; a name goes before a number written as text."""
    if isinstance(column, int):
        return checks.count("CSV columns", column, 0, len(names) - 1)
    if names.count(column) > 1:
        checks.refuse("CSV columns", "must be one column", f"{column!r}, the name of several", "give its number from 0")
    if column not in names and column.isascii() and column.isdigit() and int(column[:9]) < len(names):
        return int(column)
    stripped = column.strip()
    return names.index(checks.member("CSV columns", stripped if stripped in names else column, names))


def _clock(found: Table, column: int, values: Array | None) -> Clock | None:
    if values is None:
        return clocks.dates(found.cells(column))
    return clocks.compact_dates(values) or clocks.counter(found.names[column], values, column == 0)


def say_order(values: Any, samples: Array) -> None:
    """Warn where an object in memory holds rows in another order than that of time, or a column that tells the time.

    Parameters
    ----------
    values : array or pandas object
        What was given.
    samples : (N, C) array
        Its numbers, taken by position.
    """
    pandas = sys.modules.get("pandas")
    frame = pandas is not None and isinstance(values, pandas.DataFrame)
    labelled = frame or (pandas is not None and isinstance(values, pandas.Series))
    if labelled and not values.index.is_monotonic_increasing:
        text = "Series.values: the index does not increase, but rows are forecast one after the other"
        warnings.warn(f"{text}; sort them, values.sort_index()", stacklevel=5)
    if samples.shape[1] < 2:
        return
    # Columns of an array have no names, and an empty one would count as that of row numbers.
    names = list(map(str, values.columns)) if frame else [f"number {k}" for k in range(samples.shape[1])]
    told = [name for k, name in enumerate(names) if clocks.counter(name, samples[:, k], k == 0)]
    if told:
        text = f"Series.values: column {checks.shown(', '.join(told))} seems to tell the time or count rows"
        warnings.warn(f"{text}, and is forecast, too; leave it out unless that is meant", stacklevel=5)


def _joined(found: Table, places: list[int]) -> dict[int, Clock]:
    """Return the clock of a column of days and a column of times beside it, which tell the time only together."""
    if len(places) < 2 or places[1] != places[0] + 1:
        return {}
    both = clocks.dates([" ".join(pair) for pair in zip(*(found.cells(k) for k in places[:2]), strict=True)])
    return {} if both is None else {places[0]: both, places[1]: Clock(np.empty(0), both.label, True)}


def _say_fill(samples: Array, names: Sequence[str]) -> None:
    """Warn where a column has numbers that often stand for a missing sample, far from all others."""
    for name, column in zip(names, samples.T, strict=True):
        for value in {column.min(), column.max()}:
            rest = column[column != value]
            far = rest.size and np.abs(rest - value).min() > np.ptp(rest)
            if far and (NINES.fullmatch(f"{value:.10g}") or abs(value) >= 1e20):
                text = f"CSV file: column {name!r} has {column.size - rest.size} times {value:g}, far from all others"
                warnings.warn(f"{text}; if it stands for missing samples, fill the gaps", stacklevel=2)


def _is_date(clock: Clock, values: Array | None) -> bool:
    return values is None or (clock.positions.size == values.size and not np.array_equal(clock.positions, values))


def _axis(told: dict[int, Clock]) -> Clock | None:
    """Return the first clock that goes forward; say where the rows are in another order."""
    usable = [clock for clock in told.values() if clock.positions.size]
    backward = next((clock for clock in usable if not clock.ordered), None)
    if backward is not None:
        text = f"CSV file: rows are not in the order of time ({backward.label}), but are forecast one after the other"
        warnings.warn(f"{text}; sort them, the oldest first", stacklevel=2)
    axis = next((clock for clock in usable if clock.ordered), None)
    if axis is not None and axis.gaps:
        text = f"CSV file: {axis.gaps} steps between dates are longer than the others, but samples are taken as even"
        warnings.warn(f"{text}; fill the gaps, as pandas' asfreq() and interpolate() do", stacklevel=2)
    return axis


def _say_left_out(found: Table, counted: list[int], rest: list[int]) -> None:
    if counted:
        names = ", ".join(repr(found.names[k]) for k in counted)
        everything = [found.names[k] or k for k in sorted([*counted, *rest])]
        keep = f"columns={checks.shown(everything)} forecasts all"
        warnings.warn(f"CSV file: left out {names}, which tell the time or count rows; {keep}", stacklevel=2)


def _finite(found: Table, column: int, values: Array | None) -> Array:
    """Return a column of numbers, or refuse its first cell that is none."""
    if values is not None:
        return values
    for line, cells in found.rows:
        value = found.number(cells[column])
        if value is None or not np.isfinite(value):
            _refuse_cell(found, line, column, cells[column])
    raise AssertionError("a column that is not finite has a cell that is not")


def _refuse_cell(found: Table, line: int, column: int, cell: str) -> NoReturn:
    where = f"{WHERE}, line {line}, column {found.names[column]!r}"
    if cell.lower() in MISSING:
        advice = "fill the gap, as pandas' interpolate() does, or choose other columns with columns=[...]"
        checks.refuse(where, "must not be missing", repr(cell), advice)
    good = [found.names[k] or k for k in range(len(found.names)) if found.numbers(k) is not None]
    advice = f"choose the columns of numbers, columns={good}" if good else "write one number a cell"
    if table.GROUPED.fullmatch(cell):
        advice = "write numbers without a separator of thousands"
    checks.refuse(where, "must be a finite number", repr(cell), advice)
