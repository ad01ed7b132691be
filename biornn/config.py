"""Recipes: TOML files that say how a network of ``models/`` was trained, and train it again.

```toml
task = "go-nogo"

[settings]          # of the task; may be left out
pulse = [0.25, 0.375]

[training]          # fields of biornn.rate.Training
units = 200
activation = "sigmoid"
seed = 0
```
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biornn.core import show
from biornn.core.checks import member, refuse


@dataclass(frozen=True)
class Recipe(show.Settings):
    """How a network is trained.

    Attributes
    ----------
    task : str
        Name of the task.
    settings : dict
        Settings of the task.
    training : dict
        Fields of `biornn.rate.Training`.
    """

    task: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    InputError
        A missing file, a file that is not TOML, an unknown section, or no task.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        refuse(f"recipe {path}", "must be a readable TOML file", problem, "see models/go-nogo-sigmoid/recipe.toml")
    for name in content:
        member(f"recipe {path}: section", name, ("task", "settings", "training"))
    if not isinstance(content.get("task"), str):
        refuse(f"recipe {path}", "must name its task", content.get("task"), 'add a line such as task = "go-nogo"')
    for name in ("settings", "training"):
        if not isinstance(content.get(name, {}), dict):
            refuse(f"recipe {path}: {name}", "must be a table", content[name], f"write it below a line [{name}]")
    return Recipe(**content)
