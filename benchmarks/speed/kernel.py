"""Time of a simulated trial against a kernel written by hand for the same network, as a ratio on the same machine.

    python -m benchmarks.speed.kernel                  # about three minutes on 2 cores
    python -m benchmarks.speed.kernel --rounds 30

200 units of 50 LIF neurons at 28 Hz, dt 0.1 ms, trials of 1 s: all 40,000 weights or 3,560 of them, with and without
membrane noise. The kernel (``kernel.cpp``) is one C++ file, compiled for this processor, one thread. Both programs are
whole processes, reading and writing of files included; they take turns, so that whatever else the machine does hits
both. Times are processor time (user and system) in s for one trial of 1 s; medians over rounds.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.shared import reference, timing
from biornn.core.checks import refuse
from biornn.core.seeds import generator
from biornn.core.spiking import SpikingNetwork
from biornn.spiking import cache, engines
from biornn.spiking.children import Children
from biornn.spiking.structure import fixed_values, structure, trial_values


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="runs of each program")
    rounds = parser.parse_args().rounds
    print(f"{'network':32} {'biornn s':>9} {'kernel s':>9} {'ratio':>6} {'biornn Hz':>10} {'kernel Hz':>10}")
    with tempfile.TemporaryDirectory(prefix="biornn-speed-") as folder:
        kernel = reference.kernel(Path(folder))
        for weights, nonzero in (("40,000 weights", reference.UNITS * reference.UNITS), ("3,560 weights", 3560)):
            for noise, sd in (("no noise", 0.0), ("noise", 0.002)):
                work = Path(tempfile.mkdtemp(dir=folder))
                line = measure(reference.network(nonzero, sd), kernel, work, rounds)
                print(f"{weights + ', ' + noise:32} " + line)


def measure(snn: SpikingNetwork, kernel: Path, work: Path, rounds: int) -> str:
    """Return a line of the table."""
    inputs = np.sin(2 * np.pi * reference.SAMPLE_DT * np.arange(reference.SAMPLES))[:, None]
    # `run` keeps all spikes by default, so they are recorded here too.
    plan, shared = structure(snn), fixed_values(snn, reference.SPIKES)
    own = trial_values(snn, inputs, generator(1, "spiking", 0))
    runner = engines.compiled(cache.program(plan), shared, work, Children())
    reference.write(snn, shared | own, work / "kernel.values")

    def by_kernel() -> int:
        call = [str(kernel), str(work / "kernel.values")]
        return int(subprocess.run(call, capture_output=True, text=True, check=True).stdout)

    def by_biornn() -> int:
        return int(runner(own)[f"{plan.observe}_samples.spikes"].reshape(reference.SAMPLES + 1, -1)[-1].sum())

    timed = [(timing.of_children(by_biornn), timing.of_children(by_kernel)) for _ in range(rounds)]
    times = np.array([[biornn[0], plain[0]] for biornn, plain in timed])
    neuron_seconds = reference.UNITS * reference.NEURONS * reference.SAMPLES * reference.SAMPLE_DT
    rates = [count / neuron_seconds for count in (timed[0][0][1], timed[0][1][1])]
    if abs(rates[0] / rates[1] - 1) > reference.AGREE:
        rule = f"must fire like biornn to {reference.AGREE:.0%}"
        refuse("kernel", rule, rates, "they do not simulate the same network")
    ratio = np.median(times[:, 0] / times[:, 1])
    biornn, plain = np.median(times, axis=0)
    return f"{biornn:9.4f} {plain:9.4f} {ratio:6.2f} {rates[0]:10.2f} {rates[1]:10.2f}"


if __name__ == "__main__":
    main()
