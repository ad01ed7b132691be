"""Digits and tones: named data sets of labelled sequences, with and without scikit-learn."""

import importlib.util
import json
import sys
from collections import Counter
from itertools import pairwise
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from biornn import tasks
from biornn.core.checks import InputError
from biornn.tasks import digits, tones


@pytest.fixture
def without(monkeypatch):
    """Hide scikit-learn."""
    digits.images.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    yield
    digits.images.cache_clear()


@pytest.fixture
def images(monkeypatch):
    """Put 60 images of noise in the place of scikit-learn's."""
    rng = np.random.default_rng(0)
    found = SimpleNamespace(images=rng.integers(0, 17, (60, 8, 8)).astype(float), target=np.arange(60) % 10)
    fake = ModuleType("sklearn.datasets")
    fake.load_digits = lambda: found
    digits.images.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn", ModuleType("sklearn"))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", fake)
    yield found
    digits.images.cache_clear()


def test_digits_are_read_row_by_row_and_asked_at_the_end(images):
    task = tasks.Digits(hold_steps=3)
    trials = task.trials(42, seed=1)
    assert trials.inputs.shape == (42, 24, 8)
    assert (task.inputs, task.outputs, task.readout) == (8, 10, "softmax")
    for k, index in enumerate(trials.conditions["sequence"]):
        np.testing.assert_array_equal(trials.inputs[k], images.images[index].repeat(3, axis=0) / 16)
        assert trials.targets[k].argmax(axis=1).tolist() == 24 * [images.target[index]]
    assert (np.argwhere(trials.mask) == [[k, 23] for k in range(42)]).all()


def test_digits_without_scikit_learn_are_refused_in_one_line(without):
    rule = r"Digits: needs scikit-learn.*; pip install 'biornn\[tasks\]'"
    for build in (tasks.Digits, lambda: tasks.make("digits"), lambda: tasks.make("digits", hold_steps=2)):
        with pytest.raises(InputError, match=rule) as caught:
            build()
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(importlib.util.find_spec("sklearn") is None, reason="scikit-learn is optional")
def test_the_digits_are_those_of_scikit_learn():
    task = tasks.Digits(hold_steps=1, validation=0, test=0)
    assert task.size == 1797
    trials = task.trials(1797, seed=0)
    assert trials.inputs.min() == 0
    assert trials.inputs.max() == 1
    # Published counts of the ten digits.
    counts = np.bincount(trials.conditions["label"]).tolist()
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def small(name, **settings):
    """Return a small task of that name."""
    return tasks.make(name, **({"utterances": 60} if name == "tones" else {}), **settings)


@pytest.mark.parametrize("name", ["digits", "tones"])
def test_parts_are_disjoint_and_drawn_without_replacement(images, name):
    task = small(name, validation=9, test=0.15)
    drawn = {}
    for part, size in (("train", 42), ("validation", 9), ("test", 9)):
        index = task.part(part).trials(2 * size, seed=5).conditions["sequence"]
        assert len(set(index[:size])) == size
        assert set(index[:size]) == set(index[size:])
        np.testing.assert_array_equal(task.part(part).trials(size - 1, 5).conditions["sequence"], index[: size - 1])
        drawn[part] = set(index)
    assert set.union(*drawn.values()) == set(range(60))
    other = small(name, validation=9, test=0.15, split_seed=1).part("test").trials(9, seed=5)
    assert set(other.conditions["sequence"]) != drawn["test"]
    np.testing.assert_array_equal(task.trials(9, 3).inputs, task.part("train").trials(9, 3).inputs)


@pytest.mark.parametrize("name", ["digits", "tones"])
def test_they_are_scored_strictly_at_their_end(images, name):
    task = small(name)
    trials = task.trials(30, seed=1)
    assert trials.mask.sum() == 30
    assert task.score(trials.targets, trials).accuracy == 1
    assert task.score(1 - trials.targets, trials).accuracy == 0
    assert task.score(np.full_like(trials.targets, 0.1), trials).accuracy == 0, "a tie is no answer"
    assert task.score(np.full_like(trials.targets, np.nan), trials).accuracy == 0
    early = np.where(trials.mask[:, :, None] == 1, 1 - trials.targets, trials.targets)
    assert task.score(early, trials).accuracy == 0, "an answer before the end does not count"


@pytest.mark.parametrize("name", ["digits", "tones"])
def test_a_description_makes_an_equal_task(images, name):
    default, changed = tasks.make(name), small(name, hold_steps=2, stretch="test")
    for task in (default, changed):
        again = tasks.make(**json.loads(json.dumps(tasks.describe(task))))
        assert again == task
        assert hash(again) == hash(task)
    assert default != changed


def test_an_utterance_is_its_word_and_its_own_stream():
    few, more = tasks.Tones(utterances=20).labelled(), tasks.Tones(utterances=30).labelled()
    assert few[1].tolist() == [*range(10), *range(10)]
    for one, two in zip(few[0], more[0], strict=False):
        np.testing.assert_array_equal(one, two)
    assert (few[0][0][:20] != few[0][10][:20]).any(), "another voice"
    lengths = {len(energy) for energy in more[0]}
    assert min(lengths) >= 30
    assert max(lengths) <= 49
    assert len(lengths) > 5
    assert all(energy.shape[1] == 16 for energy in more[0])
    assert not np.array_equal(few[0][0][:20], tasks.Tones(utterances=20, voices=1).labelled()[0][0][:20])


