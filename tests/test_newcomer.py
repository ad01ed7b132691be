"""What a newcomer types first: messages name the next step, advice can be followed, and what is written is named."""

import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

import biornn
from biornn import Score, Task, Trials, spiking, tasks
from biornn.cli import screen
from biornn.cli.app import COMMANDS, app, run
from biornn.core import checks
from biornn.core.checks import InputError
from biornn.core.recording import Spikes
from biornn.options import pairs
from biornn.plots import choose
from biornn.store.tasks import Absent


@pytest.mark.parametrize(("option", "example"), [("--training", "steps=500"), ("--setting", "dt=0.01")])
def test_the_example_of_an_option_can_be_followed(option, example):
    with pytest.raises(InputError, match=f"write {option} {example}$"):
        pairs(option, ["steps"])
    assert pairs(option, [example])


@pytest.mark.parametrize(("text", "value"), [("True", True), ("true", True), ("False", False), ("truely", "truely")])
def test_true_and_false_are_read_as_the_messages_write_them(text, value):
    assert pairs("--training", [f"dale={text}"]) == {"dale": value}


@pytest.mark.parametrize(
    ("words", "command"), [(["train", "xor", "--out"], "train"), (["compare", "--figure"], "compare")]
)
def test_an_option_without_its_argument_names_the_help_of_its_command(words, command):
    with pytest.raises(InputError, match=f"requires an argument; see 'biornn {command} --help'$"):
        run(words)
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
    assert command in COMMANDS


def test_no_default_of_a_task_is_python_alone():
    printed = CliRunner().invoke(app, ["tasks", "arrays"]).stdout
    assert "conditions  {} " in printed
    assert "mappingproxy" not in printed


def test_one_number_outside_is_named_alone():
    with pytest.raises(InputError, match=r"must be from 0 to 9 \(got 12\)"):
        checks.indices("units", [3, 12, 40], 10, "choose others")


@pytest.mark.parametrize("value", ["series.csv", ["a", "b"]])
def test_text_is_not_told_to_become_an_array(value):
    with pytest.raises(InputError, match=r"must be an array of real numbers .*; give numbers$"):
        checks.plain_array("Series.values", value)


@pytest.mark.parametrize("path", ["comparison.png", "figures/a.pdf"])
def test_a_path_in_the_place_of_trials_is_told_its_name(path):
    trials = tasks.GoNoGo().trials(4, seed=0)
    with pytest.raises(InputError, match=f"save the figure by path='{path}'$"):
        choose.trials_shown(trials, path)
    assert choose.trials_shown(trials, 2) == [2]


class Echo(Task):
    """A task as a newcomer writes it."""

    name, dt, inputs, outputs, readout = "echo", 0.01, 1, 2, "identity"

    def trials(self, count, seed):
        shown = np.random.default_rng(seed).normal(size=(count, 50, 1))
        return Trials(shown, np.repeat(shown, 2, axis=2), np.ones((count, 50)), self.dt)

    def score(self, outputs, trials):
        return Score((abs(outputs - trials.targets) < 0.5).mean(axis=(1, 2)))


def test_a_task_of_ones_own_shows_itself():
    assert repr(Echo()) == "Echo: echo, 1 input, 2 outputs, dt 10 ms"
    page = Echo()._repr_html_()
    assert "rate.train(task" in page
    assert "data:image/png" in page

    class Half(Task):
        name = "half"

    assert repr(Half()) == "Half (incomplete)"


def test_the_call_that_spikes_show_runs_on_a_recording():
    drawn = Spikes(np.zeros(3, int), np.arange(3), np.arange(3) / 10)
    asked = []
    spikes = SimpleNamespace(of=lambda **chosen: asked.append(chosen) or drawn)
    (call,) = drawn._face().calls
    found = {"spikes": spikes}
    exec(call, found)
    assert asked == [{"unit": 0, "trial": 0}]
    assert found["times"].size == 3


def test_a_task_from_a_file_shows_itself():
    gone = Absent("echo", 0.01, 1, 2, "identity", {})
    assert repr(gone) == "Absent: echo, 1 input, 2 outputs, dt 10 ms; make the task again to draw trials"


def test_arrays_show_what_differs_from_the_defaults():
    values = np.zeros((20, 10, 1))
    assert repr(tasks.Arrays(values, values)) == "Arrays(): arrays, 1 input, 1 output, dt 10 ms"
    assert "stretch='test'" in repr(tasks.Arrays(values, values).part("test"))


@pytest.mark.parametrize("thing", [spiking.run, tasks.Arrays.__init__, tasks.Series.__init__, Trials.__init__])
def test_signatures_in_help_name_arrays_in_a_word(thing):
    from inspect import signature

    assert "ArrayLike" in str(signature(thing)) or "NDArray" in str(signature(thing))
    assert "_SupportsArray" not in str(signature(thing))


def test_a_wrong_name_of_the_package_can_be_guessed():
    with pytest.raises(AttributeError, match="no attribute 'laod'") as caught:
        biornn.laod  # noqa: B018
    assert caught.value.name == "laod"
    assert "load" in dir(caught.value.obj)


LINES = """The spiking network follows the rate network, and this sentence is the first
of two lines of one paragraph.

name of a measure  0.016  what it means, in words that are longer than the terminal
short              1.000  of all neurons"""


def test_a_report_fits_the_terminal_and_is_whole_in_a_pipe(monkeypatch):
    assert screen.fitted(LINES) == LINES
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: shutil.os.terminal_size((60, 24)))
    lines = screen.fitted(LINES).split("\n")
    assert max(map(len, lines)) < 60
    assert " ".join(" ".join(lines).split()) == " ".join(LINES.split())
    second = next(place for place, line in enumerate(lines) if line.startswith("name of")) + 1
    assert lines[second].startswith(" " * len("name of a measure  0.016  "))
    assert lines[-1] == "short              1.000  of all neurons"
