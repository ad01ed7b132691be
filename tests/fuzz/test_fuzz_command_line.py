"""Every option of every command with text that nobody means: it works, or one line refuses it with exit code 2."""

import sys
import warnings
from dataclasses import replace

import pytest
from calls import NETWORK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_fuzz_python import EXAMPLES

from biornn import store
from biornn.cli import main

TEXTS = [
    "", " ", "-1", "0", "1", "0.5", "1e-320", "nan", "inf", "-inf", "null", "true", "9" * 30, "1e999", "text", "[/red]",
    "\x1b[31mred", "a\nb", "/nonexistent/folder/file", ".", "/", "x=null", "x=", "=", "=1", "dt=NaN", "dt=[1,", "--",
    "é" * 50,
    "../..", "~nosuchuser/x", "go-nogo", "network.safetensors", "network.safetensors/x", "a b.json", "x.png", "steps=0",
]  # fmt: skip
SMALL = ["--units", "4", "--training", "steps=2", "--training", "batch=2", "--training", "validation_trials=2"]
TRAIN = ["--out", "--units", "--activation", "--seed", "--setting", "--training", "--recipe", "--join", "--process"]
COMPARE = [
    "--task", "--neurons", "--trials", "--seed", "--repeats", "--mapping", "--tuning", "--noise", "--step", "--jobs",
    "--setting", "--json", "--figure",
]  # fmt: skip
FEW = ["--task", "go-nogo", "--neurons", "2", "--trials", "1", "--jobs", "1"]
COMMANDS = {
    "train": (["train", "go-nogo", *SMALL, "--out", "trained.safetensors"], TRAIN),
    "compare": (["compare", "network.safetensors", *FEW], COMPARE),
    "info": (["info", "network.safetensors"], []),
    "tasks": (["tasks"], []),
    "models": (["models"], []),
    "cache": (["cache"], []),
    "": ([], []),
}
"""For each command: arguments that work, and options that take text."""


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory):
    """A folder with a network; whatever is written goes there."""
    patch = pytest.MonkeyPatch()
    patch.chdir(tmp_path_factory.mktemp("command-line"))
    store.save(replace(NETWORK, dt=0.005), "network.safetensors")
    yield
    patch.undo()


def called(arguments, capsys):
    """Run the command line; return its exit code and what it said."""
    patch = pytest.MonkeyPatch()
    patch.setattr(sys, "argv", ["biornn", *arguments])
    with warnings.catch_warnings(), patch.context():
        warnings.simplefilter("always")
        patch.setattr(sys, "argv", ["biornn", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
    patch.undo()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def without(arguments, option):
    """Return the arguments without an option that may be given once, and its value."""
    if option not in arguments or option in ("--setting", "--training"):
        return arguments
    place = arguments.index(option)
    return [*arguments[:place], *arguments[place + 2 :]]


@pytest.mark.parametrize("command", COMMANDS)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_wrong_option(command, data, capsys):
    right, options = COMMANDS[command]
    text = st.sampled_from(TEXTS)
    place = data.draw(st.sampled_from(["option", "argument", "unknown"] if options else ["argument", "unknown"]))
    if place == "option":
        option = data.draw(st.sampled_from(options))
        arguments = [*without(right, option), option, data.draw(text)]
    elif place == "argument":
        arguments = [*right[:1], data.draw(text), *right[2:]]
    else:
        arguments = [*right, data.draw(st.sampled_from(["--unknown", "--neuron", "-x", "--seed=", "--json=x"]))]
    code, out, err = called(arguments, capsys)
    assert code in (0, 2), (code, err)
    assert "Traceback" not in err
    assert "\x1b[31m" not in out + err
    if code == 2:
        lines = err.splitlines()
        assert len([line for line in lines if line.startswith("biornn: ")]) >= 1, err
        assert lines[-1].startswith("biornn: ")
        assert lines[-1].isprintable()
        assert all(line.startswith("biornn: ") for line in lines), err


def test_the_right_commands_work(capsys):
    for name, (arguments, _) in COMMANDS.items():
        code, out, err = called(arguments, capsys)
        assert code == 0, (name, err)
        assert out
