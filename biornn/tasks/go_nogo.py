"""Go/NoGo: answer a pulse, stay silent without one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring


@dataclass(frozen=True)
class GoNoGo(base.Generative):
    """Go/NoGo of Kim, Li & Sejnowski (2019, PNAS 116:22811): 1 s, one input, one output.

    Half of the trials are go: a pulse of 1 at 0.25 to 0.375 s (steps 50 to 75 of 200), after which the output is 1 to
    the end. Otherwise input and target are 0. Condition: ``go``.

    Parameters
    ----------
    dt : float
        Step in s; the times stay as they are.

    Raises
    ------
    InputError
        A step outside 0.1 ms to 25 ms.
    """

    dt: float = 0.005
    name: ClassVar[str] = "go-nogo"
    inputs: ClassVar[int] = 1
    outputs: ClassVar[int] = 1
    readout: ClassVar[str] = "identity"

    def __post_init__(self) -> None:
        object.__setattr__(self, "dt", base.step("GoNoGo.dt", self.dt))

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials; of every two in a row one is go."""
        go = base.balanced(2, base.streams(count, seed, 2 * round(1 / self.dt))) == 1
        on, off, end = base.steps(self.dt, 0.25, 0.375, 1.0)
        inputs, targets = np.zeros((2, count, end, 1))
        inputs[go, on:off] = 1
        targets[go, off:] = 1
        return Trials(inputs, targets, np.ones((count, end)), self.dt, {"go": go})

    def score(self, outputs: NDArray[np.float64], trials: Trials) -> Score:
        """Judge outputs (K, T, 1): go if max z > 0.7 after the pulse, no-go if max |z| < 0.3 from its onset on."""
        z = scoring.judged(self, outputs, trials, 1.0)[:, :, 0]
        on, off = base.steps(self.dt, 0.25, 0.375)
        answered = z[:, off:].max(axis=1) > scoring.CROSSED
        silent = np.abs(z[:, on:]).max(axis=1) < scoring.CLEAN
        return Score(np.where(scoring.condition(self, trials, "go") > 0, answered, silent).astype(np.float64))
