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

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biornn.core import show
from biornn.core.checks import InputError, instance, member, refuse

LONGEST = 1_000_000
"""Bytes of a recipe; a longer file is none."""
EXAMPLE = "see models/go-nogo-sigmoid/recipe.toml"


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

    Raises
    ------
    InputError
        A task that is no name, settings or fields that are no dictionary by name.
    """

    task: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        instance("Recipe.task", self.task, str, "give the name of a task, 'go-nogo'")
        for name in ("settings", "training"):
            value = getattr(self, name)
            if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
                refuse(f"Recipe.{name}", "must be a dictionary by name", value, "write {'dt': 0.005}")


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Read a recipe.

    Raises
    ------
    InputError
        A missing file, a folder or a device, a file that is not TOML or too long for a recipe, an unknown section, or
        no task.
    """
    if not isinstance(path, str | os.PathLike):
        refuse("recipe", "must be the path of a TOML file", path, EXAMPLE)
    where = f"recipe {path}"
    content = _content(Path(path), where)
    for name in content:
        member(f"{where}: section", name, ("task", "settings", "training"))
    if not isinstance(content.get("task"), str):
        refuse(where, "must name its task", content.get("task"), 'add a line such as task = "go-nogo"')
    for name in ("settings", "training"):
        if not isinstance(content.get(name, {}), dict):
            refuse(f"{where}: {name}", "must be a table", content[name], f"write it below a line [{name}]")
    return Recipe(**content)


def _content(path: Path, where: str) -> dict[str, Any]:
    """Return the tables of a TOML file; a pipe or a device is not opened, since it may have no end."""
    rule = "must be a readable TOML file"
    try:
        if path.exists() and not path.is_file():
            refuse(where, rule, "a folder" if path.is_dir() else "a device or pipe", EXAMPLE)
        if path.stat().st_size > LONGEST:
            refuse(where, f"must have at most {LONGEST} bytes", path.stat().st_size, EXAMPLE)
        if not path.stat().st_size:  # what the system makes up as it is read has no size, and may have no end
            refuse(where, rule, "an empty file", EXAMPLE)
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        refuse(where, rule, "tables nested too deeply", EXAMPLE)
    except InputError:
        raise
    except (OSError, ValueError) as problem:  # not TOML, not UTF-8, a number of too many digits, a name with NUL
        refuse(where, rule, problem, EXAMPLE)
