"""Table: the cells of a text file, with its separator and its decimal sign; what could mean two things is refused."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.tasks import clocks
from biornn.tasks.clocks import Clock

WHERE = "CSV file"
SEPARATORS = {";": "semicolon", "\t": "tab", "|": "bar", ",": "comma"}
"""Separators, the least ambiguous first; without any of them, white space separates."""
NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
NUMBERS = re.compile(rf"(?:{NUMBER.pattern}\n)*+")
GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}([.,' \u00a0\u202f][0-9]{3})+([.,][0-9]+)?")
"""A number with separators of thousands, or what looks like one."""
WHOLE = re.compile(r"[+-]?([0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3})+)")
FRACTION = re.compile(r"[0-9]+([eE][+-]?[0-9]+)?")
"""What stands before and after a comma that is a decimal sign."""
SHORT, GROUP = re.compile(r"[+-]?[1-9][0-9]{0,2}"), re.compile(r"[0-9]{3}(\.[0-9]+)?")
"""What stands before and after a comma that separates thousands."""
MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "--", "?", ".", "nat", "#n/a"}
NAMES_ADVICE = "name every column in line 1"


@dataclass(frozen=True)
class Table:
    """Rows of cells, all of one width.

    Attributes
    ----------
    names : tuple of str
        Names of the columns; their numbers from 0 in a file without names.
    rows : list of (line, cells)
        Number of the line in the file, from 1, and its cells.
    decimal : str
        Point or comma.
    """

    names: tuple[str, ...]
    rows: list[tuple[int, list[str]]]
    decimal: str
    where: ClassVar[str] = WHERE
    index: ClassVar[None] = None

    def cells(self, column: int) -> list[str]:
        """Return the cells of one column."""
        return [cells[column] for _, cells in self.rows]

    def numbers(self, column: int) -> NDArray[np.float64] | None:
        """Return a column as numbers (N,), or None where a cell is none or not finite."""
        cells = self.cells(column)
        # One match over all cells, since files may have a million.
        joined = "\n".join(cells) + "\n"
        if not NUMBERS.fullmatch(joined) or (self.decimal == "." and "," in joined):
            return None
        result = np.array([float(cell) for cell in (joined.replace(",", ".").split("\n")[:-1])])
        return result if np.isfinite(result).all() else None

    def dates(self, column: int) -> Clock | None:
        """Return a column of dates as a clock, or None where it is none."""
        return clocks.dates(self.cells(column))

    def keeping(self, columns: Sequence[int]) -> str:
        """Return how a user forecasts these columns and no others."""
        return f"columns={checks.shown([self.names[k] or k for k in columns], 400)}"

    def refuse(self, column: int) -> NoReturn:
        """Refuse the first cell of a column that is no finite number."""
        line, cell = next((n, cells[column]) for n, cells in self.rows if not self._finite(cells[column]))
        where, rule = f"{WHERE}, line {line}, column {self.names[column]!r}", "must be a finite number"
        good = [k for k in range(len(self.names)) if self.numbers(k) is not None]
        advice = f"choose the columns of numbers, {self.keeping(good)}" if good else "write one number a cell"
        if cell.lower() in MISSING:
            gaps = sum(found.lower() in MISSING for found in self.cells(column))
            fill = "fill the gap" if gaps == 1 else f"fill the {gaps} gaps of the column"
            rule = "must not be missing"
            advice = f"{fill}, as pandas' interpolate() does, or choose other columns with columns=[...]"
        elif GROUPED.fullmatch(cell):
            advice = "write numbers without a separator of thousands"
        checks.refuse(where, rule, repr(cell), advice)

    def _finite(self, cell: str) -> bool:
        fits = NUMBER.fullmatch(cell) and not (self.decimal == "." and "," in cell)
        return bool(fits and np.isfinite(float(cell.replace(",", "."))))


def read(text: str) -> Table:
    """Return the table in a text.

    Lines that begin with # or % are comments, and a line without a separator above the table is its title. A first
    line without any number names the columns; failing that, the last comment above the table if it has as many words.

    Raises
    ------
    InputError
        No rows, rows of different width, a broken quotation, a line whose commas may be separators or decimal signs.
    """
    kept, comments = _lines(text)
    separator = _separator(kept)
    records = _records(kept, separator)
    width = Counter(len(cells) for _, cells in records).most_common(1)[0][0]
    titles = 0
    while titles < len(records) - 1 and width > 1 and _is_title(records[titles][1], width):
        titles += 1
    records = records[titles:]
    for line, cells in records:
        if len(cells) != width:
            _refuse_width(line, len(cells), width, records[0], separator)
    names = _header(records, width)
    if names:
        records = records[1:]
    elif separator in ", ":
        _refuse_ambiguous([cells for _, cells in records], separator, bool(titles))
    if not records:
        checks.refuse(WHERE, "must have rows below the names", ", ".join(names), "give one sample a row")
    names = names or _commented(comments, separator, width) or tuple(map(str, range(width)))
    # A separator at the end of every line makes a column of nothing.
    unnamed = not names[-1] or names[-1] == str(width - 1)
    if width > 1 and unnamed and not any(cells[-1] for _, cells in records):
        names, records = names[:-1], [(line, cells[:-1]) for line, cells in records]
    return Table(names, records, _decimal(records, separator))


def _lines(text: str) -> tuple[list[tuple[int, str]], list[str]]:
    """Return the lines that are no comment, with their numbers, and the comments above the table."""
    every = list(enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1))
    kept = [(number, line) for number, line in every if not line.lstrip().startswith(("#", "%"))]
    while kept and not kept[-1][1].strip():
        kept.pop()
    first = next((number for number, line in kept if line.strip()), 0)
    if not first:
        checks.refuse(WHERE, "must have rows", "an empty file", "give one sample a row")
    comments = [line.strip() for number, line in every if number < first and line.strip()]
    return [(number, line) for number, line in kept if number >= first], comments


def _separator(lines: Sequence[tuple[int, str]]) -> str:
    filled = [line for _, line in lines if line.strip()]
    for separator in SEPARATORS:
        if sum(separator in line for line in filled) * 2 > len(filled):
            return separator
    return " "


def _records(lines: Sequence[tuple[int, str]], separator: str) -> list[tuple[int, list[str]]]:
    """Return the cells of each record without blanks around them, and its line; empty lines between are left out."""
    if separator == " ":
        records = [(number, line.replace('"', " ").split()) for number, line in lines]
    else:
        reader = csv.reader(
            io.StringIO("\n".join(line for _, line in lines)), delimiter=separator, skipinitialspace=True, strict=True
        )
        records = []
        try:
            for cells in reader:
                number = lines[min(reader.line_num, len(lines)) - 1][0]
                records.append((number, [cell.strip() for cell in cells]))
        except csv.Error as problem:
            checks.refuse(
                f"{WHERE}, line {reader.line_num}", "must be cells with a separator", problem, "mend the line"
            )
    # In a file of one column an empty line is a missing sample.
    single = max(len(cells) for _, cells in records) <= 1
    return [(number, cells or [""]) for number, cells in records if single or any(cells) or len(cells) > 1]


def _is_title(cells: list[str], width: int) -> bool:
    lone = len(cells) == 1 or (len(cells) == width and not any(cells[1:]))
    return lone and bool(cells[0]) and not NUMBER.fullmatch(cells[0])


def _refuse_width(line: int, cells: int, width: int, first: tuple[int, list[str]], separator: str) -> NoReturn:
    name = SEPARATORS.get(separator, "space")
    rule = f"must have {width} cells as most lines do, separated by a {name}"
    advice = f"is the {name} also a decimal sign or part of a text? mend the line, or separate by semicolons"
    if line == first[0] and cells == width - 1:
        advice = f"{NAMES_ADVICE}, that of row names or numbers, too"
    elif line == first[0]:
        advice = f"is the {name} also the decimal sign? separate by semicolons, and {NAMES_ADVICE}"
    checks.refuse(f"{WHERE}, line {line}", rule, f"{cells} cell{'s' * (cells != 1)}", advice)


def _refuse_ambiguous(rows: list[list[str]], separator: str, title: bool) -> None:
    """Refuse rows without names whose separators may as well be decimal signs or separate thousands."""
    columns = list(zip(*rows, strict=True))
    whole = [all(WHOLE.fullmatch(cell) for cell in column) for column in columns]
    digits = [all(FRACTION.fullmatch(cell) for cell in column) for column in columns]
    short = [all(SHORT.fullmatch(cell) for cell in column) for column in columns]
    group = [all(GROUP.fullmatch(cell) for cell in column) for column in columns]
    fractions = all(whole[::2]) and all(digits[1::2]) and len(columns) % 2 == 0
    below_title = title and len(columns) > 1 and all(digits[1:])
    thousands = any(one and two for one, two in zip(short, group[1:], strict=False))
    if thousands or (separator == "," and (fractions or below_title)):
        rule = "must say whether a comma is a separator, a decimal sign or a separator of thousands"
        if separator == " ":
            rule = "must say whether a space is a separator or a separator of thousands"
        advice = f"{NAMES_ADVICE}, or write decimals with a point or columns with a semicolon"
        checks.refuse(WHERE, rule, separator.join(rows[0]), advice)


def _header(records: list[tuple[int, list[str]]], width: int) -> tuple[str, ...]:
    """Return the names in the first line, or none."""
    first = records[0][1]
    numeric = [bool(NUMBER.fullmatch(cell)) for cell in first]
    words = [any(letter.isalpha() for letter in cell) and cell.lower() not in MISSING for cell in first]
    if not any(numeric):
        return tuple(first) if any(words) else ()
    counted = [str(index) for index in range(width)]
    # pandas writes a frame without names with numbers for names, and nothing above its row numbers.
    if width > 1 and first in (["", *counted[:-1]], counted):
        if first == counted:
            rule, advice = "must be names or a sample", f"{NAMES_ADVICE} by words"
            checks.refuse(f"{WHERE}, line {records[0][0]}", rule, ", ".join(first), advice)
        return tuple(first)
    # A word above a column of numbers is a name, and so are the numbers beside it.
    below = [cells for _, cells in records[1:]]
    named = any(
        word and not numeric[k] and below and all(NUMBER.fullmatch(cells[k]) for cells in below)
        for k, word in enumerate(words)
    )
    return tuple(first) if named else ()


def _commented(comments: list[str], separator: str, width: int) -> tuple[str, ...]:
    """Return names from the last comment above the table, or none."""
    words = comments[-1].lstrip("#% ") if comments else ""
    names = [word.strip() for word in (words.split() if separator == " " else words.split(separator))]
    clear = len(names) == width > 1 and all(names) and not any(NUMBER.fullmatch(name) for name in names)
    return tuple(names) if clear else ()


def _refuse_thousands(records: list[tuple[int, list[str]]]) -> None:
    """Refuse a column whose points may separate thousands: all stand before three digits, and some cells have none."""
    for column in zip(*(cells for _, cells in records), strict=True):
        pointed = [cell for cell in column if "." in cell and NUMBER.fullmatch(cell)]
        plain = [cell for cell in column if cell.isdigit()]
        if pointed and plain and all(GROUPED.fullmatch(cell) for cell in pointed):
            rule = "must say whether a point is a decimal sign or separates thousands"
            given = f"{pointed[0]} and {plain[0]}"
            advice = "write numbers without a separator of thousands, and as many decimals in every cell"
            checks.refuse(WHERE, rule, given, advice)


def _decimal(records: list[tuple[int, list[str]]], separator: str) -> str:
    """Return the decimal sign of a table.

    Raises
    ------
    InputError
        Points and commas both, or commas that may separate thousands.
    """
    _refuse_thousands(records)
    if not any("," in cell for _, cells in records for cell in cells):
        return "."
    signed = [cell for _, cells in records for cell in cells if "," in cell or "." in cell]
    numbers = [cell for cell in signed if NUMBER.fullmatch(cell)]
    commas = [cell for cell in numbers if "," in cell]
    if not commas:
        return "."
    mixed = len(commas) < len(numbers)
    grouped = separator != ";" and all(GROUPED.fullmatch(cell) for cell in commas)
    if separator == "," or mixed or grouped:
        rule = (
            f"must have one decimal sign and no separator of thousands, beside the {SEPARATORS.get(separator, 'space')}"
        )
        other = next((cell for cell in numbers if "," not in cell), "")
        given = f"{commas[0]} and {other}" if other else commas[0]
        checks.refuse(WHERE, rule, given, "write decimals with a point everywhere")
    return ","
