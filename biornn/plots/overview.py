"""Overview: the one figure of a comparison; rows and panels for which there are no data are left out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.gridspec import SubplotSpec

from biornn.plots import choose, panels, series
from biornn.plots.files import where_to, written
from biornn.plots.style import FONT, SHADE, Picture, letter, plain

if TYPE_CHECKING:
    from biornn.compare.report import Report

HEIGHTS = {"inputs": 0.8, "outputs": 1.1, "states": 1.9, "raster": 1.5, "voltages": 1.3, "forecast": 2.0}
"""Heights of the rows in inches before margins; the row of outputs is there once for each channel."""
RIGHT = 3.4
"""Width of the column of summaries in inches."""


@dataclass(frozen=True)
class Row:
    """A row of the figure: its height, what draws one trial of it, and whether it shows a window of the trial only."""

    height: float
    draw: "Callable[[Axes, Report, int], None]"
    windowed: bool = False


def comparison(
    report: "Report", trial: int | Sequence[int] = (), units: int | Sequence[int] = (), *, path: str | Path = ""
) -> Picture:
    """Draw a comparison: what went in, what came out of both networks, and what happened inside.

    Spikes and voltages are those of the 2 s of a trial in which the states move most. The comparison of a forecast
    holds the forecast, too; its values are in the data's own units.

    Parameters
    ----------
    report : Report
        What `biornn.compare.compare` returned.
    trial : int or sequence of int
        Trials to show, side by side, at most 6; none stands for two of different answers.
    units : int or sequence of int
        Units whose states are shown, at most 30; none stands for a handful from the most to the least varying.
    path : str or Path
        Where to save the figure, as `save` does; nowhere if empty.

    Returns
    -------
    Picture
        A matplotlib figure made without pyplot; a notebook shows it when it is the last value of a cell.

    Raises
    ------
    InputError
        Another object than a report, a trial or a unit that there is not, or a path that cannot be written.
    """
    choose.report_checked("plots.comparison", report)
    place = where_to(path)
    shown = choose.trials_shown(report.evidence.trials, trial)
    rows = _rows(report, shown, choose.units_shown(report, units))
    forecast = HEIGHTS["forecast"] if series.of_forecast(report) else 0.0
    width, height = max(5.0, 3.3 * len(shown)), sum(row.height for row in rows) * 1.15 + 0.6
    figure = Picture(width + RIGHT + 0.5, height + forecast + 0.6)
    heights = [height, forecast] if forecast else [height]
    grid = figure.add_gridspec(len(heights), 2, width_ratios=[width, RIGHT], height_ratios=heights)
    columns = _trials(figure, grid[0, 0], report, rows, shown)
    lettered = [*columns[0], *_summaries(figure, grid[0, 1], report)]
    figure.align_ylabels(columns[0])
    if forecast:
        lettered.append(figure.add_subplot(grid[1, :]))
        series.panel(lettered[-1], report, shown[0], 0)
    for axes, name in zip(lettered, ascii_lowercase, strict=False):
        letter(axes, name)
    handles, names = columns[0][1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=FONT, frameon=False)
    figure.suptitle(_title(report), fontsize=FONT + 2)
    return written(figure, place) if place else figure


def _rows(report: "Report", shown: Sequence[int], units: Sequence[int]) -> list[Row]:
    """Return the rows for which there are data, top to bottom."""
    channels = choose.outputs_shown(report.evidence.trials, shown)
    each = HEIGHTS["outputs"] * (1.0 if len(channels) == 1 else 0.7)
    rows = [Row(HEIGHTS["inputs"], panels.inputs)]
    rows += [Row(each, partial(panels.outputs, channel=channel)) for channel in channels]
    rows.append(Row(HEIGHTS["states"], partial(panels.states, units=units)))
    if choose.neurons_shown(report).size:
        rows.append(Row(HEIGHTS["raster"], panels.raster, windowed=True))
    if report.evidence.spikes.voltages.neurons.size:
        rows.append(Row(HEIGHTS["voltages"], panels.voltages, windowed=True))
    return rows


def _trials(
    figure: Picture, place: SubplotSpec, report: "Report", rows: Sequence[Row], shown: Sequence[int]
) -> list[list[Axes]]:
    """Draw the trials side by side and return the axes of each; rows share their vertical axis across trials."""
    grid = place.subgridspec(len(rows), len(shown), height_ratios=[row.height for row in rows])
    columns: list[list[Axes]] = []
    for column, trial in enumerate(shown):
        made: list[Axes] = []
        for place_of, row in enumerate(rows):
            beside = columns[0][place_of] if columns else None
            above = [axes for axes, other in zip(made, rows, strict=False) if other.windowed == row.windowed]
            axes = figure.add_subplot(grid[place_of, column], sharex=above[0] if above else None, sharey=beside)
            row.draw(axes, report, trial)
            made.append(axes)
        made[0].set_title(choose.condition(report.evidence.trials, trial), fontsize=FONT)
        _time_axes(made, report, rows, trial)
        for axes in made if column else ():
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)
        columns.append(made)
    return columns


def _time_axes(column: Sequence[Axes], report: "Report", rows: Sequence[Row], trial: int) -> None:
    """Set the limits of a trial's rows; where spikes are shown of a part only, mark it and give it an axis."""
    start, stop = choose.window(report, trial)
    whole = report.evidence.trials.steps * report.evidence.spikes.dt
    part = stop - start < whole * (1 - 1e-9) and any(row.windowed for row in rows)
    for index, (axes, row) in enumerate(zip(column, rows, strict=True)):
        axes.set_xlim(*((start, stop) if row.windowed else (0, whole)))
        if part and not row.windowed:
            axes.axvspan(start, stop, color=SHADE, lw=0, zorder=-5)
        last = index == len(rows) - 1 or (part and rows[index + 1].windowed and not row.windowed)
        axes.tick_params(labelbottom=last)
        if last:
            name = "Time (s), grey part above" if part and row.windowed else "Time (s)"
            axes.set_xlabel(name, fontsize=FONT)


def _summaries(figure: Picture, place: SubplotSpec, report: "Report") -> list[Axes]:
    """Draw the summaries over all trials and return their axes, top to bottom."""
    drawn = [(1.2, panels.state_scatter)]
    if not math.isnan(report.rate_correlation):
        drawn.append((1.0, panels.rate_scatter))
    if panels.bars(report):
        drawn.append((0.9, panels.distances))
    grid = place.subgridspec(len(drawn), 1, height_ratios=[height for height, _ in drawn])
    made = []
    for row, (_, draw) in enumerate(drawn):
        made.append(figure.add_subplot(grid[row, 0]))
        draw(made[-1], report)
    return made


def _title(report: "Report") -> str:
    names = " | ".join(dict.fromkeys(name for name in (report.task, report.network, report.mapping) if name))
    scores = [
        f"{measure} {pair.rate:.3f} (rate network), {pair.spiking:.3f} (spiking network)"
        for measure, pair in (("accuracy", report.accuracy), ("forecast error", report.error))
        if not np.isnan(pair).any()
    ]
    return f"{plain(names)}: {report.units:,} units, {report.neurons:,} neurons\n" + "; ".join(scores)
