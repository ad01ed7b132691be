"""Perceptual decision: integrate noisy evidence of graded strength and choose a side."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring

COHERENCES = (-0.512, -0.256, -0.128, -0.064, -0.032, 0.0, 0.032, 0.064, 0.128, 0.256, 0.512)
"""Coherences of Shadlen & Newsome (2001, J. Neurophysiol. 86:1916), signed."""


@dataclass(frozen=True)
class PerceptualDecision(base.Generative):
    """Decision on noisy evidence, after Shadlen & Newsome (2001): one input, one output, 2 s.

    The input is the coherence plus white noise at 0.2 to 1.2 s and 0 elsewhere; the output is +1 (right) or -1 (left)
    from 1.2 s on, 0 before. The right side is the coherence's sign; at coherence 0, which has none, it is the sign of
    the evidence shown. Condition: ``coherence``.

    An ideal observer, which sums the evidence, goes right with probability ``Phi(coherence sqrt(1 s) / noise)``; with
    the default settings it is right in 87 % of the trials (zero coherence counted as right), so no honest score
    exceeds that by more than chance.

    Parameters
    ----------
    coherences : tuple of float
        Signed strengths of the evidence, each in [-1, 1].
    noise : float
        Noise of the evidence in s^0.5: the SD of one step is ``noise / sqrt(dt)``, 1 by default.
    dt : float
        Step in s.

    Raises
    ------
    InputError
        No coherence or one outside [-1, 1], a negative noise, a step outside 0.1 ms to 25 ms.
    """

    coherences: tuple[float, ...] = COHERENCES
    noise: float = 0.1
    dt: float = 0.01
    name: ClassVar[str] = "perceptual-decision"
    inputs: ClassVar[int] = 1
    outputs: ClassVar[int] = 1
    readout: ClassVar[str] = "identity"

    def __post_init__(self) -> None:
        put = object.__setattr__
        values = checks.array("PerceptualDecision.coherences", self.coherences, ("C",))
        for value in (values.min(), values.max()):
            checks.number("PerceptualDecision.coherences", value, -1, 1, "give signed shares of coherent motion")
        put(self, "coherences", tuple(values.tolist()))
        noise = checks.number("PerceptualDecision.noise", self.noise, 0, 100, "its unit is s^0.5; 0.1 is usual")
        put(self, "noise", noise)
        put(self, "dt", base.step("PerceptualDecision.dt", self.dt))

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials; every C in a row hold each of the C coherences once."""
        draws = base.streams(count, seed, 2 * round(2 / self.dt))
        coherence = np.array(self.coherences)[base.balanced(len(self.coherences), draws)]
        on, off, end = base.steps(self.dt, 0.2, 1.2, 2.0)
        inputs, targets = np.zeros((2, count, end, 1))
        noise = np.stack([stream.standard_normal(off - on) for stream in draws])
        evidence = coherence[:, None] + self.noise / np.sqrt(self.dt) * noise
        inputs[:, on:off, 0] = evidence
        side = np.where(coherence == 0, np.where(evidence.sum(axis=1) < 0, -1.0, 1.0), np.sign(coherence))
        targets[:, off:, 0] = side[:, None]
        return Trials(inputs, targets, np.ones((count, end)), self.dt, {"coherence": coherence})

    def score(self, outputs: NDArray[np.float64], trials: Trials) -> Score:
        """Judge outputs (K, T, 1) from 1.2 s on: max(s z) > 0.7 and min(s z) > -0.3 with s the coherence's sign.

        At coherence 0 a clean decision for either side is right; none, or one for both sides, is wrong.
        """
        z = scoring.judged(self, outputs, trials, 2.0)[:, :, 0]
        window, side = trials.targets[:, :, 0] != 0, np.sign(scoring.condition(self, trials, "coherence"))
        right, left = (scoring.decided(z, np.full(trials.count, s), window) for s in (1.0, -1.0))
        return Score(np.select([side > 0, side < 0], [right, left], right | left).astype(np.float64))

    def psychometric(
        self, outputs: NDArray[np.float64], trials: Trials
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the coherences shown and the share of choices to the right at each.

        Parameters
        ----------
        outputs : (K, T, 1) array
        trials : Trials

        Returns
        -------
        coherences, share : (C,) arrays
            The choice of a trial is the sign of its mean output from 1.2 s on; an output of exactly 0 counts half.
        """
        z = scoring.judged(self, outputs, trials, 2.0)[:, :, 0]
        (off,) = base.steps(self.dt, 1.2)
        choice = np.heaviside(z[:, off:].mean(axis=1), 0.5)
        coherences, index = np.unique(scoring.condition(self, trials, "coherence"), return_inverse=True)
        return coherences, np.bincount(index, weights=choice) / np.bincount(index)
