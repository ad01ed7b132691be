"""Progress bars, in a terminal and in notebooks."""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from biornn.core.checks import shown

SHORT = 0.5
"""Work in s that is over before a person asks what is going on: a delay for bars of work that often is short."""


def bar(total: int, description: str, unit: str, show: bool, delay: float = 0.0) -> Any:
    """Return a tqdm progress bar: drawn by the notebook where there is one that can, else as text.

    Parameters
    ----------
    total : int
        Number of steps.
    description, unit : str
        What is being done, and what a step is called.
    show : bool
        Whether to draw it at all.
    delay : float
        Time in s before it is drawn: work that is over earlier shows nothing.
    """
    # tqdm.auto does the same but warns in notebooks that lack ipywidgets.
    drawn = "ipykernel" in sys.modules and find_spec("ipywidgets")
    kind = import_module("tqdm.notebook" if drawn else "tqdm").tqdm
    # A description may hold the name of a user's task, control characters included.
    hidden = not show or sys.stderr is None
    return kind(total=total, desc=shown(description), unit=unit, disable=hidden, delay=delay)
