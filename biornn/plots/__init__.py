"""Plots: figures of a comparison, returned as objects and written by `save`; no pyplot, hence no global state.

``figure = plots.comparison(report)`` draws a figure, which a notebook shows; ``plots.save(figure, "comparison.png")``
writes it.

Line colours mean the same everywhere (Okabe and Ito's set, which colour-blind readers can tell apart): the rate
network is blue, the spiking network vermilion, the reference black and dotted, the target a broad grey band.

The files: `style` colours and the figure, `panels` one function per panel, `overview` the figure of a comparison,
`series` that of a predicted series, `files` the writing.
"""

from biornn.plots.files import save
from biornn.plots.overview import comparison
from biornn.plots.series import forecast

__all__ = ["comparison", "forecast", "save"]


def __dir__() -> list[str]:
    """Return the public names, for completion by the tab key."""
    return __all__
