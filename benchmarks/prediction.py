"""Predicted against measured: bias, noise, mean rate and memory of the networks of ``models/``, for M from 10 to 200.

    python benchmarks/prediction.py                          # all of them; about an hour on 2 cores
    python benchmarks/prediction.py --networks xor-sigmoid --neurons 20 50

Every network is mapped, predicted on trials of the training part that it was calibrated on, and then simulated on
fresh trials of the test part, 8 spiking runs of each (9 of a single trial). Standard errors of the measured values are
those of the jackknife (Efron and Stein 1981) over trials, or over spiking runs where there is only one trial. Results
are kept as they come, so that a second call goes on where the first was cut off; the table and the figure are made
from all that is kept.
"""

import argparse
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from biornn import __version__, bridge, experiment, rate, spiking, store
from biornn.core import places
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.distance import Split, split
from biornn.theory.rate import ode
from conversion import Lines

Array = NDArray[np.float64]
SEED, WITHIN = 0, 0.3
NEURONS = (10, 20, 50, 100, 200)
# Trials last 1 to 3 s; those of the series 8 and 16 s, and the sunspots' test part is a single window.
TRIALS = {
    "go-nogo-sigmoid": 24,
    "go-nogo-relu": 24,
    "xor-sigmoid": 16,
    "context-integration-sigmoid": 10,
    "flip-flop-tanh": 8,
    "mackey-glass-tanh": 4,
    "sunspots": 1,
}
QUANTITIES = {"bias": "bias (SDs)", "noise": "noise (SDs)", "mean_rate_hz": "mean rate (Hz)"}


def cpu_seconds() -> float:
    """Return the CPU time in s of this process and of the children that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def mapped(name: str, neurons: int) -> tuple[RateNetwork, SpikingNetwork, Trials, Trials]:
    """Return a network, its populations, calibration trials of the training part and fresh ones of the test part."""
    network = store.load(store.find(name))
    task = experiment.task_of(network)
    seeds = [experiment.derived_seed(SEED, stage) for stage in ("calibration", "comparison")]
    calibration = task.part("train").trials(experiment.CALIBRATION_TRIALS, seeds[0])
    snn, _ = bridge.Population(neurons_per_unit=neurons)(network, calibration)
    return network, snn, calibration, task.part("test").trials(TRIALS[name], seeds[1])


def measured(name: str, neurons: int) -> dict[str, Any]:
    """Return the bias, noise, rate and size that a simulation shows, with standard errors."""
    network, snn, _, fresh = mapped(name, neurons)
    # Compiling is no part of the costs, for a compiled program serves all networks of its size.
    spiking.run(snn, fresh.select([0]), spikes="none", jobs=1, progress=False)
    start, count = cpu_seconds(), 8 if fresh.count > 1 else 9
    seeds = [experiment.derived_seed(SEED, "spiking", repeat) for repeat in range(count)]
    runs = [spiking.run(snn, fresh, seed=seed, spikes="none", jobs=1, progress=False) for seed in seeds]
    cpu = cpu_seconds() - start
    whole = spiking.run(snn, fresh.select([0]), jobs=1, progress=False)
    reference = ode(network, fresh.inputs, np.zeros(network.units)).states
    states = [run.states for run in runs]
    found = split(states, reference)
    errors = jackknife(states, reference)
    return {
        **{key: value for key, value in found._asdict().items()},
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
    start = cpu_seconds()
    found = bridge.predict(network, snn, calibration)
    cpu = cpu_seconds() - start
    return {
        **found.state._asdict(),
        "mean_rate_hz": found.mean_rate_hz,
        "bytes_per_second": found.bytes_per_second,
        "cpu_s": cpu,
    }


KINDS: dict[str, Callable[[str, int], dict[str, Any]]] = {"predicted": predicted, "measured": measured}


def main() -> None:
    """Measure, predict, print the table and draw the figure."""
    parser = argparse.ArgumentParser(description="Predicted against measured errors of population maps.")
    parser.add_argument("--networks", nargs="+", choices=TRIALS, default=list(TRIALS), metavar="NAME")
    parser.add_argument("--neurons", nargs="+", type=int, default=list(NEURONS), help="neurons of each unit")
    parser.add_argument("--only", choices=KINDS, help="predict only, or measure only")
    parser.add_argument("--rows", type=Path, default=places.cache() / "prediction.jsonl", help="where results are kept")
    asked = parser.parse_args()
    lines = Lines(asked.rows)
    for name in asked.networks:
        for neurons in asked.neurons:
            for kind in [asked.only] if asked.only else KINDS:
                key = {"kind": kind, "network": name, "neurons_per_unit": neurons, "biornn": __version__}
                if not any(key.items() <= row.items() for row in lines.read()):
                    lines.add({**key, **KINDS[kind](name, neurons)})
                    print(lines.read()[-1], file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
