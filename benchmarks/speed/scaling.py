"""How time and memory grow with neurons, units, trials and rate.

    python -m benchmarks.speed.scaling --figure docs/scaling.png      # about ten minutes on 2 cores
    python -m benchmarks.speed.scaling --million 1000 1000            # one trial of 1,000,000 neurons, with its memory

Networks as in `benchmarks.shared.reference`: LIF neurons, dt 0.1 ms, all spikes kept, 18 weights per unit. One of the
four numbers is varied and the others stay at 200 units of 50 neurons, 1 trial, 28 Hz. Times are processor time of the
compiled programs (for trials: of the whole call of `spiking.run`, jobs=1), files included, medians over rounds in which
all sizes take turns. Exponents are slopes of log time over log size: over all sizes, and over the upper half of the
range, where constant costs no longer count.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.shared import reference, timing
from biornn import bridge, spiking
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.spiking import cache, engines
from biornn.spiking.children import Children
from biornn.spiking.structure import fixed_values, structure, trial_values

WEIGHTS_PER_UNIT = 18
SAMPLES = 40
DURATION = SAMPLES * reference.SAMPLE_DT
NEURONS = (5, 15, 50, 150, 500, 1500, 5000)
UNITS = (25, 50, 100, 200, 400, 800, 1600)
TRIALS = (1, 2, 4, 8, 16, 32)
RATES = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
Measure = Callable[[], float]


def main() -> None:
    """Print the tables and draw the figure, or run the large networks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each size")
    parser.add_argument("--figure", type=Path, help="draw time against size into this file")
    parser.add_argument("--million", type=int, nargs=2, metavar=("UNITS", "NEURONS"), help="run one large network only")
    options = parser.parse_args()
    if options.million:
        million(*options.million)
        return
    for units, neurons in ((1000, 1000), (200, 5000)):
        subprocess.run(
            [sys.executable, "-m", "benchmarks.speed.scaling", "--million", str(units), str(neurons)], check=True
        )
    with tempfile.TemporaryDirectory(prefix="biornn-scaling-") as folder:
        measured = sweeps(Path(folder), options.rounds)
    report(measured)
    if options.figure:
        draw(measured, options.figure)


def million(units: int, neurons: int) -> None:
    """Map an untrained network and run 1 s of one trial; print times and the peak memory of all processes."""
    random = np.random.default_rng(0)
    weights = {
        "recurrent": random.normal(0, 0.5 / np.sqrt(units), (units, units)),
        "input": random.normal(0, 0.5, (units, 1)),
        "bias": random.normal(0, 0.1, units),
        "output": random.normal(0, 1 / np.sqrt(units), (1, units)),
        "output_bias": np.zeros(1),
        "initial_state": np.zeros(units),
    }
    still = np.zeros(units)
    network = RateNetwork(weights, "sigmoid", np.full(units, 0.05), 5e-3, still, still)
    inputs = np.sin(2 * np.pi * 5e-3 * np.arange(200) * np.array([[1], [2]]))[:, :, None]
    trials = Trials(inputs, np.zeros((2, 200, 1)), np.ones((2, 200)), 5e-3)
    with Peak() as mapping:
        snn, _ = bridge.Population(neurons_per_unit=neurons)(network, trials)
    with Peak() as running:
        run = spiking.run(snn, trials.select([0]), progress=False)
    build, count = float(run.about["seconds_build"]), run.spikes.count
    print(f"{units:,} x {neurons:,} neurons, {count / snn.neurons:.1f} Hz, {count:,} spikes")
    print(f"  mapped in {mapping.seconds:.0f} s, compiled in {build:.0f} s, run in {running.seconds - build:.0f} s")
    print(f"  peak memory of all processes: {mapping.bytes / 1e9:.2f} GB mapping, {running.bytes / 1e9:.2f} GB running")
    print(f"  said before the run: {run.about['memory']}", flush=True)


class Peak:
    """Time and peak resident memory of this process and all below it, looked at 20 times a second."""

    def __enter__(self) -> "Peak":
        self.bytes, self._ended, self._start = 0, threading.Event(), time.perf_counter()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.seconds = time.perf_counter() - self._start

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self.bytes = max(self.bytes, resident(os.getpid()))


