"""Clocks: which columns of a table tell the time, and the axis they give."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

DAYS = ("%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y")
TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
MONTHS = ("%b %Y", "%B %Y", "%Y %b", "%b-%Y", "%Y-%b", "%b-%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y")
OTHERS = ("%b %d, %Y", "%B %d, %Y", "%m/%Y", "%m.%Y", "%Y/%m", "%YM%m", "%H:%M", "%H:%M:%S", "%H:%M:%S.%f")
FORMATS = ("ISO8601", *(day + time for day in DAYS for time in TIMES), *MONTHS, *OTHERS)
"""How people write dates; a column must follow one of them from the first cell to the last."""
COMPACT = {6: "%Y%m", 8: "%Y%m%d"}
"""Dates as whole numbers, by their number of digits."""
CALENDAR = re.compile(r"year|yr|jahr|month|mon|mo|monat|week|woche|day|dy|tag|doy|hour|hr|minute|min|second|sec")
COUNTS = re.compile(
    r"|t|n|i|k|id|idx|index|rows?|(row|sample|obs|frame)[ _.]?(number|num|no|nr|id)?\.?|nr|no|rownames?|observation"
    r"|samples?|steps?|frames?|unnamed: ?\d+|years|days|hours|minutes|seconds|secs|ms|msec|s|time.*|timestamp.*|zeit.*"
    r"|date.*|datetime.*|datum.*|epoch|unix.*|decimal[ _]?(date|year)|year[ _.]?(decimal|fraction)|seqn?|seq\.?"
)
"""Names of columns that tell the time or count rows."""
TIME = re.compile(r"(time|timestamp|zeit|date|datetime|datum|epoch|unix|step|frame|sample).*|t|index|year|jahr")
"""Names of times that may begin again where records stand below one another."""
LONG = 3.0
"""Years from which on an axis of dates is in years."""
YEAR = 365.2425


@dataclass(frozen=True)
class Clock:
    """A column that tells the time.

    Attributes
    ----------
    positions : (N,) array
        Where the samples lie on an axis.
    label : str
        Name and unit of that axis.
    ordered : bool
        Whether time goes forward from row to row.
    gaps : int
        Number of steps between dates that are longer than the others.
    """

    positions: Array
    label: str
    ordered: bool
    gaps: int = 0


def dates(cells: list[str]) -> Clock | None:
    """Return a column of dates as a clock, or None where it is no column of dates."""
    # A date has two digits or more and a sign or word between them; this spares columns of text the search.
    if not all(len(cell) >= 4 and any(c.isdigit() for c in cell) for cell in cells[:50]):
        return None
    import pandas as pd

    cleaned = pd.Series([re.sub(r"^(\d{4})[- ]?[Qq]([1-4])$", _quarter, cell) for cell in cells])
    found = [_parsed(cleaned, form) for form in FORMATS if _parsed(cleaned[:20], form) is not None]
    whole = [stamps for stamps in found if stamps is not None]
    if not whole:
        return None
    # Day and month may be swapped where all days are below 13: the order that goes forward evenly is meant.
    return of_stamps(min(whole, key=_unevenness))


def compact_dates(values: Array) -> Clock | None:
    """Return a column of whole numbers such as 20200131 as a clock of dates, or None where it is none."""
    digits = len(str(int(abs(values[0])))) if abs(values[0]) < 1e9 else 0
    if digits not in COMPACT or (values != np.floor(values)).any() or not (np.diff(values) > 0).all():
        return None
    import pandas as pd

    stamps = _parsed(pd.Series([str(int(value)) for value in values]), COMPACT[digits])
    sensible = stamps is not None and stamps.dt.year.min() >= 1500 and stamps.dt.year.max() < 2300
    return of_stamps(stamps) if sensible else None


def counter(name: str, values: Array, first: bool) -> Clock | None:
    """Return a column of numbers that counts rows or tells the time as a clock, or None where it is none.

    It increases or decreases by one and the same step, or has a name such as ``year`` or ``time`` and never turns; a
    first column of whole numbers need not have a name. Numbers of rows that were shuffled are a clock that is not
    ordered, and so is a time that begins again. Calendar columns such as ``month`` may turn, or stay as they are: they
    are clocks without positions.

    Parameters
    ----------
    name : str
    values : (N,) array
    first : bool
        Whether it is the first column, whose steps may be rounded.
    """
    steps, label = np.diff(values), name.strip() or "Row"
    if len(values) < 3:
        return None
    onward, back = bool((steps > 0).all()), bool((steps < 0).all())
    word = name.strip().lower()
    calendar = CALENDAR.fullmatch(word) is not None
    named = calendar or COUNTS.fullmatch(word) is not None
    whole = bool((values == np.floor(values)).all())
    uneven = np.abs(steps - steps.mean()).max() / np.abs(steps.mean()) if onward or back else np.inf
    if uneven <= (0.05 if first else 1e-6) or ((named or (first and whole)) and (onward or back)):
        return Clock(values, label, onward or not (named or first))
    if calendar and whole and values.min() >= 0 and ((steps >= 0).all() or _turns(steps)):
        return Clock(np.empty(0), label, True)
    if (whole and first and _shuffled(values)) or (TIME.fullmatch(word) and _begins_again(steps)):
        return Clock(values, label, False)
    return None


def of_stamps(stamps: Any) -> Clock:
    """Return a pandas series of time stamps, none of them missing, as a clock."""
    days, start = _days(stamps), stamps.iloc[0]
    ordered = bool((np.diff(days) > 0).all())
    span = float(np.ptp(days)) if len(days) else 0.0
    if span >= LONG * YEAR:
        day = stamps.dt.day_of_year - 1 + (stamps - stamps.dt.normalize()).dt.total_seconds() / 86400
        years = stamps.dt.year + day / np.where(stamps.dt.is_leap_year, 366, 365)
        return Clock(np.asarray(years, dtype=np.float64), "Year", ordered, _gaps(days))
    unit, per_day = next(
        (pair for pair in (("Days", 1.0), ("Hours", 24.0), ("Minutes", 1440.0)) if span * pair[1] >= 3),
        ("Seconds", 86400.0),
    )
    # Times of day without a date are read as those of 1900.
    shown = f"{start:%Y-%m-%d %H:%M:%S}".removeprefix("1900-01-01 ").removesuffix(" 00:00:00")
    return Clock(days * per_day, f"{unit} since {shown}", ordered, _gaps(days))


def counts_rows(clock: Clock) -> bool:
    """Return whether positions are merely 0, 1, 2 ... or 1, 2, 3 ..., as pandas writes beside its rows."""
    first = clock.positions[0]
    return bool(first in (0, 1) and np.array_equal(clock.positions, first + np.arange(len(clock.positions))))


def _shuffled(values: Array) -> bool:
    """Return whether whole numbers are those of rows in another order: none comes twice, and few are left out."""
    return bool(np.unique(values).size == values.size > 9 and np.ptp(values) < 2 * values.size)


def _begins_again(steps: Array) -> bool:
    """Return whether a time goes on by one and the same step but for a few places, as below one another."""
    usual = float(np.median(steps))
    return usual > 0 and float((np.abs(steps - usual) <= 1e-6 * usual).mean()) > 0.8


def _turns(steps: Array) -> bool:
    """Return whether a count goes up by 0 or 1 and falls back now and then, as months and hours do."""
    up = steps[steps >= 0]
    return bool((up <= 1).all() and (steps < 0).mean() < 0.5 and up.size)


def _quarter(match: "re.Match[str]") -> str:
    return f"{match[1]}-{3 * int(match[2]) - 2:02d}"


def _parsed(cells: Any, form: str) -> "pd.Series | None":
    import pandas as pd

    stamps = pd.to_datetime(cells, format=form, errors="coerce", utc=True)
    return None if stamps.isna().any() else stamps


def _unevenness(stamps: Any) -> float:
    days = _days(stamps)
    steps = np.diff(days)
    backward = (steps <= 0).mean() if steps.size else 0.0
    return float(backward * 1e9 + (steps.std() if steps.size else 0.0))


def _days(stamps: Any) -> Array:
    start = stamps.iloc[0]
    return np.asarray((stamps - start).dt.total_seconds(), dtype=np.float64) / 86400


def _gaps(days: Array) -> int:
    """Return the number of steps that are longer than the usual one; weekends between working days are none."""
    steps = np.diff(days)
    usual = float(np.median(steps)) if steps.size else 0.0
    return int((steps > (5.0 if usual == 1 else 1.5 * usual)).sum())
