"""How far back gradients reach in cells as they are before training, on the adding task.

    python -m benchmarks.studies.gradients --figure docs/gradients.png      # a minute

Networks of 64 units with the initial weights that `biornn.rate.train` draws, a step of 10 ms. What is drawn is the
largest singular value of the product of all Jacobians from a step to the last (`biornn.rate.flow`), the geometric mean
over seeds and trials, and its range over seeds.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from biornn import plots, rate, tasks
from biornn.core.rate import RateNetwork
from biornn.rate.cells.parameters import weights
from biornn.rate.initial import initial

DT, UNITS, TRIALS = 0.01, 64, 2
FLOOR = 1e-12
CELLS: dict[str, dict[str, Any]] = {
    "Elman, Gaussian, gain 0.7": {"cell": "elman", "gain": 0.7},
    "Elman, Gaussian, gain 1.5": {"cell": "elman", "gain": 1.5},
    "Elman, orthogonal": {"cell": "elman", "initial": "orthogonal"},
    "leaky, 20 to 100 ms": {"cell": "leaky", "activation": "tanh", "gain": 1.5, "train_input": True},
    "GRU, one step": {"cell": "gru", "tau": DT},
    "LSTM, one step": {"cell": "lstm", "tau": DT},
    "GRU, 100 ms": {"cell": "gru"},
    "LSTM, 100 ms": {"cell": "lstm"},
}


def untrained(settings: dict[str, Any], seed: int, task: Any) -> RateNetwork:
    """Return a network before its first step of training."""
    if settings["cell"] == "elman":
        settings = {"tau": DT, **settings}
    chosen = rate.Training(units=UNITS, seed=seed, **settings)
    trained, fixed = initial(chosen, task.inputs, task.outputs)
    weight = weights(trained, fixed, np)
    tau = weight.pop("tau")
    none = np.zeros(UNITS)
    return RateNetwork(weight, str(chosen.activation), tau, task.dt, none, none, cell=chosen.cell)


def measured(length: int, seeds: int) -> dict[str, np.ndarray]:
    """Return the norms (seeds, T) of each kind of cell."""
    task = tasks.Adding(length=length)
    given = task.trials(TRIALS, 0)
    return {
        name: np.stack([rate.flow(untrained(settings, seed, task), given).jacobian for seed in range(seeds)])
        for name, settings in CELLS.items()
    }


def drawn(found: dict[str, np.ndarray]) -> Figure:
    """Return the figure."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, norms) in enumerate(found.items()):
        back = np.arange(norms.shape[1])[::-1]
        shown = np.maximum(norms, FLOOR)
        line = np.exp(np.log(shown).mean(axis=0))
        style = "--" if "100 ms" in name and "leaky" not in name else "-"
        axes.plot(back, line, style, color=f"C{number}", label=name)
        axes.fill_between(back, shown.min(axis=0), shown.max(axis=0), color=f"C{number}", alpha=0.15, lw=0)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=10))
    axes.axhline(1, color="0.6", lw=0.8, zorder=0)
    axes.set_ylim(FLOOR, None)
    axes.set_xlabel("Steps back from the end (10 ms each)")
    axes.set_ylabel(r"Largest singular value of $\partial x_T / \partial x_t$")
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--length", type=int, default=100, help="steps of the adding task")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds")
    parser.add_argument("--figure", type=Path, help="draw the norms into this file")
    arguments = parser.parse_args()
    found = measured(arguments.length, arguments.seeds)
    print(f"| cell | norm 50 steps back | {arguments.length - 1} steps back |\n|---|---|---|")
    for name, norms in found.items():
        mean = np.exp(np.log(np.maximum(norms, 1e-38)).mean(axis=0))
        print(f"| {name} | {mean[-51]:.2g} | {mean[0]:.2g} |")
    if arguments.figure is not None:
        plots.save(drawn(found), arguments.figure)


if __name__ == "__main__":
    main()
