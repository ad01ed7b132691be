"""Training by a recipe, and the network of the demo, which is kept."""

import hashlib
import json
from contextlib import suppress
from dataclasses import fields

from biornn import __version__, store
from biornn.config import Recipe
from biornn.core import checks, places
from biornn.core.checks import InputError, member, refuse
from biornn.core.rate import RateNetwork

DEMO = Recipe(task="go-nogo", training={"units": 200, "activation": "sigmoid", "seed": 0})


def train(recipe: Recipe, progress: bool = True) -> RateNetwork:
    """Train the network of a recipe; the task's description is kept with it.

    Raises
    ------
    InputError
        Unknown or implausible settings of the task or the training.
    """
    from biornn import rate, tasks

    checks.instance("recipe", recipe, Recipe, "read one: biornn.config.read_recipe(path)")
    checks.flag("progress", progress)
    for name in recipe.training:
        member("rate.train setting", name, (field.name for field in fields(rate.Training)))
    if "task" in recipe.settings:
        refuse("setting 'task'", "must not rename the task", recipe.settings["task"], "name the task itself instead")
    task = tasks.make(recipe.task, **recipe.settings)
    return rate.train(task, about={"task": task.describe()}, progress=progress, **recipe.training)


def demo_network(progress: bool = True) -> tuple[RateNetwork, bool]:
    """Return the trained network of the demo, and whether it was kept from an earlier run.

    Raises
    ------
    InputError
        A cache folder that cannot be written.
    """
    checks.flag("progress", progress)
    depends = json.dumps([__version__, DEMO.task, dict(DEMO.training)])
    path = places.cache() / "demo" / f"{hashlib.sha256(depends.encode()).hexdigest()[:16]}.safetensors"
    if path.is_file():
        with suppress(InputError):  # a damaged file is replaced
            return store.load(path), True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        store.check_writable(path)
    except (OSError, InputError) as problem:
        refuse("cache folder", "must be writable", problem, "set BIORNN_CACHE to a folder you can write")
    network = train(DEMO, progress)
    store.save(network, path)
    return network, False
