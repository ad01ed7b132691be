"""Small networks for the tests of the simulator."""

from dataclasses import replace

import numpy as np

from biornn.core.spiking import Bank, Filter, Input, Projection, Readout, SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.neurons import LIF


def make_bank(name, units, neurons, random, channels, lif=None, decoders=("activity",)):
    lif = LIF() if lif is None else lif
    shape = (units, neurons)
    return Bank(
        name=name,
        model="lif",
        parameters=lif.parameters(units, neurons),
        gain=random.uniform(0.005, 0.02, shape),
        bias=random.uniform(0.012, 0.022, shape),
        decoders={d: random.normal(0.0, 1.0, shape) / (neurons * 40) for d in decoders},
        channels=channels,
        initial={name: random.normal(0, 0.1, units) for name in channels},
        rising={name: np.linspace(-0.1, 0.1, units) for name in channels},
        offset=random.normal(0, 0.1, units),
    )


def leaky_network(units=6, neurons=5, seed=0, sparsity=0.5, dt=1e-4, lif=None):
    random = np.random.default_rng(seed)
    leak = Filter.exponential(random.uniform(0.02, 0.1, units))
    bank = make_bank("units", units, neurons, random, {"synapse": leak}, lif)
    weight = random.normal(0, 1.5 / np.sqrt(units), (units, units)) * (random.random((units, units)) < sparsity)
    readout = Readout(
        "units",
        "activity",
        Filter.exponential(np.full(units, 0.02)),
        random.normal(size=(1, units)),
        random.normal(size=1),
        random.normal(size=units),
    )
    return SpikingNetwork(
        dt=dt,
        sample_dt=5e-3,
        banks=(bank,),
        projections=(Projection("units", "activity", "units", "synapse", weight),),
        inputs=(Input("units", "synapse", random.normal(size=(units, 2))),),
        readout=readout,
        observe="units",
    )


def two_banks(seed=0):
    """Two banks of different size, two channels with rise times, two decoders, a direct channel, feedback."""
    random = np.random.default_rng(seed)
    fast = {
        "slow": Filter(np.full(4, 0.03), np.full(4, 0.002)),
        "direct": Filter(np.zeros(4), np.zeros(4)),
    }
    first = make_bank("first", 4, 3, random, fast, decoders=("linear", "square"))
    second = make_bank("second", 3, 7, random, {"synapse": Filter.exponential(np.full(3, 0.01))})
    back = random.normal(size=(4, 3)) * (random.random((4, 3)) < 0.5)
    return SpikingNetwork(
        dt=1e-4,
        sample_dt=2e-3,
        banks=(first, second),
        projections=(
            Projection("first", "linear", "second", "synapse", random.normal(size=(3, 4))),
            Projection("first", "square", "first", "slow", random.normal(size=(4, 4))),
            Projection("second", "activity", "first", "slow", back),
        ),
        inputs=(
            Input("first", "direct", random.normal(size=(4, 2))),
            Input("second", "synapse", random.normal(size=(3, 2))),
        ),
        readout=Readout(
            "second",
            "activity",
            Filter(np.full(3, 0.02), np.full(3, 0.005)),
            random.normal(size=(2, 3)),
            np.zeros(2),
            np.zeros(3),
        ),
        observe="second",
    )


def delayed_banks(seed=0):
    """Two banks whose feedback is late, one of its projections with a past; steps of trials held for three samples."""
    random = np.random.default_rng(seed)
    network = two_banks(seed)
    there, again, back = network.projections
    past = random.normal(0, 5, 3)
    projections = (there, replace(again, delay=3e-3), replace(back, delay=0.0112, past=past))
    return replace(network, projections=projections, trial_dt=5e-3, stretch=3, early=1)


def random_trials(network, count=2, steps=40, seed=1):
    random = np.random.default_rng(seed)
    inputs = random.normal(0, 0.5, (count, steps, network.inputs[0].weight.shape[1]))
    return Trials(inputs, np.zeros((count, steps, 1)), np.ones((count, steps)), network.trial_dt)