def test_words_are_ten_and_told_by_neither_their_first_nor_their_last_glide_alone():
    assert len(set(tones.WORDS)) == len(tones.WORDS) == 10
    for word in tones.WORDS:
        assert all(one != two for one, two in pairwise(word)), "a glide moves"
    for shared in (Counter(word[:2] for word in tones.WORDS), Counter(word[2:] for word in tones.WORDS)):
        assert list(shared.values()) == 5 * [2]


@pytest.mark.parametrize("band", [2, 8, 14])
def test_a_pure_tone_is_heard_in_the_band_of_its_frequency(band):
    centre = np.geomspace(tones.LOWEST, tones.HIGHEST, tones.BANDS)[band]
    time = np.arange(4000) / tones.RATE
    heard = tones.energies(np.sqrt(2) * np.sin(2 * np.pi * centre * time))
    assert heard.shape == (48, 16)
    assert (heard.argmax(axis=1) == band).all()
    np.testing.assert_allclose(heard, heard[:1].repeat(48, axis=0), atol=0.05)
    # Ten times the amplitude is two decades of energy.
    louder = tones.energies(10 * np.sqrt(2) * np.sin(2 * np.pi * centre * time))
    np.testing.assert_allclose((louder - heard)[:, band], 2, atol=0.05)


def test_silence_is_zero_and_white_noise_has_its_power_in_every_band():
    np.testing.assert_array_equal(tones.energies(np.zeros(1000)), 0)
    noise = 0.5 * np.random.default_rng(0).standard_normal(400_000)
    power = 10 ** tones.energies(noise) - 1
    # 5,000 frames of about one independent power each: standard error below 2 %.
    np.testing.assert_allclose(power.mean(axis=0), 0.25, rtol=0.08)


def test_a_voice_glides_from_vowel_to_vowel():
    # "iaue" is at i after its rise, at a after a third and near e before its fall; only a has both near 1 kHz.
    found = [tones.energies(tones.utterance("iaue", np.random.default_rng(k))) for k in range(20)]
    centre = np.geomspace(tones.LOWEST, tones.HIGHEST, tones.BANDS)
    middle, high = (centre > 650) & (centre < 1400), centre > 1700

    def at(energy, share):
        return energy[round(share * (len(energy) - 1))]

    contrast = [[at(e, s)[high].mean() - at(e, s)[middle].mean() for s in (0.08, 1 / 3, 0.92)] for e in found]
    first, second, last = np.mean(contrast, axis=0)
    assert first > second + 0.2
    assert last > second + 0.2


def test_words_can_be_told_by_a_linear_reader_of_all_frames_and_not_from_the_last():
    task = tasks.Tones(utterances=400, noise=0.3, validation=0, test=100)

    def right(features):
        sets = []
        for part, count in (("train", 300), ("test", 100)):
            trials = task.part(part).trials(count, seed=0)
            length = trials.conditions["length"]
            read = [features(u[:n]) for u, n in zip(trials.inputs, length, strict=True)]
            sets.append((np.column_stack([np.array(read), np.ones(count)]), trials.conditions["label"]))
        (x, label), (fresh, wanted) = sets
        weight = np.linalg.solve(x.T @ x + 0.3 * np.eye(x.shape[1]), x.T @ np.eye(10)[label])
        return ((fresh @ weight).argmax(axis=1) == wanted).mean()

    everything = right(lambda u: u[np.linspace(1, len(u) - 2, 10).round().astype(int)].ravel())
    last = right(lambda u: u[-4:].ravel())
    assert everything > 0.9
    # Guessing among the two words of each end is right half of the time; standard error 0.05.
    assert last < 0.65


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: tasks.Tones(utterances=10), "Tones.utterances: must be a whole number from 20"),
        (lambda: tasks.Tones(noise=-1), "Tones.noise: must be from 0 to 10"),
        (lambda: tasks.Tones(voices=-1), "Tones.voices: must be a whole number from 0"),
        (lambda: tasks.Tones(hold_steps=0), "Tones.hold_steps: must be a whole number from 1"),
        (lambda: tasks.Tones(dt=10), "Tones.dt: must be from 0.0001 s to 1 s"),
        (lambda: tasks.Tones(split_seed=-1), "Tones.split_seed: must be a whole number from 0"),
        (lambda: tasks.Tones(test=600), "Tones.test: must be from 0 to 599"),
        (lambda: tasks.Tones(stretch="tset"), "Tones.part: must be a known name"),
        (lambda: tasks.Digits(validation=60), "Digits.validation: must be from 0 to 59"),
        (lambda: tasks.Digits().part("tset"), "Digits.part: must be a known name"),
        (lambda: tasks.Digits().trials(0, 0), "trials.count: must be a whole number from 1"),
    ],
)
def test_absurd_settings_are_refused_in_one_line(images, build, message):
    with pytest.raises(InputError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)
