"""Style: colours, sizes and the figure, which draws itself in a notebook without any set-up."""

from io import BytesIO
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

RATE, SPIKING, REFERENCE, TARGET = "#0072B2", "#D55E00", "#000000", "#C8C8C8"
CHANNELS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7")
"""Colours of input channels (Okabe and Ito 2008), none of them that of a network."""
SHADE = "#EFEFEF"
"""Behind the part of a trial of which spikes are shown."""
PERSISTENCE = "#009E73"
FONT = 9.0
SCREEN_DPI = 100


class Picture(Figure):
    """A figure that a notebook shows by itself.

    A plain `Figure` is shown only once ``%matplotlib inline`` or an import of pyplot has registered its type; this one
    brings its own PNG.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=SCREEN_DPI)
        return buffer.getvalue()


def dress(axes: Axes, **labels: Any) -> Axes:
    """Set labels and limits, drop the upper and right spines and set the fonts."""
    axes.set(**labels)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=FONT - 1)
    for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
        text.set_fontsize(FONT)
    return axes


def letter(axes: Axes, name: str) -> None:
    """Name a panel by a letter at its upper left corner, outside of its axes."""
    axes.annotate(
        name,
        (0, 1),
        xytext=(-44, 3),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=FONT + 2,
        fontweight="bold",
        annotation_clip=False,
    )


def scale_bar(axes: Axes, low: float, high: float, text: str) -> None:
    """Draw a vertical bar from `low` to `high` right of the axes, named by its length."""
    across = axes.get_yaxis_transform()
    axes.plot([1.02, 1.02], [low, high], transform=across, color="black", lw=2, clip_on=False, solid_capstyle="butt")
    axes.text(1.035, (low + high) / 2, text, transform=across, fontsize=FONT - 1, rotation=90, va="center")
