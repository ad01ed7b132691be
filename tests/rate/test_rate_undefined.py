"""A validation that is undefined (NaN) is no best one: the last network is kept, and the user is told."""

import json
import warnings

import numpy as np
import pytest

from biornn import rate
from biornn.core.checks import InputError
from biornn.core.task import UNDEFINED, Score, Task
from biornn.core.trials import Trials
from biornn.rate.fit import Judge
from biornn.rate.settings import Training


class Follow(Task):
    """Follow noise; `errors` are the scores of one validation after the other, of which NaN is undefined."""

    name, dt, inputs, outputs, readout = "follow", 0.01, 1, 1, "identity"

    def __init__(self, *errors):
        self.errors, self.calls = errors, 0

    def trials(self, count, seed):
        shown = np.random.default_rng(seed).normal(size=(count, 5, 1))
        return Trials(shown, shown, np.ones((count, 5)), self.dt)

    def score(self, outputs, trials):
        self.calls += 1
        # The first call is the trial before training.
        error = self.errors[min(self.calls - 2, len(self.errors) - 1)] if self.calls > 1 else UNDEFINED
        return Score(np.full(trials.count, UNDEFINED), error)


QUICK = {"units": 4, "batch": 2, "validation_trials": 2, "validate_every": 1, "progress": False, "gain": 1.0}


def weights(network):
    return network.weights["recurrent"]


def test_the_last_network_is_kept_where_no_validation_is_defined():
    with pytest.warns(UserWarning, match="the validation of follow is undefined .* the last one is kept") as told:
        short, long = (rate.train(Follow(UNDEFINED), steps=steps, **QUICK) for steps in (2, 6))
    assert len(told) == 2, "once for each training"
    assert not np.array_equal(weights(short), weights(long))
    assert long.about["goal_reached"] is None
    assert long.about["validation"] == [[step, None] for step in range(1, 7)]
    json.dumps(long.about, allow_nan=False)


@pytest.mark.parametrize("goal_error", [0.0, 0.1])
def test_an_undefined_validation_neither_wins_nor_hides_a_defined_one(goal_error):
    network = rate.train(Follow(0.5, UNDEFINED, 0.4, UNDEFINED, 0.6), steps=3, **QUICK)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = rate.train(Follow(0.5, UNDEFINED, 0.4, UNDEFINED, 0.6), steps=5, goal_error=goal_error, **QUICK)
    np.testing.assert_array_equal(weights(best), weights(network))
    assert best.about["goal_reached"] is (False if goal_error else None)


def test_an_undefined_first_validation_gives_way_to_a_defined_one():
    with pytest.warns(UserWarning, match="validation of follow is undefined"):
        found, three = (rate.train(Follow(UNDEFINED, 0.9, 0.8, 0.9), steps=steps, **QUICK) for steps in (4, 3))
    np.testing.assert_array_equal(weights(found), weights(three))


def test_a_reached_goal_is_true_and_a_missed_one_is_false():
    reached = rate.train(Follow(0.5, 0.05), steps=6, goal_error=0.1, **QUICK)
    assert reached.about["goal_reached"] is True
    assert reached.about["steps"] == 2
    with pytest.warns(UserWarning, match=r"goal not reached in 3 steps \(best validation 0.5\)"):
        missed = rate.train(Follow(0.5, 0.6), steps=3, goal_error=0.1, **QUICK)
    assert missed.about["goal_reached"] is False


def test_an_exploding_network_is_no_best_one():
    judge = Judge(Follow(), Follow().trials(2, 0), Training(units=4), {})
    judge.task.calls = 1
    assert judge.best is None
    with pytest.raises(InputError, match=r"rate\.train loss: must stay finite \(got nan in step 2\)"):
        judge.see([1.0, float("nan")], {})


def test_a_validation_without_a_judged_step_is_refused():
    class Blind(Follow):
        def part(self, name):
            return self if name == "train" else Unmasked()

    class Unmasked(Follow):
        def trials(self, count, seed):
            trials = super().trials(count, seed)
            return Trials(trials.inputs, trials.targets, 0 * trials.mask, trials.dt)

    with pytest.raises(InputError, match="follow validation: must judge at least one step"):
        rate.train(Blind(0.5), steps=2, **QUICK)


@pytest.mark.parametrize("way", ["sequential", "vmap"])
def test_ensembles_keep_the_last_network_too(way):
    with pytest.warns(UserWarning, match="validation of follow is undefined"):
        found = rate.ensemble(Follow(UNDEFINED), seeds=2, way=way, steps=3, **QUICK)
    with pytest.warns(UserWarning, match="validation of follow is undefined"):
        alone = rate.train(Follow(UNDEFINED), seed=1, steps=3, **QUICK)
    np.testing.assert_allclose(weights(found[1]), weights(alone), rtol=1e-4, atol=1e-6)
    assert [network.about["goal_reached"] for network in found] == [None, None]


def test_the_description_of_the_task_is_kept_unless_another_is_given():
    one, other = (rate.train(Follow(0.5), steps=1, about=about, **QUICK) for about in (None, {"task": "mine", "a": 1}))
    assert one.about["task"] == {"task": "follow", "in_memory": {"inputs": 1, "outputs": 1}}
    assert (other.about["task"], other.about["a"]) == ("mine", 1)


def test_a_name_is_the_task_of_that_name():
    network = rate.train("go-nogo", steps=1, goal=0.0, **QUICK)
    assert network.about["task"] == {"task": "go-nogo", "dt": 0.005}
