"""Spiking twins of gated networks: GRU and LSTM on several tasks, trained, converted, and scored on fresh trials.

    python -m benchmarks.studies.gated                                     # adding takes the longest: trials of 10 s
    python -m benchmarks.studies.gated --conditions flip-flop-2-gru --trials 16
    python -m benchmarks.studies.gated --conditions xor-gru --ways even by-error --trials 8 --repeats 8
    python -m benchmarks.studies.gated --rows benchmarks/results --table       # the published table

Networks have 32 units, a time constant of 100 ms (adding: 400 ms) and a step of the task's; populations 100 neurons a
unit. Two networks have attention in front of their readout. Ways to map: "even", all else at its default; "refit",
weights into the states and of the readout fitted again on simulated calibration trials; "by-error", each part with the
neurons that its error asks for. Networks and rows are kept as they come. Calibration, validation and scoring use
different trials.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.shared.arguments import study_parser
from benchmarks.shared.lines import Lines
from biornn import __version__, experiment, store
from biornn.compare.accuracy import wilson
from biornn.config import Recipe
from biornn.core.rate import RateNetwork

CELLS = ("gru", "lstm")
TRAINING = {"units": 32, "noise": 0.05, "learning_rate": 5e-3, "steps": 3000, "seed": 0}
TASKS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "flip-flop-2": ("flip-flop", {"bits": 2}, {}),
    "flip-flop-3": ("flip-flop", {"bits": 3}, {}),
    "xor": ("xor", {}, {"goal": 1.0, "goal_loss": 0.02}),
    "delayed-match": ("delayed-match", {}, {"goal": 1.0, "goal_loss": 0.05}),
    "mackey-glass": ("mackey-glass", {}, {"noise": 0.1, "steps": 1500}),
    "adding": (
        "adding",
        {"length": 100, "dt": 0.1},
        {"tau": 0.4, "forget": 3.0, "noise": 0.01, "learning_rate": 0.01, "steps": 4000, "validate_every": 250},
    ),
}
WAYS: dict[str, dict[str, Any]] = {"even": {}, "refit": {"refit": True}, "by-error": {"neurons": "by-error"}}
CONDITIONS = {
    f"{name}-{cell}": Recipe(task, settings, {**TRAINING, "cell": cell, **training})
    for name, (task, settings, training) in TASKS.items()
    for cell in CELLS
}
CONDITIONS |= {
    f"{name}-{cell}-attention": replace(found, training={**found.training, "attention": 16})
    for name, cell in (("xor", "gru"), ("delayed-match", "lstm"))
    for found in (CONDITIONS[f"{name}-{cell}"],)
}


def grown(rows: Path, name: str) -> RateNetwork:
    """Return the kept network of a condition, or train it."""
    path = rows / "networks" / "gated" / f"{name}.safetensors"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        store.save(experiment.train(CONDITIONS[name], progress=False), path)
    return store.load(path)


def measured(network: RateNetwork, name: str, way: str, *, neurons: int, trials: int, repeats: int) -> dict[str, Any]:
    """Return the row of one condition, mapped in one way."""
    mapping = experiment.population(neurons_per_unit=neurons, progress=False, **WAYS[way])
    task = experiment.task_of(network)
    result = experiment.compare(network, task, mapping, name=name, trials=trials, repeats=repeats, progress=False)
    parts = {part: units * each for part, (units, each) in result.fit.parts.items()}
    return {
        **result.report.to_dict(),
        "condition": name,
        "way": way,
        "neurons_per_unit": neurons,
        "parts": parts,
        "biornn": __version__,
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as Markdown."""
    lines = [
        "| network | way | trials | accuracy or error, rate | spiking (95 % interval) | state.nrmse | bias | noise "
        "| null | readout.nrmse | mean rate (Hz) | LIF neurons |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        accuracy, error = row["accuracy"], row["error"]
        if accuracy["rate"] is None:
            rate, spiking = f"error {error['rate']:.3f}", f"{error['spiking']:.3f}"
        else:
            low, high = wilson(accuracy["spiking"], row["trials"])
            rate, spiking = f"{accuracy['rate']:.3f}", f"{accuracy['spiking']:.3f} ({low:.2f} to {high:.2f})"
        bias, noise, null = (
            "-" if value is None else f"{value:.{digits}f}"
            for value, digits in ((row["state"]["bias"], 3), (row["state"]["noise"], 3), (row["null"]["state"], 2))
        )
        lines.append(
            f"| {row['condition']} | {row['way']} | {row['trials']} | {rate} | {spiking} | {row['state']['nrmse']:.3f} "
            f"| {bias} | {noise} | {null} | {row['readout']['nrmse']:.3f} | {row['mean_rate_hz']:.1f} "
            f"| {row['neurons']:,} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Train, convert and print the table."""
    parser = study_parser(__doc__.splitlines()[0])
    parser.add_argument(
        "--conditions",
        nargs="+",
        choices=CONDITIONS,
        default=list(CONDITIONS),
        metavar="NAME",
        help=", ".join(CONDITIONS),
    )
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["even"], metavar="WAY", help=", ".join(WAYS))
    parser.add_argument("--trials", type=int, default=64, help="fresh trials each is scored on")
    parser.add_argument("--neurons", type=int, default=100, help="LIF neurons of each signal")
    parser.add_argument("--repeats", type=int, default=1, help="spiking runs of each trial; 8 for bias and noise")
    arguments = parser.parse_args()
    kept = Lines(arguments.rows / "gated.jsonl")
    key = {"neurons_per_unit": arguments.neurons, "trials": arguments.trials, "repeats": arguments.repeats}
    for name, way in () if arguments.table else product(arguments.conditions, arguments.ways):
        if not kept.find({"condition": name, "way": way, **key}):
            network = grown(arguments.rows, name)
            print(f"{name}, {way}: {network.about['steps']} steps of training", file=sys.stderr, flush=True)
            options = {name: key[name] for name in ("trials", "repeats")}
            kept.add(measured(network, name, way, neurons=arguments.neurons, **options))
    print(table(kept.read()))


if __name__ == "__main__":
    main()
