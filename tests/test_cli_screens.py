"""What the command line prints: columns that fit the terminal, and no order to it from a name, a task or a file."""

import io
import logging
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from biornn import experiment, rate, store, tasks
from biornn.cli import compute, lists, screen
from biornn.cli.app import app
from biornn.config import Recipe
from biornn.core.checks import InputError

EVIL = "[/red]\x1b]0;title\x07\x1b[31m\nsecond\u2028line\x9b"
SHOWN = r"[/red]\x1b]0;title\x07\x1b[31m"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Return a function that gives what is printed to a terminal of some columns."""

    def printed(columns, call, *words):
        stream = Terminal()
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setenv("COLUMNS", str(columns))
        call(*words)
        monkeypatch.undo()
        return stream.getvalue()

    return printed


def run(*words):
    """Run a command in this process as typer's own tests do."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.fixture
def network():
    return store.load(store.find("go-nogo-sigmoid"))


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_columns_fit_the_terminal(columns, terminal):
    for call, words in (
        (lists.info, ["go-nogo-sigmoid"]), (lists.tasks, [""]), (lists.tasks, ["sunspots"]), (lists.models, []),
    ):  # fmt: skip
        lines = terminal(columns, call, *words).splitlines()
        assert len(lines) > 4
        # The folder of the models is one word, and the last column keeps 24 characters.
        wide = [line for line in lines if len(line) > max(columns, 24 + 30) and not line.startswith("files: ")]
        assert wide == []


def test_the_last_column_of_a_pipe_is_whole():
    rows = [line for line in run("info", "go-nogo-sigmoid").splitlines() if line.startswith("settings")]
    assert len(rows) == 1
    assert rows[0].endswith("weight_penalty 0")
    assert len(rows[0]) > 300


def test_a_table_lines_up_and_wraps():
    assert screen.table(("a", "b"), [("one", "two"), ("three", "")]).split("\n") == ["a      b", "one    two", "three"]
    assert screen.table(("", ""), [("one", "two")]) == "one  two"
    assert screen.table(("", ""), []) == ""


def test_lines_from_outside_give_no_orders(capsys):
    screen.say(f"one\n{EVIL}")
    assert capsys.readouterr().out == f"one\n{SHOWN}\nsecond\\u2028line\\x9b\n"
    print(screen.table(("name", "what"), [(EVIL, EVIL)]))
    assert capsys.readouterr().out.split("\n")[1].count(f"{SHOWN} second") == 2
    assert screen.one_line(UserWarning(EVIL)) == f"biornn: {SHOWN} second line\\x9b\n"


def test_warnings_and_the_log_are_single_lines(monkeypatch):
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    monkeypatch.setattr(logging, "root", logging.RootLogger(logging.WARNING))
    screen.one_line_warnings()
    assert warnings.formatwarning(EVIL, UserWarning, "file", 1) == f"biornn: {SHOWN} second line\\x9b\n"
    record = logging.LogRecord("biornn", logging.WARNING, "file", 1, "%s", (EVIL,), None)
    assert [handler.format(record) for handler in logging.root.handlers] == [f"biornn: {SHOWN} second line\\x9b"]


def test_info_shows_what_a_file_says_and_obeys_nothing(network, tmp_path):
    about = {EVIL: EVIL, "task": {"task": EVIL, EVIL: [EVIL]}, "loss": [EVIL] * 20, "seconds": None, "steps": 1e300}
    path = store.save(replace(network, about=about), tmp_path / "[bold]evil\x1b[31m.safetensors")
    said = run("info", path)
    assert not set("\x1b\x07\x9b") & set(said)
    assert rf"{tmp_path}/[bold]evil\x1b[31m.safetensors" in said
    rows = dict(line.split("  ", 1) for line in said.splitlines())
    assert rows["task"].strip().startswith(f"task {SHOWN} second")
    assert rows["loss"].strip() == "20 values"
    assert rows["steps"].strip() == "1e+300"
    for name in (EVIL, "[/red]"):
        with pytest.raises(InputError) as refusal:
            run("info", tmp_path / name)
        assert "\x1b" not in str(refusal.value)


