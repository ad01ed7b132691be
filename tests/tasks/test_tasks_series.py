"""Series: no leak between parts, values of simple predictors, generators against scipy, the sunspot numbers."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from biornn import tasks
from biornn.core.checks import InputError

SUNSPOT_YEARS = {1700: 5.0, 1705: 58.0, 1778: 154.4, 1957: 190.2, 2008: 2.9}


def seen(task, values):
    """Return masked-in (K, n) standardised values, back in the data's units."""
    step = task.hold_steps
    return task.to_units(values)[:, task.warmup * step + step - 1 :: step, 0]


@settings(max_examples=60, deadline=None)
@given(
    total=st.integers(20, 120),
    validation=st.integers(1, 30),
    test=st.integers(1, 30),
    horizon=st.integers(1, 7),
    warmup=st.integers(0, 10),
    window=st.integers(1, 30),
)
def test_parts_never_leak(*, total, validation, test, horizon, warmup, window):
    train = total - validation - test
    assume(warmup < window and window + horizon <= train and min(validation, test) > 0)
    # Sample n has the value n, so values are indices.
    parts = {"horizon": horizon, "warmup": warmup, "window": window, "validation": validation, "test": test}
    task = tasks.Series(np.arange(float(total)), hold_steps=2, **parts)
    ends = {"train": (0, train), "validation": (train, total - test), "test": (total - test, total)}
    for name, (low, high) in ends.items():
        part = task.part(name)
        trials = part.trials(5, seed=1)
        targets, inputs = seen(part, trials.targets), seen(part, trials.inputs)
        np.testing.assert_allclose(targets - inputs, horizon, atol=1e-6)
        assert targets.min() > low - 0.5
        assert targets.max() < high - 0.5
        everything = part.to_units(np.concatenate([trials.inputs, trials.targets]))
        assert everything.max() < high - 0.5
        np.testing.assert_array_equal(np.round(part.to_units(trials.inputs)[:, 0, 0]), trials.conditions["start"])


def test_statistics_come_from_the_training_part_only():
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    changed = values.copy()
    changed[300:] += 1000
    one, two = (tasks.Series(v, validation=50, test=50) for v in (values, changed))
    np.testing.assert_array_equal(one.trials(4, seed=0).inputs, two.trials(4, seed=0).inputs)
    standard = one.part("train").trials(400, seed=0).inputs
    assert one.to_units(0.0) == pytest.approx(values[:300].mean())
    assert one.to_units(1.0) - one.to_units(0.0) == pytest.approx(values[:300].std())
    assert abs(standard.mean()) < 0.1


def test_samples_are_held_and_judged_on_the_last_step_after_the_warm_up():
    task = tasks.Series(np.random.default_rng(0).normal(size=300), hold_steps=4, warmup=3, window=10, horizon=2)
    trials = task.trials(3, seed=0)
    assert trials.inputs.shape == trials.targets.shape == (3, 40, 1)
    held = trials.inputs.reshape(3, 10, 4)
    assert (held == held[:, :, :1]).all()
    np.testing.assert_array_equal(held[:, 2:, 0], trials.targets.reshape(3, 10, 4)[:, :-2, 0])
    np.testing.assert_array_equal(np.flatnonzero(trials.mask[0]), np.arange(15, 40, 4))


@pytest.mark.parametrize("horizon", [1, 3, 6])
def test_persistence_on_a_sine_is_that_of_theory(horizon):
    # 60 judged samples are five whole periods of 12: the error is sqrt(2 (1 - cos(2 pi h / 12))).
    values = np.sin(2 * np.pi * np.arange(600) / 12) + 7
    task = tasks.Series(values, horizon=horizon, warmup=20, window=80)
    trials = task.part("test").trials(4, seed=0)
    assert task.persistence(trials) == pytest.approx(np.sqrt(2 * (1 - np.cos(2 * np.pi * horizon / 12))), rel=1e-6)


