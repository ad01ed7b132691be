"""Every command of the benchmarks says what it does before it does anything; kept rows make a table without work."""

import importlib
import pkgutil
import sys

import pytest

from benchmarks import speed, studies
from biornn import experiment, rate, spiking

COMMANDS = [
    module.name for room in (speed, studies) for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}.")
]
KEPT = {
    "baselines": "causal CNN",
    "conversion": "go-nogo-sigmoid",
    "digits": "SimpleRNN",
    "fidelity": "xor-sigmoid",
    "gated": "flip-flop-2-gru",
    "growing_lengths": "Elman",
    "neurons_spent": "one to one, Kim 2019",
    "prediction": None,
    "second_simulator": "NEST",
}
"""Studies with rows, and a word of their published table; the rows of prediction are not in the repository."""


def call(name, monkeypatch, *arguments):
    for module, function in ((experiment, "train"), (experiment, "compare"), (rate, "train"), (spiking, "run")):
        monkeypatch.setattr(module, function, lambda *_, **__: pytest.fail("worked"))
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    importlib.import_module(name).main()


def test_all_commands_are_found():
    assert {"benchmarks.speed.kernel", "benchmarks.studies.models"} <= set(COMMANDS)
    assert set(KEPT) <= {name.split(".")[-1] for name in COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_printed_without_work(name, monkeypatch, capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        call(name, monkeypatch, "--help")
    said = capsys.readouterr().out
    assert said.startswith("usage:")
    assert ("--rows DIR" in said) == (name.split(".")[-1] in KEPT)
    assert ("--table" in said) == ("--rows DIR" in said)
    for old in ("--folder", "--kept", "--draw"):
        assert old not in said


@pytest.mark.parametrize("study", KEPT)
def test_the_published_table_is_printed_from_kept_rows(study, monkeypatch, capsys, pytestconfig):
    results = pytestconfig.rootpath / "benchmarks" / "results"
    before = {file: file.read_bytes() for file in results.glob("*.jsonl")}
    call(f"benchmarks.studies.{study}", monkeypatch, "--rows", str(results), "--table")
    said = capsys.readouterr().out
    assert said.strip()
    assert KEPT[study] is None or KEPT[study] in said
    assert {file: file.read_bytes() for file in results.glob("*.jsonl")} == before