def test_info_says_what_else_a_file_of_biornn_holds(network, tmp_path):
    trials = tasks.GoNoGo().trials(2, 0)
    store.save(rate.run(network, trials), tmp_path / "r.safetensors")
    assert "content  Recording" in run("info", tmp_path / "r.safetensors")
    with pytest.raises(InputError, match=r"r.safetensors: must be a RateNetwork \(got a Recording\)"):
        run("compare", tmp_path / "r.safetensors")


def test_dales_law_in_words(network, tmp_path):
    assert "Dale's law      not imposed" in run("info", "go-nogo-sigmoid")
    weights = {**network.weights, "recurrent": np.abs(network.weights["recurrent"])}
    weights["recurrent"][:, 150:] *= -1
    signs = np.array([1.0] * 150 + [-1.0] * 50)
    store.save(replace(network, weights=weights, signs=signs), tmp_path / "d.safetensors")
    assert "Dale's law      150 excitatory, 50 inhibitory units\n" in run("info", tmp_path / "d.safetensors")


def test_a_task_lists_its_settings_with_defaults():
    rows = {line.split()[0]: line.split()[1] for line in run("tasks", "flip-flop").splitlines() if line.strip()}
    assert rows["setting"] == "default"
    assert {name: rows[name] for name in ("bits", "dt", "duration", "interval")} == {
        "bits": "3", "dt": "0.01", "duration": "3.0", "interval": "0.75",
    }  # fmt: skip
    series = {line.split()[0]: line.split()[1] for line in run("tasks", "series").splitlines() if line.strip()}
    assert series["path"] == "needed"
    with pytest.raises(InputError, match=r"task: must be a known name \(got 'flipflop'\).*did you mean flip-flop\?"):
        run("tasks", "flipflop")


def trained_with(monkeypatch, tmp_path, *words):
    """Return the recipe that ``biornn train`` makes of its options."""
    plans = []

    def train(plan, progress):
        plans.append(plan)
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "train", train)
    CliRunner().invoke(app, ["train", *words, "--out", str(tmp_path / "n.safetensors")])
    return plans[0]


def test_only_options_that_are_given_reach_the_training(monkeypatch, tmp_path):
    # A cell has defaults of its own: a sigmoid GRU nobody asked for would be another network.
    plan = trained_with(monkeypatch, tmp_path, "xor", "--training", "cell=gru")
    assert plan == Recipe("xor", {}, {"cell": "gru"})
    words = ["--units", "5", "--activation", "relu", "--seed", "0", "--dale", "--setting", "dt=0.01"]
    plan = trained_with(monkeypatch, tmp_path, "xor", *words)
    assert plan == Recipe("xor", {"dt": 0.01}, {"units": 5, "activation": "relu", "seed": 0, "dale": True})
    (tmp_path / "r.toml").write_text('task = "xor"\n[training]\nunits = 3\n')
    plan = trained_with(monkeypatch, tmp_path, "--recipe", str(tmp_path / "r.toml"))
    assert plan == Recipe("xor", {}, {"units": 3})


class Gone(io.StringIO):
    """A standard output whose reader has left."""

    def write(self, text):
        raise BrokenPipeError


def test_files_are_written_even_where_nobody_reads_what_is_printed(monkeypatch, tmp_path):
    report = SimpleNamespace(to_dict=lambda: {"measure": 1.0})
    monkeypatch.setattr(experiment, "figures", lambda *_: [tmp_path / "c.png"])
    monkeypatch.setattr(sys, "stdout", Gone())
    with pytest.raises(SystemExit) as ending:
        compute._report(SimpleNamespace(fit="fit", report=report), None, tmp_path / "c.json", tmp_path / "c.png")
    assert ending.value.code == 141
    assert (tmp_path / "c.json").read_text() == '{\n  "measure": 1.0\n}\n'


def test_a_demo_that_is_refused_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["--neurons", "0"], ["--trials", "0"], ["--seed", "-1"], ["--jobs", "0"]):
        with pytest.raises(InputError, match=r"must be a whole number"):
            run("demo", "--out", "new/folder", *words)
    assert list(Path().iterdir()) == []
