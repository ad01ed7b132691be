"""Predicted against measured: bias, noise, mean rate and memory of the networks of ``models/``, for M from 10 to 200.

    python -m benchmarks.studies.prediction                          # all of them
    python -m benchmarks.studies.prediction --networks xor-sigmoid --neurons 20 50

Every network is mapped, predicted on trials of the training part that it was calibrated on, and then simulated on
fresh trials of the test part, 8 spiking runs of each (9 of a single trial). Standard errors of the measured values are
those of the jackknife (Efron and Stein 1981) over trials, or over spiking runs where there is only one trial. Results
are kept as they come, so that a second call goes on where the first was cut off; the table and the figure are made
from all that is kept.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.shared import timing
from benchmarks.shared.arguments import study_parser
from benchmarks.shared.lines import Lines
from benchmarks.shared.prediction_figure import picture
from biornn import __version__, bridge, experiment, plots, spiking, store
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.distance import Split, split
from biornn.theory.rate import ode

Array = NDArray[np.float64]
SEED = 0
WITHIN = 0.3
"""Share by which a prediction may miss what is measured."""
NEURONS = (10, 20, 50, 100, 200)
# Trials last 1 to 3 s; those of the series 8 and 16 s, and the sunspots' test part is a single window.
TRIALS = {
    "go-nogo-sigmoid": 24,
    "go-nogo-relu": 24,
    "xor-sigmoid": 16,
    "context-integration-sigmoid": 10,
    "flip-flop-tanh": 24,
    "mackey-glass-tanh": 16,
    "sunspots": 1,
}
MANY = 100
"""Neurons of each unit from which half of the trials are enough, since they differ less."""
QUANTITIES = ("bias", "noise", "mean_rate_hz", "bytes_per_second")


def mapped(name: str, neurons: int) -> tuple[RateNetwork, SpikingNetwork, Trials, Trials]:
    """Return a network, its populations, calibration trials of the training part and fresh ones of the test part."""
    network = store.load(store.find(name))
    task = experiment.task_of(network)
    seeds = [experiment.derived_seed(SEED, stage) for stage in ("calibration", "comparison")]
    calibration = task.part("train").trials(experiment.CALIBRATION_TRIALS, seeds[0])
    snn, _ = bridge.Population(neurons_per_unit=neurons)(network, calibration)
    count = TRIALS[name] if neurons < MANY else -(-TRIALS[name] // 2)
    return network, snn, calibration, task.part("test").trials(count, seeds[1])


def measured(name: str, neurons: int) -> dict[str, Any]:
    """Return the bias, noise, rate and size that a simulation shows, with standard errors."""
    network, snn, _, fresh = mapped(name, neurons)
    # Compiling is no part of the costs, for a compiled program serves all networks of its size.
    spiking.run(snn, fresh.select([0]), spikes="none", jobs=1, progress=False)
    start, count = timing.processor_time(), 8 if fresh.count > 1 else 9
    seeds = [experiment.derived_seed(SEED, "spiking", repeat) for repeat in range(count)]
    runs = [spiking.run(snn, fresh, seed=seed, spikes="none", jobs=1, progress=False) for seed in seeds]
    cpu = timing.processor_time() - start
    whole = spiking.run(snn, fresh.select([0]), jobs=1, progress=False)
    reference = ode(network, fresh.inputs, np.zeros(network.units)).states
    states = [run.states for run in runs]
    found = split(states, reference)
    errors = jackknife(states, reference)
    return {
        **found._asdict(),
        **{f"{key}_error": value for key, value in errors._asdict().items()},
        "mean_rate_hz": float(np.mean([run.rates.mean() for run in runs])),
        "bytes_per_second": size(whole) / whole.duration,
        "trials": fresh.count,
        "repeats": count,
        "cpu_s": cpu,
    }


def jackknife(runs: Sequence[Array], reference: Array) -> Split:
    """Return the standard errors of a split of runs (K, T, N), by leaving out trials or, of a single one, runs."""
    trials, repeats = reference.shape[0], len(runs)
    if trials > 1:
        kept = [np.delete(np.arange(trials), k) for k in range(trials)]
        left = [split([run[some] for run in runs], reference[some]) for some in kept]
    else:
        left = [split([*runs[:k], *runs[k + 1 :]], reference) for k in range(repeats)]
    values = np.array(left)
    return Split(*np.sqrt((len(left) - 1) * values.var(axis=0)))


def size(run: Recording) -> int:
    """Return the bytes of a recording of one trial."""
    arrays = (run.states, run.rates, run.outputs, run.spikes.trial, run.spikes.neuron, run.spikes.time)
    return sum(array.nbytes for array in arrays)


def predicted(name: str, neurons: int) -> dict[str, Any]:
    """Return the bias, noise, rate and size that the mapping promises."""
    network, snn, calibration, _ = mapped(name, neurons)
    start = timing.processor_time()
    found = bridge.predict(network, snn, calibration)
    cpu = timing.processor_time() - start
    return {
        **found.state._asdict(),
        "mean_rate_hz": found.mean_rate_hz,
        "bytes_per_second": found.bytes_per_second,
        "cpu_s": cpu,
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table of all networks and M that were both predicted and measured, as Markdown.

    Each cell is predicted / measured; bold where that is off by more than `WITHIN`. The standard error is that of the
    measured value alone, in percent of it.
    """
    lines = [
        "| network | M | bias, measured (SDs) | bias, ratio | noise, measured (SDs) | noise, ratio "
        "| mean rate, measured (Hz) | rate, ratio | MB for 1 s, measured | size, ratio | CPU time, ratio |",
        "|" + "---|" * 11,
    ]
    for promise, found in pairs(rows):
        cells = [str(found["network"]), str(found["neurons_per_unit"])]
        for name, factor, digits in zip(QUANTITIES, (1, 1, 1, 1e-6), (4, 4, 1, 2), strict=True):
            error = found.get(f"{name}_error")
            spread = f" ± {100 * error / found[name]:.0f} %" if error is not None else ""
            ratio = promise[name] / found[name]
            shown = f"{ratio:.2f}" if abs(ratio - 1) <= WITHIN else f"**{ratio:.2f}**"
            cells += [f"{found[name] * factor:.{digits}f}{spread}", shown]
        lines.append("| " + " | ".join([*cells, f"{promise['cpu_s'] / found['cpu_s']:.2f}"]) + " |")
    return "\n".join(lines)


