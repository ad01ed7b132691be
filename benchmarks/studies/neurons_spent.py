"""Accuracy and readout error against the number of neurons spent, for both bridges on the same networks.

    python -m benchmarks.studies.neurons_spent --networks 5 --trials 50 --figure docs/neurons-spent.png

Networks are those of the conversion study (trained where they are not kept yet), seeds from 0 up; every conversion is
kept, so that a second call goes on where the first was cut off. Accuracy is strict, its interval Wilson's over all
trials of all networks; the readout's error is the median over networks, with the lowest and the highest.
"""

from collections.abc import Mapping
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


def measured(lines: Lines, condition: str, seed: int, network: RateNetwork, way: str, trials: int) -> dict[str, Any]:
    """Return the measures of one conversion, converting only what was not kept."""
    key = {"condition": condition, "seed": seed, "way": way, "trials": trials}
    for row in lines.read():
        if all(row[name] == value for name, value in key.items()):
            return row
    task = experiment.task_of(network)
    report = experiment.compare(
        network, task, mapper(way, network), name=condition, trials=trials, seed=seed, progress=False
    ).report
    row = {
        **key,
        "neurons": report.neurons,
        "accuracy": report.accuracy.spiking,
        "readout": report.readout.nrmse,
        "rate": report.mean_rate_hz,
    }
    lines.add(row)
    return row


def draw(rows: list[Mapping[str, Any]], networks: int, trials: int, path: Path) -> None:
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
    study, lines = Study(arguments.folder), Lines(arguments.folder / "neurons-spent.jsonl")
    rows = [
        measured(lines, condition, seed, get(), way, arguments.trials)
        for condition in CONDITIONS
        for seed, get in study.networks(condition, conditions()[condition], arguments.networks)
        for way in WAYS
    ]
    draw(rows, arguments.networks, arguments.trials, arguments.figure)
    for condition in CONDITIONS:
        for way in WAYS:
            own = [row for row in rows if (row["condition"], row["way"]) == (condition, way)]
            print(condition, way, own[0]["neurons"], *(f"{np.mean([r[k] for r in own]):.3f}" for k in ("accuracy", "readout", "rate")))  # fmt: skip  # noqa: E501


if __name__ == "__main__":
    main()
