"""Adding and copying: the published trials, values of answers without memory, strict scorers."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax

from biornn import tasks
from biornn.core.checks import InputError


@settings(max_examples=50, deadline=None)
@given(length=st.integers(2, 40), hold=st.integers(1, 4), seed=st.integers(0, 1000))
def test_adding_asks_for_the_sum_of_the_marked_values(length, hold, seed):
    trials = tasks.Adding(length=length, hold_steps=hold).trials(6, seed)
    assert trials.inputs.shape == (6, length * hold, 2)
    held = trials.inputs.reshape(6, length, hold, 2)
    assert (held == held[:, :, :1]).all()
    value, marker = held[:, :, 0, 0], held[:, :, 0, 1]
    assert set(np.unique(marker)) <= {0, 1}
    half = length // 2
    assert (marker[:, :half].sum(axis=1) == 1).all()
    assert (marker[:, half:].sum(axis=1) == 1).all()
    assert value.min() >= 0
    assert value.max() <= 1
    np.testing.assert_allclose(trials.targets[:, -1, 0], (value * marker).sum(axis=1))
    np.testing.assert_array_equal(trials.targets[:, -hold:, 0], trials.targets[:, -1:, 0].repeat(hold, axis=1))
    assert not trials.targets[:, :-hold].any()
    assert (np.argwhere(trials.mask)[:, 1] == trials.steps - 1).all()
    assert trials.mask.sum() == 6


def test_the_constant_guess_of_adding_is_that_of_the_literature():
    task = tasks.Adding(length=10)
    trials = task.trials(4000, seed=0)
    total = trials.targets[:, -1, 0]
    # The sum is triangular on [0, 2]: mean 1, variance 1/6; standard errors 0.0065 and 0.0031.
    assert total.mean() == pytest.approx(1, abs=0.026)
    assert np.mean((total - 1) ** 2) == pytest.approx(1 / 6, abs=0.0125)
    assert task.constant_guess(trials) == pytest.approx(1, abs=0.002)
    assert task.score(np.full_like(trials.targets, total.mean()), trials).error == pytest.approx(1, abs=1e-9)


def test_adding_is_scored_on_its_last_step_only():
    task = tasks.Adding(length=10, hold_steps=3)
    trials = task.trials(50, seed=0)
    outputs = np.full_like(trials.targets, 100.0)
    outputs[:, -1] = trials.targets[:, -1]
    score = task.score(outputs, trials)
    assert score.error == 0
    assert np.isnan(score.correct).all()
    early = trials.targets.copy()
    early[:, -1] = 0
    # Never answering is worse than guessing: sqrt(E[s^2] / Var[s]) = sqrt((7/6) / (1/6)).
    assert task.score(early, trials).error == pytest.approx(np.sqrt(7), rel=0.15)
    # One of the two values alone, with the mean of the other, leaves half of the variance.
    half = task.trials(2000, seed=1)
    first = half.inputs[np.arange(2000), 3 * half.conditions["first"], 0]
    answer = (first + 0.5)[:, None, None] * np.ones_like(half.targets)
    assert task.score(answer, half).error == pytest.approx(np.sqrt(0.5), abs=0.03)
    assert np.isnan(task.score(np.full_like(trials.targets, np.nan), trials).error)


@settings(max_examples=50, deadline=None)
@given(
    symbols=st.integers(1, 6),
    delay=st.integers(1, 20),
    alphabet=st.integers(2, 9),
    hold=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
def test_copying_shows_waits_cues_and_recalls(*, symbols, delay, alphabet, hold, seed):
    task = tasks.Copying(symbols=symbols, delay=delay, alphabet=alphabet, hold_steps=hold)
    trials = task.trials(5, seed)
    assert trials.steps == hold * (delay + 2 * symbols)
    assert (trials.inputs.sum(axis=2) == 1).all()
    assert (trials.targets.sum(axis=2) == 1).all()
    shown, wanted = (x.argmax(axis=2).reshape(5, -1, hold) for x in (trials.inputs, trials.targets))
    for held in (shown, wanted):
        assert (held == held[:, :, :1]).all()
    shown, wanted = shown[:, :, 0], wanted[:, :, 0]
    blank, cue = alphabet, alphabet + 1
    np.testing.assert_array_equal(shown[:, :symbols], wanted[:, -symbols:])
    assert (shown[:, :symbols] < alphabet).all()
    assert (wanted[:, :-symbols] == blank).all()
    assert (np.argwhere(shown == cue) == [[k, symbols + delay - 1] for k in range(5)]).all()
    assert (shown[:, symbols:] == blank).sum() == 5 * (delay + symbols - 1)
    assert trials.mask.sum() == 5 * task.length
    assert all(b - a == hold for a, b in pairwise(np.flatnonzero(trials.mask[0])))
    assert task.score(trials.targets, trials).accuracy == 1


def test_copying_is_scored_on_the_recall_alone_and_strictly():
    task = tasks.Copying(symbols=4, delay=5, hold_steps=2)
    trials = task.trials(50, seed=0)
    silent = np.zeros_like(trials.targets)
    silent[:, :, -1] = 1
    assert task.score(silent, trials).accuracy == 0, "blanks are most of the trial and none of the score"
    recalled = trials.targets.copy()
    recalled[:, : -4 * 2] = np.nan
    assert task.score(recalled, trials).accuracy == 1
    recalled[:, -1] = silent[:, -1]
    np.testing.assert_array_equal(task.score(recalled, trials).correct, np.full(50, 3 / 4))
    assert task.score(np.full_like(trials.targets, 1 / 9), trials).accuracy == 0, "a tie is no answer"
    assert task.score(np.full_like(trials.targets, np.nan), trials).accuracy == 0
    # Shifted by one symbol: right only where a symbol happens to be repeated, one in eight of three.
    late = np.roll(trials.targets, 2, axis=1)
    assert task.score(late, trials).accuracy < 0.2


def test_one_symbol_without_memory_is_right_in_one_of_eight_at_the_published_loss():
    task = tasks.Copying(symbols=10, delay=100)
    trials = task.trials(1000, seed=0)
    assert task.memoryless_loss == pytest.approx(10 * np.log(8) / 120)
    guess = np.zeros_like(trials.targets)
    guess[:, :, 5] = 1
    # 10,000 symbols: standard error 0.0033.
    assert task.score(guess, trials).accuracy == pytest.approx(1 / 8, abs=0.0132)
    logits = np.zeros_like(trials.targets)
    logits[:, :-10, :8] = logits[:, -10:, 8:] = -1e3
    loss = -(trials.targets * log_softmax(logits, axis=2)).sum(axis=2)
    assert (trials.mask * loss).sum() / trials.mask.sum() == pytest.approx(task.memoryless_loss)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: tasks.Adding(length=1), "Adding.length: must be a whole number from 2"),
        (lambda: tasks.Adding(length=10.0), "Adding.length: must be a whole number from 2"),
        (lambda: tasks.Adding(hold_steps=0), "Adding.hold_steps: must be a whole number from 1"),
        (lambda: tasks.Adding(dt=10), r"Adding.dt: must be from 0.0001 s to 1 s \(got 10 s\); times are in seconds"),
        (lambda: tasks.Copying(symbols=0), "Copying.symbols: must be a whole number from 1"),
        (lambda: tasks.Copying(delay=0), "Copying.delay: must be a whole number from 1"),
        (lambda: tasks.Copying(alphabet=1), "Copying.alphabet: must be a whole number from 2"),
        (lambda: tasks.Copying(hold_steps=True), "Copying.hold_steps: must be a whole number from 1"),
        (lambda: tasks.Copying(dt=-1), "Copying.dt: must be positive"),
        (lambda: tasks.Copying().score(np.zeros((2, 16, 8)), tasks.Copying().trials(2, 0)), "outputs: must have shape"),
    ],
)
def test_absurd_settings_are_refused_in_one_line(build, message):
    with pytest.raises(InputError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)
