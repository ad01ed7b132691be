"""Sheet: the columns of a CSV file or data frame that are a series, and the one that is its axis."""

import warnings
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import numpy as np

from biornn.core import checks
from biornn.tasks import clocks, files, fills, table
from biornn.tasks.base import Array
from biornn.tasks.clocks import Clock
from biornn.tasks.table import WHERE


class Columns(Protocol):
    """Where columns come from: a `Table` of a file, or a data frame.

    Attributes
    ----------
    where : str
        What messages call it.
    names : tuple of str
        Names of the columns.
    index : Clock or None
        What the rows themselves are labelled with, if that tells the time.
    """

    @property
    def where(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def index(self) -> Clock | None: ...
    def numbers(self, column: int) -> Array | None:
        """Return a column as finite numbers (N,), or None where it holds anything else."""

    def dates(self, column: int) -> Clock | None:
        """Return a column of dates as a clock, or None where it is none."""

    def keeping(self, columns: Sequence[int]) -> str:
        """Return how a user forecasts these columns and no others."""

    def refuse(self, column: int) -> NoReturn:
        """Refuse the first cell of a column that is no finite number."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A series read from a file or a data frame.

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
    """Return columns of a CSV file as a series, as `chosen` does.

    Parameters
    ----------
    path : str
        Text file, see `table.read`.
    columns : sequence of str or int
        Names, or numbers from 0.

    Raises
    ------
    InputError
        A file that is no table, an unknown column, a cell that is no finite number.
    """
    return chosen(table.read(files.text(WHERE, path)), columns)


def chosen(found: Columns, columns: Sequence[str | int] = ()) -> Sheet:
    """Return columns of a table or data frame as a series.

    Without `columns` these are all but those that tell the time or count rows, about which a warning is given unless
    they are dates.
    """
    places = [_place(column, found.names) for column in columns]
    if len(set(places)) < len(places):
        checks.refuse("CSV columns", "must not repeat a column", ", ".join(map(str, columns)), "name each once")
    numbers = {k: found.numbers(k) for k in range(len(found.names))}
    told = {k: clock for k, values in numbers.items() if (clock := _clock(found, k, values)) and k not in places}
    told |= _joined(found, [k for k in told if numbers[k] is None])
    counted = [k for k in told if numbers[k] is not None and not _is_date(told[k], numbers[k])]
    rest = places or [k for k in numbers if k not in told]
    if not rest and counted:
        # Nothing else is there to be forecast.
        rest = [counted.pop()]
        del told[rest[0]]
    if not rest:
        advice = "add a column of numbers"
        checks.refuse(found.where, "must have a column to forecast", f"only {', '.join(found.names)}", advice)
    samples = np.column_stack([_finite(found, k, numbers[k]) for k in rest])
    _say_fills(found, rest, samples)
    samples.setflags(write=False)
    # Dates and years say more than the numbers that pandas writes beside its rows.
    axes = sorted(told, key=lambda k: k in counted and told[k].positions.size > 0 and clocks.counts_rows(told[k]))
    index = [] if found.index is None else [found.index]
    axis = _axis(found.where, index + [told[k] for k in axes])
    if not places:
        _say_left_out(found, counted, rest, next((k for k in counted if told[k] is axis), None))
    return Sheet(samples, tuple(found.names[k] for k in rest), axis)


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


def _clock(found: Columns, column: int, values: Array | None) -> Clock | None:
    if values is None:
        return found.dates(column)
    return clocks.compact_dates(values) or clocks.counter(found.names[column], values, column == 0)


def say_clocks(samples: Array) -> None:
    """Warn where a column of an array (N, C) tells the time or counts rows, which flatters the error of a forecast."""
    # Columns of an array have no names, and an empty one would count as that of row numbers.
    names = [f"number {k}" for k in range(samples.shape[1])]
    told = [name for k, name in enumerate(names) if clocks.counter(name, samples[:, k], k == 0)]
    if told and len(names) > 1:
        text = f"Series.values: column {', '.join(told)} seems to tell the time or count rows, and is forecast, too"
        warnings.warn(f"{text}; leave it out unless that is meant", stacklevel=2)


def _joined(found: Columns, places: list[int]) -> dict[int, Clock]:
    """Return the clock of a column of days and a column of times beside it, which tell the time only together."""
    if not isinstance(found, table.Table) or len(places) < 2 or places[1] != places[0] + 1:
        return {}
    both = clocks.dates([" ".join(pair) for pair in zip(*(found.cells(k) for k in places[:2]), strict=True)])
    return {} if both is None else {places[0]: both, places[1]: Clock(np.empty(0), both.label, True)}


def _is_date(clock: Clock, values: Array | None) -> bool:
    return values is None or (clock.positions.size == values.size and not np.array_equal(clock.positions, values))


def _axis(where: str, told: list[Clock]) -> Clock | None:
    """Return the first clock that goes forward; say where the rows are in another order."""
    usable = [clock for clock in told if clock.positions.size]
    backward = next((clock for clock in usable if not clock.ordered), None)
    if backward is not None:
        text = f"{where}: rows are not in the order of time ({backward.label}), but are forecast one after the other"
        warnings.warn(f"{text}; sort them, the oldest first", stacklevel=2)
    axis = next((clock for clock in usable if clock.ordered), None)
    if axis is not None and axis.gaps:
        text = f"{where}: {axis.gaps} steps between dates are longer than the others, but samples are taken as even"
        warnings.warn(f"{text}; fill the gaps, as pandas' asfreq() and interpolate() do", stacklevel=2)
    return axis


def _say_left_out(found: Columns, counted: list[int], rest: list[int], axis: int | None) -> None:
    if counted:
        names = ", ".join(repr(found.names[k]) for k in counted)
        shown = "" if axis is None else f" ({found.names[axis]!r} is the axis of figures)"
        keep = f"{found.keeping(sorted([*counted, *rest]))} forecasts all"
        warnings.warn(
            f"{found.where}: left out {names}, which tell the time or count rows{shown}; {keep}", stacklevel=2
        )


def _say_fills(found: Columns, rest: Sequence[int], samples: Array) -> None:
    for column, values in zip(rest, samples.T, strict=True):
        fill = fills.fill_value(values)
        if fill is not None:
            text = f"{found.where}, column {found.names[column]!r}: {(values == fill).sum()} samples are {fill:g}"
            advice = "if so, fill these gaps, as pandas' replace() and interpolate() do"
            warnings.warn(f"{text}, which may stand for missing ones, but are forecast; {advice}", stacklevel=2)


def _finite(found: Columns, column: int, values: Array | None) -> Array:
    """Return a column of numbers, or refuse its first cell that is none."""
    return found.refuse(column) if values is None else values
