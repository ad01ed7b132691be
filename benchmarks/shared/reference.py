"""The reference network of the speed benchmarks, and the hand-written kernel in C++ that runs it."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from biornn.core.spiking import Bank, Filter, Input, Projection, Readout, SpikingNetwork
from biornn.spiking.compilation import compiler
from biornn.spiking.request import Request
from biornn.theory.neurons import LIF
from biornn.theory.neurons.lif import steady_voltage

UNITS, NEURONS, RATE, DT, SAMPLE_DT, SAMPLES = 200, 50, 28.0, 1e-4, 5e-3, 200
SPIKES = Request(spikes=np.zeros(1, np.int32))
SOURCE = Path(__file__).with_name("kernel.cpp")
# Without noise they fire alike but for rounding, with noise but for the streams of random numbers.
AGREE = 0.02


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


def kernel(folder: Path) -> Path:
    """Compile the kernel for this processor in a folder and return the program."""
    program = folder / "kernel"
    subprocess.run([*compiler(), "-O3", "-march=native", "-ffast-math", str(SOURCE), "-o", str(program)], check=True)
    return program


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
