"""Measure the networks of ``models/``: figures, JSON and the page of each, by the command that its page names.

    python -m benchmarks.studies.models                 # all of them; about half an hour on 2 cores
    python -m benchmarks.studies.models go-nogo-sigmoid

Every network is compared on fresh trials with M = 50 and 8 spiking runs of each trial, as trained and with its weights
corrected in closed loop (``refit``). Two controls are converted in the first way and must fail: no recurrent weights
(W = 0), and W with its columns in random order.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from biornn import bridge, experiment, store
from biornn.compare import Report
from biornn.config import read_recipe
from biornn.core import places
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.task import Task

NEURONS, REPEATS, SEED = 50, 8, 0
# A trial of a series lasts 8 to 16 s; the sunspots' test part is a single window.
TRIALS = {"sunspots": 1, "mackey-glass-tanh": 8, "flip-flop-tanh": 32}
WHAT = {
    "go-nogo-sigmoid": "Go/NoGo: raise the output after a pulse, stay silent without one (Kim, Li & Sejnowski 2019).",
    "go-nogo-relu": "Go/NoGo with rectified linear units, the activation that no published one-to-one map converts.",
    "xor-sigmoid": "Temporal XOR: +1 if two pulses have the same sign, -1 if not (Kim, Li & Sejnowski 2019).",
    "context-integration-sigmoid": "Integrate the noisy evidence that the context points to (Mante et al. 2013; "
    "timing of Kim, Li & Sejnowski 2019).",
    "flip-flop-tanh": "Three-bit flip-flop: remember the sign of the last pulse on each of three channels.",
    "mackey-glass-tanh": "Mackey-Glass series (tau = 17), six steps ahead, one sample held for 100 ms.",
    "sunspots": "Yearly sunspot numbers, one year ahead, one year held for 200 ms; `sunspots.csv` is the series "
    "(1700 to 2008, SILSO version 1 as distributed with statsmodels). Scored on 1949 to 2008, unseen in training.",
}


def main() -> None:
    """Measure the networks named on the command line, or all."""
    parser = argparse.ArgumentParser(description="Measure the networks of models/.")
    parser.add_argument("names", nargs="*", default=list(WHAT), metavar="NAME", help=", ".join(WHAT))
    for name in parser.parse_args().names:
        measure(name)


def measure(name: str) -> None:
    """Compare one network and its controls, and write its figure, JSON and page."""
    folder = places.models() / name
    network = store.load(folder / "network.safetensors")
    task = experiment.task_of(network)
    trials = TRIALS.get(name, 64)
    mapper = bridge.Population(neurons_per_unit=NEURONS)
    options = {"name": name, "trials": trials, "seed": SEED, "progress": sys.stderr.isatty()}
    report = experiment.compare(network, task, mapper, repeats=REPEATS, **options).report
    store.save_json(report.to_dict(), folder / "comparison.json")
    closed = experiment.population(neurons_per_unit=NEURONS, refit=True, progress=sys.stderr.isatty())
    corrected = experiment.compare(network, task, closed, repeats=REPEATS, **options).report
    experiment.figures(report, task, folder / "comparison.png")
    rows = []
    for label, changed in controls(network).items():
        control = experiment.compare(changed, task, mapper, **options).report
        rows.append((label, control.accuracy.spiking, control.error.spiking))
    (folder / "README.md").write_text(page(name, folder, (report, corrected), rows, trials, task), encoding="utf-8")
    print(report, flush=True)
    print(rows, flush=True)


def controls(network: RateNetwork) -> dict[str, RateNetwork]:
    """Return networks whose conversion must fail."""
    weight = network.weights["recurrent"]
    order = generator(SEED, "comparison").permutation(network.units)
    free = {**network.__dict__, "signs": np.zeros(network.units)}
    shuffled = RateNetwork(**{**free, "weights": {**network.weights, "recurrent": weight[:, order]}})
    return {"W = 0": network.with_weights(recurrent=np.zeros_like(weight)), "columns of W shuffled": shuffled}


def page(
    name: str,
    folder: Path,
    reports: tuple[Report, Report],
    rows: list[tuple[str, float, float]],
    trials: int,
    task: Task,
) -> str:
    """Return the page of a network from its reports, as trained and with corrected weights."""
    report, corrected = reports
    network = store.load(folder / "network.safetensors")
    about = network.about
    forecast = np.isnan(report.accuracy.rate)
    score = "error (RMSE over SD of target)" if forecast else "accuracy, strict"
    pair = report.error if forecast else report.accuracy
    lines = [
        f"# {name}",
        "",
        WHAT[name],
        "",
        f"{network.units} {network.activation} units, dt {network.dt * 1e3:g} ms, tau {network.tau.min() * 1e3:.0f} to "
        f"{network.tau.max() * 1e3:.0f} ms, trained in {about['steps']} steps.",
        "",
        f"| {trials} fresh trial{'s' * (trials > 1)}, M = {NEURONS}, {report.neurons} neurons | rate | spiking |",
        "|---|---|---|",
        f"| {score} | {pair.rate:.3f} | {pair.spiking:.3f} |",
        f"| weights corrected (`--refit`) | | {(corrected.error if forecast else corrected.accuracy).spiking:.3f} |",
    ]
    measure_index = 2 if forecast else 1
    lines += [f"| control: {row[0]} | | {row[measure_index]:.3f} |" for row in rows]
    if forecast:
        persistence = task.persistence(report.evidence.trials)  # type: ignore[attr-defined]
        lines.append(f"| persistence | {persistence:.3f} | |")
    lines += [
        "",
        "| distance to the rate equation, in SDs | states | readout | states, `--refit` | readout, `--refit` |",
        "|---|---|---|---|---|",
        *(
            f"| {label} | "
            + " | ".join(
                f"{getattr(part, measure):.3f}"
                for part in (report.state, report.readout, corrected.state, corrected.readout)
            )
            + " |"
            for label, measure in (("one run", "nrmse"), ("bias", "bias"), ("noise", "noise"))
        ),
        f"| null: the rate network under its training noise | {report.null.state:.3f} | {report.null.readout:.3f} "
        "| | |",
        f"| trained Euler map | {report.discretisation_nrmse:.3f} | | | |",
        "",
        f"Mean rate {report.mean_rate_hz:.1f} Hz, median correlation of population rate with unit rate "
        f"{report.rate_correlation:.3f}.",
        "",
        "![comparison](comparison.png)",
        *(["", "![forecast](comparison-forecast.png)"] if forecast else []),
        "",
        f"Measured by `python -m benchmarks.studies.models {name}` (seed {SEED}, {REPEATS} spiking runs of each "
        "trial); all measures are in `comparison.json`. Trained by "
        f"`biornn train --recipe models/{name}/recipe.toml --out network.safetensors`:",
        "",
        "```toml",
        (folder / "recipe.toml").read_text(encoding="utf-8").strip(),
        "```",
        "",
    ]
    read_recipe(folder / "recipe.toml")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
