"""Figures: every axis named with its unit, what is shown is what was measured, files whole or not there."""

import os
import threading

import numpy as np
import pytest
from compare import planted
from matplotlib.figure import Figure

from biornn import plots
from biornn.compare import compare
from biornn.core.checks import InputError
from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.plots.series import samples

TASK = planted.Pulse()


def compared(trials, task=TASK, fired=True, **size):
    net = planted.network(**size)
    (run,) = planted.repeats(net, trials, 1, noise=0.05)
    return compare(planted.rate_run(net, trials), planted.with_spikes(run) if fired else run, task, trials)


@pytest.fixture(scope="module")
def report():
    return compared(TASK.trials(4, 0))


@pytest.fixture(scope="module")
def figure(report):
    return plots.comparison(report)


def labels(figure):
    return [axes.get_ylabel().replace("\n", " ") for axes in figure.axes]


def test_axes_are_labelled_with_units(figure):
    named = [text for text in labels(figure) if text]
    wanted = ("Input u (a.u.)", "Output z (a.u.)", "State x (a.u.) of unit", "Voltage (mV) of neuron")
    for label in (*wanted, "Neurons by unit", "Spiking x (a.u.)", "Population rate (Hz)"):
        assert named.count(label) == 1
    along = [axes.get_xlabel() for axes in figure.axes]
    assert along.count("Time (s)") == 2
    assert {"Rate equation x (a.u.)", "Rate r (a.u.)", "Distance (SD of the reference)"} < set(along)


def test_two_trials_of_different_answers_are_shown_by_their_condition_in_words(figure):
    titles = [axes.get_title() for axes in figure.axes]
    assert "Trial 0: go" in titles
    assert "Trial 1: no go" in titles


def test_the_measures_stand_in_the_figure(figure, report):
    titles = [axes.get_title() for axes in figure.axes]
    assert f"Unit states: error {report.state.nrmse:.3f} SD" in titles
    assert f"accuracy {report.accuracy.rate:.3f} (rate network)" in figure.get_suptitle()
    assert figure.legends[0].get_texts()[0].get_text() == "target"


def test_raster_and_voltage_ticks_are_the_recorded_spikes(figure, report):
    spikes = report.evidence.spikes.spikes
    raster, voltage = figure.axes[3], figure.axes[4]
    drawn = raster.collections[0].get_segments()
    shown = np.linspace(0, 239, 150).round().astype(int)
    assert len(drawn) == np.sum((spikes.trial == 0) & np.isin(spikes.neuron, shown)) > 100
    ticks = voltage.collections[0].get_segments()
    assert [tick[0][0] for tick in ticks] == pytest.approx(spikes.time[(spikes.trial == 0) & (spikes.neuron == 3)])


def test_chosen_trial_and_units_are_shown(report):
    figure = plots.comparison(report, trial=3, units=[5, 2])
    assert figure.axes[0].get_title() == "Trial 3: no go"
    assert [text.get_text() for text in figure.axes[2].get_yticklabels()] == ["5", "2"]
    base = 5e-3 * (1 + np.arange(100))
    assert figure.axes[1].lines[1].get_xdata() == pytest.approx(base)
    assert figure.axes[1].lines[1].get_ydata() == pytest.approx(report.evidence.rates.outputs[3, :, 0])


@pytest.mark.parametrize(("chosen", "message"), [({"trial": 4}, "comparison.trial"), ({"units": [-1]}, "units")])
def test_what_does_not_exist_is_refused(report, chosen, message):
    with pytest.raises(InputError, match=message):
        plots.comparison(report, **chosen)


def test_many_channels_and_nothing_recorded_still_draw(tmp_path):
    rng = np.random.default_rng(0)
    trials = Trials(rng.random((2, 50, 6)), rng.random((2, 50, 4)), np.ones((2, 50)), planted.DT)
    report = compared(trials, fired=False, inputs=6, outputs=4)
    figure = plots.comparison(report)
    assert "Input channel" in labels(figure)
    assert sum(label.startswith("z") for label in labels(figure)) == 3
    assert plots.save(figure, tmp_path / "many.png", dpi=40).stat().st_size > 10_000


