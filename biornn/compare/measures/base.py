"""What a measure is: a number that compares both networks, and how the report's table names and explains it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from biornn.compare.records import Components, Evidence, Null, Pair, Runs, Seconds, Value
from biornn.core import checks
from biornn.theory.distance import Split


class Facts(Protocol):
    """What a text may mention; a `biornn.compare.Report` has these attributes."""

    @property
    def trials(self) -> int:
        """Number of trials K."""
        ...

    @property
    def repeats(self) -> int:
        """Spiking runs of each trial."""
        ...

    @property
    def units(self) -> int:
        """Number of rate units N."""
        ...

    @property
    def measures(self) -> Any:
        """Values of all measures by key."""
        ...

    @property
    def evidence(self) -> Evidence:
        """Runs, trials and task."""
        ...


Text = str | Callable[[Any, Facts], str]
"""A text, or a function of the measure's value and of the report."""


@dataclass(frozen=True)
class Line:
    """One line of the report's table.

    Attributes
    ----------
    name : str
        As a paper would name it.
    meaning : str or callable
        In one phrase; may be ``meaning(value, report)``.
    good : str
        In one phrase, which value is a good one.
    undefined : str or callable
        What is written in place of the meaning where the value is NaN; the line is left out where this is empty.
    unit : str
    digits : int
        Digits after the point.
    part : str
        Field of the measure's value that the line shows, for a value of several numbers.
    """

    name: str
    meaning: Text
    good: str = ""
    undefined: Text = ""
    unit: str = ""
    digits: int = 3
    part: str = ""


@dataclass(frozen=True)
class Measure:
    """A measure of a comparison.

    Attributes
    ----------
    of : callable
        ``of(runs)``: its value, one number or one of the records of `biornn.compare.records`; NaN where undefined.
    lines : tuple of Line
        Its lines in the table.
    in_json : bool
        Whether it stands in the JSON object, under its key in `biornn.compare.measures.MEASURES`.
    """

    of: Callable[[Runs], Value]
    lines: tuple[Line, ...] = ()
    in_json: bool = True


def value_of(key: str, measure: Measure, runs: Runs) -> Value:
    """Return the value of a measure.

    Raises
    ------
    InputError
        A function that returns neither a number nor a record that a report can hold.
    """
    value = measure.of(runs)
    if isinstance(value, Pair | Null | Seconds | Split | Components):
        return value
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value)
    rule = "must be a number, or one of Pair, Null, Seconds, Split, Components"
    return checks.refuse(f"measure {key}", rule, f"a {type(value).__name__}", "return float(...)")
