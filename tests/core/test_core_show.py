"""Every object shows itself: one short line of text, and a table that escapes what comes from outside."""

import base64
import re
import subprocess
import sys
from dataclasses import dataclass, field, fields, replace

import numpy as np
import pytest
from compare import planted

from biornn import bridge, compare, plots, rate, tasks
from biornn.config import Recipe
from biornn.core import show
from biornn.core.recording import NO_SPIKES, NO_VOLTAGES, Recording
from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.theory.neurons import LIF

TASK = planted.Pulse()
TRIALS = TASK.trials(6, 0)
NET = planted.network()
RATES = planted.rate_run(NET, TRIALS)
SPIKES = planted.with_spikes(planted.repeats(NET, TRIALS, 1, noise=0.05, network="pulse")[0])
TWIN = SPIKES.source
REPORT = compare.compare(RATES, SPIKES, TASK, TRIALS, progress=False)
MAPPED, FIT = bridge.Population(neurons_per_unit=4)(NET, TRIALS)

OBJECTS = {
    "task": (tasks.GoNoGo(), "GoNoGo(): go-nogo, 1 input, 1 output, dt 5 ms"),
    "changed task": (tasks.GoNoGo(dt=0.01), "GoNoGo(dt=0.01): go-nogo, 1 input, 1 output, dt 10 ms"),
    "series": (tasks.Series(np.sin(np.arange(400.0))), "Series(): series, 1 input, 1 output, dt 10 ms"),
    "arrays": (tasks.Arrays(np.ones((9, 5, 2)), np.ones((9, 5, 1))), "arrays, 2 inputs, 1 output, dt 10 ms"),
    "sequences": (tasks.Sequences([[0, 1], [1, 1]] * 2, [0, 1] * 2, 2, validation=0, test=0), "Sequences(classes=2, "),
    "characters": (tasks.Characters(), "Characters(): characters"),
    "trials": (TRIALS, "Trials: 6 trials x 100 steps of 5 ms (0.5 s), 1 input, 1 output; conditions go"),
    "rate network": (NET, "RateNetwork: 12 leaky sigmoid units, 1 input, 1 output, dt 5 ms, tau 50 ms"),
    "training": (rate.Training(units=50), "Training(units=50"),
    "mapping": (bridge.Population(noise=0.0015), "Population(noise=0.0015)"),
    "one-to-one": (bridge.OneToOne(), "OneToOne()"),
    "neuron": (LIF(tau_m=0.01), "LIF(tau_m=0.01)"),
    "recipe": (Recipe("go-nogo", training={"units": 20}), "Recipe(task='go-nogo', training={'units': 20})"),
    "spiking network": (TWIN, "SpikingNetwork: 12 units x 20 LIF neurons (240), 1 input, 1 output, dt 0.1 ms"),
    "bank": (TWIN.banks[0], "Bank units: 12 units x 20 LIF neurons (240), decoders rate"),
    "projection": (TWIN.projections[0], "Projection units.rate -> units.synapse: 12 x 12 weights (144 not zero)"),
    "input": (TWIN.inputs[0], "Input units.synapse: 1 channel to 12 units"),
    "readout": (TWIN.readout, "Readout units.rate: 1 output of 12 activities, identity; decay 20 ms, rise 0 ms"),
    "filter": (TWIN.readout.synapse, "Filter: decay 20 ms, rise 0 ms, 12 units"),
    "fit": (FIT, "Fit of 12 units: static decoding error"),
    "rate run": (RATES, "Recording of a rate run: 6 trials x 100 steps of 5 ms (0.5 s), 12 states, 1 output"),
    "spiking run": (
        SPIKES,
        "Recording of a spiking run: 6 trials x 100 steps of 5 ms (0.5 s), 12 states, 1 output, 240",
    ),
    "spikes": (SPIKES.spikes, f"Spikes: {SPIKES.spikes.count:,} of 240 neurons in 6 trials, at "),
    "no spikes": (NO_SPIKES, "Spikes: none"),
    "voltages": (SPIKES.voltages, "Voltages: 4 neurons, 6 trials x 1,000 steps of 0.5 ms (0.5 s), -6"),
    "no voltages": (NO_VOLTAGES, "Voltages: none"),
    "accuracy": (TASK.score(RATES.outputs, TRIALS), "Score: accuracy 0.500 of 6 trials"),
    "error": (Score(np.full(3, np.nan), 0.25), "Score: error 0.250 (RMSE over the SD of the target, 3 trials)"),
    "report": (REPORT, "Report on pulse: The spiking network "),
    "evidence": (REPORT.evidence, "Evidence of a report: 6 trials of pulse"),
    "cause": (compare.Cause("noise", "2 mV", "less", 0.4), "Cause: noise (40% of the squared state error): 2 mV"),
    "prediction": (bridge.predict(NET, MAPPED, TRIALS), "Prediction: state error 0."),
    "shortest step": (bridge.ShortestStep(0.1, 1.0, 8, ()), "ShortestStep: 100 ms, judged on 8 trials"),
    "tried": (bridge.Tried(0.1, 1.0, 0.0, 0.0, 0.1, True), "Tried: 100 ms accuracy 1.000"),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_one_line_with_its_sizes(name):
    thing, wanted = OBJECTS[name]
    line = repr(thing)
    assert wanted in line
    assert "\n" not in line
    assert len(line) < 200
    assert "nan" not in line


@pytest.mark.parametrize("name", OBJECTS)
def test_a_notebook_shows_a_table_with_the_line(name):
    thing, _ = OBJECTS[name]
    html = thing._repr_html_()
    assert html.startswith("<div")
    assert f"<b>{type(thing).__name__}" in html
    assert len(html) < 100_000
    opened, closed = (len(re.findall(f"<{slash}(?:div|table|tr|td|b|code)[ >]", html)) for slash in ("", "/"))
    assert opened == closed > 2


@pytest.mark.parametrize("name", ["task", "trials", "rate network", "spiking network", "fit", "spikes", "report"])
def test_a_thumbnail_is_a_small_picture(name):
    found = re.search(r'src="data:image/png;base64,([^"]+)"', OBJECTS[name][0]._repr_html_())
    picture = base64.b64decode(found[1])
    assert picture.startswith(b"\x89PNG")
    assert 1_000 < len(picture) < 60_000


def test_named_tuples_of_arrays_show_shapes():
    wanted = "RateRun: states (6, 100, 12), rates (6, 100, 12), outputs (6, 100, 1)"
    assert repr(REPORT.evidence.reference) == str(REPORT.evidence.reference) == wanted
    assert repr(rate.Flow(np.ones(3), np.ones(3))) == "Flow: loss (3,), jacobian (3,)"
    assert repr(FIT.classes) == "Classes: sign (12, 4), differing 0"


def test_what_can_be_done_next_is_python():
    for thing, _ in OBJECTS.values():
        for call in re.findall("<code>(.*?)</code>", thing._repr_html_()):
            compile(call.replace("&quot;", '"').replace("&gt;", ">"), "next", "exec")


EVIL = "<script>alert(1)</script>[/red]\x1b[31m"


def test_text_from_outside_is_escaped():
    trials = Trials(TRIALS.inputs, TRIALS.targets, TRIALS.mask, TRIALS.dt, {EVIL: np.arange(6)})
    network = replace(NET, about={"task": {"task": EVIL}})
    twin = replace(TWIN, about={"network": EVIL, "mapping": EVIL})
    report = replace(REPORT, task=EVIL)
    for thing in (trials, network, twin, report):
        assert "script" in repr(thing)
        assert "\x1b" not in repr(thing) + thing._repr_html_()
        assert "<script" not in thing._repr_html_()
        assert "&lt;script&gt;" in thing._repr_html_()


def test_a_thumbnail_that_cannot_be_drawn_leaves_the_table(monkeypatch):
    monkeypatch.setattr(plots.thumbnail, "png", lambda sketch: 1 / 0)
    html = TRIALS._repr_html_()
    assert "6 trials x 100 steps" in html
    assert "<img" not in html


def test_a_record_that_is_half_made_still_shows_itself():
    half = Recording.__new__(Recording)
    assert repr(half) == "Recording (incomplete)"
    assert "Recording (incomplete)" in half._repr_html_()
    assert repr(Trials.__new__(Trials)) == "Trials (incomplete)"


def test_a_dataclass_of_a_user_shows_its_settings():
    @dataclass(frozen=True)
    class Mine(show.Settings):
        size: int = 3
        table: np.ndarray = field(default_factory=lambda: np.zeros((5, 5)))
        again: LIF = field(default_factory=LIF)

    assert repr(Mine()) == "Mine()"
    assert (
        repr(Mine(4, np.ones((5, 5)), LIF(t_ref=0.001))) == "Mine(size=4, table=array (5, 5), again=LIF(t_ref=0.001))"
    )
    assert all(name.name in Mine()._repr_html_() for name in fields(Mine))


def test_every_task_shows_itself_with_its_name():
    for name, factory in tasks.TASKS.items():
        if name in {"series", "sequences", "arrays", "tones", "digits"}:
            continue
        assert f": {name}, " in repr(factory())


def test_numbers_and_ranges_read_like_text():
    assert show.count(1, "trial") == "1 trial"
    assert show.count(10_000, "neuron") == "10,000 neurons"
    assert show.span(np.array([0.02, 0.1]), 1e3, "ms") == "20 to 100 ms"
    assert show.span(np.array([0.02, 0.02])) == "0.02"
    assert show.span(np.empty(0)) == "none"


def test_a_line_needs_no_matplotlib():
    code = "import sys; from biornn import tasks; repr(tasks.GoNoGo()); print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
