"""CSV files: what was written is read, or refused in one line; nothing is guessed in silence."""

import json
import os
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from biornn import tasks
from biornn.core.checks import InputError
from biornn.tasks import sheet, table

RNG = np.random.default_rng(0)
N = 200
A, B = (RNG.normal(size=N) + 5).round(3), (100 * RNG.normal(size=N)).round(3)
BOTH = np.column_stack([A, B])


def rows(*columns, separator=","):
    return "\n".join(separator.join(map(str, row)) for row in zip(*columns, strict=True))


def comma(values):
    return [f"{value:.3f}".replace(".", ",") for value in values]


@pytest.fixture
def read(tmp_path):
    """Return a function that makes a series of a text and says what was warned of."""

    def make(text, columns=(), **settings):
        path = tmp_path / "series.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            task = tasks.Series.from_csv(path, columns, **settings)
        return task, [str(warning.message) for warning in said]

    return make


UNDERSTOOD = {
    "semicolons and decimal commas": "a;b\n" + rows(comma(A), comma(B), separator=";"),
    "semicolons and points": "a;b\n" + rows(A, B, separator=";"),
    "tabs": "a\tb\n" + rows(A, B, separator="\t"),
    "tabs and decimal commas": "a\tb\n" + rows(comma(A / 10), comma(B), separator="\t"),
    "bars": "a|b\n" + rows(A, B, separator="|"),
    "blanks, as numpy.savetxt writes": rows(A, B, separator=" "),
    "names in a comment": "# a b\n" + rows(A, B, separator="   "),
    "blanks after commas": "a, b\n" + rows(A, B, separator=", "),
    "a title": "Station log\n\na,b\n" + rows(A, B),
    "a title with empty cells": "Station log,\na,b\n" + rows(A, B),
    "a title and no names": "Station log\n" + rows(A, B),
    "comments": "# degrees\na,b\n# and more\n" + rows(A, B),
    "a byte order mark and Windows line ends": "\ufeff" + ("a,b\n" + rows(A, B) + "\n").replace("\n", "\r\n"),
    "line ends of old Macs": ("a,b\n" + rows(A, B)).replace("\n", "\r"),
    "quotes": '"a","b"\n' + rows([f'"{x}"' for x in A], B),
    "empty lines": ("a,b\n" + rows(A, B)).replace("\n", "\n\n"),
    "a separator at every end": "a,b,\n" + rows(A, B, [""] * N),
    "UTF-16 of Excel": ("a\tb\n" + rows(A, B, separator="\t")).encode("utf-16"),
    "exponents": "a,b\n" + rows([f"{x:e}" for x in A], [f"{x:+.3E}" for x in B * 1000]),
}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_what_was_written_is_read_without_a_word(read, name):
    task, said = read(UNDERSTOOD[name])
    assert not said
    wanted = np.column_stack([A / 10, B]) if name == "tabs and decimal commas" else BOTH
    wanted = BOTH * (1, 1000) if name == "exponents" else wanted
    np.testing.assert_allclose(task.samples, wanted, rtol=1e-3 if "10" in name or "exp" in name else 0, atol=6e-4)


