"""Arguments: the options that studies with kept rows have in common."""

import argparse
from pathlib import Path

from biornn.core import places


def study_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with ``--rows DIR`` and ``--table``.

    Networks that a study trains are kept in ``DIR/networks``.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--rows",
        type=Path,
        metavar="DIR",
        default=places.cache() / "benchmarks",
        help="folder where rows are kept; a study measures only rows that are missing there (default: %(default)s)",
    )
    parser.add_argument("--table", action="store_true", help="print the table of the kept rows and measure nothing")
    return parser
