"""Fidelity: how bias and noise of spiking populations fall with their size, down to the floor of the time step.

    python -m benchmarks.studies.fidelity                            # measure missing rows, print the table
    python -m benchmarks.studies.fidelity --networks xor-sigmoid --neurons 20 50
    python -m benchmarks.studies.fidelity --rows benchmarks/results --table --figure docs/fidelity.png

Networks of ``models/`` are mapped onto M neurons a unit and run 8 times on each of 8 fresh trials, 4 or 2 for large M;
every run starts at other phases. Distances are those of `biornn.compare`, to the rate equation, in SDs. Each point is
kept when it is done, so that a second call goes on where the first was cut off; points that
`benchmarks.studies.second_simulator` has kept are drawn with them. Control: the network with the columns of W in random
order, mapped in the same way and held against the rate network that was trained.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.shared import fidelity_figure
from benchmarks.shared.arguments import study_parser
from benchmarks.shared.fidelity_figure import OURS, USUAL_STEP
from benchmarks.shared.lines import Lines
from benchmarks.studies.models import controls
from biornn import __version__, bridge, compare, experiment, plots, rate, spiking, store
from biornn.core.recording import Recording
from biornn.theory.distance import pooled_sd

Array = NDArray[np.float64]

TRIALS, REPEATS, SEED = 8, 8, 0
FEWEST_TRIALS, WORK = 2, 800
"""Large populations are run on fewer trials: no more than this many neurons of a unit times trials."""
NETWORKS = ("go-nogo-sigmoid", "go-nogo-relu", "xor-sigmoid", "context-integration-sigmoid")
NEURONS = (10, 20, 50, 100, 200, 500, 1000)
FINE_STEP = 2e-5
FINE = {"go-nogo-sigmoid": (10, 20, 50, 200), "xor-sigmoid": (10, 50)}
"""Points repeated with the fine step, which takes five times as long."""
CONTROLLED = (10, 50, 200)


@dataclass(frozen=True)
class Point:
    """One point of the figure; as a dictionary, the key its results are kept under."""

    network: str
    neurons_per_unit: int
    dt: float = USUAL_STEP
    shuffled: bool = False
    lead: float | None = None
    simulator: str = OURS
    trials: int = TRIALS
    repeats: int = REPEATS
    seed: int = SEED


def points(networks: Sequence[str], neurons: Sequence[int]) -> list[Point]:
    """Return the points of the figure, cheap ones first."""
    every = []
    for name in networks:
        every += [sized(name, m) for m in neurons]
        every += [sized(name, m, dt=FINE_STEP) for m in FINE.get(name, ()) if m in neurons]
        every += [sized(name, m, shuffled=True) for m in CONTROLLED if m in neurons]
    return sorted(every, key=lambda point: point.neurons_per_unit * point.trials / point.dt)


def sized(network: str, neurons_per_unit: int, **others: Any) -> Point:
    """Return a point with the number of trials that its size allows."""
    trials = max(FEWEST_TRIALS, min(TRIALS, WORK // neurons_per_unit))
    return Point(network, neurons_per_unit, trials=trials, **others)


def measure(point: Point) -> dict[str, Any]:
    """Map, simulate and compare one point with biornn's own simulation."""
    network = store.load(store.find(point.network))
    task = experiment.task_of(network)
    source = controls(network)["columns of W shuffled"] if point.shuffled else network
    calibration, fresh = drawn(task, point)
    mapper = bridge.Population(neurons_per_unit=point.neurons_per_unit, lead=point.lead, dt=point.dt)
    snn, fit = mapper(source, calibration)
    # Only states and outputs are kept: the spikes of 200,000 neurons would take 0.6 GB for each second of trials.
    runs = [
        spiking.run(
            snn,
            fresh,
            seed=experiment.derived_seed(point.seed, "spiking", repeat),
            spikes="none",
            jobs=1,
            progress=False,
        )
        for repeat in range(point.repeats)
    ]
    report = compare.compare(rate.run(network, fresh), runs, task.part("test"), fresh, seed=point.seed, progress=False)
    return {**asdict(point), "measured_lead": fit.lead, **measures(report, runs)}


def drawn(task: Any, point: Point) -> tuple[Any, Any]:
    """Return calibration trials and fresh trials, those of `biornn.experiment.compare` under the same seed."""
    calibration = experiment.derived_seed(point.seed, "calibration")
    return (
        task.part("train").trials(experiment.CALIBRATION_TRIALS, calibration),
        task.part("test").trials(point.trials, experiment.derived_seed(point.seed, "comparison")),
    )


def measures(report: compare.Report, runs: Sequence[Recording]) -> dict[str, Any]:
    """Return the measures of a comparison, and the squared bias and noise of each of its trials."""
    reference = report.evidence.reference
    return {
        "biornn": __version__,
        **{name: value for name, value in report.to_dict().items() if name in KEPT},
        "by_trial": {
            "state": by_trial([run.states for run in runs], reference.states),
            "readout": by_trial([run.outputs for run in runs], reference.outputs),
        },
    }


KEPT = ("accuracy", "state", "readout", "null", "discretisation_nrmse", "mean_rate_hz")


def by_trial(runs: Sequence[Array], reference: Array) -> dict[str, list[float]]:
    """Return squared bias and noise of each trial, in squared SDs pooled over all trials.

    Their means over trials are the squares of `biornn.theory.distance.split`, with a squared bias that may come out
    negative, as an unbiased estimate of a small one must.
    """
    stack = np.stack(list(runs))
    variance = stack.var(axis=0, ddof=1).mean(axis=(1, 2))
    bias = ((stack.mean(axis=0) - reference) ** 2).mean(axis=(1, 2)) - variance / len(runs)
    scale = pooled_sd(reference) ** 2
    return {"bias": (bias / scale).tolist(), "noise": (variance / scale).tolist()}


def main() -> None:
    """Measure what is missing, draw all there is and print it."""
    parser = study_parser(__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), metavar="NAME", help="networks of models/")
    parser.add_argument(
        "--neurons", nargs="+", type=int, default=list(NEURONS), metavar="M", help="neurons of each unit"
    )
    parser.add_argument("--figure", type=Path, help="draw bias and noise against M into this file")
    arguments = parser.parse_args()
    kept = Lines(arguments.rows / "fidelity.jsonl")
    for point in [] if arguments.table else points(arguments.networks, arguments.neurons):
        if not kept.find(asdict(point)):
            row = measure(point)
            kept.add(row)
            print(row["network"], row["neurons_per_unit"], row["dt"], row["state"], file=sys.stderr, flush=True)
    rows = kept.read()
    print(fidelity_figure.table(rows))
    if arguments.figure:
        plots.save(fidelity_figure.figure(rows), arguments.figure)


if __name__ == "__main__":
    main()