GROUPS = [f"{1e4 * x:,.2f}" for x in A]
REFUSED = {
    "a,b\n" + rows(A, B).replace("\n", ",9\n", 1): r"line 2: must have 2 cells .* comma \(got 3 cells\)",
    "a,b\n" + rows(comma(A), comma(B)): r"line 1: must have 4 cells .* comma \(got 2 cells\); is the comma also",
    "a\n" + rows(comma(A)): r"CSV file: must say whether a comma is a separator, a decimal sign",
    rows(comma(A)): r"must say whether a comma is a separator, a decimal sign",
    "gdp\n1,234,567\n2,345,678\n": r"must say whether a comma is a separator",
    "a;b\n" + rows(GROUPS, GROUPS, separator=";"): r"line 2, column 'a': must be a finite number .*without a separator",
    'a,b\n"1,234",5\n"2,345",6\n': r"must have one decimal sign and no separator of thousands",
    "a\tb\n1,234\t5\n2,345\t6\n": r"must have one decimal sign and no separator of thousands",
    "a;b\n1,5;2.5\n1,7;2.6\n": r"must have one decimal sign .* \(got 1,5 and 2.5\)",
    "a,b\n1,\n2,3\n": r"line 2, column 'b': must not be missing \(got ''\); fill the gap",
    "a,b\n1,2\n1,NA\n2,3\n": r"line 3, column 'b': must not be missing \(got 'NA'\)",
    "a\n1\n\n3\n": r"line 3, column 'a': must not be missing",
    "nan\n1\n2\n": r"line 1, column '0': must not be missing \(got 'nan'\)",
    "a,b\n1,2\n1,inf\n2,3\n": r"line 3, column 'b': must be a finite number \(got 'inf'\); choose .*columns=\['a'\]",
    "a,b\n1,2\n1,1e999\n2,3\n": r"line 3, column 'b': must be a finite number",
    "a,b\n1,2\n1,1_000\n2,3\n": r"line 3, column 'b': must be a finite number",
    "a,b\n1,2\n1,5%\n2,3\n": r"line 3, column 'b': must be a finite number",
    "a,kind\n1.5,x\n2,y\n1,z\n": r"line 2, column 'kind': must be a finite number .* columns=\['a'\]",
    "a,b\nC,mm\n1,2\n": r"line 2, column 'a': must be a finite number \(got 'C'\)",
    "0,1\n1.5,2\n1.4,3\n": r"line 1: must be names or a sample \(got 0, 1\); name every column",
    "a b\n" + rows(range(1, N + 1), A, B, separator=" "): r"line 1: must have 3 cells .*row names",
    "a,b\n" + rows(A, B) + "\nSource: them": r"line 202: must have 2 cells",
    "a,b\n": r"must have rows below the names",
    "# nothing\n\n": r"must have rows \(got an empty file\)",
    "date\n2020-01-01\n2020-01-02\n2020-01-03\n": r"must have a column to forecast \(got only date\)",
    'a,b\n"1,2\n3,4\n': r"must be cells with a separator",
    "a,b\n" + "1" * 200_000 + ",2\n3,4\n": r"line 2: must be cells with a separator \(got field larger",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_could_mean_two_things_is_refused_in_one_line(read, text):
    with pytest.raises(InputError, match=REFUSED[text]) as caught:
        read(text)
    assert "\n" not in str(caught.value)


DAYS = pd.date_range("2001-01-01", periods=N)
MONTHS = pd.date_range("1958-03-01", periods=N, freq="MS")
DATES = {
    "2001-01-31": (DAYS.strftime("%Y-%m-%d"), 199, "Days since 2001-01-01"),
    "31.01.2001": (DAYS.strftime("%d.%m.%Y"), 199, "Days since 2001-01-01"),
    "01/31/2001": (DAYS.strftime("%m/%d/%Y"), 199, "Days since 2001-01-01"),
    "31/01/2001": (DAYS.strftime("%d/%m/%Y"), 199, "Days since 2001-01-01"),
    "20010131": (DAYS.strftime("%Y%m%d"), 199, "Days since 2001-01-01"),
    "31-Jan-01": (DAYS.strftime("%d-%b-%y"), 199, "Days since 2001-01-01"),
    "1958-03": (MONTHS.strftime("%Y-%m"), 1974.75, "Year"),
    "195803": (MONTHS.strftime("%Y%m"), 1974.75, "Year"),
    "Mar 1958": (MONTHS.strftime("%b %Y"), 1974.75, "Year"),
    "1958M03": (MONTHS.strftime("%YM%m"), 1974.75, "Year"),
    "1950Q1": ([f"{1950 + k // 4}Q{k % 4 + 1}" for k in range(N)], 1999.75, "Year"),
    "15 minutes": (
        [f"{x:%Y-%m-%d %H:%M}" for x in pd.date_range("2001-01-01", periods=N, freq="15min")],
        49.75,
        "Hours",
    ),
    "time zone": (
        [x.isoformat() for x in pd.date_range("2001-01-01", periods=N, freq="h", tz="CET")],
        199 / 24,
        "Days",
    ),
    "time of day": ([f"{5 + k // 60:02d}:{k % 60:02d}" for k in range(N)], 199 / 60, "Hours since 05:00:00"),
}


@pytest.mark.parametrize("name", DATES)
def test_a_column_of_dates_is_the_axis_and_not_forecast(read, name):
    dates, last, label = DATES[name]
    task, said = read("when,co2\n" + rows(dates, A))
    assert not said
    np.testing.assert_array_equal(task.samples[:, 0], A)
    part = task.part("test")
    axis = part.axis(part.trials(2, 0))
    assert axis.positions.shape == (30,)
    assert axis.positions[-1] == pytest.approx(last, abs=0.003)
    assert (np.diff(axis.positions) > 0).all()
    assert axis.labels[0].startswith(label)
    assert axis.labels[1].startswith("co2 (")


COUNTERS = {
    "year": range(1700, 1700 + N),
    "": range(N),
    "Unnamed: 0": range(N),
    "idx": np.cumsum(RNG.integers(1, 9, N)),
    "t": [f"{k / 30:.3f}" for k in range(N)],
    "timestamp": 1_600_000_000 + np.cumsum(RNG.integers(1, 9, N)),
    "depth": range(10, 10 + 5 * N, 5),
    "decimal date": [f"{1958 + k / 12:.4f}" for k in range(N)],
    "month": np.arange(N) % 12 + 1,
}


@pytest.mark.parametrize("name", COUNTERS)
def test_a_column_that_tells_the_time_is_left_out_with_a_warning_that_says_how_to_keep_it(read, name):
    text = f"{name},activity\n" + rows(COUNTERS[name], A)
    task, (told,) = read(text)
    np.testing.assert_array_equal(task.samples[:, 0], A)
    keep = f"columns=[{name or 0!r}, 'activity'] forecasts all"
    assert f"left out {name!r}" in told
    assert keep in told
    both, said = read(text, [name or 0, "activity"])
    assert (both.inputs, said) == (2, [])
    alone, said = read(text, "activity")
    assert (alone.inputs, said) == (1, [])
    np.testing.assert_array_equal(alone.trials(3, 0).inputs, task.trials(3, 0).inputs)


def test_nothing_is_left_out_that_may_be_a_measurement(read):
    walk = np.cumsum(np.abs(A)).round(3)
    task, said = read("total,n_spikes,flag\n" + rows(walk, RNG.integers(0, 9, N), np.arange(N) % 2))
    assert (task.inputs, said) == (3, [])
    assert read("year\n" + rows(range(1700, 1700 + N)))[0].inputs == 1, "the only column stays"


def test_rows_in_another_order_and_gaps_are_told(read):
    _, (told,) = read("date,x\n" + rows(DAYS[::-1].strftime("%Y-%m-%d"), A))
    assert "not in the order of time" in told
    assert "oldest first" in told
    _, (told,) = read("date,x\n" + rows(DAYS[:100].append(DAYS[100:] + pd.Timedelta("9D")).strftime("%Y-%m-%d"), A))
    assert "1 steps between dates are longer" in told
    working = pd.bdate_range("2001-01-01", periods=N)
    assert read("date,x\n" + rows(working.strftime("%Y-%m-%d"), A))[1] == []


@pytest.mark.parametrize(
    ("columns", "chosen"),
    [
        ("xy", [2]),
        (["xy"], [2]),
        (2, [2]),
        ("2", [2]),
        ([2, "x"], [2, 0]),
        (np.array([1, 0]), [1, 0]),
        (np.int64(1), [1]),
        (pd.Index(["y"]), [1]),
        (" y ", [1]),
        ((), [0, 1, 2]),
    ],
)
def test_columns_are_named_or_counted_from_0(read, columns, chosen):
    k = np.arange(N)
    whole = np.column_stack([k % 7, k % 5, k % 11])
    task, said = read("x,y,xy\n" + rows(*whole.T), columns)
    assert not said
    np.testing.assert_array_equal(task.samples, whole[:, chosen])
    assert tasks.make(**json.loads(json.dumps(task.describe()))) == task


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("xz", r"CSV columns: must be a known name \(got 'xz'\).*did you mean x"),
        (3, r"CSV columns: must be a whole number from 0 to 2 \(got 3\)"),
        (-1, "CSV columns: must be a whole number from 0 to 2"),
        (1.0, "columns: must be names or numbers of columns"),
        (True, "columns: must be names or numbers of columns"),
        (None, "columns: must be names or numbers of columns"),
        ({"x", "y"}, r"columns: must be names or numbers of columns \(got a set\)"),
        (["x", None], "columns: must be names or numbers of columns"),
        (["x", 0], "CSV columns: must not repeat a column"),
    ],
)
def test_columns_that_are_none_are_refused(read, columns, message):
    k = np.arange(N)
    with pytest.raises(InputError, match=message):
        read("x,y,x y\n" + rows(k % 7, k % 5, k % 11), columns)


