"""Thumbnail: the small picture beside an object's table in a notebook."""

from io import BytesIO

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from biornn.core.show import Sketch
from biornn.plots.style import CHANNELS, FONT, dress

SIZE = (2.6, 1.7)
DPI = 72
POINTS, ROWS, DOTS = 1000, 200, 4000
"""Samples of a line, rows and columns of a matrix, and dots that are drawn at most."""


def png(sketch: Sketch) -> bytes:
    """Return the thumbnail as PNG."""
    figure = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if sketch.kind == "matrix":
        values = sketch.y[:: _stride(sketch.y.shape[0], ROWS), :: _stride(sketch.y.shape[1], ROWS)]
        height = float(np.abs(values).max()) or 1.0
        drawn = axes.imshow(values, cmap="PuOr_r", vmin=-height, vmax=height, aspect="auto")
        figure.colorbar(drawn, ax=axes).ax.tick_params(labelsize=FONT - 3)
        dress(axes, xticks=[], yticks=[])
    elif sketch.kind == "dots":
        some = slice(None, None, _stride(sketch.x.size, DOTS))
        axes.plot(sketch.x[some], sketch.y[some], ".", color="black", ms=1.5, mew=0)
    else:
        some = slice(None, None, _stride(len(sketch.x), POINTS))
        for channel, colour in zip(range(sketch.y.shape[1]), CHANNELS, strict=False):
            axes.plot(sketch.x[some], sketch.y[some, channel], color=colour, lw=1.2)
    dress(axes, xlabel=sketch.labels[0], ylabel=sketch.labels[1])
    axes.tick_params(labelsize=FONT - 3)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def _stride(size: int, most: int) -> int:
    return max(1, -(-size // most))
