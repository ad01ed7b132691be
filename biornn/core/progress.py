"""Progress bars, in a terminal and in notebooks."""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any


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
        Time in s before it is drawn: work that is over by then shows none.
    """
    # tqdm.auto does the same but warns in notebooks that lack ipywidgets.
    drawn = "ipykernel" in sys.modules and find_spec("ipywidgets")
    kind = import_module("tqdm.notebook" if drawn else "tqdm").tqdm
    return kind(total=total, desc=description, unit=unit, disable=not show, delay=delay)
