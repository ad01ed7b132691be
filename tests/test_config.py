"""Recipes: bad ones are refused by name, those in models/ are accepted by task and training."""

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
