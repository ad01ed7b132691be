"""Files and containers in which something else stands than it seems: told or refused, never read in silence."""

import warnings

import numpy as np
import pandas as pd
import pytest

from biornn import tasks
from biornn.core.checks import InputError

N = 200
WAVE = np.round(20 + 3 * np.sin(np.arange(N) / 5), 3)
RANDOM = np.random.default_rng(0)


def file(path, header, *columns, separator=","):
    """Write columns of text or numbers to a file and return its path."""
    rows = (separator.join(map(str, row)) for row in zip(*columns, strict=True))
    path.write_text("\n".join([header, *rows]))
    return path


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("", RANDOM.permutation(N)),
        ("time", np.tile(np.arange(50), 4)),
        ("ts", 1_700_000_000 + 60 * np.arange(N) + RANDOM.integers(0, 50, N)),
    ],
)
def test_row_numbers_that_are_shuffled_begin_again_or_are_uneven_are_told(tmp_path, name, numbers):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        task = tasks.Series.from_csv(file(tmp_path / "a.csv", f"{name},a", numbers, WAVE))
    assert any("left out" in str(warning.message) for warning in said)
    np.testing.assert_array_equal(task.samples[:, 0], WAVE)


def test_rows_out_of_order_are_told_of(tmp_path):
    path = file(tmp_path / "a.csv", ",a", RANDOM.permutation(N), WAVE)
    with pytest.warns(UserWarning, match="left out ''"), pytest.warns(UserWarning, match="not in the order of time"):
        tasks.Series.from_csv(path)


def test_a_column_that_wanders_is_no_row_number(tmp_path):
    counts = 1000 + np.cumsum(RANDOM.integers(-3, 4, N))
    assert tasks.Series.from_csv(file(tmp_path / "a.csv", "count,a", counts, WAVE)).inputs == 2


@pytest.mark.filterwarnings("ignore:CSV file. left out")
def test_calendar_columns_that_do_not_change_are_left_out(tmp_path):
    days = pd.date_range("2001-01-01", periods=N)
    path = file(tmp_path / "a.csv", "YEAR,MO,DY,a", days.year, days.month, days.day, WAVE)
    assert tasks.Series.from_csv(path).inputs == 1


def test_days_and_times_of_day_are_one_clock(tmp_path):
    stamps = pd.date_range("2001-01-01", periods=N, freq="6h")
    path = file(tmp_path / "a.csv", "date,time,a", stamps.strftime("%Y-%m-%d"), stamps.strftime("%H:%M"), WAVE)
    task = tasks.Series.from_csv(path)
    axis = task.axis(task.trials(1, 0))
    assert axis.labels[0] == "Days since 2001-01-01"
    np.testing.assert_allclose(np.diff(axis.positions), 0.25)


@pytest.mark.parametrize("fill", [-999, -99.99, 9999.9, 1e20])
def test_numbers_that_stand_for_missing_samples_are_told(tmp_path, fill):
    values = np.where(np.arange(N) % 50 == 7, fill, WAVE)
    with pytest.warns(UserWarning, match=r"column 'a': 4 samples are .*may stand for missing ones"):
        tasks.Series.from_csv(file(tmp_path / "a.csv", "a", values))


def test_nines_among_the_others_are_numbers(tmp_path):
    values = np.where(np.arange(N) % 50 == 7, 99, 5 * WAVE.round())
    assert tasks.Series.from_csv(file(tmp_path / "a.csv", "a", values)).samples.max() > 99


def test_points_that_separate_thousands_in_some_cells_are_refused(tmp_path):
    cells = [f"{count:,}".replace(",", ".") for count in np.arange(900, 900 + N)]
    path = file(tmp_path / "a.csv", "a;b", cells, RANDOM.permutation(N), separator=";")
    with pytest.raises(InputError, match=r"point is a decimal sign or separates thousands \(got 1.000 and 900\)"):
        tasks.Series.from_csv(path)


@pytest.mark.parametrize("header", ["a", "11 023"])
def test_blanks_that_separate_thousands_are_refused(tmp_path, header):
    path = file(tmp_path / "a.csv", header, [f"{count:,}".replace(",", " ") for count in np.arange(11_100, 11_300)])
    with pytest.raises(InputError, match="whether a space is a separator or a separator of thousands"):
        tasks.Series.from_csv(path)


def test_a_pandas_series_in_reverse_order_is_told():
    stamps = pd.date_range("2001-01-01", periods=N)[::-1]
    with pytest.warns(UserWarning, match="rows are not in the order of time"):
        task = tasks.Series(pd.Series(WAVE, index=stamps))
    np.testing.assert_array_equal(task.samples[:, 0], WAVE)


def test_a_column_of_an_array_that_tells_the_time_is_told():
    with pytest.warns(UserWarning, match=r"column number 0 seems to tell the time"):
        tasks.Series(np.column_stack([np.arange(N), WAVE]))


def test_columns_of_frames_in_another_order_are_refused():
    one, two = pd.DataFrame({"x": [1.0, 2], "y": [3, 4]}), pd.DataFrame({"y": [3.0, 4], "x": [1, 2]})
    with pytest.raises(InputError, match=r"sequences\[1\]: must have the columns \['x', 'y'\] in this order"):
        tasks.Sequences([one, two], [0, 1], 2, validation=0, test=0)
