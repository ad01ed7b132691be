"""The conversion study's table, what it keeps, and how it goes on after being cut off; no network is trained."""

import json

import pytest

from benchmarks.shared.lines import Lines
from benchmarks.studies.conversion import VARIANTS, Study, conditions, table
from biornn import rate, store, tasks


def trained(seed, accuracy=1.0):
    return {"condition": "xor-tanh", "seed": seed, "accuracy": accuracy, "steps": 20, "seconds": 1.0}


def converted(seed, accuracy, variant="population", trials=100):
    measures = {"accuracy": {"rate": 1.0, "spiking": accuracy}, "state": {"nrmse": 0.01 * (seed + 1)}}
    where = {"condition": "xor-tanh", "seed": seed, "variant": variant, "trials": trials}
    return {**where, **measures, "null": {"state": None}, "mean_rate_hz": 20.0 + seed}


def test_the_table_counts_trained_and_converted_networks():
    trainings = [trained(0), trained(1, 0.5), trained(2), trained(3)]
    conversions = [
        converted(0, 0.95),
        converted(2, 0.94),
        converted(3, 1.0),
        converted(1, 1.0),  # was not trained: does not count
        converted(3, 0.2, trials=10),  # another study
    ]
    (line,) = [row for row in table(trainings, conversions, 20, 100).splitlines() if "xor-tanh" in row]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:5] == ["xor-tanh", "population", "4", "3", "2 of 3"]
    assert cells[6] == "0.950 (0.940)"
    assert cells[7] == "0.030 (0.040)"
    assert cells[9] == "23.0"
    # Wilson's 95 % interval of 2 of 3 (Brown, Cai & DasGupta 2001).
    assert cells[5] == "0.21 to 0.94"


def test_a_line_that_was_cut_off_costs_itself_only(tmp_path):
    lines = Lines(tmp_path / "kept" / "rows.jsonl")
    assert lines.read() == []
    lines.add({"a": 1})
    with lines.path.open("a") as file:
        file.write('{"a": 2, "b"')
    lines.add({"a": 3})
    assert lines.read() == [{"a": 1}, {"a": 3}]


def test_kept_networks_are_neither_trained_nor_converted_again(tmp_path, monkeypatch):
    study = Study(tmp_path)
    network = rate.train(tasks.GoNoGo(), units=4, steps=1, validation_trials=2, goal=0.0, progress=False)
    kept = tmp_path / "networks" / "conversion" / "xor-tanh"
    kept.mkdir(parents=True)
    for seed, accuracy in enumerate((1.0, 0.3, 0.99)):
        study.trainings.add(trained(seed, accuracy))
        store.save(network, kept / f"{seed}.safetensors")
    monkeypatch.setattr("benchmarks.studies.conversion.experiment.train", lambda *_, **__: pytest.fail("trained again"))
    monkeypatch.setattr(
        "benchmarks.studies.conversion.experiment.compare", lambda *_, **__: pytest.fail("converted again")
    )
    found = [seed for seed, _ in study.networks("xor-tanh", conditions()["xor-tanh"], 2)]
    assert found == [0, 2]
    study.conversions.add(converted(0, 1.0))
    study.convert("xor-tanh", 0, lambda: network, "population", 100)
    assert len(study.conversions.read()) == 1


def test_a_network_of_which_only_the_row_is_kept_is_trained_again_from_its_seed(tmp_path, monkeypatch):
    study = Study(tmp_path)
    network = rate.train(tasks.GoNoGo(), units=4, steps=1, validation_trials=2, goal=0.0, progress=False)
    recipes = []
    monkeypatch.setattr(
        "benchmarks.studies.conversion.experiment.train", lambda recipe, **_: recipes.append(recipe) or network
    )
    study.trainings.add(trained(3))
    for row in range(3):
        study.trainings.add(trained(row, 0.0))
    ((seed, get),) = study.networks("xor-tanh", conditions()["xor-tanh"], 2)
    assert (seed, recipes) == (3, [])
    get(), get()
    assert [recipe.training["seed"] for recipe in recipes] == [3]


def test_every_condition_of_the_study_can_be_trained_and_has_a_way_to_convert():
    every = conditions()
    assert len(every) == 16
    for name, recipe in every.items():
        rate.Training(**recipe.training)
        tasks.make(recipe.task)
        assert any(variant.dale == bool(recipe.training.get("dale")) for variant in VARIANTS.values()), name
        json.dumps(dict(recipe.training))
