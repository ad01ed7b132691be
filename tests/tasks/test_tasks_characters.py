"""Characters: the shipped text, no leak between parts, values of simple predictors."""

from collections import Counter
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from biornn import tasks
from biornn.core.checks import InputError


def spoken(task, one_hot):
    """Return what a trial's (T, A) inputs or targets spell, one character a hold."""
    return "".join(task.alphabet[index] for index in one_hot[:: task.hold_steps].argmax(axis=1))


def test_the_shipped_text_is_in_the_package_and_in_plain_characters():
    raw = files("biornn.tasks").joinpath("carroll.txt").read_text(encoding="utf-8")
    assert raw.isascii()
    task = tasks.Characters()
    assert task.text.startswith("'twas brillig, and the slithy toves did gyre and gimble in the wabe;")
    assert "alice was beginning to get very tired of sitting by her sister on the bank" in task.text
    assert len(task.text) == 4950
    assert "  " not in task.text
    assert (task.inputs, task.outputs) == (38, 38)
    assert list(task.alphabet) == sorted(set(task.text))


def test_a_trial_spells_the_text_and_wants_its_next_character():
    task = tasks.Characters(hold_steps=3, warmup=5, window=20)
    trials = task.trials(8, seed=1)
    assert trials.inputs.shape == trials.targets.shape == (8, 60, 38)
    held = trials.inputs.reshape(8, 20, 3, 38)
    assert (held == held[:, :, :1]).all()
    for k, start in enumerate(trials.conditions["start"]):
        assert spoken(task, trials.inputs[k]) == task.text[start : start + 20]
        assert spoken(task, trials.targets[k]) == task.text[start + 1 : start + 21]
    for chosen in (trials.inputs, trials.targets):
        assert (chosen.sum(axis=2) == 1).all()
    np.testing.assert_array_equal(np.flatnonzero(trials.mask[0]), np.arange(17, 60, 3))


@settings(max_examples=40, deadline=None)
@given(validation=st.integers(1, 60), test=st.integers(1, 60), warmup=st.integers(0, 8), window=st.integers(2, 30))
def test_parts_never_leak(tmp_path_factory, validation, test, warmup, window):
    assume(warmup < window)
    # Every character is another one, so a character is its place.
    path = tmp_path_factory.mktemp("text") / "all.txt"
    path.write_text("".join(map(chr, range(0x4E00, 0x4E00 + 200))), encoding="utf-8")
    task = tasks.Characters(str(path), validation=validation, test=test, warmup=warmup, window=window)
    bounds = {"train": (0, 200 - validation - test), "validation": (200 - validation - test, 200 - test)}
    for name, (low, high) in {**bounds, "test": (200 - test, 200)}.items():
        part = task.part(name)
        trials = part.trials(5, seed=1)
        inputs, targets = (x.argmax(axis=2)[trials.mask == 1] for x in (trials.inputs, trials.targets))
        np.testing.assert_array_equal(targets, inputs + 1)
        assert low <= targets.min()
        assert max(targets.max(), trials.inputs.argmax(axis=2).max()) < high


def test_same_seed_same_windows_and_fewer_are_a_prefix_of_more():
    task = tasks.Characters()
    more, fewer = task.trials(9, seed=3), task.trials(4, seed=3)
    np.testing.assert_array_equal(more.inputs[:4], fewer.inputs)
    assert np.unique(more.conditions["start"]).size > 4
    assert (task.trials(9, seed=4).inputs != more.inputs).any()
    assert task.part("train") == task
    assert task.part("test") != task


def test_characters_are_scored_strictly():
    task = tasks.Characters()
    trials = task.trials(30, seed=0)
    score = task.score(trials.targets, trials)
    assert score.accuracy == 1
    assert np.isnan(score.error)
    assert task.score(1 - trials.targets, trials).accuracy == 0
    assert task.score(np.full_like(trials.targets, 1 / 38), trials).accuracy == 0, "a tie is no answer"
    assert task.score(np.full_like(trials.targets, np.nan), trials).accuracy == 0
    # Repeating the current character is right only at double letters.
    assert task.score(trials.inputs, trials).accuracy < 0.06
    early = trials.targets.copy()
    early[:, trials.mask[0] == 0] = 0
    assert task.score(early, trials).accuracy == 1, "masked steps do not count"


def test_simple_predictors_are_worth_what_counting_says():
    task = tasks.Characters(window=400, test=0.2).part("test")
    trials = task.trials(40, seed=0)
    train = task.text[: len(task.text) - round(0.1 * len(task.text)) - round(0.2 * len(task.text))]
    follows = {c: Counter() for c in task.alphabet}
    for now, following in pairwise(train):
        follows[now][following] += 1
    right = asked = 0
    for start in trials.conditions["start"]:
        for n in range(start + task.warmup, start + 400):
            counts = follows[task.text[n]]
            best = min(counts, key=lambda c: (-counts[c], c)) if counts else " "
            right, asked = right + (best == task.text[n + 1]), asked + 1
    assert task.bigram(trials).accuracy == pytest.approx(right / asked)
    assert 0.25 < right / asked < 0.4
    spaces = np.zeros_like(trials.targets)
    spaces[:, :, task.alphabet.index(" ")] = 1
    assert 0.15 < task.score(spaces, trials).accuracy < 0.22


def test_a_text_of_ones_own_is_folded(tmp_path):
    path = tmp_path / "text.txt"
    # With the byte order mark that editors on Windows write.
    path.write_text("\ufeff" + "Abc  aBC\n\nabc " * 40, encoding="utf-8")
    task = tasks.Characters(path)
    assert task.alphabet == " abc"
    assert task.text.startswith("abc abc abc abc")
    assert tasks.make(**tasks.describe(task)) == task


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        (b"", {}, r"Characters.path: must hold text \(got an empty file"),
        (b"aaaa", {}, r"Characters.path: must hold two or more different characters \(got 'aaaa'\)"),
        (b"\xff\xfe\x00", {}, r"Characters.path: must be a readable text file in UTF-8.*UnicodeDecodeError"),
        (b"ab" * 20, {}, "Characters.window: must fit the train part of 32 samples"),
        (b"ab" * 200, {"warmup": 50}, "Characters.warmup: must be below the window of 50"),
        (b"ab" * 200, {"window": 0}, "Characters.window: must be a whole number from 1"),
        (b"ab" * 200, {"test": 400}, "Characters.test: must be from 0 to 399"),
        (b"ab" * 200, {"dt": 20}, "Characters.dt: must be from 0.0001 s to 1 s"),
        (b"ab" * 200, {"stretch": "tset"}, "Characters.part: must be a known name"),
    ],
)
def test_bad_texts_and_settings_are_refused_in_one_line(tmp_path, text, settings, message):
    path = tmp_path / "text.txt"
    path.write_bytes(text)
    with pytest.raises(InputError, match=message) as caught:
        tasks.Characters(str(path), **settings)
    assert "\n" not in str(caught.value)


def test_a_missing_text_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"Characters.path: must be a readable text file.*FileNotFoundError"):
        tasks.Characters(str(tmp_path / "none.txt"))
