"""Panels: one function per panel of the comparison; each draws into axes that it is given."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from biornn.compare.spike_trains import smooth
from biornn.core.rate import RateNetwork
from biornn.plots import choose
from biornn.plots.style import CHANNELS, FONT, RATE, REFERENCE, SPIKING, TARGET, dress, scale_bar
from biornn.tasks import Forecast

if TYPE_CHECKING:
    from biornn.compare.report import Report

Array = NDArray[np.float64]
GRID = 60
"""Hexagons across a density panel."""
BARS = ("#555555", "#AAAAAA")


def in_units(report: "Report", values: Array) -> Array:
    """Return inputs, targets or outputs (..., C) of a forecast in the data's units, of other tasks as they are."""
    task = report.evidence.task
    return task.to_units(values) if isinstance(task, Forecast) and values.shape[-1] == task.outputs else values


def _unit(report: "Report") -> str:
    return "data units" if isinstance(report.evidence.task, Forecast) else "a.u."


def times(report: "Report") -> Array:
    """Return the times in s of recorded states and outputs, (t + 1) dt."""
    trials = report.evidence.trials
    return np.asarray((np.arange(trials.steps) + 1) * report.evidence.spikes.dt, dtype=np.float64)


def inputs(axes: Axes, report: "Report", trial: int) -> None:
    """Draw the input channels as held steps; more than four as an image."""
    trials = report.evidence.trials
    values, edges = in_units(report, trials.inputs[trial]), np.arange(trials.steps + 1) * report.evidence.spikes.dt
    channels = values.shape[1]
    if channels > len(CHANNELS):
        axes.pcolormesh(edges, np.arange(channels + 1), values.T, cmap="cividis", rasterized=True)
        dress(axes, ylabel="Input\nchannel")
        return
    for channel in reversed(range(channels)):
        axes.stairs(values[:, channel], edges, baseline=None, color=CHANNELS[channel], lw=1.2, label=f"u{channel + 1}")
    dress(axes, ylabel=f"Input u\n({_unit(report)})")
    if channels > 1:
        every = in_units(report, trials.inputs)
        low, high = float(every.min()), float(every.max())
        axes.set_ylim(low - 0.05 * (high - low), high + 0.6 * (high - low))  # room for the names
        axes.legend(fontsize=FONT - 2, ncols=channels, loc="upper right", reverse=True, frameon=False, borderpad=0)


def outputs(axes: Axes, report: "Report", trial: int, channel: int) -> None:
    """Draw one output channel: target where it counts, rate network, reference and spiking network."""
    evidence, t = report.evidence, times(report)
    trials = evidence.trials
    mask = trials.mask[trial] if trials.mask.ndim == 2 else trials.mask[trial, :, channel]
    targets, rate, spiking, reference = (
        in_units(report, values[trial])[:, channel]
        for values in (trials.targets, evidence.rates.outputs, evidence.spikes.outputs, evidence.reference.outputs)
    )
    target = np.where(mask > 0, targets, np.nan)
    axes.plot(t, target, color=TARGET, lw=6, solid_capstyle="butt", marker="s", ms=4, label="target")
    axes.plot(t, rate, color=RATE, lw=1.6, label="rate network")
    axes.plot(t, spiking, color=SPIKING, lw=1.2, label="spiking network")
    axes.plot(t, reference, color=REFERENCE, lw=1.0, ls=":", label="reference (rate equation)")
    name = f"z{channel + 1}" if trials.targets.shape[2] > 1 else "Output z"
    classes = isinstance(evidence.rates.source, RateNetwork) and evidence.rates.source.readout == "softmax"
    # Labels of classes count from 0.
    dress(axes, ylabel=f"P(class {channel})" if classes else f"{name}\n({_unit(report)})")


def states(axes: Axes, report: "Report", trial: int, units: Sequence[int]) -> None:
    """Draw a few unit states above one another, all to the same scale, which a bar gives."""
    evidence, t = report.evidence, times(report)
    pair = [values[:, :, list(units)] for values in (evidence.reference.states, evidence.spikes.states)]
    middle = pair[0].mean(axis=(0, 1))
    step = 1.05 * max(float(np.ptp(values - middle, axis=(0, 1)).max()) for values in pair) or 1.0
    bases = -step * np.arange(len(units))
    for place, base in enumerate(bases):
        axes.plot(t, pair[1][trial, :, place] - middle[place] + base, color=SPIKING, lw=1.2)
        axes.plot(t, pair[0][trial, :, place] - middle[place] + base, color=REFERENCE, lw=1.0, ls=":")
    dress(axes, ylabel="State x (a.u.)\nof unit", yticks=bases, yticklabels=[str(unit) for unit in units])
    length = _round_down(step)
    scale_bar(axes, bases[-1] - length / 2, bases[-1] + length / 2, f"{length:g}")