def test_a_name_of_two_columns_is_refused_when_it_is_chosen(read):
    text = "a,a\n" + rows(A, B)
    assert read(text)[0].inputs == 2
    assert read(text, 1)[0].samples[0, 0] == B[0]
    with pytest.raises(InputError, match=r"must be one column \(got 'a', the name of several\); give its number"):
        read(text, "a")


def test_files_that_are_none_are_refused_in_one_line(tmp_path):
    pipe, other, binary = tmp_path / "pipe", tmp_path / "latin.csv", tmp_path / "zeros.csv"
    os.mkfifo(pipe)
    empty = tmp_path / "empty.csv"
    empty.touch()
    other.write_bytes("größe\n1\n".encode("latin-1"))
    binary.write_bytes(b"a,b\n1,\x002\n")
    for path, message in (
        (tmp_path, "must be a readable text file in UTF-8 .*a folder"),
        (pipe, "a pipe or device"),
        ("/dev/zero", "a pipe or device"),
        (empty, r"must hold text \(got an empty file, "),
        ("/proc/kmsg", "must hold text .*an empty file"),  # which has no size and no end
        ("/proc/self/status", "must hold text .*an empty file"),
        (other, "save it as UTF-8"),
        (binary, "zero bytes in"),
        (tmp_path / "none.csv", "FileNotFoundError"),
        ("a\0b", "ValueError"),
        (None, "must be the path of a file"),
        (A, "must be the path of a file"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            tasks.Series.from_csv(path)
        assert "\n" not in str(caught.value)


def test_a_file_that_has_changed_keeps_the_scaling_of_training_and_says_so(tmp_path):
    path = tmp_path / "sensor.csv"
    path.write_text("a\n" + rows(A))
    task = tasks.Series.from_csv(path)
    description = json.loads(json.dumps(task.describe()))
    again = tasks.make(**description)
    assert again == task
    np.testing.assert_array_equal(again.trials(4, 0).inputs, task.trials(4, 0).inputs)
    path.write_text("a\n" + rows(np.r_[A, 1000 + B]))
    with pytest.warns(
        UserWarning, match=r"sensor.csv is not what the network was trained on, or has changed since; the mean and SD"
    ):
        grown = tasks.make(**description)
    assert grown.to_units(0.0) == pytest.approx(task.to_units(0.0))
    assert grown.to_units(1.0) == pytest.approx(task.to_units(1.0))
    assert grown.samples.shape == (2 * N, 1)
    assert grown.describe()["trained_on"] == description["trained_on"]
    # Another way to write the same numbers is no change.
    path.write_text("a;\r\n" + ";\r\n".join(comma(A)) + ";\r\n")
    assert tasks.make(**description).to_units(0.0) == pytest.approx(task.to_units(0.0))
    # A file read once is not read again for its parts.
    path.unlink()
    assert task.part("test").trials(2, 0).count == 2


@pytest.mark.parametrize(
    ("trained_on", "message"),
    [
        ([1], "trained_on: must be a dictionary"),
        ({"mean": [0]}, "trained_on: must hold 'sd'"),
        (
            {"mean": [0, 1], "sd": [1], "digest": ""},
            r"trained_on: must have a mean and SD for each of the 1 columns \(got 2 of them\)",
        ),
        ({"mean": [0], "sd": [0], "digest": ""}, r"trained_on\['sd'\]: must be positive"),
        ({"mean": ["0"], "sd": [1], "digest": ""}, r"trained_on\['mean'\]: must be an array of real numbers"),
        ({"mean": [0], "sd": [1], "digest": 5}, r"trained_on\['digest'\]: must be text"),
    ],
)
def test_a_tampered_memory_of_training_is_refused(trained_on, message):
    with pytest.raises(InputError, match=f"Series.{message}"):
        tasks.Series(A, trained_on=trained_on)


def test_new_samples_in_memory_can_be_scaled_as_those_of_training():
    known = tasks.Series(A).describe()["in_memory"]
    later = tasks.Series(A + 3, trained_on=known)
    assert later.to_units(0.0) == pytest.approx(tasks.Series(A).to_units(0.0))


def outcome(call):
    """Return what a call returns, or the line with which it refuses."""
    try:
        return call()
    except InputError as refusal:
        return str(refusal)


FINITE = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 4))


