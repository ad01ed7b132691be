"""Series: a forecast against what came."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.compare.report import Report
from biornn.core.checks import array, count
from biornn.core.task import UNDEFINED
from biornn.core.trials import Trials
from biornn.plots.style import FONT, RATE, SPIKING, Picture, dress


def forecast(
    report: Report,
    persistence: float = UNDEFINED,
    positions: ArrayLike = (),
    labels: Sequence[str] = ("Time (s)", "Series (a.u.)"),
    *,
    trial: int = 0,
    channel: int = 0,
) -> Picture:
    """Draw both forecasts of a series against the series, one point per predicted sample.

    Parameters
    ----------
    report : Report
        Comparison on a task that predicts a series.
    persistence : float
        Error of the forecast that nothing changes, over the SD of the target; NaN where it is not known.
    positions : (P,) array_like
        Where the P predicted samples lie on the horizontal axis, years for instance; none stands for their time.
    labels : pair of str
        Names and units of the two axes.
    trial, channel : int
        Which trial and output are shown; the errors are those of all.

    Raises
    ------
    InputError
        A trial or channel that there is not, or another number of positions than samples.
    """
    evidence = report.evidence
    trials = evidence.trials
    count("plots.forecast.trial", trial, 0, trials.count - 1)
    count("plots.forecast.channel", channel, 0, trials.targets.shape[2] - 1)
    steps = samples(trials, trial, channel)
    given = np.size(positions) > 0
    place = array("plots.forecast.positions", positions, (len(steps),)) if given else (steps + 1) * trials.dt
    figure = Picture(8.0, 3.6)
    axes = figure.add_subplot()
    axes.plot(place, trials.targets[trial, steps, channel], color="black", lw=1.2, marker="o", ms=3, label="series")
    lines = (("rate network", RATE, "s", evidence.rates), ("spiking network", SPIKING, "^", evidence.spikes))
    for (name, colour, marker, run), error in zip(lines, report.error, strict=True):
        values = run.outputs[trial, steps, channel]
        axes.plot(place, values, color=colour, lw=1.2, marker=marker, ms=3, label=f"{name}, error {error:.3f}")
    if not np.isnan(persistence):
        axes.plot([], [], " ", label=f"persistence, error {persistence:.3f}")
    dress(axes, xlabel=labels[0], ylabel=labels[1])
    axes.set_title(f"{report.task}: forecast (error: RMSE over the SD of the series)", fontsize=FONT + 1, loc="left")
    figure.legend(loc="outside lower center", fontsize=FONT, frameon=False, ncols=4)
    return figure


def samples(trials: Trials, trial: int, channel: int) -> NDArray[np.int64]:
    """Return the steps at which predicted samples end: masked, and followed by another target or by no mask.

    A sample that is held over several steps is counted once, at its last step.
    """
    mask = trials.mask[trial] if trials.mask.ndim == 2 else trials.mask[trial, :, channel]
    target = trials.targets[trial, :, channel]
    goes_on = (mask[1:] > 0) & (target[1:] == target[:-1])
    return np.flatnonzero((mask > 0) & ~np.append(goes_on, False))
