"""Measures: report, JSON object and table read all of them from one registry, and a new one joins by one line."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest
from planted import Pulse, network, rate_run, repeats, with_spikes

from biornn import store
from biornn.compare import MEASURES, compare, table
from biornn.compare.measures import Line, Measure
from biornn.compare.records import Pair
from biornn.compare.report import KEYS, Report, keys
from biornn.core.checks import InputError

TASK = Pulse()
TRIALS = TASK.trials(4, 0)
NET = network()
RATES = rate_run(NET, TRIALS)
RUNS = repeats(NET, TRIALS, 8, noise=0.05, bias=0.02)
RUNS[0] = with_spikes(RUNS[0])


@pytest.fixture(scope="module")
def report():
    return compare(RATES, RUNS, TASK, TRIALS, progress=False)


def fano(runs):
    """Return the variance over the mean of the numbers of spikes of a trial and neuron."""
    spikes, first = runs.evidence.spikes.spikes, runs.evidence.spikes
    counts = np.zeros((runs.evidence.trials.count, first.neurons))
    np.add.at(counts, (spikes.trial, spikes.neuron), 1)
    return counts.var() / counts.mean()


def test_a_report_has_every_measure_as_an_attribute_and_in_json(report):
    assert list(report.measures) == list(MEASURES)
    written = report.to_dict()
    assert tuple(written) == KEYS == keys(report.measures)
    for key, measure in MEASURES.items():
        assert getattr(report, key) is report.measures[key]
        assert (key in written) == measure.in_json
        assert key in dir(report)
    with pytest.raises(AttributeError, match="a Report has no measure or attribute 'stat'; its measures are accuracy"):
        report.stat  # noqa: B018


def test_no_measure_hides_a_field_or_a_method_of_the_report():
    taken = {field.name for field in fields(Report)} | set(vars(Report))
    assert not taken & set(MEASURES)


def test_every_line_of_the_table_says_what_it_is_and_fits(report):
    rows = {row.name: row for row in table.rows(report)}
    for measure in MEASURES.values():
        for line in measure.lines:
            if line.name in rows:
                assert rows[line.name].meaning
                assert rows[line.name].value.endswith(line.unit) or rows[line.name].value == "-"
            assert line.good or line.unit == " s", f"{line.name}: nobody knows which values are good"
    assert len(rows) >= 14
    assert max(map(len, str(report).splitlines())) < 120
    assert all(name in report._repr_html_() for name in rows)


def test_a_measure_joins_by_one_line(monkeypatch, tmp_path):
    line = Line("Fano factor", "variance over mean of spike counts", good="1 for Poisson")
    monkeypatch.setitem(MEASURES, "fano", Measure(fano, (line,)))
    found = compare(RATES, RUNS, TASK, TRIALS, progress=False)
    # Poisson spikes at rates of 10 to 60 Hz: the variance of the rates comes on top of 1.
    assert 1 < found.fano < 20
    assert found.to_dict()["fano"] == found.fano
    assert json.dumps(found.to_dict())
    assert "Fano factor" in str(found)
    assert "1 for Poisson" in str(found)
    back = store.load(store.save(found, tmp_path / "report.safetensors"))
    assert back.fano == found.fano
    monkeypatch.undo()
    # Where nobody knows the measure any more its value is kept, without a line.
    assert back.to_dict()["fano"] == found.fano
    assert "Fano" not in str(back)


@pytest.mark.parametrize(("value", "kind"), [(np.float32(0.5), float), (np.int64(3), int), (Pair(0.1, 0.2), Pair)])
def test_a_measure_may_return_any_number_or_record(monkeypatch, value, kind):
    monkeypatch.setitem(MEASURES, "mine", Measure(lambda _: value))
    found = compare(RATES, RUNS, TASK, TRIALS, progress=False)
    assert type(found.mine) is kind
    assert found.mine == value


@pytest.mark.parametrize("value", [None, True, np.zeros(3), "much"])
def test_a_measure_that_returns_something_else_is_refused_by_its_name(monkeypatch, value):
    monkeypatch.setitem(MEASURES, "mine", Measure(lambda _: value))
    with pytest.raises(InputError, match="measure mine: must be a number, or one of Pair"):
        compare(RATES, RUNS, TASK, TRIALS, progress=False)


def test_an_undefined_measure_has_a_line_that_says_why_or_none(report):
    undefined = replace(report, measures={**report.measures, "cv2": float("nan"), "error": Pair(np.nan, np.nan)})
    rows = {row.name: row for row in table.rows(undefined)}
    assert rows["CV2"].value == "-"
    assert "is undefined: no neuron has 20 intervals" in rows["CV2"].meaning
    assert not any("forecast" in name for name in rows)
