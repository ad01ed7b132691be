"""What every task is: a source of trials and the strict judge of the outputs on them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from biornn.core.trials import Trials

UNDEFINED = float("nan")
"""The value of a measure that does not apply; written as null in JSON."""


@dataclass(frozen=True, eq=False)
class Score:
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

    @property
    def accuracy(self) -> float:
        """Mean of `correct`; NaN for forecasts."""
        return float(self.correct.mean())


class Task(Protocol):
    """A task: one short file in `biornn.tasks`, one line of registration.

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
    """

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

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials; the same seed gives the same trials, and the first k of more are the same k."""
        ...

    def part(self, name: str) -> "Task":
        """Return the task that draws from ``"train"``, ``"validation"`` or ``"test"`` data only.

        A task that makes its trials up returns itself: a fresh seed is a fresh trial.
        """
        ...

    def score(self, outputs: NDArray[np.float64], trials: Trials) -> Score:
        """Judge outputs (K, T, O) strictly; one scorer serves rate and spiking networks."""
        ...
