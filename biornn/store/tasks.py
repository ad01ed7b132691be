"""Tasks in files: by what they say of themselves; one that cannot be made again keeps its name and sizes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from biornn.core import show
from biornn.core.checks import InputError, member, refuse
from biornn.core.output import kind_of
from biornn.core.task import PARTS, Score, Task, sizes
from biornn.core.trials import Trials
from biornn.core.values import json_values
from biornn.store.forms import Free, Scalar, Tensors, unfit

SIZES: dict[str, type] = {"dt": float, "inputs": int, "outputs": int, "readout": str}


@dataclass(frozen=True)
class Absent(show.Shown):
    """A task whose data or class lived in the session that saved it: it draws and judges nothing."""

    name: str
    dt: float
    inputs: int
    outputs: int
    readout: str
    description: Any

    def _face(self) -> show.Face:
        return show.Face(f"Absent: {sizes(self)}; make the task again to draw trials")

    def trials(self, *_: Any, **__: Any) -> Trials:
        """Refuse."""
        self._refuse()

    def part(self, name: str) -> Task:
        """Return the task itself."""
        member("part", name, PARTS)
        return self

    def score(self, *_: Any, **__: Any) -> Score:
        """Refuse."""
        self._refuse()

    def describe(self) -> dict[str, Any]:
        """Return what the task said of itself."""
        return dict(self.description)

    def _refuse(self) -> NoReturn:
        refuse(f"task {self.name}", "must be at hand", "its name only, from a file", "make the task again and use that")


class TaskForm:
    """A task, as its description and its sizes."""

    def write(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        sizes = {name: Scalar(kind).write(getattr(value, name), place, tensors) for name, kind in SIZES.items()}
        return {"name": str(value.name), **sizes, "task": Free().write(value.describe(), place, tensors)}

    def read(self, value: Any, place: str, tensors: Tensors, /) -> Any:
        if not isinstance(value, dict) or set(value) != {"name", "task", *SIZES}:
            unfit(place, "a task", value)
        sizes = {name: Scalar(kind).read(value[name], place, tensors) for name, kind in SIZES.items()}
        name = Scalar(str).read(value["name"], place, tensors)
        described = json_values(place, Free().read(value["task"], place, tensors))
        return _made(described, sizes) or Absent(name, **sizes, description=described)


def _made(described: dict[str, Any], sizes: dict[str, Any]) -> Task | None:
    """Return the task of a description, None where its data are gone or are no longer those of its sizes."""
    from biornn import tasks

    data = described.get("path")
    if "in_memory" in described or (data and not (isinstance(data, str) and _is_plain(Path(data)))):
        return None
    try:
        task = tasks.make(**described)
        return task if all(getattr(task, name) == value for name, value in sizes.items()) else None
    # Data that have changed, a library that is not there, a setting that this version does not have.
    except (InputError, TypeError, ImportError, OSError):
        return None


def _is_plain(path: Path) -> bool:
    """Whether a path that a file names may be read at once: no device, no pipe, nothing that the system makes up."""
    return kind_of(path) == "a file" and path.stat().st_size > 0
