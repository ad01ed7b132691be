"""Temporal XOR: compare the signs of two pulses that follow one another."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring


@dataclass(frozen=True)
class XOR(base.Generative):
    """Temporal XOR of Kim, Li & Sejnowski (2019, PNAS 116:22811): 1.5 s, two inputs, one output.

    A pulse of +1 or -1 on input 0 at 0.25 to 0.5 s (steps 50 to 100 of 300) and on input 1 at 0.55 to 0.8 s (110 to
    160). The output is +1 for equal and -1 for different signs at 0.85 to 1.35 s (170 to 270), else 0. Conditions:
    ``first``, ``second`` (signs) and ``side`` (the right answer, +1 or -1).

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
    name: ClassVar[str] = "xor"
    inputs: ClassVar[int] = 2
    outputs: ClassVar[int] = 1
    readout: ClassVar[str] = "identity"

    def __post_init__(self) -> None:
        object.__setattr__(self, "dt", base.step("XOR.dt", self.dt))

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials; every four in a row hold each pair of signs once."""
        pair = base.balanced(4, base.streams(count, seed, 3 * round(1.5 / self.dt)))
        first, second = 2.0 * (pair // 2) - 1, 2.0 * (pair % 2) - 1
        on0, off0, on1, off1, on, off, end = base.steps(self.dt, 0.25, 0.5, 0.55, 0.8, 0.85, 1.35, 1.5)
        inputs, targets = np.zeros((count, end, 2)), np.zeros((count, end, 1))
        inputs[:, on0:off0, 0] = first[:, None]
        inputs[:, on1:off1, 1] = second[:, None]
        side = first * second
        targets[:, on:off, 0] = side[:, None]
        conditions = {"first": first, "second": second, "side": side}
        return Trials(inputs, targets, np.ones((count, end)), self.dt, conditions)

    def score(self, outputs: NDArray[np.float64], trials: Trials) -> Score:
        """Judge outputs (K, T, 1) at 1.0 to 1.35 s (steps 200 to 270): max(s z) > 0.7 and min(s z) > -0.3."""
        z = scoring.judged(self, outputs, trials, 1.5)[:, :, 0]
        on, off = base.steps(self.dt, 1.0, 1.35)
        window = np.zeros(trials.steps, dtype=bool)
        window[on:off] = True
        side = scoring.condition(self, trials, "side")
        return Score(scoring.decided(z, side, window).astype(np.float64))
