"""Table: a report as text, the verdict first, each measure with its value, its meaning and what a good value is."""

import math
import textwrap
from typing import Any, NamedTuple, Protocol

from biornn.compare.measures import MEASURES
from biornn.compare.measures.base import Facts, Line, Text
from biornn.compare.records import Cause
from biornn.core.checks import shown

WIDTH = 110
"""Characters of a line of the verdict."""


class Row(NamedTuple):
    """Name, value, good values and meaning of one number; an undefined value is ``-``, and its meaning says why."""

    name: str
    value: str
    good: str
    meaning: str


HEADER = Row("measure", "value", "good", "meaning")


class Told(Facts, Protocol):
    """A report, for what is written about it."""

    @property
    def names(self) -> tuple[str, ...]:
        """Task, network and mapping."""
        ...

    @property
    def neurons(self) -> int:
        """Number of spiking neurons."""
        ...

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Why a poor conversion is poor."""
        ...

    @property
    def verdict(self) -> str:
        """The comparison in a sentence or two."""
        ...


def text(report: Told) -> str:
    """Return the verdict, the table and the causes."""
    table = rows(report)
    lines = _aligned([HEADER, *table])
    return "\n".join([*_wrapped(report.verdict), "", *_heading(report), *lines, *_causes(report)])


def rows(report: Facts) -> list[Row]:
    """Return the rows of all measures that the report holds."""
    known = [(measure, report.measures[key]) for key, measure in MEASURES.items() if key in report.measures]
    table = [_row(line, value, report) for measure, value in known for line in measure.lines]
    return [row for row in table if row.meaning]


def phrase(row: Row) -> str:
    """Return value, meaning and good values in one phrase."""
    return f"{row.value}  ({row.meaning}{f'; good: {row.good}' if row.good else ''})"


def _row(line: Line, value: Any, report: Facts) -> Row:
    """Return the row of a line; its meaning is empty where it is to be left out."""
    number = getattr(value, line.part) if line.part else value
    if math.isnan(number):
        return Row(line.name, "-", "", _said(line.undefined, value, report))
    return Row(line.name, f"{number:.{line.digits}f}{line.unit}", line.good, _said(line.meaning, value, report))


def _said(text: Text, value: Any, report: Facts) -> str:
    return text if isinstance(text, str) else text(value, report)


def _aligned(table: list[Row]) -> list[str]:
    """Return the rows as lines; where a value is undefined its reason takes the place of good values."""
    name, value, good = (max(len(row[column]) for row in table) for column in range(3))
    said = [row.meaning if row.value == "-" else f"{row.good:<{good}}  {row.meaning}" for row in table]
    return [f"{row.name:<{name}}  {row.value:>{value}}  {text}" for row, text in zip(table, said, strict=True)]


def _wrapped(text: str) -> list[str]:
    """Return the text in lines that break between words."""
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _heading(report: Told) -> list[str]:
    runs = "1 spiking run" if report.repeats == 1 else f"{report.repeats} spiking runs"
    sizes = f"{report.trials} trials, {runs} of each; {report.units} units as {report.neurons} neurons"
    return [shown(" | ".join(name for name in report.names if name), 300), sizes, ""]


def _causes(report: Told) -> list[str]:
    return ["", "poor conversion; its causes:", *(f"  {cause}" for cause in report.causes)] if report.causes else []