def test_the_best_constant_has_error_one_and_perfection_zero():
    task = tasks.Series(np.random.default_rng(0).normal(size=(500, 2)) * (1, 50))
    trials = task.trials(6, seed=0)
    mean = trials.targets[trials.mask == 1].mean(axis=0)
    assert task.score(np.broadcast_to(mean, trials.targets.shape), trials).error == pytest.approx(1)
    score = task.score(trials.targets, trials)
    assert score.error == 0
    assert np.isnan(score.correct).all()
    assert score.correct.shape == (6,)
    # White noise: the last value is off by the SD of a difference, sqrt(2); 720 values, standard error about 0.03.
    assert task.persistence(trials) == pytest.approx(np.sqrt(2), abs=0.12)


def test_same_seed_same_windows_and_fewer_are_a_prefix_of_more():
    task = tasks.MackeyGlass(length=600)
    more, fewer = task.trials(9, seed=3), task.trials(4, seed=3)
    np.testing.assert_array_equal(more.inputs[:4], fewer.inputs)
    assert np.unique(more.conditions["start"]).size > 4
    assert task.part("train") == task
    assert task.part("test") != task


def test_mackey_glass_agrees_with_scipy_over_two_delays():
    def drive(x):
        return 0.2 * x / (1 + x**10)

    # Up to the first delay the history is constant, so the equation is linear.
    level = drive(1.2) / 0.1

    def first(t):
        return level + (1.2 - level) * np.exp(-0.1 * t)

    second = solve_ivp(
        lambda t, x: drive(first(t - 17)) - 0.1 * x, (17, 34), [first(17.0)], rtol=1e-10, atol=1e-12, dense_output=True
    )
    ours = tasks.mackey_glass(35, transient=0)
    np.testing.assert_allclose(ours[:17], first(np.arange(17)), rtol=1e-9)
    np.testing.assert_allclose(ours[17:], second.sol(np.arange(17, 35))[0], atol=1e-4)


def test_mackey_glass_converges_in_its_step():
    fine = tasks.mackey_glass(150, step=0.025, transient=0)
    errors = [np.abs(tasks.mackey_glass(150, step=step, transient=0) - fine).max() for step in (0.2, 0.1, 0.05)]
    # Second order: halving the step quarters the error.
    assert errors[0] > 3 * errors[1] > 3**2 * errors[2]
    assert errors[1] < 1e-4


def test_mackey_glass_is_on_its_attractor():
    series = tasks.MackeyGlass().samples
    # Published plots at tau = 17: between about 0.4 and 1.3, SD 0.22 to 0.23.
    assert 0.2 < series.min() < 0.5
    assert 1.2 < series.max() < 1.4
    assert series.std() == pytest.approx(0.225, abs=0.01)
    # Negative control: below the onset of oscillation the series rests at the fixed point 1.
    np.testing.assert_allclose(tasks.mackey_glass(50, tau=2.0), 1.0, atol=1e-6)


def test_lorenz_agrees_with_scipy():
    def slope(_, s):
        return [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]]

    time = np.arange(100) * 0.05
    truth = solve_ivp(slope, (0, 5), [1, 1, 1], t_eval=time, rtol=1e-11, atol=1e-12, method="DOP853").y.T
    # Errors grow e-fold per unit of time.
    np.testing.assert_allclose(tasks.lorenz(100, transient=0), truth, atol=2e-4)


def test_lorenz_shows_the_coordinates_asked_for():
    task = tasks.Lorenz(coordinates="zx", length=400)
    assert (task.inputs, task.outputs) == (2, 2)
    np.testing.assert_array_equal(task.samples, tasks.lorenz(400)[:, [2, 0]])
    assert task.samples[:, 0].min() > 0


def test_sunspot_numbers_are_those_of_the_record():
    task = tasks.Sunspots()
    assert task.samples.shape == (309, 1)
    for year, number in SUNSPOT_YEARS.items():
        assert task.samples[year - 1700, 0] == number


