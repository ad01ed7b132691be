"""Series: a forecast against what came, and against the forecast that nothing changes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from biornn.core.checks import array, count, number, refuse
from biornn.core.task import UNDEFINED
from biornn.core.trials import Trials
from biornn.plots import choose, panels
from biornn.plots.files import where_to, written
from biornn.plots.style import FONT, PERSISTENCE, RATE, SPIKING, Picture, dress, plain
from biornn.tasks import Forecast

if TYPE_CHECKING:
    from biornn.compare.report import Report

Along = tuple[NDArray[Any], tuple[str, str]]
LABELS = ("Time (s)", "Series (a.u.)")


def forecast(
    report: "Report",
    persistence: float = UNDEFINED,
    positions: ArrayLike = (),
    labels: Sequence[str] = (),
    *,
    trial: int = 0,
    channel: int = 0,
    path: str | Path = "",
) -> Picture:
    """Draw both forecasts of a series against the series, one point per predicted sample, in the data's own units.

    Parameters
    ----------
    report : Report
        Comparison on a task that predicts a series.
    persistence : float
        Error of the forecast that the last sample seen comes again, over the SD of the target; NaN stands for that of
        the task, where it is one of `biornn.tasks.Forecast`.
    positions : (P,) array_like
        Where the P predicted samples lie on the horizontal axis, years or dates for instance; none stands for those of
        the task, or for their time.
    labels : pair of str
        Names and units of the two axes; none stands for those of the task.
    trial, channel : int
        Which trial and output are shown; the errors are those of all.
    path : str or Path
        Where to save the figure, as `save` does; nowhere if empty.

    Returns
    -------
    Picture
        Persistence is drawn where its error is known and the inputs are samples of the series.

    Raises
    ------
    InputError
        Another object than a report, a task that predicts nothing, a trial or channel that there is not, another
        number of positions than samples, or a path that cannot be written.
    """
    choose.report_checked("plots.forecast", report)
    if not of_forecast(report):
        rule = "must be the comparison of a task that predicts a series"
        refuse("plots.forecast", rule, f"one of {report.task}", "use plots.comparison")
    target, trials = where_to(path), report.evidence.trials
    chosen = count("plots.forecast.trial", trial, 0, trials.count - 1)
    output = count("plots.forecast.channel", channel, 0, trials.targets.shape[2] - 1)
    along, names = _axis(report, chosen, output)
    figure = Picture(8.0, 3.6)
    axis = _positions(positions, along), _named(labels, names)
    panel(figure.add_subplot(), report, chosen, output, along=axis, persistence=_error(persistence))
    return written(figure, target) if target else figure


def of_forecast(report: "Report") -> bool:
    """Return whether a report is that of a forecast: it has an error and no share of trials that are right."""
    return bool(np.isnan(report.accuracy.rate) and not np.isnan(report.error.rate))


def panel(
    axes: Axes,
    report: "Report",
    trial: int,
    channel: int,
    *,
    along: Along | None = None,
    persistence: float = UNDEFINED,
) -> None:
    """Draw the forecast of one trial; where the samples lie, and the axes' names, are those of the task by default."""
    evidence = report.evidence
    trials, task = evidence.trials, evidence.task
    steps = samples(trials, trial, channel)
    place, names = along or _axis(report, trial, channel)

    def drawn(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return panels.in_units(report, values[trial, steps])[:, channel]

    axes.plot(place, drawn(trials.targets), color="black", lw=1.2, marker="o", ms=3, label="series")
    lines = (("rate network", RATE, "s", evidence.rates), ("spiking network", SPIKING, "^", evidence.spikes))
    for (name, colour, marker, run), error in zip(lines, report.error, strict=True):
        label = f"{name}, error {error:.3f}"
        axes.plot(place, drawn(run.outputs), color=colour, lw=1.2, marker=marker, ms=3, label=label)
    if isinstance(task, Forecast) and np.isnan(persistence):
        persistence = task.persistence(trials)
    if not np.isnan(persistence) and trials.inputs.shape == trials.targets.shape:
        label = f"persistence, error {persistence:.3f}"
        axes.plot(place, drawn(trials.inputs), color=PERSISTENCE, lw=1.0, ls="--", label=label)
    judged = "all trials" if trials.targets.shape[2] == 1 else "all trials and columns"
    dress(axes, xlabel=plain(names[0]), ylabel=plain(names[1]))
    axes.set_title(
        f"{plain(report.task)}: forecast of trial {trial} (error of {judged}: RMSE over the SD of the series)",
        fontsize=FONT,
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=FONT - 1, frameon=False)


def _error(value: object) -> float:
    """Return an error that was given, NaN where it was not."""
    if isinstance(value, float) and np.isnan(value):
        return value
    return number("plots.forecast.persistence", value, 0.0, 1e6, "leave it out, or give what task.persistence returned")


def _positions(given: ArrayLike, known: NDArray[Any]) -> NDArray[Any]:
    """Return where the samples lie: numbers or dates that were given, else what is known of the task."""
    where = "plots.forecast.positions"
    if isinstance(given, list | tuple) and not given:
        return known
    if isinstance(given, np.ndarray) and given.dtype.kind == "M":
        if given.shape != known.shape:
            refuse(where, f"must have shape {known.shape}", given.shape, "give a date for each predicted sample")
        return given
    return array(where, given, (len(known),))


def _named(labels: object, known: tuple[str, str]) -> tuple[str, str]:
    """Return a pair of labels, those of the task where none are given."""
    if isinstance(labels, list | tuple) and not labels:
        return known
    if not isinstance(labels, list | tuple) or [type(label) for label in labels] != [str, str]:
        refuse("plots.forecast.labels", "must be two texts", labels, 'write labels=("Year", "Sunspot number")')
    return labels[0], labels[1]


def _axis(report: "Report", trial: int, channel: int) -> Along:
    """Return where the predicted samples lie, and the names of both axes, by the task or else by time."""
    trials, task = report.evidence.trials, report.evidence.task
    steps = samples(trials, trial, channel)
    if isinstance(task, Forecast):
        place, names = task.axis(trials, trial, channel)
        if len(place) == len(steps):
            return place, names
    return (steps + 1) * trials.dt, LABELS


def samples(trials: Trials, trial: int, channel: int) -> NDArray[np.int64]:
    """Return the steps at which predicted samples end: masked, and followed by another target or by no mask.

    A sample that is held over several steps is counted once, at its last step.
    """
    mask = trials.mask[trial] if trials.mask.ndim == 2 else trials.mask[trial, :, channel]
    target = trials.targets[trial, :, channel]
    goes_on = (mask[1:] > 0) & (target[1:] == target[:-1])
    return np.flatnonzero((mask > 0) & ~np.append(goes_on, False))