def _round_down(value: float) -> float:
    """Return the largest of 1, 2 or 5 times a power of ten that is not above `value`."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(power * max(step for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)))


def raster(axes: Axes, report: "Report", trial: int) -> None:
    """Draw the spikes of a sample of neurons within the window, sorted by unit."""
    spikes, neurons = report.evidence.spikes.spikes, choose.neurons_shown(report)
    start, stop = choose.window(report, trial)
    inside = (spikes.trial == trial) & (spikes.time >= start) & (spikes.time < stop)
    time, neuron = spikes.time[inside], spikes.neuron[inside]
    chosen = np.isin(neuron, neurons)
    rows = np.searchsorted(neurons, neuron[chosen])
    axes.vlines(time[chosen], rows - 0.45, rows + 0.45, color="black", lw=0.7, rasterized=True)
    ticks = choose.spread(range(len(neurons)), 5)
    labels = [str(unit) for unit in choose.unit_of(report, neurons[ticks])]
    dress(axes, ylabel="Neurons\nby unit", yticks=ticks, yticklabels=labels)
    axes.set_ylim(len(neurons) - 0.5, -0.5)
    silent = "" if chosen.any() else ", none fired"
    axes.set_title(f"{len(neurons)} of {report.neurons:,} neurons{silent}", fontsize=FONT - 1, loc="right", pad=2)


def voltages(axes: Axes, report: "Report", trial: int) -> None:
    """Draw membrane voltages within the window, all to the same scale; ticks on top are recorded spikes."""
    voltage, spikes = report.evidence.spikes.voltages, report.evidence.spikes.spikes
    start, stop = choose.window(report, trial)
    columns = choose.spread(range(voltage.neurons.size), choose.SHOWN_TRACES)
    first, last = round(start / voltage.dt), round(stop / voltage.dt)
    traces = voltage.values[trial][first:last, columns] * 1e3
    # Trials stand side by side on one scale.
    lowest, highest = (end(axis=(0, 1))[columns] * 1e3 for end in (voltage.values.min, voltage.values.max))
    height = float((highest - lowest).max()) or 1.0
    t = (first + np.arange(len(traces))) * voltage.dt
    bases = -1.6 * height * np.arange(len(columns))
    for column, trace, low, base in zip(columns, traces.T, lowest, bases, strict=True):
        axes.plot(t, trace - low + base, color=SPIKING, lw=0.8)
        of_neuron = (spikes.trial == trial) & (spikes.neuron == voltage.neurons[column])
        fired = spikes.time[of_neuron]
        fired = fired[(fired >= start) & (fired < stop)]
        axes.vlines(fired, base + 1.02 * height, base + 1.32 * height, color="black", lw=0.8)
    labels = [str(neuron) for neuron in voltage.neurons[columns]]
    dress(axes, ylabel="Voltage (mV)\nof neuron", yticks=bases + height / 2, yticklabels=labels)
    length = _round_down(height)
    scale_bar(axes, bases[-1], bases[-1] + length, f"{length:g} mV")


def bars(report: "Report") -> list[tuple[str, float, float]]:
    """Return names and distances of states and of outputs, without what is undefined for both."""
    undefined = float("nan")
    rows = (
        ("error", report.state.nrmse, report.readout.nrmse),
        ("bias", report.state.bias, report.readout.bias),
        ("noise", report.state.noise, report.readout.noise),
        ("noise floor", report.null.state, report.null.readout),
        ("time step", report.discretisation_nrmse, undefined),
    )
    return [row for row in rows if not np.isnan(row[1:]).all()]


def distances(axes: Axes, report: "Report") -> None:
    """Draw the errors beside what they are to be judged by."""
    rows = bars(report)
    values = np.array([pair for _, *pair in rows], dtype=np.float64)
    for column, (name, colour) in enumerate(zip(("unit states", "outputs"), BARS, strict=True)):
        kept = ~np.isnan(values[:, column])
        place = np.arange(len(rows))[kept] + 0.4 * column - 0.2
        drawn = axes.barh(place, values[kept, column], height=0.36, color=colour, label=name)
        axes.bar_label(drawn, [f"{value:.3f}" for value in values[kept, column]], fontsize=FONT - 2, padding=2)
    axes.margins(x=0.2)
    dress(
        axes, xlabel="Distance (SD of the reference)", yticks=range(len(rows)), yticklabels=[name for name, *_ in rows]
    )
    axes.invert_yaxis()
    axes.legend(fontsize=FONT - 1, frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), borderpad=0)


def state_scatter(axes: Axes, report: "Report") -> None:
    """Draw the density of spiking against reference states over all trials, times and units."""
    x, y = report.evidence.reference.states.ravel(), report.evidence.spikes.states.ravel()
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    _density(axes, x, y)
    axes.plot([low, high], [low, high], color=RATE, lw=1.0)
    labels = {"xlabel": "Rate equation x (a.u.)", "ylabel": "Spiking x (a.u.)"}
    dress(axes, title=f"Unit states: error {report.state.nrmse:.3f} SD", aspect="equal", **labels)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))


def rate_scatter(axes: Axes, report: "Report") -> None:
    """Draw the density of population rates against unit rates, both under the kernel of the rate correlation."""
    evidence = report.evidence
    both = evidence.reference.rates, evidence.spikes.rates[..., : evidence.reference.rates.shape[2]]
    smoothed = [smooth(rates, evidence.spikes.dt).ravel() for rates in both]
    _density(axes, *smoothed)
    title = f"Firing rates: median correlation {report.rate_correlation:.2f}"
    dress(axes, title=title, xlabel="Rate r (a.u.)", ylabel="Population rate (Hz)")


def _density(axes: Axes, x: Array, y: Array) -> None:
    drawn = axes.hexbin(x, y, gridsize=GRID, bins="log", mincnt=1, cmap="YlOrBr", linewidths=0.1, rasterized=True)
    bar = axes.figure.colorbar(drawn, ax=axes, shrink=0.8, pad=0.02)
    bar.set_label("samples", fontsize=FONT - 1)
    bar.ax.tick_params(labelsize=FONT - 2)
