"""What every task is: a source of trials and the strict judge of the outputs on them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks, show
from biornn.core.trials import Trials

UNDEFINED = float("nan")
"""The value of a measure that does not apply; written as null in JSON."""


@dataclass(frozen=True, eq=False)
class Score(show.Shown):
    """A task's judgement of outputs.

    Attributes
    ----------
    correct : (K,) array
        Share of each trial that is right, 0 to 1 (0 or 1 where a trial is one decision); NaN for forecasts.
    error : float
        RMSE of a forecast over the SD of its target; NaN for tasks that are right or wrong.
    """

    correct: NDArray[np.float64]
    error: float = UNDEFINED

    def _face(self) -> show.Face:
        judged = show.count(self.correct.size, "trial")
        if np.isnan(self.correct).all():
            return show.Face(f"Score: error {self.error:.3f} (RMSE over the SD of the target, {judged})")
        wrong = np.flatnonzero(self.correct < 1)
        few = ", ".join(map(str, wrong[:10])) + (", ..." if wrong.size > 10 else "")
        rows = (("not right", f"{show.count(wrong.size, 'trial')}" + (f": {few}" if few else "")),)
        return show.Face(f"Score: accuracy {self.accuracy:.3f} of {judged}", rows)

    @property
    def accuracy(self) -> float:
        """Mean of `correct`; NaN for forecasts."""
        return float(self.correct.mean())


PARTS = ("train", "validation", "test")
"""The parts of every task."""


CALLS = ("trials = task.trials(64, seed=1)", "network = rate.train(task, units=200, seed=0)")
"""What can be done with a task."""


def sizes(task: "Task") -> str:
    """Return name, channels and step of a task in words."""
    channels = f"{show.count(task.inputs, 'input')}, {show.count(task.outputs, 'output')}"
    return f"{task.name}, {channels}, dt {task.dt * 1e3:g} ms"


class Task(Protocol):
    """A task: a class of your own inherits from it and writes `trials` and `score`.

    Attributes
    ----------
    name : str
        Command-line name, ``"go-nogo"``.
    dt : float
        Step in s.
    inputs, outputs : int
        Number of input and output channels.
    readout : {"identity", "softmax"}
        Softmax tasks are trained with cross-entropy on one-hot targets and scored on probabilities.

    Examples
    --------
    >>> class Echo(Task):
    ...     name, dt, inputs, outputs, readout = "echo", 0.01, 1, 1, "identity"
    ...
    ...     def trials(self, count, seed):
    ...         shown = np.random.default_rng(seed).normal(size=(count, 50, 1))
    ...         return Trials(shown, shown, np.ones((count, 50)), self.dt)
    ...
    ...     def score(self, outputs, trials):
    ...         return Score((abs(outputs - trials.targets) < 0.5).mean(axis=(1, 2)))
    >>> Echo().part("test").describe()
    {'task': 'echo', 'in_memory': {'inputs': 1, 'outputs': 1}}
    >>> Echo()
    Echo: echo, 1 input, 1 output, dt 10 ms
    """

    # Read-only for the type checker, so that frozen records fit; a property would forbid `self.dt = dt` in __init__.
    if TYPE_CHECKING:

        @property
        def name(self) -> str: ...
        @property
        def dt(self) -> float: ...
        @property
        def inputs(self) -> int: ...
        @property
        def outputs(self) -> int: ...
        @property
        def readout(self) -> str: ...

    def _face(self) -> show.Face:
        return show.Face(f"{type(self).__name__}: {sizes(self)}", (("task", sizes(self)),), CALLS)

    def _sketch(self) -> show.Sketch | None:
        return self.trials(1, 0)._sketch()

    # A protocol cannot inherit from `Shown`, which is none.
    def __repr__(self) -> str:
        return show.Shown.__repr__(cast(show.Shown, self))

    def _repr_html_(self) -> str:
        return show.Shown._repr_html_(cast(show.Shown, self))

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials; the same seed gives the same trials, and the first k of more are the same k."""
        ...

    def part(self, name: str) -> "Task":
        """Return the task that draws from ``"train"``, ``"validation"`` or ``"test"`` data only.

        A task that makes its trials up returns itself, as this default does: a fresh seed is a fresh trial.
        """
        checks.member(f"{type(self).__name__}.part", name, PARTS)
        return self

    def score(self, outputs: NDArray[np.float64], trials: Trials) -> Score:
        """Judge outputs (K, T, O) strictly; one scorer serves rate and spiking networks."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return the task as JSON values: its name under ``"task"`` and its settings.

        ``tasks.make(**task.describe())`` is an equal task, unless its data or its class exist in memory only: such a
        task says so by a key ``"in_memory"``, as this default does.
        """
        return {"task": self.name, "in_memory": {"inputs": self.inputs, "outputs": self.outputs}}


MEMBERS = ("name", "dt", "inputs", "outputs", "readout", "trials", "part", "score", "describe")


def checked_task(where: str, value: Any) -> Task:
    """Return `value` if it has every member of `Task`.

    Raises
    ------
    InputError
        Another object, such as a task's class; an object that lacks a member.
    """
    if isinstance(value, type):
        checks.refuse(where, "must be a task", f"the class {value.__name__}", f"make one: {value.__name__}()")
    lacking = [name for name in MEMBERS if getattr(value, name, None) is None]
    if len(lacking) > len(MEMBERS) // 2:
        checks.refuse(where, "must be a task", f"a {type(value).__name__}", "make one, such as tasks.GoNoGo()")
    if lacking:
        advice = "inherit from biornn.core.task.Task, which says what each is"
        checks.refuse(
            where, "must have every member of a task", f"{type(value).__name__} without {', '.join(lacking)}", advice
        )
    return cast(Task, value)
