"""What is printed: lines and tables, none of which a name from outside can turn into orders to the terminal."""

import shutil
import sys
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from biornn.cli.ending import BROKEN_PIPE, printable, silence
from biornn.core.checks import refuse, shown

GAP = "  "
NARROWEST = 24
"""Characters that the last column keeps, however narrow the terminal is."""


def say(text: str = "") -> None:
    """Print lines of text; control characters are written out.

    Raises
    ------
    InputError
        Standard output cannot be written.
    """
    try:
        sys.stdout.write(printable(text) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
        raise SystemExit(BROKEN_PIPE) from None
    except OSError as problem:
        silence(sys.stdout)
        refuse("standard output", "must be writable", problem.strerror, "send it elsewhere")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns; the last column wraps in a terminal and is whole for another program.

    Parameters
    ----------
    header : sequence of str
        Names of the columns; left out where all are empty.
    rows : sequence of sequence of str
        As many texts in each.
    """
    lines = [list(header), *([shown(cell, 10_000) for cell in row] for row in rows)]
    if not any(header):
        lines = lines[1:]
    widths = [max((len(line[column]) for line in lines), default=0) for column in range(len(header) - 1)]
    start = sum(widths) + len(GAP) * len(widths)
    result = []
    for *first, last in lines:
        parts = _wrapped(last, start)
        left = GAP.join(cell.ljust(width) for cell, width in zip(first, widths, strict=True))
        result.append(f"{left}{GAP}{parts[0]}".rstrip() if widths else parts[0])
        result += [" " * start + part for part in parts[1:]]
    return "\n".join(result)


def _wrapped(text: str, start: int) -> list[str]:
    """Return the lines of a last column that begins at character `start`."""
    if not sys.stdout.isatty():
        return [text]
    width = max(NARROWEST, shutil.get_terminal_size().columns - start - 1)
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def fitted(text: str) -> str:
    """Return lines of text that fit the terminal; for another program they stay as they are.

    A line with columns goes on under its last column; lines without any, one after the other, are one paragraph.
    """
    if not sys.stdout.isatty():
        return text
    width = shutil.get_terminal_size().columns - 1
    return "\n".join(
        line
        for columned, lines in groupby(text.split("\n"), lambda line: not line or GAP in line)
        for line in (_under(lines, width) if columned else _flowing(list(lines), width))
    )


def _under(lines: Iterable[str], width: int) -> Iterator[str]:
    for line in lines:
        start = min(line.rfind(GAP) + len(GAP), max(0, width - NARROWEST))
        yield from textwrap.wrap(line, width, subsequent_indent=" " * start, break_on_hyphens=False) or [""]


def _flowing(lines: list[str], width: int) -> list[str]:
    return lines if max(map(len, lines)) <= width else textwrap.wrap(" ".join(lines), width, break_on_hyphens=False)


def one_line(message: Warning | str, *_: Any, **__: Any) -> str:
    """Format a warning as one line, without the line of code it comes from."""
    return f"biornn: {shown(message, 2000)}\n"


def one_line_warnings() -> None:
    """Show Python's warnings and those of the log as single lines on standard error."""
    import logging

    class OneLine(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return f"biornn: {shown(record.getMessage(), 2000)}"

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    warnings.formatwarning = one_line
