"""Tasks that are right or wrong: published timing, strict scorers with negative controls, streams of randomness."""

import numpy as np
import pytest

from biornn import tasks
from biornn.core.checks import InputError

DECISIONS = ["xor", "context-integration", "perceptual-decision", "delayed-match"]
GENERATIVE = ["go-nogo", *DECISIONS, "flip-flop", "sine", "adding", "copying"]


def spans(values):
    """Return [start, stop) of every run of equal non-zero values of a (T,) array."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], values, [0]])))
    return [tuple(edges[i : i + 2]) for i in range(0, edges.size, 2)]


@pytest.mark.parametrize("name", GENERATIVE)
def test_same_seed_same_trials_and_fewer_are_a_prefix_of_more(name):
    task = tasks.make(name)
    more, fewer, other = task.trials(13, seed=4), task.trials(5, seed=4), task.trials(13, seed=5)
    np.testing.assert_array_equal(more.inputs[:5], fewer.inputs)
    np.testing.assert_array_equal(more.targets[:5], fewer.targets)
    for key, value in fewer.conditions.items():
        np.testing.assert_array_equal(more.conditions[key][:5], value)
    assert (more.inputs != other.inputs).any()
    assert task.part("test") is task


@pytest.mark.parametrize("name", GENERATIVE)
def test_sizes_are_as_declared(name):
    task = tasks.make(name)
    trials = task.trials(3, seed=0)
    assert (trials.inputs.shape[2], trials.targets.shape[2], trials.dt) == (task.inputs, task.outputs, task.dt)


def test_go_nogo_timing_is_that_of_kim_et_al():
    trials = tasks.GoNoGo().trials(20, seed=0)
    assert trials.inputs.shape == (20, 200, 1)
    go = trials.conditions["go"]
    assert go.sum() == 10
    assert all(spans(u[:, 0]) == [(50, 75)] for u in trials.inputs[go])
    assert all(spans(z[:, 0]) == [(75, 200)] for z in trials.targets[go])
    assert not trials.inputs[~go].any()
    assert not trials.targets[~go].any()
    assert (trials.mask == 1).all()


def test_xor_timing_is_that_of_kim_et_al():
    trials = tasks.XOR().trials(8, seed=0)
    assert trials.inputs.shape == (8, 300, 2)
    pairs = set()
    for u, z in zip(trials.inputs, trials.targets, strict=True):
        assert spans(u[:, 0]) == [(50, 100)]
        assert spans(u[:, 1]) == [(110, 160)]
        assert spans(z[:, 0]) == [(170, 270)]
        first, second = u[60, 0], u[120, 1]
        assert z[200, 0] == (1 if first == second else -1)
        pairs.add((first, second))
    assert len(pairs) == 4


def test_context_integration_is_that_of_kim_et_al():
    trials = tasks.ContextIntegration().trials(256, seed=0)
    assert trials.inputs.shape == (256, 500, 4)
    evidence, context = trials.inputs[:, :, :2], trials.inputs[:, :, 2:]
    assert not evidence[:, :50].any()
    assert not evidence[:, 250:].any()
    assert set(np.unique(context)) == {0, 1}
    assert (context.sum(axis=2) == 1).all()
    assert (context == context[:, :1]).all()
    mean = evidence[:, 50:250].mean(axis=1)
    cued = np.where(context[:, 0, 0] == 1, mean[:, 0], mean[:, 1])
    # Means of 200 samples of SD 1 about +-0.5: 7 standard errors from the other side.
    np.testing.assert_array_equal(trials.targets[:, -1, 0], np.sign(cued))
    assert not trials.targets[:, :250].any()
    np.testing.assert_array_equal(trials.targets[:, 250:], np.sign(cued)[:, None, None] * np.ones((1, 250, 1)))
    # 102,400 samples: the standard errors of |mean| and SD are 0.003 and 0.002.
    signs = np.stack([trials.conditions["first"], trials.conditions["second"]], axis=1)[:, None, :]
    noise = evidence[:, 50:250] - 0.5 * signs
    assert abs(noise.mean()) < 0.015
    assert abs(noise.std() - 1) < 0.01
    # The irrelevant stream disagrees in half of the trials.
    assert (trials.conditions["first"] != trials.conditions["second"]).sum() == 128


def test_noise_power_does_not_depend_on_the_step():
    coarse = tasks.ContextIntegration(dt=0.01).trials(64, seed=0)
    assert coarse.steps == 250
    signs = coarse.conditions["first"][:, None]
    # 6,400 samples of SD sqrt(1/2): standard error 0.006.
    assert abs((coarse.inputs[:, 25:125, 0] - 0.5 * signs).std() - np.sqrt(0.5)) < 0.03


@pytest.mark.parametrize("name", [*DECISIONS, "go-nogo", "flip-flop"])
def test_perfect_outputs_are_right_and_nan_is_wrong(name):
    task = tasks.make(name)
    trials = task.trials(24, seed=1)
    score = task.score(trials.targets, trials)
    assert score.correct.shape == (24,)
    assert score.accuracy == 1
    assert np.isnan(score.error)
    assert task.score(np.full_like(trials.targets, np.nan), trials).accuracy == 0
    assert task.score(np.full_like(trials.targets, np.inf), trials).accuracy == 0
    # The scorer goes with any selection of trials.
    assert task.score(trials.targets[3:7], trials.select(slice(3, 7))).accuracy == 1


@pytest.mark.parametrize("name", DECISIONS)
def test_silent_opposite_and_two_sided_outputs_are_wrong(name):
    task = tasks.make(name)
    trials = task.trials(24, seed=1)
    signed = trials.conditions.get("coherence", np.ones(24)) != 0
    silent, opposite = 0 * trials.targets, -trials.targets
    both = trials.targets.copy()
    answer = np.flatnonzero(trials.targets[0, :, 0])
    both[:, answer[int(0.6 * answer.size)]] *= -0.9
    assert task.score(silent, trials).accuracy == 0
    assert task.score(opposite, trials).correct[signed].max() == 0
    assert task.score(both, trials).accuracy == 0
    assert task.score(0.69 * trials.targets, trials).accuracy == 0
    assert task.score(0.71 * trials.targets, trials).accuracy == 1


@pytest.mark.parametrize("level", [1.0, 0.5, 0.0])
def test_go_nogo_is_half_right_at_most_for_a_constant_output(level):
    task = tasks.GoNoGo()
    trials = task.trials(24, seed=1)
    go = trials.conditions["go"]
    correct = task.score(np.full_like(trials.targets, level), trials).correct
    assert (correct[go] == (level > 0.7)).all()
    assert (correct[~go] == (level < 0.3)).all()


def test_no_go_fails_on_one_step_of_output():
    task = tasks.GoNoGo()
    trials = task.trials(8, seed=1)
    outputs = trials.targets.copy()
    outputs[:, 150] = -0.35
    np.testing.assert_array_equal(task.score(outputs, trials).correct, trials.conditions["go"])


def test_xor_is_judged_on_steps_200_to_270_only():
    task = tasks.XOR()
    trials = task.trials(8, seed=1)
    outputs = -trials.targets
    outputs[:, 200:270] *= -1
    assert task.score(outputs, trials).accuracy == 1


def test_flip_flop_target_is_the_sign_of_the_last_pulse():
    trials = tasks.FlipFlop(bits=2).trials(6, seed=3)
    for u, z in zip(trials.inputs, trials.targets, strict=True):
        for bit in range(2):
            held = 0.0
            for step in range(trials.steps):
                held = u[step, bit] or held
                assert z[step, bit] == held
    assert set(np.unique(trials.inputs)) == {-1, 0, 1}
    assert all(1 <= len(spans(np.abs(u[:, 0]))) <= 12 for u in trials.inputs)


def test_flip_flop_counts_an_interval_as_wrong_for_one_wrong_step():
    task = tasks.FlipFlop(bits=1)
    trials = task.trials(10, seed=3)
    pulses = [spans(np.abs(u[:, 0])) for u in trials.inputs]
    # In the grace of 10 steps after a pulse of 5 everything is allowed; one step later nothing is.
    for shift, lost in ((9, 0), (10, 1)):
        outputs = trials.targets.copy()
        for k, runs in enumerate(pulses):
            outputs[k, runs[0][1] + shift] *= 0.4
        wanted = [1 - lost / len(runs) for runs in pulses]
        np.testing.assert_allclose(task.score(outputs, trials).correct, wanted)
    assert task.score(0 * trials.targets, trials).accuracy == 0
    assert task.score(-trials.targets, trials).accuracy == 0


def test_delayed_match_shows_what_its_conditions_say():
    task = tasks.DelayedMatch(stimuli=3, shortest=0.3, longest=0.9)
    trials = task.trials(40, seed=2)
    assert trials.conditions["match"].sum() == 0
    for k in range(40):
        shown = spans(trials.inputs[k].argmax(axis=1) + 1.0 * trials.inputs[k].any(axis=1))
        assert [stop - start for start, stop in shown] == [25, 25]
        delay = trials.dt * (shown[1][0] - shown[0][1])
        assert abs(delay - trials.conditions["delay"][k]) <= trials.dt
        first, second = (trials.inputs[k, start].argmax() for start, _ in shown)
        assert (first == second) == (trials.conditions["match"][k] == 1)
        assert spans(trials.targets[k, :, 0]) == [(shown[1][1], trials.steps)]
    assert trials.conditions["delay"].std() > 0.1


def test_sine_has_the_frequency_that_its_input_sets():
    task = tasks.Sine()
    trials = task.trials(6, seed=0)
    time = trials.dt * (np.arange(trials.steps) + 1) - 0.2
    for u, z in zip(trials.inputs, trials.targets, strict=True):
        wanted = np.where(time > 1e-9, np.sin(2 * np.pi * 3.0 * u[-1, 0] * time), 0)
        np.testing.assert_allclose(z[:, 0], wanted, atol=1e-9)
    assert task.score(trials.targets, trials).error == 0
    assert np.isnan(task.score(trials.targets, trials).correct).all()
    # Whole periods: a sine against its negative differs by twice itself.
    whole = tasks.Sine(slowest=2.0, fastest=2.0, duration=2.2)
    trials = whole.trials(2, seed=0)
    assert whole.score(-trials.targets, trials).error == pytest.approx(2)
    assert whole.score(0 * trials.targets, trials).error == pytest.approx(1)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: tasks.GoNoGo(dt=5), r"GoNoGo.dt: must be from 0.0001 s to 0.025 s \(got 5 s\); times are in seconds"),
        (lambda: tasks.XOR(dt=-0.005), "XOR.dt: must be positive"),
        (lambda: tasks.FlipFlop(bits=0), "FlipFlop.bits: must be a whole number from 1"),
        (lambda: tasks.FlipFlop(interval=0.1), "FlipFlop.interval: must be from 0.26 s"),
        (lambda: tasks.PerceptualDecision(coherences=()), "PerceptualDecision.coherences: must have shape"),
        (lambda: tasks.PerceptualDecision(coherences=(51.2,)), "coherences: must be from -1 to 1"),
        (lambda: tasks.PerceptualDecision(noise=-1), "PerceptualDecision.noise: must be from 0"),
        (lambda: tasks.DelayedMatch(stimuli=1), "DelayedMatch.stimuli: must be a whole number from 2"),
        (lambda: tasks.DelayedMatch(shortest=1.0), "DelayedMatch.longest: must be from 1 s"),
        (lambda: tasks.Sine(slowest=4.0), "Sine.slowest: must be from 0.01 to 3"),
        (lambda: tasks.Sine(fastest=30.0), "Sine.fastest: must be from 0.01 to 10.*ten steps"),
        (lambda: tasks.GoNoGo().trials(0, seed=1), "trials.count: must be a whole number from 1"),
        (lambda: tasks.GoNoGo().trials(1, seed=-1), "trials.seed: must be a whole number from 0"),
        (lambda: tasks.GoNoGo().part("tset"), "GoNoGo.part: must be a known name.*test, train, validation"),
    ],
)
def test_absurd_settings_are_refused_in_one_line(build, message):
    with pytest.raises(InputError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_outputs_of_other_trials_are_refused():
    task = tasks.GoNoGo()
    with pytest.raises(InputError, match=r"outputs: must have shape \(4, 200, 1\)"):
        task.score(np.zeros((4, 199, 1)), task.trials(4, seed=0))