def resident(process: int) -> int:
    """Return the resident memory of a process and all below it in bytes."""
    try:
        own = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
        below = [
            int(child)
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:  # it has just ended
        return 0
    return own + sum(map(resident, below))


def sweeps(folder: Path, rounds: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return sizes and times in s by what is varied."""
    measures: list[tuple[str, float, Measure]] = []
    measures += [("neurons", 200 * m, program(network(neurons=m), folder)) for m in NEURONS]
    measures += [("units", u, program(network(units=u), folder)) for u in UNITS]
    measures += [("rate", r, program(network(rate=r), folder)) for r in RATES]
    measures += [("trials", k, call(network(), k)) for k in TRIALS]
    times = np.array([[measure() for _, _, measure in measures] for _ in range(rounds)])
    found = np.median(times, axis=0)
    names = np.array([name for name, _, _ in measures])
    sizes = np.array([size for _, size, _ in measures])
    return {name: (sizes[names == name], found[names == name]) for name in ("neurons", "units", "trials", "rate")}


def network(units: int = 200, neurons: int = 50, rate: float = reference.RATE) -> SpikingNetwork:
    """Return the reference network with one of its numbers changed."""
    return reference.network(WEIGHTS_PER_UNIT * units, 0.0, units, neurons, rate)


def inputs() -> np.ndarray:
    """Return the inputs of a trial (T, 1)."""
    return np.sin(2 * np.pi * reference.SAMPLE_DT * np.arange(SAMPLES))[:, None]


def program(snn: SpikingNetwork, folder: Path) -> Measure:
    """Return the function that runs the compiled program once and returns its processor time."""
    plan, shared = structure(snn), fixed_values(snn, reference.SPIKES)
    own = trial_values(snn, inputs(), generator(1, "spiking", 0))
    runner = engines.compiled(cache.program(plan), shared, Path(tempfile.mkdtemp(dir=folder)), Children())
    return lambda: timing.of_children(lambda: len(runner(own)))[0]


def call(snn: SpikingNetwork, count: int) -> Measure:
    """Return the function that calls `spiking.run` on so many trials and returns the processor time of it all."""
    trials = Trials(
        np.repeat(inputs()[None], count, axis=0),
        np.zeros((count, SAMPLES, 1)),
        np.ones((count, SAMPLES)),
        reference.SAMPLE_DT,
    )

    def measure() -> float:
        before = time.process_time()
        below, _ = timing.of_children(lambda: spiking.run(snn, trials, jobs=1, progress=False).spikes.count)
        return time.process_time() - before + below

    return measure


def slope(sizes: np.ndarray, times: np.ndarray) -> float:
    """Return the exponent of the power law through the points."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def report(measured: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Print sizes, times and exponents."""
    for name, (sizes, times) in measured.items():
        upper = sizes >= np.sqrt(sizes[0] * sizes[-1])
        print(f"\n{name}: exponent {slope(sizes, times):.2f}, upper half {slope(sizes[upper], times[upper]):.2f}")
        print(" ".join(f"{size:>10,.0f}" for size in sizes))
        print(" ".join(f"{seconds:10.4f}" for seconds in times) + "  s")
    sizes, times = measured["neurons"]
    each = times / sizes / (DURATION / reference.DT) * 1e9
    print(
        "\nns per neuron and step: " + ", ".join(f"{n:,.0f} neurons {t:.2f}" for n, t in zip(sizes, each, strict=True))
    )
    print(f"1,000,000 neurons against 100,000: {each[-1] / each[sizes == 100_000][0]:.2f}")


def draw(measured: dict[str, tuple[np.ndarray, np.ndarray]], file: Path) -> None:
    """Draw time over each size, with a straight line of slope 1."""
    labels = {"neurons": "neurons", "units": "units of 50 neurons", "trials": "trials", "rate": "mean rate (Hz)"}
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.9), layout="constrained", sharey=True)
    for axis, (name, (sizes, times)) in zip(axes, measured.items(), strict=True):
        upper = sizes >= np.sqrt(sizes[0] * sizes[-1])
        axis.loglog(sizes, times, "o-", color="C0", markersize=4)
        axis.loglog(sizes, times[-1] * sizes / sizes[-1], ":", color="0.5", label="linear")
        axis.set_title(f"exponent {slope(sizes[upper], times[upper]):.2f} in the upper half", fontsize=9)
        axis.set_xlabel(labels[name])
    axes[0].set_ylabel(f"processor time (s)\nfor {DURATION:g} s simulated")
    axes[0].set_ylim(min(t.min() for _, t in measured.values()) / 2, max(t.max() for _, t in measured.values()) * 2)
    axes[0].legend(frameon=False)
    figure.savefig(file, dpi=150)


if __name__ == "__main__":
    main()
