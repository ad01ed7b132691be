"""Gated and discrete networks as spikes against the rate networks they come from, with controls."""

import numpy as np
import pytest

from biornn import bridge, experiment, rate, spiking
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.rate import Training
from biornn.rate.cells.parameters import weights
from biornn.rate.initial import initial
from biornn.theory.distance import nrmse
from biornn.theory.rate import reference

DT, UNITS = 0.01, 6


def untrained(cell, attention=2, **settings):
    """A network whose recurrent weights move it, and a readout with attention where the cell is gated."""
    discrete = cell == "elman"
    gain = 0.9 if discrete else 2.0
    chosen = Training(
        units=UNITS,
        cell=cell,
        seed=1,
        gain=gain,
        tau=DT if discrete else 0.1,
        attention=0 if discrete else attention,
        **settings,
    )
    trained, fixed = initial(chosen, 2, 1)
    trained["output"] = np.random.default_rng(0).normal(size=trained["output"].shape)
    weight = weights(trained, fixed, np)
    tau = weight.pop("tau")
    return RateNetwork(weight, "tanh", tau, DT, np.zeros(UNITS), np.zeros(UNITS), cell=cell)


def trials(cell, seed, count=4):
    held, steps = (1, 12) if cell == "elman" else (10, 8)
    inputs = np.random.default_rng(seed).normal(0, 0.7, (count, steps, 2)).repeat(held, axis=1)
    return Trials(inputs, np.zeros((*inputs.shape[:2], 1)), np.ones(inputs.shape[:2]), DT)


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
def test_spiking_twins_follow_their_cells(cell):
    network, fresh = untrained(cell), trials(cell, 2)
    mapping = bridge.Population(neurons_per_unit=60, **({"step_duration": 0.2} if network.discrete else {}))
    snn, _ = mapping(network, trials(cell, 1))
    run = spiking.run(snn, fresh, progress=False)
    wanted = reference(network, fresh.inputs, snn.readout.synapse.tau_decay[:UNITS])
    error = nrmse(run.states, wanted.states)
    assert run.spikes.count > 1000
    assert error < (0.25 if cell == "elman" else 0.2)
    assert nrmse(run.outputs, wanted.outputs) < 0.3
    # Negative control: the same banks without what the units tell each other.
    alone = mapping(network.with_weights(recurrent=0 * network.weights["recurrent"]), trials(cell, 1))[0]
    assert nrmse(spiking.run(alone, fresh, progress=False).states, wanted.states) > 3 * error


def test_rate_and_spiking_twin_have_the_same_axes():
    network, fresh = untrained("lstm"), trials("lstm", 2)
    assert rate.run(network, fresh).states.shape == (4, 80, 2 * UNITS)
    assert rate.run(network, fresh).rates.shape == (4, 80, UNITS)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_states_corrected_in_closed_loop_err_less_on_other_trials(cell):
    network, fresh = untrained(cell, attention=0), trials(cell, 2)
    calibration = trials(cell, 1, count=48)
    runs = []
    for refit in (False, True):
        snn, _ = experiment.population(neurons_per_unit=60, refit=refit, jobs=1)(network, calibration)
        runs.append(spiking.run(snn, fresh, progress=False))
        assert runs[-1].spikes.count > 1000
    wanted = reference(network, fresh.inputs, np.zeros(UNITS)).states
    plain, corrected = (nrmse(run.states, wanted) for run in runs)
    assert corrected < 0.8 * plain
