"""A second simulator: the same populations in NEST, as an explicit network of neurons and synapses.

    pip install nest-simulator
    python -m benchmarks.studies.second_simulator                 # Go/NoGo at M = 20 and 50, and with exact spike times
    python -m benchmarks.studies.second_simulator --neurons 20

Each comparison is made by both simulators on the same trials, each from phases of its own. See `nest_twin` for the
network in NEST.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.shared.arguments import study_parser
from benchmarks.shared.lines import Lines
from benchmarks.shared.nest_twin import Twin, nest
from benchmarks.studies.fidelity import FINE_STEP, OURS, USUAL_STEP, Point, drawn, measure, measures
from biornn import bridge, compare, experiment, rate, store

NETWORK, NEURONS, EXACT_NEURONS = "go-nogo-sigmoid", (20, 50), 20
TRIALS = {20: 4, 50: 2}
EXACT_TRIALS = 2
EXACT = ", exact spike times"
SHOWN = ("simulator", "neurons_per_unit", "dt", "state", "readout", "mean_rate_hz")


def simulated(point: Point, exact: bool) -> dict[str, Any]:
    """Map, simulate in NEST and compare one point; trials, calibration and measures are those of `fidelity.measure`."""
    network = store.load(store.find(point.network))
    task = experiment.task_of(network)
    calibration, fresh = drawn(task, point)
    snn, fit = bridge.Population(neurons_per_unit=point.neurons_per_unit, dt=point.dt, lead=point.lead)(
        network, calibration
    )
    twin = Twin(snn, exact)
    # Seeds of their own: no run starts at phases that biornn's runs start at.
    seeds = [experiment.derived_seed(point.seed, "spiking", 1000 + repeat) for repeat in range(point.repeats)]
    runs = [twin.run(fresh, seed) for seed in seeds]
    report = compare.compare(rate.run(network, fresh), runs, task.part("test"), fresh, seed=point.seed, progress=False)
    return {**asdict(point), "measured_lead": fit.lead, **measures(report, runs)}


def points(neurons: Sequence[int]) -> list[Point]:
    """Return the points of both simulators, on the grid and, where the lead is not taken back, with exact times."""
    name = f"NEST {nest().__version__}"
    grid = [Point(NETWORK, m, trials=TRIALS.get(m, 1), simulator=each) for m in neurons for each in (OURS, name)]
    plain = {"neurons_per_unit": EXACT_NEURONS, "lead": 0.0, "trials": EXACT_TRIALS}
    ours = [Point(NETWORK, dt=dt, **plain) for dt in (USUAL_STEP, FINE_STEP)]
    return [*grid, *ours, Point(NETWORK, dt=FINE_STEP, simulator=f"{name}{EXACT}", **plain)]


def side_by_side(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows of other simulators, and those of biornn with the same trials, number of neurons and lead."""
    compared = {_setting(row) for row in rows if row["simulator"] != OURS}
    return [row for row in rows if _setting(row) in compared and not row["shuffled"]]


def _setting(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("network", "neurons_per_unit", "lead", "trials", "repeats", "seed"))


def main() -> None:
    """Measure what is missing and print both simulators side by side."""
    parser = study_parser(__doc__.splitlines()[0])
    parser.add_argument(
        "--neurons", nargs="*", type=int, default=list(NEURONS), metavar="M", help="neurons of each unit"
    )
    arguments = parser.parse_args()
    kept = Lines(arguments.rows / "fidelity.jsonl")
    for point in () if arguments.table else points(arguments.neurons):
        if not kept.find(asdict(point)):
            ours = point.simulator == OURS
            kept.add(measure(point) if ours else simulated(point, exact=point.simulator.endswith(EXACT)))
    for row in side_by_side(kept.read()):
        print(*(row[name] for name in SHOWN))


if __name__ == "__main__":
    main()
