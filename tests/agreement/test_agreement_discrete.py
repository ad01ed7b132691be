"""Discrete networks as spikes against their own maps, and the shortest step found by simulation."""

import numpy as np
import pytest

from biornn import bridge, experiment, rate, spiking
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.rate import Training
from biornn.rate.cells.parameters import weights
from biornn.rate.initial import initial
from biornn.tasks import Sequences
from biornn.theory.distance import nrmse
from biornn.theory.rate import euler

DT, UNITS = 0.01, 6


def untrained(cell, classes=2):
    chosen = Training(units=UNITS, cell=cell, seed=1, gain=0.9 if cell == "elman" else 2.0, tau=DT)
    trained, fixed = initial(chosen, 2, classes)
    trained["output"] = np.random.default_rng(0).normal(size=trained["output"].shape)
    weight = weights(trained, fixed, np)
    weight.pop("tau")
    alike, none = np.full(UNITS, DT), np.zeros(UNITS)
    return RateNetwork(weight, "tanh", alike, DT, none, none, "softmax", cell=cell)


def symbols(count, seed, steps=6):
    return np.random.default_rng(seed).normal(0, 0.7, (count, steps, 2))


def as_trials(inputs):
    shape = inputs.shape[:2]
    return Trials(inputs, np.ones((*shape, 2)), np.ones(shape), DT)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gated_cells_follow_their_maps_step_by_step(cell):
    network, fresh = untrained(cell), as_trials(symbols(4, 2))
    calibration, wanted = as_trials(symbols(16, 1)), euler(untrained(cell), fresh.inputs)
    errors = {}
    for duration in (0.2, 0.06):
        snn, _ = bridge.Population(neurons_per_unit=60, step_duration=duration)(network, calibration)
        run = spiking.run(snn, fresh, spikes="none", progress=False)
        assert run.rates.mean() > 5
        errors[duration] = nrmse(run.states, wanted.states)
    assert errors[0.2] < 0.2
    # Negative controls: steps too short for so few neurons, and the states of another step.
    assert errors[0.06] > 2 * errors[0.2]
    assert nrmse(wanted.states[:, :-1], wanted.states[:, 1:]) > 3 * errors[0.2]


def test_the_shortest_step_is_found_on_trials_of_its_own():
    network = untrained("elman")
    inputs = symbols(120, 3)
    # The rate network's own decisions are the truth, so that it is always right.
    labels = rate.run(network, as_trials(inputs)).outputs[:, -1].argmax(axis=1)
    task = Sequences(list(inputs), labels, 2, dt=DT, hold_steps=1, validation=40, test=40)
    mapping = bridge.Population(neurons_per_unit=60)
    limits = {"durations": (0.02, 0.08, 0.32), "loss": 0.1, "trials": 40}
    found = experiment.shortest_step(network, task, mapping, **limits)
    assert found.rate_accuracy == 1
    assert 0.02 < found.duration <= 0.32
    errors = [one.state_nrmse for one in found.tried]
    assert errors[0] > 2 * errors[-1]
    with pytest.raises(InputError, match=r"durations: must hold a duration that keeps the state error of 0.001"):
        experiment.shortest_step(network, task, mapping, durations=(0.02,), state_nrmse=0.001, trials=4)
    with pytest.raises(InputError, match=r"shortest_step: trials: must be a whole number from 1"):
        experiment.shortest_step(network, task, trials=0)