@pytest.mark.parametrize(("part", "first", "last"), [("validation", 1909, 1948), ("test", 1949, 2008)])
def test_a_held_out_part_of_the_sunspots_is_one_window_that_ends_in_its_last_year(part, first, last):
    task = tasks.Sunspots().part(part)
    trials = task.trials(3, seed=0)
    assert (trials.inputs == trials.inputs[:1]).all()
    wanted = seen(task, trials.targets)[0]
    assert wanted.size == last - first + 1
    np.testing.assert_allclose(wanted, task.samples[first - 1700 : last - 1700 + 1, 0], atol=1e-9)
    # A year is held for 200 ms.
    assert task.hold_steps * task.dt == pytest.approx(0.2)


def test_a_csv_file_is_a_series(tmp_path):
    file = tmp_path / "two.csv"
    rows = np.random.default_rng(0).normal(size=(300, 3)).round(6)
    file.write_text("time, a ,b\n" + "\n".join(",".join(map(str, row)) for row in rows) + "\n\n")
    task = tasks.Series.from_csv(file, columns=("b", "a"), horizon=2)
    np.testing.assert_array_equal(task.samples, rows[:, [2, 1]])
    assert tasks.make(**tasks.describe(task)) == task
    plain = tmp_path / "plain.csv"
    np.savetxt(plain, rows, delimiter=",")
    np.testing.assert_allclose(tasks.Series.from_csv(plain).samples, rows)
    np.testing.assert_allclose(tasks.CsvSeries(plain, columns="2").samples, rows[:, 2:])


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("a,b\n1,2\n3,nan\n", (), r"CSV file, line 3, column 'b': must not be missing \(got 'nan'\); fill"),
        ("a,b\n1,2\n3\n", (), r"CSV file, line 3: must have 2 cells .* comma \(got 1 cell\)"),
        ("a,b\n1,x\n", ("b",), r"line 2, column 'b': must be a finite number .*columns=\['a'\]"),
        ("a,b\n1,2\n", ("c",), "CSV columns: must be a known name.*choose one of a, b"),
        ("", (), r"CSV file: must hold text \(got an empty file"),
        ("a\n1\n2\n", (), "CsvSeries.validation: must hold out at least one of 2"),
    ],
)
def test_bad_csv_files_are_refused_in_one_line(tmp_path, text, columns, message):
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        tasks.Series.from_csv(file, columns=columns)


def test_a_missing_csv_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"CSV file: must be a readable text file.*FileNotFoundError"):
        tasks.Series.from_csv(tmp_path / "none.csv")


GOOD = np.sin(np.arange(200.0))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: tasks.Series(GOOD[:60]), "Series.window: must fit the train part of 42 samples.*got 80"),
        (lambda: tasks.Series(GOOD, warmup=80), "Series.warmup: must be below the window of 80"),
        (lambda: tasks.Series(GOOD, test=200), "Series.test: must be from 0 to 199"),
        (lambda: tasks.Series(GOOD, test=0.999), "Series.test: must leave some of 200"),
        (lambda: tasks.Series(GOOD, validation=2.5), "Series.validation: must be a share below 1 or a whole number"),
        (lambda: tasks.Series(GOOD, dt=20), "Series.dt: must be from 0.0001 s to 1 s"),
        (lambda: tasks.Series(GOOD, horizon=0), "Series.horizon: must be a whole number from 1"),
        (lambda: tasks.Series(GOOD).part("tset"), "Series.part: must be a known name"),
        (lambda: tasks.Series(np.ones(200)), "Series.samples: must vary within the training part"),
        (lambda: tasks.Series([*GOOD, np.nan]), r"Series.values: must be finite \(got nan at \[200\]\)"),
        (lambda: tasks.MackeyGlass(tau=17.05), "MackeyGlass.tau: must be a multiple of 0.1"),
        (lambda: tasks.Lorenz(coordinates="w"), "Lorenz.coordinates: must be some of x, y and z"),
    ],
)
def test_absurd_series_are_refused_in_one_line(build, message):
    with pytest.raises(InputError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_nothing_held_out_means_the_training_part():
    task = tasks.Series(GOOD, validation=0, test=0)
    one, two = (task.part(name).trials(4, seed=0) for name in ("train", "test"))
    np.testing.assert_array_equal(one.inputs, two.inputs)