def pairs(rows: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return predicted and measured rows of the same network and M, in the order of `TRIALS`."""
    kept = {(row["kind"], row["network"], row["neurons_per_unit"]): row for row in rows}
    keys = [(name, neurons) for name in TRIALS for neurons in sorted({key[2] for key in kept})]
    both = [(kept.get(("predicted", *key)), kept.get(("measured", *key))) for key in keys]
    return [(promise, found) for promise, found in both if promise and found]


KINDS: dict[str, Callable[[str, int], dict[str, Any]]] = {"predicted": predicted, "measured": measured}


def main() -> None:
    """Measure, predict, print the table and draw the figure."""
    parser = study_parser(__doc__.splitlines()[0])
    parser.add_argument(
        "--networks", nargs="+", choices=TRIALS, default=list(TRIALS), metavar="NAME", help=", ".join(TRIALS)
    )
    parser.add_argument("--neurons", nargs="+", type=int, default=list(NEURONS), help="neurons of each unit")
    parser.add_argument("--only", choices=KINDS, help="predict only, or measure only")
    parser.add_argument("--figure", type=Path, help="draw predicted against measured into this file")
    arguments = parser.parse_args()
    lines = Lines(arguments.rows / "prediction.jsonl")
    for name in () if arguments.table else arguments.networks:
        for neurons in arguments.neurons:
            for kind in [arguments.only] if arguments.only else KINDS:
                key = {"kind": kind, "network": name, "neurons_per_unit": neurons, "biornn": __version__}
                if not any(key.items() <= row.items() for row in lines.read()):
                    lines.add({**key, **KINDS[kind](name, neurons)})
                    print(lines.read()[-1], file=sys.stderr, flush=True)
    print(table(lines.read()))
    if arguments.figure:
        plots.save(picture(pairs(lines.read())), arguments.figure)


if __name__ == "__main__":
    main()
