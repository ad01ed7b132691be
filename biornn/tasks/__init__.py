"""Tasks: where trials come from and who judges the outputs.

A task is a frozen record with a time step, numbers of inputs and outputs, and three methods: ``trials(count, seed)``
draws trials, ``score(outputs, trials)`` judges what any network put out on them, and ``part(name)`` is the task
restricted to its training, validation or test data. The scorer is strict and one and the same for rate and spiking
networks.

| name | class | a trial is right if |
|---|---|---|
| go-nogo | `GoNoGo` | output rises after a pulse, else silent |
| xor | `XOR` | right side, never the other |
| context-integration | `ContextIntegration` | right side, never the other |
| perceptual-decision | `PerceptualDecision` | right side, never the other |
| delayed-match | `DelayedMatch` | right side, never the other |
| flip-flop | `FlipFlop` | share of intervals without a wrong step |
| sequences | `Sequences` | right class strictly the most probable |
| digits | `Digits` | right class strictly the most probable |
| tones | `Tones` | right class strictly the most probable |
| copying | `Copying` | share of recalled symbols |
| characters | `Characters` | share of next characters |
| adding | `Adding` | (error: RMSE over the SD of the target) |
| sine | `Sine` | (error) |
| series | `Series`, `CsvSeries` | (error) |
| mackey-glass | `MackeyGlass` | (error) |
| lorenz | `Lorenz` | (error) |
| sunspots | `Sunspots` | (error) |
| arrays | `Arrays` | (error), or right class |

Every trial has its own random stream, so the same seed gives the same trials and the first k of more trials are the
same k. Times are in s; a task of another time step keeps its times. A new task is one file like `go_nogo` and one
line in `TASKS`; a class of your own inherits from `Task` and writes `trials` and `score`.

Data of your own are `Series` (an array, or a CSV file by ``Series.from_csv``), `Sequences` (labelled) and `Arrays`;
all are taken by position, whatever library they come from.
"""

import inspect
from collections.abc import Callable
from typing import Any

from biornn.core import checks
from biornn.core.task import Task, checked_task
from biornn.tasks.adding import Adding
from biornn.tasks.arrays import Arrays
from biornn.tasks.characters import Characters
from biornn.tasks.context_integration import ContextIntegration
from biornn.tasks.copying import Copying
from biornn.tasks.delayed_match import DelayedMatch
from biornn.tasks.digits import Digits
from biornn.tasks.flip_flop import FlipFlop
from biornn.tasks.forecast import Forecast
from biornn.tasks.go_nogo import GoNoGo
from biornn.tasks.lorenz import Lorenz, lorenz
from biornn.tasks.mackey_glass import MackeyGlass, mackey_glass
from biornn.tasks.meanings import Setting, of
from biornn.tasks.perceptual_decision import PerceptualDecision
from biornn.tasks.published import PUBLISHED, published_score
from biornn.tasks.sequences import Sequences
from biornn.tasks.series import CsvSeries, Series
from biornn.tasks.sine import Sine
from biornn.tasks.sunspots import Sunspots
from biornn.tasks.tones import Tones
from biornn.tasks.xor import XOR

__all__ = [
    "PUBLISHED",
    "TASKS",
    "XOR",
    "Adding",
    "Arrays",
    "Characters",
    "ContextIntegration",
    "Copying",
    "CsvSeries",
    "DelayedMatch",
    "Digits",
    "FlipFlop",
    "Forecast",
    "GoNoGo",
    "Lorenz",
    "MackeyGlass",
    "PerceptualDecision",
    "Sequences",
    "Series",
    "Sine",
    "Sunspots",
    "Task",
    "Tones",
    "describe",
    "lorenz",
    "mackey_glass",
    "make",
    "published_score",
    "settings",
]

TASKS: dict[str, Callable[..., Task]] = {
    "go-nogo": GoNoGo,
    "xor": XOR,
    "context-integration": ContextIntegration,
    "flip-flop": FlipFlop,
    "perceptual-decision": PerceptualDecision,
    "delayed-match": DelayedMatch,
    "sine": Sine,
    "mackey-glass": MackeyGlass,
    "lorenz": Lorenz,
    "sunspots": Sunspots,
    "series": CsvSeries,
    "sequences": Sequences,
    "adding": Adding,
    "copying": Copying,
    "characters": Characters,
    "digits": Digits,
    "tones": Tones,
    "arrays": Arrays,
}
"""Every task by its command-line name; the value is called with the task's settings."""


def make(task: str, **settings: Any) -> Task:
    """Return the task of that name.

    Parameters
    ----------
    task : str
        A key of `TASKS`.
    **settings
        The parameters of the task's class.

    Raises
    ------
    InputError
        An unknown name, an unknown or missing setting, a value that the task refuses, or the description of a task
        whose data or class exist in memory only.
    """
    if "in_memory" in settings:
        rule = "must be made of settings or a file"
        given = "data or a class that lived in the memory of the session that made them"
        checks.refuse(f"task {checks.shown(task)}", rule, given, "in Python, pass the task object itself")
    factory = TASKS[checks.member("task", task, TASKS)]
    known = inspect.signature(factory).parameters
    for name in settings:
        checks.member(f"setting of task {task}", name, known)
    missing = [n for n, parameter in known.items() if parameter.default is parameter.empty and n not in settings]
    if missing:
        next_step = "give them, or pass a task object made from your data"
        checks.refuse(f"task {task}", f"needs the settings {', '.join(missing)}", sorted(settings), next_step)
    return factory(**settings)


def settings(name: str) -> list[Setting]:
    """Return the settings of a task by its command-line name: name, default and meaning of each.

    Raises
    ------
    InputError
        An unknown name.
    """
    return of(TASKS[checks.member("task", name, TASKS)])


def describe(task: Task) -> dict[str, Any]:
    """Return ``task.describe()``: a task as JSON values, of which ``make(**describe(task))`` makes an equal task."""
    return checked_task("tasks.describe", task).describe()


def __dir__() -> list[str]:
    """Return the public names, for completion by the tab key."""
    return __all__
