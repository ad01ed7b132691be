"""Time of a simulated trial against a kernel written by hand for the same network, as a ratio on the same machine.

    python benchmarks/speed.py                  # about three minutes on 2 cores
    python benchmarks/speed.py --rounds 30

200 units of 50 LIF neurons at 28 Hz, dt 0.1 ms, trials of 1 s: all 40,000 weights or 3,560 of them, with and without
membrane noise. The kernel (``kernel.cpp``) is one C++ file, compiled for this processor, one thread. Both programs are
whole processes, reading and writing of files included; they take turns, so that whatever else the machine does hits
both. Times are processor time (user and system) in s for one trial of 1 s; medians over rounds.
"""

import argparse
import resource
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from biornn.core.checks import refuse
from biornn.core.seeds import generator
from biornn.core.spiking import Bank, Filter, Input, Projection, Readout, SpikingNetwork
from biornn.spiking import cache, engines
from biornn.spiking.children import Children
from biornn.spiking.compilation import compiler
from biornn.spiking.request import Request
from biornn.spiking.structure import fixed_values, structure, trial_values
from biornn.theory.neurons import LIF
from biornn.theory.neurons.lif import steady_voltage

UNITS, NEURONS, RATE, DT, SAMPLE_DT, SAMPLES = 200, 50, 28.0, 1e-4, 5e-3, 200
SPIKES = Request(spikes=np.zeros(1, np.int32))
KERNEL = Path(__file__).with_name("kernel.cpp")
# Without noise they fire alike but for rounding, with noise but for the streams of random numbers.
AGREE = 0.02


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    print(f"{'network':32} {'biornn s':>9} {'kernel s':>9} {'ratio':>6} {'biornn Hz':>10} {'kernel Hz':>10}")
    with tempfile.TemporaryDirectory(prefix="biornn-speed-") as folder:
        kernel = Path(folder) / "kernel"
        subprocess.run([*compiler(), "-O3", "-march=native", "-ffast-math", str(KERNEL), "-o", str(kernel)], check=True)
        for weights, nonzero in (("40,000 weights", UNITS * UNITS), ("3,560 weights", 3560)):
            for noise, sd in (("no noise", 0.0), ("noise", 0.002)):
                work = Path(tempfile.mkdtemp(dir=folder))
                line = measure(network(nonzero, sd), kernel, work, rounds)
                print(f"{weights + ', ' + noise:32} " + line)


def network(
    nonzero: int, noise: float, units: int = UNITS, neurons: int = NEURONS, rate: float = RATE
) -> SpikingNetwork:
    """Return the reference network, or one of another size; `noise` is the SD in V, `rate` the mean one in Hz."""
    random = np.random.default_rng(0)
    shape = (units, neurons)
    parameters = LIF().parameters(*shape)
    bias = steady_voltage(parameters, rate * random.uniform(0.5, 1.5, shape), DT) - parameters["v_rest"]
    kept = random.permutation(units * units).reshape(units, units) < nonzero
    bank = Bank(
        name="units",
        model="lif",
        parameters=parameters,
        gain=np.full(shape, 0.002),
        bias=bias,
        decoders={"activity": random.uniform(0.5, 1.5, shape) / (neurons * rate)},
        channels={"synapse": Filter(np.full(units, 0.05), np.full(units, 0.002))},
        initial={"synapse": np.zeros(units)},
        offset=np.zeros(units),
        noise=np.full(shape, noise),
    )
    weight = random.normal(0, 0.8 / np.sqrt(nonzero / units), (units, units)) * kept
    leak = Filter.exponential(np.full(units, 0.02))
    return SpikingNetwork(
        dt=DT,
        sample_dt=SAMPLE_DT,
        banks=(bank,),
        projections=(Projection("units", "activity", "units", "synapse", weight),),
        inputs=(Input("units", "synapse", random.normal(0, 0.5, (units, 1))),),
        readout=Readout("units", "activity", leak, np.ones((1, units)), np.zeros(1), np.zeros(units)),
        observe="units",
    )


def measure(snn: SpikingNetwork, kernel: Path, work: Path, rounds: int) -> str:
    """Return a line of the table."""
    inputs = np.sin(2 * np.pi * SAMPLE_DT * np.arange(SAMPLES))[:, None]
    # `run` keeps all spikes by default, so they are recorded here too.
    plan, shared = structure(snn), fixed_values(snn, SPIKES)
    own = trial_values(snn, inputs, generator(1, "spiking", 0))
    runner = engines.compiled(cache.program(plan), shared, work, Children())
    write(snn, shared | own, work / "kernel.values")

    def by_kernel() -> int:
        call = [str(kernel), str(work / "kernel.values")]
        return int(subprocess.run(call, capture_output=True, text=True, check=True).stdout)

    def by_biornn() -> int:
        return int(runner(own)["units_samples.spikes"].reshape(SAMPLES + 1, -1)[-1].sum())

    timed = [(seconds(by_biornn), seconds(by_kernel)) for _ in range(rounds)]
    times = np.array([[biornn[0], plain[0]] for biornn, plain in timed])
    rates = [count / (UNITS * NEURONS * SAMPLES * SAMPLE_DT) for count in (timed[0][0][1], timed[0][1][1])]
    if abs(rates[0] / rates[1] - 1) > AGREE:
        refuse("kernel", f"must fire like biornn to {AGREE:.0%}", rates, "they do not simulate the same network")
    ratio = np.median(times[:, 0] / times[:, 1])
    biornn, plain = np.median(times, axis=0)
    return f"{biornn:9.4f} {plain:9.4f} {ratio:6.2f} {rates[0]:10.2f} {rates[1]:10.2f}"


def seconds(work: Callable[[], int]) -> tuple[float, int]:
    """Return the processor time in s that the programs called by `work` took, and its result."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result


def write(snn: SpikingNetwork, values: dict[str, Any], file: Path) -> None:
    """Write what the kernel reads, in its order."""
    bank, projection = snn.banks[0], snn.projections[0]
    neuron = {
        name: values[f"bank_0_neurons.{name}"] for name in ("approach", "v_threshold", "v_reset", "refractory_steps")
    }
    alike = [value.flat[0] for value in neuron.values()]
    held = snn.steps_per_sample
    kick = values.get("bank_0_neurons.noise", np.zeros(bank.neurons))
    parts = [
        np.array([UNITS, NEURONS, SAMPLES * held, held, snn.dt, *alike, kick.any()], dtype=float),
        *(values[f"bank_0_neurons.{name}"] for name in ("v", "free_from", "rest", "gain", "decoder_0")),
        kick,
        projection.weight.T,
        values["bank_0_0_input.values"],
        *(values[f"bank_0.{name}"] for name in ("rise_0", "decay_0", "decay_readout")),
    ]
    np.concatenate([np.ravel(part).astype(float) for part in parts]).tofile(file)


if __name__ == "__main__":
    main()
