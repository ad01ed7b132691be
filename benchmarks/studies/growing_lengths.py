"""Why gates were invented: the adding task at growing length, cells with gates beside cells without.

    python -m benchmarks.studies.growing_lengths --figure docs/growing-lengths.png    # 10 minutes of processor time
    python -m benchmarks.studies.growing_lengths --rows benchmarks/results --table    # the published table

Each network has 32 units and the same budget: batches of 32 fresh trials for a fixed number of steps of Adam, without
noise. The best validated network of a training is scored on 1,000 fresh trials; its error is the RMSE over the SD of
the sums, so that the constant guess scores 1. Leaky, GRU and LSTM share one time constant of 100 ms (10 steps), which
is biornn's default for gated cells, so that it is not what tells them apart. Initial weights are orthogonal for GRU and
LSTM, as is their default, and Gaussian of gain 1 for the others. Rows are kept as they come.
"""

import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.shared.arguments import study_parser
from benchmarks.shared.lines import Lines
from biornn import __version__, plots, rate, tasks
from biornn.core.seeds import generator

LENGTHS = (25, 50, 100, 200)
TRIALS = 1000
TRAINING: dict[str, Any] = {"units": 32, "batch": 32, "noise": 0.0, "learning_rate": 0.01, "validate_every": 100}
CELLS: dict[str, dict[str, Any]] = {
    "Elman": {"cell": "elman"},
    "leaky": {"cell": "leaky", "activation": "tanh", "tau": 0.1, "gain": 1.0, "train_input": True},
    "GRU": {"cell": "gru"},
    "LSTM": {"cell": "lstm"},
}


def measured(name: str, length: int, seed: int, steps: int) -> dict[str, Any]:
    """Return the row of one training."""
    task = tasks.Adding(length=length)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "rate.train: goal not reached")
        network = rate.train(task, seed=seed, steps=steps, progress=False, **TRAINING, **CELLS[name])
    fresh = task.part("test").trials(TRIALS, int(generator(seed, "comparison").integers(2**31)))
    return {
        "cell": name,
        "length": length,
        "seed": seed,
        "steps": steps,
        "error": task.score(rate.run(network, fresh).outputs, fresh).error,
        "constant": task.constant_guess(fresh),
        "validation": network.about["validation"],
        "processor_s": round(time.process_time() - start, 1),
        "biornn": __version__,
    }


def errors(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[int, list[float]]]:
    """Return the errors by cell and length."""
    found: dict[str, dict[int, list[float]]] = {}
    for row in rows:
        found.setdefault(row["cell"], {}).setdefault(row["length"], []).append(row["error"])
    return found


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as Markdown: median, and range over seeds."""
    found = errors(rows)
    lengths = sorted({row["length"] for row in rows})
    lines = [f"| cell | {' | '.join(f'{length} steps' for length in lengths)} |", "|---|" + "---|" * len(lengths)]
    for name, of in found.items():
        values = [of.get(length, []) for length in lengths]
        shown = [f"{np.median(v):.3f} ({min(v):.3f} to {max(v):.3f}, {len(v)})" if v else "" for v in values]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    spent = sum(row["processor_s"] for row in rows)
    return "\n".join([*lines, "", f"{len(rows)} trainings, {spent / 60:.0f} minutes of processor time"])


def drawn(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Return the figure: medians as lines, each seed a point."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, of) in enumerate(errors(rows).items()):
        lengths = sorted(of)
        aside = 1 + 0.02 * (number - 1.5)
        axes.plot(lengths, [np.median(of[length]) for length in lengths], color=f"C{number}", label=name)
        for length in lengths:
            axes.plot([aside * length] * len(of[length]), of[length], "o", ms=4, color=f"C{number}", alpha=0.7)
    axes.axhline(1, color="0.6", lw=0.8, zorder=0)
    axes.annotate("constant guess", (min(LENGTHS), 1), xytext=(0, 3), textcoords="offset points", fontsize=8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(LENGTHS, [str(length) for length in LENGTHS])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("Length of the adding task (steps of 10 ms)")
    axes.set_ylabel("Error (RMSE / SD of the sums)")
    axes.legend(frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1, 0.7))
    return figure


def main() -> None:
    """Measure what is missing, print and draw."""
    parser = study_parser(__doc__.splitlines()[0])
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS), metavar="CELL", help=", ".join(CELLS))
    parser.add_argument("--lengths", nargs="+", type=int, default=list(LENGTHS), help="time steps of a trial")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds")
    parser.add_argument("--steps", type=int, default=1200, help="training steps of each network")
    parser.add_argument("--figure", type=Path, help="draw error against length into this file")
    arguments = parser.parse_args()
    kept = Lines(arguments.rows / "growing-lengths.jsonl")
    wanted = [
        (name, length, seed)
        for seed in range(arguments.seeds)
        for length in arguments.lengths
        for name in arguments.cells
    ]
    for name, length, seed in [] if arguments.table else wanted:
        key = {"cell": name, "length": length, "seed": seed, "steps": arguments.steps}
        if not kept.find(key):
            row = measured(name, length, seed, arguments.steps)
            kept.add(row)
            print(f"{name}, {length} steps, seed {seed}: {row['error']:.3f} in {row['processor_s']} s", flush=True)
    rows = kept.find({"steps": arguments.steps})
    rows.sort(key=lambda row: (list(CELLS).index(row["cell"]), row["length"], row["seed"]))
    print(table(rows))
    if arguments.figure is not None:
        plots.save(drawn(rows), arguments.figure)


if __name__ == "__main__":
    main()
