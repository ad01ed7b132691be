"""What a figure shows of a comparison: only what there is, at most 2 s of spikes, the data's own units, in words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from compare import planted
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from biornn import plots, tasks
from biornn.compare import compare
from biornn.core.checks import InputError
from biornn.core.recording import NO_SPIKES, NO_VOLTAGES
from biornn.core.trials import Trials
from biornn.plots import choose
from biornn.plots.style import PERSISTENCE, RATE, SPIKING

TASK = planted.Pulse()
WAVE = 50 + 10 * np.sin(np.arange(200) * 0.7)
FORECAST = tasks.Series(WAVE, dt=planted.DT, hold_steps=4, warmup=5, window=30)


def compared(trials, task=TASK, **changes):
    net = planted.network(inputs=task.inputs, outputs=task.outputs)
    (run,) = planted.repeats(net, trials, 1, noise=0.05)
    fired = replace(planted.with_spikes(run), **changes)
    return compare(planted.rate_run(net, trials), fired, task, trials, progress=False)


@pytest.fixture(scope="module")
def report():
    return compared(TASK.trials(5, 0))


@pytest.fixture(scope="module")
def long_report():
    return compared(TASK.trials(2, 0, steps=1000))


@pytest.fixture(scope="module")
def forecast_report():
    return compared(FORECAST.trials(2, 0), FORECAST)


def letters(figure):
    texts = [text for axes in figure.axes for text in axes.texts if text.get_fontweight() == "bold"]
    return "".join(text.get_text() for text in texts)


def named(figure):
    return [axes.get_ylabel().replace("\n", " ") for axes in figure.axes]


def test_panels_are_lettered_and_nothing_is_empty(report):
    figure = plots.comparison(report)
    assert letters(figure) == "abcdefgh"
    assert "n/a" not in str([text.get_text() for axes in figure.axes for text in axes.texts])
    assert [axes for axes in figure.axes if not axes.has_data()] == []


def test_rows_without_data_are_left_out(report):
    evidence = report.evidence
    bare = replace(evidence.spikes, recorded=np.empty(0, np.int32), spikes=NO_SPIKES)
    without = replace(report, evidence=replace(evidence, spikes=replace(bare, voltages=NO_VOLTAGES)))
    figure = plots.comparison(without)
    assert letters(figure) == "abcdef"
    assert not {"Neurons by unit", "Voltage (mV) of neuron"} & set(named(figure))
    assert figure.axes[2].get_xlabel() == "Time (s)"


def test_bars_are_those_of_defined_measures(report):
    shown = [name for name, *_ in plots.panels.bars(report)]
    assert shown == ["error", "noise floor", "time step"]
    repeated = replace(report, measures={**report.measures, "state": report.state._replace(bias=0.1, noise=0.2)})
    assert [name for name, *_ in plots.panels.bars(repeated)] == ["error", "bias", "noise", "noise floor", "time step"]


def test_a_silent_network_is_drawn_without_rates(report):
    silent = compared(TASK.trials(4, 0), spikes=NO_SPIKES, rates=np.zeros((4, 100, 12)))
    figure = plots.comparison(silent)
    assert "Population rate (Hz)" not in named(figure)
    assert "none fired" in str([axes.get_title(loc="right") for axes in figure.axes])


def test_at_most_two_seconds_of_spikes_are_shown_where_the_states_move(long_report):
    start, stop = choose.window(long_report, 0)
    assert stop - start == pytest.approx(2.0)
    states = long_report.evidence.reference.states[0]
    moved = np.abs(np.diff(states, axis=0)).sum(axis=1)
    inside = slice(round(start / planted.DT), round(stop / planted.DT))
    assert moved[inside].sum() >= moved[-400:].sum()
    figure = plots.comparison(long_report, trial=0)
    whole, part = figure.axes[1], figure.axes[3]
    assert whole.get_xlim() == pytest.approx((0, 5))
    assert part.get_xlim() == pytest.approx((start, stop))
    drawn = np.array([segment[0][0] for segment in part.collections[0].get_segments()])
    assert drawn.size > 100
    assert ((drawn >= start) & (drawn < stop)).all()
    assert figure.axes[2].get_xlabel() == "Time (s)"
    assert part.get_xlabel() == ""
    assert figure.axes[4].get_xlabel() == "Time (s), grey part above"


def test_a_short_trial_is_shown_whole(report):
    assert choose.window(report, 0) == pytest.approx((0, 0.5))
    assert len(plots.comparison(report).axes[1].patches) == 0


def test_the_second_trial_is_the_one_whose_answer_differs_most():
    targets = np.zeros((4, 10, 1))
    targets[1] = 0.5
    targets[3] = -1
    trials = Trials(np.zeros((4, 10, 1)), targets, np.ones((4, 10)), planted.DT, {"first": np.arange(4)})
    assert choose.trials_shown(trials, ()) == [0, 3]
    unjudged = Trials(trials.inputs, targets, np.zeros((4, 10)), planted.DT, {"side": np.array([1, 1, -1, 1])})
    assert choose.trials_shown(unjudged, ()) == [0, 2]
    alike = Trials(trials.inputs, 0 * targets, np.ones((4, 10)), planted.DT)
    assert choose.trials_shown(alike, ()) == [0]


def test_of_many_outputs_the_right_classes_are_shown():
    targets = np.zeros((3, 10, 8))
    targets[0, :, 6] = targets[1, :, 2] = targets[2, :, 4] = 1
    trials = Trials(np.zeros((3, 10, 1)), targets, np.ones((3, 10)), planted.DT)
    assert choose.outputs_shown(trials, [0, 1]) == [0, 2, 6]
    assert choose.outputs_shown(trials, [2]) == [0, 1, 4]
    few = Trials(np.zeros((3, 10, 1)), targets[:, :, :2], np.ones((3, 10)), planted.DT)
    assert choose.outputs_shown(few, [0]) == [0, 1]


def test_conditions_are_phrases():
    conditions = {"go": np.array([True, False]), "side_shown": np.array([-1, 1]), "coherence": np.array([0.25, 1 / 3])}
    trials = Trials(np.zeros((2, 5, 1)), np.zeros((2, 5, 1)), np.ones((2, 5)), planted.DT, conditions)
    assert choose.condition(trials, 0) == "Trial 0: go, side shown -1, coherence 0.25"
    assert choose.condition(trials, 1) == "Trial 1: no go, side shown 1, coherence 0.333"


def test_a_forecast_is_in_the_figure_and_in_the_units_of_the_data(forecast_report):
    figure = forecast_report.plot(trial=1)
    assert letters(figure) == "abcdefghi"
    panel = figure.axes[-1] if figure.axes[-1].get_xlabel() == "Sample" else figure.axes[-2]
    series, _, _, persistence = panel.lines
    start = forecast_report.evidence.trials.conditions["start"][1]
    place = np.arange(start + 6, start + 31)
    assert series.get_xdata() == pytest.approx(place)
    assert series.get_ydata() == pytest.approx(WAVE[place])
    assert persistence.get_ydata() == pytest.approx(WAVE[place - 1])
    assert figure.axes[0].get_ylabel() == "Input u\n(data units)"
    judged = figure.axes[1].lines[0].get_ydata()
    assert judged[~np.isnan(judged)] == pytest.approx(WAVE[place])


def test_a_forecast_takes_its_axes_from_the_task(forecast_report):
    figure = plots.forecast(forecast_report)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "Sample"
    colours = [to_rgba(line.get_color()) for line in axes.lines]
    assert colours == [to_rgba(name) for name in ("black", RATE, SPIKING, PERSISTENCE)]
    entries = [entry.get_text() for entry in axes.get_legend().get_texts()]
    wanted = FORECAST.persistence(forecast_report.evidence.trials)
    assert entries[-1] == f"persistence, error {wanted:.3f}"


def test_a_forecast_of_several_columns_says_which_one_is_drawn():
    rng = np.random.default_rng(0)
    index = pd.date_range("1950-01-01", periods=120, freq="YS")
    frame = pd.DataFrame(rng.normal((25, 3), 1, (120, 2)), index=index, columns=["JAN", "FEB"])
    task = tasks.Series(frame, window=30, warmup=5, hold_steps=2, dt=planted.DT)
    report = compared(task.trials(2, 0), task)
    for channel, name in enumerate(frame):
        (axes,) = plots.forecast(report, channel=channel).axes
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("Year", f"{name} (data units)")
        assert "all trials and columns" in axes.get_title()
        years = np.round(axes.lines[0].get_xdata()).astype(int)
        np.testing.assert_allclose(axes.lines[0].get_ydata(), frame[name].to_numpy()[years - 1950])


def test_a_forecast_takes_dates(forecast_report):
    dates = np.datetime64("1999-01") + np.arange(25)
    figure = plots.forecast(forecast_report, positions=dates, labels=["Month", "Temperature"])
    assert figure.axes[0].get_xlabel() == "Month"
    with pytest.raises(InputError, match=r"positions: must have shape \(25,\) \(got \(24,\)\)"):
        plots.forecast(forecast_report, positions=dates[1:])


REFUSED = [
    ({"trial": None}, "plots.comparison.trial: must be an array"),
    ({"trial": "first"}, "plots.comparison.trial: must be an array"),
    ({"trial": 1.0}, "plots.comparison.trial: must be a list of whole numbers"),
    ({"trial": True}, "plots.comparison.trial: must be a list of whole numbers"),
    ({"trial": -1}, "plots.comparison.trial: must be a whole number from 0 to 4"),
    ({"trial": [1.0]}, "plots.comparison.trial: must be whole numbers"),
    ({"trial": [[0]]}, "plots.comparison.trial: must be a list of whole numbers with one axis"),
    ({"trial": [0, 0]}, "plots.comparison.trial: must not repeat"),
    ({"trial": [True]}, "plots.comparison.trial: must be a mask of length 5"),
    ({"trial": 2**80}, "plots.comparison.trial: must be a whole number from 0 to 4"),
    ({"units": None}, "plots.comparison.units: must be an array"),
    ({"units": [0.5]}, "plots.comparison.units: must be whole numbers"),
    ({"units": [12]}, "plots.comparison.units: must be from 0 to 11"),
    ({"path": None}, "figure path: must be a path"),
    ({"path": 3}, "figure path: must be a path"),
    ({"path": "figure.bmp"}, "must be a known name"),
    ({"path": "none/figure.png"}, "must lie in a folder that exists"),
    ({"path": "a\0.png"}, "figure path: must be a path"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=str)
def test_report_plot_refuses_what_it_cannot_draw_in_one_line(report, options, message):
    with pytest.raises(InputError) as refusal:
        report.plot(**options)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_more_than_fits_is_refused():
    many = compared(TASK.trials(8, 0))
    with pytest.raises(InputError, match=r"trial: must be at most 6 trials \(got 7\)"):
        many.plot(trial=range(7))


@pytest.mark.parametrize("thing", [None, "report", np.zeros(3), plots])
@pytest.mark.parametrize("draw", [plots.comparison, plots.forecast])
def test_other_objects_are_refused(draw, thing):
    with pytest.raises(InputError, match=r"plots\.(comparison|forecast): must be a Report"):
        draw(thing)


def test_a_forecast_of_a_task_that_predicts_nothing_is_refused(report):
    with pytest.raises(InputError, match=r"plots.forecast: must be the comparison of a task that predicts a series"):
        plots.forecast(report)


@pytest.mark.parametrize("labels", ["xy", ["Year"], [1, 2], None, {"x": "y"}])
def test_labels_that_are_no_pair_are_refused(forecast_report, labels):
    with pytest.raises(InputError, match=r"plots.forecast.labels: must be two texts"):
        plots.forecast(forecast_report, labels=labels)


@pytest.mark.parametrize("value", ["0.5", None, -1.0, np.inf, [0.5]])
def test_a_persistence_that_is_no_error_is_refused(forecast_report, value):
    with pytest.raises(InputError, match=r"plots.forecast.persistence: must be"):
        plots.forecast(forecast_report, value)


@pytest.mark.parametrize(
    "trial", [2, [0, 3], np.array([4, 1]), [False, True, True, False, False], np.int64(1), range(2)]
)
def test_trials_are_chosen_as_numbers_or_as_a_mask_in_the_order_asked_for(report, trial):
    figure = report.plot(trial=trial)
    wanted = np.flatnonzero(trial) if isinstance(trial, list) and isinstance(trial[0], bool) else np.atleast_1d(trial)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title().startswith("Trial ")]
    assert [int(title.split()[1].rstrip(":")) for title in titles] == list(wanted)


def test_report_plot_saves_and_returns_the_figure(report, tmp_path):
    path = tmp_path / "twin.PNG"
    figure = report.plot(trial=[0, 1], units=3, path=path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_a_forecast_saves(forecast_report, tmp_path):
    plots.forecast(forecast_report, path=str(tmp_path / "forecast.pdf"))
    assert (tmp_path / "forecast.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(("figure", "dpi"), [(None, 200), ("x", 200), (Path(), 200)])
def test_save_takes_figures_only(figure, dpi, tmp_path):
    with pytest.raises(InputError, match=r"plots.save: figure: must be a Figure"):
        plots.save(figure, tmp_path / "a.png", dpi)


@pytest.mark.parametrize("dpi", [0, -1, 1e9, np.nan, "200", None, True])
def test_save_takes_resolutions_only(tmp_path, dpi):
    with pytest.raises(InputError, match=r"plots.save: dpi: must be"):
        plots.save(Figure(), tmp_path / "a.png", dpi=dpi)
    assert not any(tmp_path.iterdir())


def test_names_from_outside_are_no_formulas_and_no_escape_codes(report, tmp_path):
    evil = "a$b_{$c\x1b[31m"
    trials = report.evidence.trials
    renamed = Trials(trials.inputs, trials.targets, trials.mask, trials.dt, {evil: np.arange(5)})
    strange = replace(report, task=evil, network=evil, evidence=replace(report.evidence, trials=renamed))
    assert plots.save(plots.comparison(strange), tmp_path / "strange.png", dpi=40).stat().st_size > 10_000
    assert "\x1b" not in str(strange)
    assert "a$b_{$c" in str(strange)
