"""Recipes: bad ones are refused by name, those in models/ are accepted by task and training."""

import os

import pytest

from biornn import config, rate, tasks
from biornn.core import places
from biornn.core.checks import InputError

RECIPES = sorted(places.models().glob("*/recipe.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_recipes_of_models_are_accepted(path):
    recipe = config.read_recipe(path)
    assert tasks.make(recipe.task, **recipe.settings).name == recipe.task
    rate.Training(**recipe.training)
    assert (path.parent / "network.safetensors").is_file()


def test_there_are_recipes():
    assert len(RECIPES) >= 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task = ", r"must be a readable TOML file"),
        ("[training]\nunits = 3", r"must name its task \(got None\)"),
        ("task = 3", r"must name its task \(got 3\)"),
        ('task = "xor"\n[trainig]\nunits = 3', r"section: must be a known name \(got 'trainig'\)"),
        ('task = "xor"\ntraining = 3', r"training: must be a table \(got 3\)"),
    ],
)
def test_bad_recipes_are_refused_in_one_line(tmp_path, text, message):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as refusal:
        config.read_recipe(path)
    assert "\n" not in str(refusal.value)


def test_a_missing_recipe_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"recipe .*none.toml: must be a readable TOML file"):
        config.read_recipe(tmp_path / "none.toml")


def test_a_recipe_is_a_short_regular_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # opened, it would wait for ever
    (tmp_path / "folder").mkdir()
    (tmp_path / "long").write_bytes(b"#" * (config.LONGEST + 1))
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "deep").write_text("task = " + "[" * 100_000)
    (tmp_path / "digits").write_text("task = " + "9" * 5000)
    for path, rule in (
        (tmp_path / "pipe", r"must be a readable TOML file \(got a device or pipe\)"),
        ("/dev/zero", r"must be a readable TOML file \(got a device or pipe\)"),
        ("/proc/kmsg", r"must be a readable TOML file \(got an empty file\)"),
        (tmp_path / "folder", r"must be a readable TOML file \(got a folder\)"),
        (tmp_path / "long", r"must have at most 1000000 bytes \(got 1000001\)"),
        (tmp_path / "binary", r"must be a readable TOML file"),
        (tmp_path / "deep", r"must be a readable TOML file"),
        (tmp_path / "digits", r"must be a readable TOML file"),
        (tmp_path / ("n" * 300), r"must be a readable TOML file"),
        ("nul\0", r"must be a readable TOML file"),
        (None, r"recipe: must be the path of a TOML file \(got None\)"),
        (3, r"recipe: must be the path of a TOML file \(got 3\)"),
    ):
        with pytest.raises(InputError, match=rule) as refusal:
            config.read_recipe(path)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"task": 3}, r"Recipe.task: must be a str \(got 3\)"),
        ({"task": "xor", "settings": 5}, r"Recipe.settings: must be a dictionary by name \(got 5\)"),
        ({"task": "xor", "training": {1: 2}}, r"Recipe.training: must be a dictionary by name"),
    ],
)
def test_recipes_made_in_python_are_checked(fields, message):
    with pytest.raises(InputError, match=message):
        config.Recipe(**fields)