@settings(max_examples=200, deadline=None)
@given(
    values=st.integers(1, 4).flatmap(
        lambda c: st.lists(st.lists(FINITE, min_size=c, max_size=c), min_size=1, max_size=8)
    ),
    separator=st.sampled_from([",", ";", "\t", "|", " ", ", ", "  "]),
    decimal=st.sampled_from(".,"),
    form=st.sampled_from(["{}", "{:.3f}", "{:g}", "{:,.2f}", "{:.0f}", "{:e}"]),
    names=st.sampled_from(["", "letters", "numbers"]),
    top=st.sampled_from(["", "# a comment\n", "A title of it\n", "\n"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_table_is_read_back_or_refused_and_never_wrong(*, values, separator, decimal, form, names, top, end):
    def written(value):
        text = form.format(value)
        return text if decimal == "." else text.translate(str.maketrans(".,", ",."))

    def meant(value):
        return float(form.format(value).replace(",", ""))

    width = len(values[0])
    # No program writes commas of both meanings side by side into several columns.
    assume(width == 1 or "," not in separator or (decimal == "." and form != "{:,.2f}"))
    # A title of so many words is a line of names.
    assume(separator.strip() or not top.startswith("A"))
    head = {"": [], "letters": [[f"c{k}" for k in range(width)]], "numbers": [[str(k) for k in range(width)]]}[names]
    text = top + "\n".join(separator.join(row) for row in [*head, *[[written(v) for v in row] for row in values]])
    found = outcome(lambda: table.read(text.replace("\n", end)))
    if isinstance(found, str):
        assert "\n" not in found
        return
    columns = [found.numbers(k) for k in range(len(found.names))]
    if any(column is None for column in columns):
        return
    read = np.column_stack(columns)
    wanted = np.array([[meant(v) for v in row] for row in values])
    if read.shape == wanted.shape and np.array_equal(read, wanted):
        return
    # A column with the name 0 is a column that begins with the sample 0 just as well.
    assert names == "numbers", text
    assert width == 1, text


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='01.,;|\t "\n-+eE#abN/:\r\0é', max_size=60))
def test_any_text_is_a_table_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("csv") / "any.csv"
    path.write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        read = outcome(lambda: sheet.read(str(path)))
    if isinstance(read, str):
        assert "\n" not in read
        return
    assert read.samples.ndim == 2
    assert np.isfinite(read.samples).all()
