"""Overview: the one figure of a comparison."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.gridspec import SubplotSpec

from biornn.compare.report import Report
from biornn.plots import choose, panels
from biornn.plots.style import FONT, Picture

SHOWN_OUTPUTS = 3
HEIGHTS = {"inputs": 0.7, "outputs": 1.1, "states": 1.9, "raster": 1.5, "voltages": 1.3}
"""Heights of the rows in inches before margins; the row of outputs is given once for each channel."""


def comparison(report: Report, trial: int | Sequence[int] = (), units: Sequence[int] = ()) -> Picture:
    """Draw a comparison: what went in, what came out of both networks, and what happened inside.

    Parameters
    ----------
    report : Report
        What `biornn.compare.compare` returned.
    trial : int or sequence of int
        Trials to show, side by side; none stands for two that differ in the task's first condition.
    units : sequence of int
        Units whose states are shown; none stands for a handful from the most to the least varying.

    Returns
    -------
    Picture
        A matplotlib figure made without pyplot; a notebook shows it when it is the last value of a cell.

    Raises
    ------
    InputError
        A trial or a unit that there is not.
    """
    shown = choose.trials_shown(report.evidence.trials, trial)
    chosen = choose.units_shown(report, units)
    channels = min(report.evidence.trials.targets.shape[2], SHOWN_OUTPUTS)
    height = sum(HEIGHTS.values()) + 0.7 * (channels - 1) * HEIGHTS["outputs"]
    width = max(5.0, 3.3 * len(shown))
    figure = Picture(width + 3.9, height * 1.15 + 1.0)
    grid = figure.add_gridspec(1, 2, width_ratios=[width, 3.4])
    columns = _trial_columns(figure, grid[0, 0], len(shown), channels)
    for index, column in zip(shown, columns, strict=True):
        _fill(column, report, index, chosen)
    right = grid[0, 1].subgridspec(3, 1, height_ratios=[1.2, 1.0, 0.9])
    panels.state_scatter(figure.add_subplot(right[0, 0]), report)
    panels.rate_scatter(figure.add_subplot(right[1, 0]), report)
    panels.distances(figure.add_subplot(right[2, 0]), report)
    for later in columns[1:]:
        for axes in later:
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)
    figure.align_ylabels(columns[0])
    handles, names = columns[0][1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=FONT, frameon=False)
    figure.suptitle(_title(report), fontsize=FONT + 2)
    return figure


def _trial_columns(figure: Picture, place: SubplotSpec, trials: int, channels: int) -> list[list[Axes]]:
    """Return the axes of each trial, top to bottom; rows share their vertical axis across trials."""
    between = [1.0 if channels == 1 else 0.7] * channels
    ratios = [HEIGHTS["inputs"], *(HEIGHTS["outputs"] * share for share in between)]
    ratios += [HEIGHTS[name] for name in ("states", "raster", "voltages")]
    grid = place.subgridspec(len(ratios), trials, height_ratios=ratios)
    columns: list[list[Axes]] = []
    for column in range(trials):
        made: list[Axes] = []
        for row in range(len(ratios)):
            across = made[0] if made else None
            beside = columns[0][row] if columns else None
            made.append(figure.add_subplot(grid[row, column], sharex=across, sharey=beside))
        columns.append(made)
    return columns


def _fill(column: list[Axes], report: Report, trial: int, units: Sequence[int]) -> None:
    trials = report.evidence.trials
    top, *middle, states, raster, voltages = column
    panels.inputs(top, report, trial)
    for channel, axes in enumerate(middle):
        panels.outputs(axes, report, trial, channel)
    panels.states(states, report, trial, units)
    panels.raster(raster, report, trial)
    panels.voltages(voltages, report, trial)
    top.set_title(choose.condition(trials, trial), fontsize=FONT)
    for axes in column[:-1]:
        axes.tick_params(labelbottom=False)
    voltages.set_xlabel("Time (s)", fontsize=FONT)
    voltages.set_xlim(0, trials.steps * report.evidence.spikes.dt)


def _title(report: Report) -> str:
    names = " | ".join(name for name in (report.task, report.network, report.mapping) if name)
    scores = [
        f"{measure} {pair.rate:.3f} (rate), {pair.spiking:.3f} (spiking)"
        for measure, pair in (("accuracy", report.accuracy), ("error", report.error))
        if not math.isnan(pair.rate)
    ]
    return f"{names}: {report.units} units, {report.neurons} neurons\n" + "; ".join(scores)
