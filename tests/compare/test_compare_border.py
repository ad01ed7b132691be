"""The border of a comparison: other objects, other trials and scores that are none are refused in one line."""

from dataclasses import replace

import numpy as np
import pytest
from planted import Pulse, broken, network, rate_run, repeats

from biornn.compare import MEASURES, compare
from biornn.core.checks import InputError
from biornn.core.task import Score
from biornn.core.trials import Trials

TASK = Pulse()
TRIALS = TASK.trials(4, 0)
NET = network()
RATES = rate_run(NET, TRIALS)
(RUN,) = repeats(NET, TRIALS, 1, noise=0.05)
WIDE = Trials(TRIALS.inputs, np.concatenate([TRIALS.targets] * 2, axis=2), TRIALS.mask, TRIALS.dt)


def scoring(value):
    class Odd(Pulse):
        def score(self, outputs, trials):
            return value

    return Odd()


REFUSED = {
    "no rates": ((None, RUN, TASK, TRIALS), "compare.rates: must be a Recording (got None)"),
    "the network": ((NET, RUN, TASK, TRIALS), "compare.rates: must be a Recording (got a RateNetwork)"),
    "no spikes": ((RATES, None, TASK, TRIALS), "compare.spikes: must be a Recording (got None)"),
    "the spiking network": ((RATES, RUN.source, TASK, TRIALS), "compare.spikes: must be a Recording (got a Spiking"),
    "text": ((RATES, "spikes", TASK, TRIALS), "compare.spikes: must be a Recording (got 'spikes')"),
    "an array": ((RATES, RUN.states, TASK, TRIALS), "compare.spikes: must be a Recording (got a ndarray)"),
    "a dictionary": ((RATES, {"a": RUN}, TASK, TRIALS), "compare.spikes: must be a Recording (got a dict)"),
    "a generator": ((RATES, (run for run in [RUN]), TASK, TRIALS), "compare.spikes: must be a Recording (got a gen"),
    "a list with None": ((RATES, [RUN, None], TASK, TRIALS), r"compare.spikes[1]: must be a Recording (got None)"),
    "no task": ((RATES, RUN, None, TRIALS), "compare.task: must be a task"),
    "a class": ((RATES, RUN, Pulse, TRIALS), "compare.task: must be a task (got the class Pulse); make one: Pulse()"),
    "a name": ((RATES, RUN, "go-nogo", TRIALS), "compare.task: must be a task"),
    "no trials": ((RATES, RUN, TASK, None), "compare.trials: must be a Trials (got None)"),
    "arrays": ((RATES, RUN, TASK, TRIALS.inputs), "compare.trials: must be a Trials (got a ndarray)"),
    "swapped": ((RATES, RUN, TRIALS, TASK), "swap the last two: compare(rates, spikes, task, trials)"),
    "no source": ((broken(RATES, source=None), RUN, TASK, TRIALS), "compare.rates: must be the recording of a rate"),
    "no states": ((broken(RATES, states=None), RUN, TASK, TRIALS), "compare.rates.states: must be an array"),
    "text as rates": ((RATES, broken(RUN, rates="x"), TASK, TRIALS), "compare.spikes[0].rates: must be an array"),
    "complex": ((RATES, broken(RUN, outputs=1j * RUN.outputs), TASK, TRIALS), "[0].outputs: must be an array of real"),
    "ragged": ((RATES, broken(RUN, outputs=[[1], [1, 2]]), TASK, TRIALS), "[0].outputs: must be an array of real"),
    "step as text": ((RATES, broken(RUN, dt="5 ms"), TASK, TRIALS), "compare.spikes[0].dt: must be a number"),
    "seed as list": ((RATES, [broken(RUN, seed=[1])], TASK, TRIALS), "compare.spikes[0].seed: must be"),
    "no about": ((RATES, broken(RUN, about=None), TASK, TRIALS), "compare.spikes[0].about: must be a dictionary"),
    "no Spikes": ((RATES, broken(RUN, spikes=None), TASK, TRIALS), "compare.spikes[0].spikes: must be a Spikes"),
    "other outputs": ((RATES, RUN, TASK, WIDE), "Trials.targets: must have the network's 1 output channels (got 2)"),
    "a number as score": ((RATES, RUN, scoring(0.5), TRIALS), "task pulse: score: must be a Score (got 0.5)"),
    "short score": ((RATES, RUN, scoring(Score(np.ones(3))), TRIALS), "one share for each of the 4 trials"),
    "text score": ((RATES, RUN, scoring(Score(np.ones(4), "x")), TRIALS), "score.error: must be a number (got 'x')"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_objects_are_refused_in_one_line(case):
    arguments, message = REFUSED[case]
    with pytest.raises(InputError) as refusal:
        compare(*arguments, progress=False)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, 2**80, True, np.nan])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(InputError, match=r"compare.seed: must be a whole number"):
        compare(RATES, RUN, TASK, TRIALS, seed=seed, progress=False)


def test_a_flag_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"compare.progress: must be True or False"):
        compare(RATES, RUN, TASK, TRIALS, progress="no")


def test_a_spiking_run_of_other_trials_is_refused():
    same = replace(RUN, about={"trials": TRIALS.fingerprint})
    assert compare(RATES, same, TASK, TRIALS, progress=False).trials == 4
    other = replace(RUN, about={"trials": TASK.trials(4, 1).fingerprint})
    with pytest.raises(InputError, match=r"spikes\[0\]: must be a run on these trials"):
        compare(RATES, other, TASK, TRIALS, progress=False)


def test_a_score_made_of_a_list_counts_like_an_array():
    assert compare(RATES, RUN, scoring(Score([1, 0, 1, 1])), TRIALS, progress=False).accuracy == (0.75, 0.75)


def test_a_bar_counts_the_steps(monkeypatch):
    seen = []

    class Bar:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            seen.append("closed")

        def update(self):
            seen.append("step")

    def bar(total, description, unit, show, delay):
        seen.append((total, show))
        return Bar()

    monkeypatch.setattr("biornn.compare.comparison.bar", bar)
    compare(RATES, RUN, TASK, TRIALS)
    steps = 3 + len(MEASURES)
    assert seen == [(steps, True), *["step"] * steps, "closed"]
