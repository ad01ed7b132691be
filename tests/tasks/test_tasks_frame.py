"""Data frames and files as pandas writes them: dates and years are the axis, names are those of the columns."""

import warnings

import numpy as np
import pandas as pd
import pytest

from biornn import tasks
from biornn.core.checks import InputError

RNG = np.random.default_rng(0)
N = 200
YEARS = np.arange(1800.0, 1800.0 + N)
FRAME = pd.DataFrame({"sst": RNG.normal(25, 2, N), "soi": RNG.normal(0, 10, N)})
MONTHS = pd.date_range("1990-01-01", periods=N, freq="MS")


def made(build):
    """Return a task and what was warned of while it was made."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        task = build()
    return task, [str(warning.message) for warning in said]


def last(task, channel=0):
    """Return the axis of the last window of the test part."""
    part = task.part("test")
    return part.axis(part.trials(1, 0), 0, channel)


WRITTEN = {
    "with row numbers": {},
    "without": {"index": False},
    "semicolons and decimal commas": {"sep": ";", "decimal": ","},
    "the same without row numbers": {"sep": ";", "decimal": ",", "index": False},
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_year_column_is_the_axis_however_pandas_wrote_the_file(tmp_path, how):
    frame = FRAME.assign(YEAR=YEARS)[["YEAR", "sst", "soi"]]
    frame.to_csv(tmp_path / "x.csv", **WRITTEN[how])
    task, (told,) = made(lambda: tasks.Series.from_csv(tmp_path / "x.csv"))
    np.testing.assert_array_equal(task.samples, FRAME)
    axis = last(task, 1)
    assert axis.labels == ("YEAR", "soi (data units)")
    np.testing.assert_array_equal(axis.positions, YEARS[-30:])
    assert "'YEAR' is the axis of figures" in told
    assert "columns=[" in told
    assert "forecasts all" in told
    assert "..." not in told


def test_row_numbers_are_the_axis_where_nothing_else_tells_the_time(tmp_path):
    FRAME.to_csv(tmp_path / "x.csv")
    task, _ = made(lambda: tasks.Series.from_csv(tmp_path / "x.csv"))
    assert last(task).labels[0] == "Row"
    assert last(task).positions[-1] == N - 1


@pytest.mark.parametrize("made_of", ["file", "frame"])
def test_the_first_of_january_is_a_whole_year(tmp_path, made_of):
    frame = FRAME.set_index(pd.DatetimeIndex([f"{year:.0f}-01-01" for year in YEARS], name="day"))
    frame.to_csv(tmp_path / "x.csv")
    task = tasks.Series(frame) if made_of == "frame" else tasks.Series.from_csv(tmp_path / "x.csv")
    np.testing.assert_array_equal(last(task).positions, YEARS[-30:])


INDEXES = {
    "dates": (MONTHS, "Year", 2006 + 7 / 12),
    "dates with a zone": (MONTHS.tz_localize("UTC"), "Year", 2006 + 7 / 12),
    "periods": (MONTHS.to_period("M"), "Year", 2006 + 7 / 12),
    "texts": (MONTHS.strftime("%Y-%m"), "Year", 2006 + 7 / 12),
    "years": (pd.Index(YEARS.astype(int), name="year"), "year", 1999),
    "years without a name": (pd.Index(YEARS), "Row", 1999),
    "spans of time": (pd.timedelta_range(0, periods=N, freq="20ms"), "Time (s)", 3.98),
    "row numbers": (pd.RangeIndex(N), "Sample", N - 1),
    "shuffled": (pd.Index(RNG.permutation(N)), "Sample", N - 1),
    "reversed": (pd.RangeIndex(N)[::-1], "Sample", N - 1),
    "stations": (pd.Index([f"s{k}" for k in range(N)]), "Sample", N - 1),
    "two levels": (pd.MultiIndex.from_arrays([np.arange(N) // 12, np.arange(N) % 12]), "Sample", N - 1),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_the_index_of_a_frame_is_the_axis_where_it_tells_the_time(kind):
    index, label, end = INDEXES[kind]
    frame = FRAME.set_index(index)
    task, said = made(lambda: tasks.Series(frame))
    assert said == []
    np.testing.assert_array_equal(task.samples, FRAME)
    assert last(task, 1).labels == (label, "soi (data units)")
    assert last(task).positions[-1] == pytest.approx(end, abs=0.003)
    one, said = made(lambda: tasks.Series(frame["soi"]))
    assert (said, last(one).labels) == ([], (label, "soi (data units)"))
    np.testing.assert_array_equal(one.samples[:, 0], FRAME["soi"])


@pytest.mark.parametrize("dtype", ["float32", "Float64", "object", "int64"])
def test_numbers_of_any_type_are_those_of_the_array(dtype):
    frame = FRAME.round().astype(dtype)
    np.testing.assert_array_equal(tasks.Series(frame).samples, FRAME.round())


def test_columns_of_a_frame_that_tell_the_time_are_not_forecast():
    task, (told,) = made(lambda: tasks.Series(FRAME.assign(year=YEARS)))
    np.testing.assert_array_equal(task.samples, FRAME)
    assert last(task).labels[0] == "year"
    assert "Series.values: left out 'year'" in told
    assert "tasks.Series(frame.to_numpy()) forecasts all" in told
    task, said = made(lambda: tasks.Series(FRAME.assign(when=MONTHS)))
    assert (task.inputs, said, last(task).labels[0]) == (2, [], "Year")
    task, (told,) = made(lambda: tasks.Series(FRAME.assign(year=YEARS).to_numpy()))
    assert task.inputs == 3
    assert "column number 2 seems to tell the time" in told


def test_a_frame_that_changes_later_leaves_the_task_as_it_was():
    frame = FRAME.copy()
    task = tasks.Series(frame)
    frame.loc[:, "sst"] = 0.0
    np.testing.assert_array_equal(task.samples, FRAME)


def test_rows_of_a_frame_in_another_order_and_gaps_are_told():
    frame = FRAME.set_index(MONTHS)
    _, (told,) = made(lambda: tasks.Series(frame[::-1]))
    assert "Series.values: rows are not in the order of time" in told
    _, (told,) = made(lambda: tasks.Series(frame.drop(MONTHS[50:60])))
    assert "1 steps between dates are longer" in told


HOLES = FRAME.where(pd.Series(np.arange(N) % 50 != 7), np.nan)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (HOLES, r"column 'sst': must not be missing \(got nan at 7\); fill the 4 gaps, as pandas' interpolate"),
        (HOLES.astype("Float64"), r"column 'sst': must not be missing .*fill the 4 gaps"),
        (HOLES["soi"][:100], r"column 'soi': must not be missing .*fill the 2 gaps"),
        (HOLES.to_numpy(), r"Series.values: must be finite \(got nan at \[7, 0\]\); fill the 8 gaps"),
        (FRAME.assign(place="Nino3"), r"column 'place': must be .*tasks.Series\(frame\[\['sst', 'soi'\]\]\)$"),
        (FRAME.assign(z=1j), r"column 'z': must be finite real numbers"),
        (FRAME.assign(big=np.inf), r"column 'big': must be finite real numbers"),
        (FRAME[:0], "Series.values: must have rows"),
        (FRAME[[]], "Series.values: must have a column to forecast"),
        (FRAME.assign(sst=1.0), "must vary within the training part .got sst, which is constant"),
        (FRAME.to_numpy() * (1, 0), "must vary within the training part .got Column 1, which is constant"),
        (FRAME.to_numpy().T, r"must have one sample a row \(got 200 columns of 2 samples\); transpose"),
    ],
)
def test_frames_that_are_no_series_are_refused_in_one_line(values, message):
    with pytest.raises(InputError, match=message) as caught:
        tasks.Series(values)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("total", "settings"), [(60, {}), (100, {}), (30, {}), (45, {"horizon": 6})])
def test_the_window_that_is_advised_fits(total, settings):
    with pytest.raises(InputError, match=r"must fit the train part .*a window of up to \d+") as caught:
        tasks.Series(RNG.normal(size=total), **settings)
    window = int(str(caught.value).split("a window of up to ")[1].split()[0].strip(","))
    warmup = min(20, window - 1)
    assert (warmup < 20) == ("a shorter warm-up" in str(caught.value))
    task = tasks.Series(RNG.normal(size=total), window=window, warmup=warmup, **settings)
    for part in ("train", "validation", "test"):
        assert task.part(part).trials(2, 0).mask.any()


def test_missing_cells_of_a_file_are_counted(tmp_path):
    HOLES.to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(InputError, match=r"line 9, column 'sst': must not be missing .*fill the 4 gaps of the column"):
        tasks.Series.from_csv(tmp_path / "x.csv")


def test_a_series_says_what_it_holds():
    shown = repr(tasks.Series(FRAME.set_index(MONTHS)))
    assert "200 samples of sst, soi, Year 1990 to 2006.58" in shown
    assert repr(tasks.Series(FRAME.to_numpy())).endswith("200 samples")


A_WALK = np.cumsum(RNG.normal(size=N))
CO2 = np.linspace(315, 370, N) + RNG.normal(size=N).round(2)
RAIN = RNG.gamma(1, 60, N).round(1)
ANOMALY = RNG.normal(0, 0.4, N).round(2)


@pytest.mark.parametrize(
    ("values", "fill"),
    [(CO2, -99.99), (RAIN, -99.9), (RAIN, -9999), (ANOMALY, 99.99), (ANOMALY, -999), (CO2, 999.9)],
)
@pytest.mark.parametrize("made_of", ["file", "frame"])
def test_numbers_that_stand_for_missing_samples_are_told(tmp_path, values, fill, made_of):
    frame = pd.DataFrame({"other": A_WALK, "x": np.where(np.arange(N) % 40 == 3, fill, values)}, index=MONTHS)
    frame.to_csv(tmp_path / "x.csv")
    task, (told,) = made(
        lambda: tasks.Series(frame) if made_of == "frame" else tasks.Series.from_csv(tmp_path / "x.csv")
    )
    assert f"column 'x': 5 samples are {fill:g}, which may stand for missing ones" in told
    assert task.inputs == 2


@pytest.mark.parametrize("values", [CO2, RAIN, ANOMALY, np.arange(N) % 100, RNG.integers(-99, 100, N), -CO2])
def test_measurements_are_no_missing_samples(values):
    assert made(lambda: tasks.Series(pd.DataFrame({"other": A_WALK, "x": values}, index=MONTHS)))[1] == []
