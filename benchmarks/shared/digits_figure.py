"""The figure of `digits`: accuracy lost and state error against the duration of a step."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from biornn.compare.accuracy import wilson
from biornn.plots.style import FONT, Picture, dress

COLOURS = ("#0072B2", "#D55E00", "#009E73")
"""One for each cell (Okabe and Ito 2008)."""
MARKERS = "os^"
LIMIT = 3.0
"""Points that may be lost."""


def picture(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Picture:
    """Draw the rows; `names` says what cells are called, in their order."""
    figure = Picture(9.5, 3.8)
    accuracy, lost, error = figure.subplots(1, 3)
    for index, (cell, name) in enumerate(names.items()):
        own = sorted((row for row in rows if row["cell"] == cell), key=lambda row: row["duration"])
        if own:
            _lines(accuracy, lost, error, own, name, COLOURS[index], MARKERS[index])
    lost.axhspan(-LIMIT, LIMIT, color="#EEEEEE", lw=0, zorder=0)
    lost.axhline(0, color="#888888", lw=0.8)
    durations = sorted({row["duration"] * 1e3 for row in rows})
    for axes, label in (
        (accuracy, "accuracy on test images (%)"),
        (lost, "accuracy lost (points)"),
        (error, "state error (SDs of the states)"),
    ):
        axes.set_xscale("log")
        axes.set_xticks(durations)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        dress(axes, xlabel="duration of a step (ms)", ylabel=label)
    error.set_ylim(bottom=0)
    accuracy.set_title("dotted: rate network; bars: 95 % intervals", fontsize=FONT - 1)
    lost.set_title("grey: at most 3 points; bars: standard errors", fontsize=FONT - 1)
    handles, labels = accuracy.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(names), fontsize=FONT, frameon=False)
    return figure


def _lines(
    accuracy: Axes, lost: Axes, error: Axes, own: Sequence[Mapping[str, Any]], name: str, colour: str, marker: str
) -> None:
    style: dict[str, Any] = {"color": colour, "marker": marker, "ms": 5, "lw": 1.4}
    x = [row["duration"] * 1e3 for row in own]
    shares = np.array([row["accuracy"]["spiking"] for row in own])
    bounds = np.array([wilson(share, row["trials"]) for share, row in zip(shares, own, strict=True)])
    reach = 100 * np.abs(bounds - shares[:, None]).T
    accuracy.errorbar(x, 100 * shares, yerr=reach, capsize=2, elinewidth=0.8, label=name, **style)
    accuracy.axhline(100 * own[0]["accuracy"]["rate"], color=colour, ls=":", lw=1.2)
    missed = [100 * (row["accuracy"]["rate"] - row["accuracy"]["spiking"]) for row in own]
    lost.errorbar(x, missed, yerr=[100 * row["lost_error"] for row in own], capsize=2, elinewidth=0.8, **style)
    error.plot(x, [row["state_nrmse"] for row in own], **style)
