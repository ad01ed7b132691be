"""Adding: remember two marked values of a long sequence and give their sum at its end."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from biornn.core import checks
from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring


@dataclass(frozen=True)
class Adding(base.Generative):
    """Adding problem of Hochreiter & Schmidhuber (1997, Neural Comput. 9:1735) as in Le, Jaitly & Hinton (2015).

    Input 0 is a fresh value from the uniform distribution on [0, 1] at every symbol; input 1 is 1 at one symbol of the
    first half and at one of the second, else 0. The target is 0 until the last symbol and there the sum of the two
    marked values; the mask is 1 on the very last step. Conditions: ``first``, ``second`` (marked symbols), ``sum``.

    Always answering 1, the mean of the sum, is the constant guess; its mean squared error is 1/6 = 0.167, the figure
    that the literature compares with, and its error here is 1. See `constant_guess`.

    Parameters
    ----------
    length : int
        Number L of symbols, at least 2.
    hold_steps : int
        Steps for which a symbol is held.
    dt : float
        Step in s.

    Raises
    ------
    InputError
        Less than two symbols, no step to hold them, a step outside 0.1 ms to 1 s.
    """

    length: int = 100
    hold_steps: int = 1
    dt: float = 0.01
    name: ClassVar[str] = "adding"
    inputs: ClassVar[int] = 2
    outputs: ClassVar[int] = 1
    readout: ClassVar[str] = "identity"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "length", checks.count("Adding.length", self.length, 2, 1_000_000))
        put(self, "hold_steps", checks.count("Adding.hold_steps", self.hold_steps, 1, 10_000))
        put(self, "dt", checks.seconds("Adding.dt", self.dt, 1e-4, 1.0))

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials."""
        draws, half = base.streams(count, seed, 3 * self.length * self.hold_steps), self.length // 2
        first = np.array([stream.integers(half) for stream in draws])
        second = np.array([stream.integers(half, self.length) for stream in draws])
        symbols, wanted = np.zeros((count, self.length, 2)), np.zeros((count, self.length, 1))
        symbols[:, :, 0] = [stream.uniform(size=self.length) for stream in draws]
        trial = np.arange(count)
        symbols[trial, first, 1] = symbols[trial, second, 1] = 1
        total = symbols[trial, first, 0] + symbols[trial, second, 0]
        wanted[:, -1, 0] = total
        asked = np.tile(np.arange(self.length) == self.length - 1, (count, 1))
        inputs, targets = (base.held(values, self.hold_steps) for values in (symbols, wanted))
        conditions = {"first": first, "second": second, "sum": total}
        return Trials(inputs, targets, base.judged_holds(asked, self.hold_steps), self.dt, conditions, self.hold_steps)

    def score(self, outputs: ArrayLike, trials: Trials) -> Score:
        """Judge outputs (K, T, 1): RMSE of the sum over the SD of the sums, so that the best constant scores 1."""
        return scoring.forecast_score(self, outputs, trials)

    def constant_guess(self, trials: Trials) -> float:
        """Return the error of answering 1 in every trial, in the unit of `score`; near 1, exactly 1 on average."""
        return self.score(np.ones_like(scoring.own(self, trials).targets), trials).error
