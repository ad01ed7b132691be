"""Figures of the pages under How it works: ``python docs/figures.py [NAME ...]`` draws them into docs/how/.

Each function draws one figure from a network of models/. Those that simulate take about a minute each.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biornn import bridge, compare, experiment, rate, spiking, store, tasks
from biornn.bridge.tuning import Tuning, unit_rates
from biornn.theory.activation import apply
from biornn.theory.neurons import LIF
from biornn.theory.neurons.lif import firing_rate

FOLDER = Path(__file__).parent / "how"
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "0.8"
NEURONS = 20
WIDTH = 7.0


def main(names: list[str]) -> None:
    """Draw the figures of these names, all by default."""
    for name in names or FIGURES:
        figure = FIGURES[name]()
        figure.savefig(FOLDER / f"{name}.png", dpi=150)
        print(FOLDER / f"{name}.png")


def axes(columns: int, height: float = 2.8, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure and its panels, without the upper and right frame."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = list(np.ravel(figure.subplots(rows, columns)))
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
    return figure, panels


def draw_rate() -> Figure:
    """States and output of a rate network in a Go trial and a NoGo trial."""
    network, task = store.load("go-nogo-sigmoid"), tasks.GoNoGo()
    trials = task.trials(8, seed=1)
    run = rate.run(network, trials)
    go = trials.conditions["go"]
    time = (np.arange(trials.steps) + 1) * trials.dt
    figure, panels = axes(2)
    units = np.argsort(run.states.std(axis=(0, 1)))[-10:]
    for trial, colour, label in ((np.argmax(go), BLUE, "Go"), (np.argmin(go), VERMILION, "NoGo")):
        panels[0].plot(time, run.states[trial][:, units], color=colour, lw=0.8)
        panels[1].plot(time, run.outputs[trial], color=colour, label=label)
    for panel, label in zip(panels, ("State x of ten units", "Output z"), strict=True):
        panel.axvspan(0.25, 0.375, color=GREY, lw=0)
        panel.set(xlabel="Time (s)", ylabel=label)
    panels[1].legend(frameon=False)
    return figure


def draw_population() -> Figure:
    """Tuning curves of the neurons of one unit, and the activity that is decoded from them."""
    network, task = store.load("go-nogo-sigmoid"), tasks.GoNoGo()
    snn, _ = bridge.Population(neurons_per_unit=NEURONS)(network, task, progress=False)
    bank = snn.banks[0]
    low, high = bank.tuned
    unit = int(np.argsort(high - low)[-40])
    span = high[unit] - low[unit]
    states = np.linspace(low[unit] - 0.3 * span, high[unit] + 0.3 * span, 300)
    rates = unit_rates(bank.parameters, Tuning(bank.gain, bank.bias, bank.noise), snn.dt, unit, states)
    wanted = apply(network.activation, states)
    decoded = rates @ bank.decoders["activity"][unit]
    # The constant part joins the offsets of the units that receive the activity; here it is what fits the range.
    inside = (states >= low[unit]) & (states <= high[unit])
    decoded += (wanted - decoded)[inside].mean()
    figure, panels = axes(2)
    panels[0].plot(states, rates, color=BLUE, lw=0.8)
    panels[1].plot(states, decoded, color=VERMILION, label="decoded")
    panels[1].plot(states, wanted, "k:", label="activation function")
    panels[1].legend(frameon=False)
    for panel, label in zip(panels, ("Firing rate (Hz)", "Activity"), strict=True):
        panel.axvspan(low[unit], high[unit], color=GREY, alpha=0.5, lw=0)
        panel.set(xlabel="State x of the unit", ylabel=label)
    return figure


def draw_timing() -> Figure:
    """State error in the course of a trial, with and without compensation of the lead."""
    network, task = store.load("go-nogo-sigmoid"), tasks.GoNoGo()
    trials = task.trials(4, seed=1)
    rates = rate.run(network, trials)
    time = (np.arange(trials.steps) + 1) * trials.dt
    figure, (panel,) = axes(1)
    for lead, colour, label in ((0.0, VERMILION, "lead = 0"), (None, BLUE, "lead compensated")):
        snn, _ = bridge.Population(neurons_per_unit=NEURONS, lead=lead)(network, task, progress=False)
        runs = [spiking.run(snn, trials, seed=seed, progress=False) for seed in range(2)]
        report = compare.compare(rates, runs, task, trials, progress=False)
        reference = report.evidence.reference.states
        square = np.mean([(run.states - reference) ** 2 for run in runs], axis=(0, 1, 3))
        panel.plot(time, np.sqrt(square) / deviation(reference), color=colour, label=label)
    panel.axvspan(0.25, 0.375, color=GREY, lw=0)
    panel.set(xlabel="Time (s)", ylabel="State error (SD)", ylim=(0, None))
    panel.legend(frameon=False)
    return figure


def draw_noise() -> Figure:
    """f-I curves of a LIF neuron for three strengths of membrane noise."""
    parameters = {name: value[0, 0] for name, value in LIF().parameters(1, 1).items()}
    steady = np.linspace(-0.065, -0.04, 300)
    figure, (panel,) = axes(1)
    for noise, colour in ((0.0, "k"), (0.0015, BLUE), (0.0075, VERMILION)):
        curve = firing_rate(parameters, steady, 0.0, noise)
        panel.plot(steady * 1e3, curve, color=colour, label=f"noise {noise * 1e3:g} mV")
    panel.axvline(parameters["v_threshold"] * 1e3, color="0.5", ls="--", lw=0.8)
    panel.set(xlabel="Steady voltage (mV)", ylabel="Firing rate (Hz)", ylim=(0, None))
    panel.legend(frameon=False)
    return figure


def draw_dale() -> Figure:
    """Synaptic weights between neurons, without and with Dale's law."""
    network, task = store.load("go-nogo-sigmoid"), tasks.GoNoGo()
    weight = network.weights["recurrent"]
    units = np.argsort((weight != 0).sum(axis=0))[-2:]
    targets = np.flatnonzero((weight[:, units] != 0).any(axis=1))[:30]
    figure, panels = axes(2, 3.2)
    for panel, dale in zip(panels, (False, True), strict=True):
        snn, _ = bridge.Population(neurons_per_unit=NEURONS, dale=dale)(network, task, progress=False)
        bank = snn.banks[0]
        total = np.zeros((targets.size, 2 * NEURONS))
        for item in snn.projections:
            decoders = bank.decoders[item.decoder][units]
            total += (item.weight[np.ix_(targets, units)][:, :, None] * decoders).reshape(targets.size, -1)
        total *= bank.gain[targets, NEURONS // 2][:, None] * 1e6
        top = np.quantile(abs(total), 0.98)
        shown = panel.imshow(total, cmap="PuOr_r", vmin=-top, vmax=top, aspect="auto")
        panel.axvline(NEURONS - 0.5, color="k", lw=0.8)
        panel.set(xlabel="Sending neuron", ylabel="Receiving neuron")
        panel.set_title("With Dale's law" if dale else "Without", fontsize="medium")
        figure.colorbar(shown, ax=panel, label="Weight (µV s)")
    return figure


def draw_refit() -> Figure:
    """Error of the mean output over runs, without and with refit."""
    network, task = store.load("xor-sigmoid"), tasks.XOR()
    trials = task.trials(8, seed=1)
    time = (np.arange(trials.steps) + 1) * trials.dt
    figure, (panel,) = axes(1)
    plain = bridge.Population(neurons_per_unit=NEURONS)
    refit = experiment.population(refit=True, neurons_per_unit=NEURONS, progress=False)
    for mapping, colour, label in ((plain, VERMILION, "without refit"), (refit, GREEN, "with refit")):
        snn, _ = mapping(network, task, progress=False)
        runs = [spiking.run(snn, trials, seed=seed, progress=False) for seed in range(8)]
        report = compare.compare(rate.run(network, trials), runs, task, trials, progress=False)
        wanted = report.evidence.reference.outputs
        error = np.mean([run.outputs for run in runs], axis=0) - wanted
        panel.plot(time, np.sqrt((error**2).mean(axis=(0, 2))) / wanted.std(), color=colour, label=label)
    panel.set(xlabel="Time (s)", ylabel="Error of the mean output (SD)", ylim=(0, None))
    panel.legend(frameon=False)
    return figure


def deviation(states: np.ndarray) -> float:
    """Return the pooled SD of states (K, T, N) about each unit's mean."""
    return float(np.sqrt(states.var(axis=(0, 1)).mean()))


FIGURES: dict[str, Callable[[], Figure]] = {
    "rate": draw_rate,
    "population": draw_population,
    "timing": draw_timing,
    "noise": draw_noise,
    "dale": draw_dale,
    "refit": draw_refit,
}

if __name__ == "__main__":
    main(sys.argv[1:])
