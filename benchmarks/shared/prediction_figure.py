"""The figure of `prediction`: predicted against measured bias, noise and mean rate."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from biornn.plots.style import FONT, Picture, dress

Pair = tuple[dict[str, Any], dict[str, Any]]
PANELS = {"bias": "bias of states (SDs)", "noise": "noise of states (SDs)", "mean_rate_hz": "mean rate (Hz)"}
MARKERS = "osD^vP*"
COLOURS = {10: "#D55E00", 20: "#E69F00", 50: "#009E73", 100: "#0072B2", 200: "#CC79A7"}
"""One for each M (Okabe and Ito 2008)."""
BAND = 0.3
TICKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 5, 10, 20, 30, 50)


def picture(pairs: Sequence[Pair]) -> Picture:
    """Draw predicted and measured rows; horizontal bars are standard errors of the measured values."""
    figure = Picture(10.0, 4.2)
    every = figure.subplots(1, len(PANELS))
    markers = dict(zip(dict.fromkeys(found["network"] for _, found in pairs), MARKERS, strict=False))
    for axes, (name, label) in zip(every, PANELS.items(), strict=True):
        _panel(axes, pairs, name, label, markers)
    shapes = [
        Line2D([], [], marker=marker, ls="", color="#555555", label=network) for network, marker in markers.items()
    ]
    colours = [Line2D([], [], marker="o", ls="", color=colour, label=f"M = {m}") for m, colour in COLOURS.items()]
    figure.legend(handles=shapes + colours, loc="outside lower center", ncols=6, fontsize=FONT - 1, frameon=False)
    return figure


def _panel(axes: Axes, pairs: Sequence[Pair], name: str, label: str, markers: dict[str, str]) -> None:
    values = np.array([[found[name], promise[name]] for promise, found in pairs])
    ends = np.array([values.min() / 1.3, values.max() * 1.3])
    axes.fill_between(ends, (1 - BAND) * ends, (1 + BAND) * ends, color="#E8E8E8", lw=0, label="within 30 %")
    axes.plot(ends, ends, color="#888888", lw=0.8)
    for promise, found in pairs:
        axes.errorbar(
            found[name],
            promise[name],
            xerr=found.get(f"{name}_error"),
            marker=markers[found["network"]],
            color=COLOURS[found["neurons_per_unit"]],
            ms=5.5,
            mew=0.4,
            mec="white",
            lw=0.8,
        )
    axes.set(xscale="log", yscale="log")
    ticks = [tick for tick in TICKS if ends[0] <= tick <= ends[1]]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks)
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
    dress(axes, xlabel=f"measured {label}", ylabel=f"predicted {label}", xlim=ends, ylim=ends, aspect="equal")
    axes.legend(loc="upper left", fontsize=FONT - 1, frameon=False)
