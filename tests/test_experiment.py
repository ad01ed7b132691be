"""Where the stages meet: calibration and comparison never share trials, seeds never meet."""

import numpy as np
import pytest

from biornn import experiment, store
from biornn.core.checks import InputError
from biornn.core.rate import RateNetwork
from biornn.core.seeds import STAGES
from biornn.core.task import Score
from biornn.tasks import FlipFlop, Sunspots


class Watched:
    """A task that remembers which trials were drawn."""

    def __init__(self, task):
        self.task, self.drawn = task, []
        self.name, self.dt, self.inputs, self.outputs = task.name, task.dt, task.inputs, task.outputs
        self.readout = task.readout

    def part(self, name):
        return self

    def describe(self):
        return self.task.describe()

    def trials(self, count, seed):
        self.drawn.append(self.task.trials(count, seed))
        return self.drawn[-1]

    def score(self, outputs, trials):
        return Score(np.ones(trials.count))


def test_calibration_and_comparison_draw_other_trials():
    network = store.load(store.find("flip-flop-tanh"))
    task = Watched(FlipFlop())
    seen = []

    def mapper(network, trials):
        seen.append(trials)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.compare(network, task, mapper, trials=40, progress=False)
    calibration, fresh = task.drawn
    assert seen == [calibration]
    same = [np.array_equal(a, b) for a in calibration.inputs for b in fresh.inputs]
    assert not any(same)


def test_stages_repeats_and_seeds_have_seeds_of_their_own():
    seeds = [experiment.derived_seed(s, stage, i) for s in (0, 1) for stage in STAGES for i in range(4)]
    assert len(set(seeds)) == len(seeds)


def test_a_network_knows_its_task_with_its_settings():
    network = store.load(store.find("sunspots"))
    assert experiment.task_of(network) == Sunspots()
    assert experiment.task_of(network, settings={"horizon": 2}).horizon == 2
    assert experiment.task_of(network, "go-nogo").name == "go-nogo"


def test_a_network_without_a_task_asks_for_one():
    network = store.load(store.find("sunspots"))
    bare = RateNetwork(**{**network.__dict__, "about": {}})
    with pytest.raises(InputError, match=r"task: must be named for a network that does not know its own .*--task NAME"):
        experiment.task_of(bare)


@pytest.mark.parametrize("change", [{"trials": 0}, {"repeats": 0}])
def test_nothing_to_compare_is_refused(change):
    network = store.load(store.find("sunspots"))
    with pytest.raises(InputError, match=r"must be a whole number from 1"):
        experiment.compare(network, Sunspots(), lambda *_: None, **change)


@pytest.mark.parametrize("shown", [True, False])
def test_a_calibration_that_simulates_shows_its_progress(shown, capsys):
    network = store.load(store.find("go-nogo-relu"))
    mapping = experiment.population(1, neurons_per_unit=4, refit=True, progress=shown)
    mapping(network, experiment.task_of(network).part("train").trials(4, 0))
    assert ("simulating" in capsys.readouterr().err) is shown