def test_figure_shows_itself_without_pyplot(report):
    figure = report.plot()
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_save_writes_one_whole_file(figure, tmp_path, kind):
    path = plots.save(figure, tmp_path / f"figure.{kind}", dpi=40)
    assert path.stat().st_size > 10_000
    assert list(tmp_path.iterdir()) == [path]


def test_save_keeps_the_mode_of_a_file_and_writes_to_devices(figure, tmp_path):
    old = tmp_path / "figure.png"
    old.touch(mode=0o600)
    assert plots.save(figure, old, dpi=40).stat().st_mode & 0o777 == 0o600
    assert plots.save(figure, "/dev/null", dpi=40).is_char_device()
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    assert plots.save(figure, pipe, dpi=40).is_fifo()
    reader.join()
    assert got[0].startswith(b"\x89PNG")


def test_save_keeps_the_old_file_when_writing_fails(tmp_path):
    class Broken(Figure):
        def savefig(self, file, **options):
            file.write(b"half")
            raise OSError(28, "No space left on device")

    old = tmp_path / "figure.png"
    old.write_text("old")
    with pytest.raises(InputError, match=r"must be writable.*No space left"):
        plots.save(Broken(), old)
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("figure.bmp", "must be a known name"),
        ("figure", "must be a known name"),
        ("none/figure.png", "must lie in a folder that exists"),
    ],
)
def test_unwritable_or_unknown_is_refused(figure, tmp_path, name, message):
    with pytest.raises(InputError, match=message):
        plots.save(figure, tmp_path / name)
    assert not any(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(figure, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="must be writable"):
        plots.save(figure, tmp_path / "figure.png")


class Series(planted.Pulse):
    name = "series"

    def score(self, outputs, trials):
        chosen = trials.mask > 0
        miss = outputs[chosen] - trials.targets[chosen]
        return Score(np.full(trials.count, np.nan), float(np.sqrt(np.mean(miss**2)) / trials.targets[chosen].std()))


def series(hold, last_step_only):
    values = np.sin(np.arange(41) * 0.7)
    steps = np.arange(40 * hold)
    mask = (steps >= 30 * hold) & ((steps % hold == hold - 1) | (not last_step_only))
    held = [np.repeat(part, hold)[None, :, None] for part in (values[:-1], values[1:])]
    return Trials(*held, mask[None].astype(float), planted.DT), values[31:]


@pytest.mark.parametrize(("hold", "last_step_only"), [(1, False), (5, False), (5, True)])
def test_forecast_has_one_point_per_predicted_sample(hold, last_step_only):
    trials, truth = series(hold, last_step_only)
    report = compared(trials, Series(), fired=False)
    steps = samples(trials, 0, 0)
    assert steps.tolist() == [hold * (k + 1) - 1 for k in range(30, 40)]
    years = 1999 + np.arange(10)
    figure = plots.forecast(report, persistence=0.8, positions=years, labels=("Year", "Series (a.u.)"))
    (axes,) = figure.axes
    assert axes.lines[0].get_ydata() == pytest.approx(truth)
    assert axes.lines[2].get_ydata() == pytest.approx(report.evidence.spikes.outputs[0, steps, 0])
    assert axes.lines[1].get_xdata() == pytest.approx(years)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Year", "Series (a.u.)")
    text = " ".join(entry.get_text() for entry in axes.get_legend().get_texts())
    assert f"rate network, error {report.error.rate:.3f}" in text
    assert "persistence, error 0.800" in text
    assert axes.lines[3].get_ydata()[1:] == pytest.approx(truth[:-1])  # persistence: the series, one sample late
    assert "persistence" not in str([line.get_label() for line in plots.forecast(report).axes[0].lines])


def test_forecast_refuses_positions_that_do_not_fit():
    trials, _ = series(5, True)
    report = compared(trials, Series(), fired=False)
    with pytest.raises(InputError, match=r"plots.forecast.positions: must have shape \(10\)"):
        plots.forecast(report, positions=np.arange(9))
