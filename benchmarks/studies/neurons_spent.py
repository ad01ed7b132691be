"""Accuracy and readout error against the number of neurons spent, for both bridges on the same networks.

    python -m benchmarks.studies.neurons_spent --networks 5 --trials 50 --figure docs/neurons-spent.png

Networks are those of the conversion study (trained where they are not kept yet), seeds from 0 up; every conversion is
kept, so that a second call goes on where the first was cut off. Accuracy is strict, its interval Wilson's over all
trials of all networks; the readout's error is the median over networks, with the lowest and the highest.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shared.arguments import study_parser
from benchmarks.shared.lines import Lines
from benchmarks.studies.conversion import Study, conditions
from biornn import bridge, experiment
from biornn.compare.accuracy import wilson
from biornn.core.rate import RateNetwork

SIZES = (1, 2, 5, 10, 20, 50)
CONDITIONS = ("go-nogo-sigmoid", "go-nogo-softplus", "go-nogo-relu")
WAYS = ("one to one, Kim 2019", "one to one", *(f"population {size}" for size in SIZES))


def mapper(way: str, network: RateNetwork) -> experiment.Mapper:
    """Return the mapping of that name; the published one keeps the output bias, which these networks rely on."""
    if way == "one to one":
        return bridge.OneToOne()
    if way == "one to one, Kim 2019":
        return experiment.kim(experiment.task_of(network), scorer="strict", progress=False, keep_output_bias=True)
    return bridge.Population(neurons_per_unit=int(way.split()[1]))


def measured(key: Mapping[str, Any], network: RateNetwork) -> dict[str, Any]:
    """Return the row of one conversion."""
    way = mapper(key["way"], network)
    options = {"name": key["condition"], "trials": key["trials"], "seed": key["seed"], "progress": False}
    report = experiment.compare(network, experiment.task_of(network), way, **options).report
    return {
        **key,
        "neurons": report.neurons,
        "accuracy": report.accuracy.spiking,
        "readout": report.readout.nrmse,
        "rate": report.mean_rate_hz,
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as Markdown, one line for each activation and way to convert: means over networks."""
    lines = ["| network | way | networks | LIF neurons | accuracy | readout.nrmse | mean rate (Hz) |", "|" + "---|" * 7]
    for condition, way in product(CONDITIONS, WAYS):
        same = [row for row in rows if (row["condition"], row["way"]) == (condition, way)]
        if same:
            means = " | ".join(f"{np.mean([row[key] for row in same]):.3f}" for key in ("accuracy", "readout", "rate"))
            lines.append(f"| {condition} | {way} | {len(same)} | {same[0]['neurons']:,} | {means} |")
    return "\n".join(lines)


def draw(rows: Sequence[Mapping[str, Any]], trials: int, path: Path) -> None:
    """Draw accuracy above and readout error below, one column per condition."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    axes = figure.subplots(2, len(CONDITIONS), sharex=True, sharey="row")
    for column, condition in enumerate(CONDITIONS):
        for label, ways, colour, marker in (
            ("population", [f"population {size}" for size in SIZES], "C0", "o"),
            ("one to one", ["one to one"], "C1", "s"),
            ("one to one, Kim 2019", ["one to one, Kim 2019"], "C3", "^"),
        ):
            points = [[r for r in rows if r["condition"] == condition and r["way"] == way] for way in ways]
            points = [found for found in points if found]
            if not points:
                continue
            neurons = [found[0]["neurons"] for found in points]
            accuracy = np.array([np.mean([r["accuracy"] for r in found]) for found in points])
            bounds = np.array([wilson(a, len(f) * trials) for a, f in zip(accuracy, points, strict=True)])
            style = {"color": colour, "marker": marker, "label": label, "capsize": 3}
            reach = np.abs(bounds - accuracy[:, None]).T
            axes[0, column].errorbar(neurons, accuracy, reach, **style)
            error = [[r["readout"] for r in found] for found in points]
            middle = np.array([np.median(values) for values in error])
            spans = np.array([[min(values), max(values)] for values in error])
            axes[1, column].errorbar(neurons, middle, np.abs(spans - middle[:, None]).T, **style)
        axes[0, column].set_title(condition)
        axes[0, column].axhline(0.95, color="0.6", linestyle=":")
        axes[1, column].set(xscale="log", yscale="log", xlabel="LIF neurons in all")
    axes[0, 0].set(ylabel="Accuracy, strict", ylim=(-0.02, 1.05))
    axes[1, 0].set_ylabel("Readout error (NRMSE)")
    axes[0, 0].legend(fontsize=8)
    networks = len({(row["condition"], row["seed"]) for row in rows}) // len(CONDITIONS)
    figure.suptitle(f"{networks} networks a column (seeds from 0), {trials} fresh trials each; bars: 95 %, and range")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Convert and draw."""
    parser = study_parser(__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=5, help="trained networks of each activation")
    parser.add_argument("--trials", type=int, default=50, help="fresh trials each is scored on")
    parser.add_argument("--figure", type=Path, help="draw accuracy and readout error against neurons into this file")
    arguments = parser.parse_args()
    study, lines = Study(arguments.rows), Lines(arguments.rows / "neurons-spent.jsonl")
    for condition in () if arguments.table else CONDITIONS:
        for seed, get in study.networks(condition, conditions()[condition], arguments.networks):
            for way in WAYS:
                key = {"condition": condition, "seed": seed, "way": way, "trials": arguments.trials}
                if not lines.find(key):
                    lines.add(measured(key, get()))
    rows = lines.find({"trials": arguments.trials})
    print(table(rows))
    if arguments.figure:
        draw(rows, arguments.trials, arguments.figure)


if __name__ == "__main__":
    main()
