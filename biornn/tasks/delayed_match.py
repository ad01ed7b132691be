"""Delayed match to sample: remember a stimulus over a delay and say whether the next one is the same."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring

BEFORE, SHOWN, ANSWER = 0.2, 0.25, 0.5
"""Time before the sample, length of sample and test, time for the answer; s."""


@dataclass(frozen=True)
class DelayedMatch(base.Generative):
    """Delayed match to sample, after Miller, Erickson & Desimone (1996, J. Neurosci. 16:5154).

    One of C stimuli (input c is 1) is shown at 0.2 to 0.45 s, after the delay one is shown again for 0.25 s; then the
    output is +1 for a match and -1 for a non-match until the end, 0 before. Trials are as long as the longest delay
    needs. Conditions: ``match`` (+1 or -1), ``sample``, ``test`` (stimuli), ``delay`` (s).

    Parameters
    ----------
    stimuli : int
        Number C of stimuli and input channels, at least 2.
    shortest, longest : float
        The delay is uniform between these, in s.
    dt : float
        Step in s.

    Raises
    ------
    InputError
        Fewer than two stimuli, a longest delay below the shortest, a step outside 0.1 ms to 25 ms.
    """

    stimuli: int = 2
    shortest: float = 0.5
    longest: float = 0.5
    dt: float = 0.01
    name: ClassVar[str] = "delayed-match"
    outputs: ClassVar[int] = 1
    readout: ClassVar[str] = "identity"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "stimuli", checks.count("DelayedMatch.stimuli", self.stimuli, 2, 1000))
        put(self, "shortest", checks.seconds("DelayedMatch.shortest", self.shortest, 0.0, 100.0))
        put(self, "longest", checks.seconds("DelayedMatch.longest", self.longest, self.shortest, 100.0))
        put(self, "dt", base.step("DelayedMatch.dt", self.dt))

    @property
    def inputs(self) -> int:
        """Number of input channels."""
        return self.stimuli

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials; of every two in a row one is a match."""
        length = BEFORE + 2 * SHOWN + self.longest + ANSWER
        draws = base.streams(count, seed, round(length / self.dt) * (self.stimuli + 1))
        match = 2 * base.balanced(2, draws) - 1
        sample = np.array([stream.integers(self.stimuli) for stream in draws])
        other = np.array([stream.integers(1, self.stimuli) for stream in draws])
        test = np.where(match > 0, sample, (sample + other) % self.stimuli)
        delay = np.array([stream.uniform(self.shortest, self.longest) for stream in draws])
        on, off, end = base.steps(self.dt, BEFORE, BEFORE + SHOWN, length)
        inputs, targets = np.zeros((count, end, self.stimuli)), np.zeros((count, end, 1))
        for k in range(count):
            again, answer = base.steps(self.dt, BEFORE + SHOWN + delay[k], BEFORE + 2 * SHOWN + delay[k])
            inputs[k, on:off, sample[k]] = 1
            inputs[k, again:answer, test[k]] = 1
            targets[k, answer:, 0] = match[k]
        conditions = {"match": match, "sample": sample, "test": test, "delay": delay}
        return Trials(inputs, targets, np.ones((count, end)), self.dt, conditions)

    def score(self, outputs: NDArray[np.float64], trials: Trials) -> Score:
        """Judge outputs (K, T, 1) from the end of the test on: max(s z) > 0.7 and min(s z) > -0.3, s the answer."""
        z = scoring.judged(self, outputs, trials)[:, :, 0]
        side = scoring.condition(self, trials, "match")
        return Score(scoring.decided(z, side, trials.targets[:, :, 0] != 0).astype(np.float64))
