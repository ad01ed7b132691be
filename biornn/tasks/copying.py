"""Copying: repeat a string of symbols after a long delay."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from biornn.core import checks
from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring


@dataclass(frozen=True)
class Copying(base.Generative):
    """Copying memory problem of Arjovsky, Shah & Bengio (2016, ICML), Section 5.1.

    K random symbols of A are shown, then T - 1 blanks, one cue and K blanks; trials have T + 2 K symbols. Input c is 1
    for symbol c, input A for a blank, input A + 1 for the cue. Classes 0 to A - 1 are the symbols, class A is the
    blank, which is wanted for the first T + K symbols; the K symbols are wanted after them, in their order. The mask is
    1 on the last step of every hold, as in the paper; only the recall is scored. Condition: ``first``, a trial's first
    symbol.

    A network without memory that knows when it is asked has the cross-entropy `memoryless_loss` and is right with one
    symbol in A.

    Parameters
    ----------
    symbols : int
        Number K of symbols to remember; 10 in the paper.
    delay : int
        T, at least 1; 100 to 1000 in the paper.
    alphabet : int
        Number A of different symbols, at least 2; 8 in the paper.
    hold_steps : int
        Steps for which a symbol is held.
    dt : float
        Step in s.

    Raises
    ------
    InputError
        A number of symbols, delay or alphabet that is too small, a step outside 0.1 ms to 1 s.
    """

    symbols: int = 3
    delay: int = 10
    alphabet: int = 8
    hold_steps: int = 1
    dt: float = 0.01
    name: ClassVar[str] = "copying"
    readout: ClassVar[str] = "softmax"

    def __post_init__(self) -> None:
        put = object.__setattr__
        for field, low, high in (
            ("symbols", 1, 10_000),
            ("delay", 1, 1_000_000),
            ("alphabet", 2, 1000),
            ("hold_steps", 1, 10_000),
        ):
            put(self, field, checks.count(f"Copying.{field}", getattr(self, field), low, high))
        put(self, "dt", checks.seconds("Copying.dt", self.dt, 1e-4, 1.0))

    @property
    def inputs(self) -> int:
        """Number of input channels: the alphabet, blank and cue."""
        return self.alphabet + 2

    @property
    def outputs(self) -> int:
        """Number of classes: the alphabet and blank."""
        return self.alphabet + 1

    @property
    def length(self) -> int:
        """Number of symbols of a trial, T + 2 K."""
        return self.delay + 2 * self.symbols

    @property
    def memoryless_loss(self) -> float:
        """Cross-entropy in nats of the best answer without memory, K ln(A) / (T + 2 K)."""
        return self.symbols * float(np.log(self.alphabet)) / self.length

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials."""
        draws = base.streams(count, seed, self.length * self.hold_steps * (self.inputs + self.outputs))
        drawn = np.array([stream.integers(self.alphabet, size=self.symbols) for stream in draws])
        shown = np.full((count, self.length), self.alphabet)
        wanted = shown.copy()
        shown[:, : self.symbols] = drawn
        shown[:, self.symbols + self.delay - 1] = self.alphabet + 1
        wanted[:, -self.symbols :] = drawn
        inputs = base.held(np.eye(self.inputs)[shown], self.hold_steps)
        targets = base.held(np.eye(self.outputs)[wanted], self.hold_steps)
        mask = base.judged_holds(np.ones(shown.shape, dtype=bool), self.hold_steps)
        return Trials(inputs, targets, mask, self.dt, {"first": drawn[:, 0]}, self.hold_steps)

    def score(self, outputs: ArrayLike, trials: Trials) -> Score:
        """Judge outputs (K, T, classes): share of the recalled symbols whose class is strictly the most probable."""
        recall = scoring.own(self, trials).mask.copy()
        recall[:, : -self.symbols * self.hold_steps] = 0
        return scoring.label_score(self, outputs, replace(trials, mask=recall))
