"""Context-dependent integration: judge one of two noisy streams of evidence, as a cue says."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring


@dataclass(frozen=True)
class ContextIntegration(base.Generative):
    """Context integration of Mante et al. (2013) as in Kim, Li & Sejnowski (2019, PNAS 116:22811): 2.5 s.

    Inputs 0 and 1 carry evidence, +0.5 or -0.5 plus noise, at 0.25 to 1.25 s (steps 50 to 250 of 500); inputs 2 and 3
    are the context, one of them 1 during the whole trial. The output is the sign of the cued evidence's offset from
    1.25 s on, 0 before. Conditions: ``context`` (0 or 1), ``first``, ``second`` (signs of the offsets), ``side`` (the
    right answer, +1 or -1).

    Parameters
    ----------
    dt : float
        Step in s; the times stay as they are. The noise has SD 1 a step at 5 ms, as published, and SD
        ``sqrt(0.005 / dt)`` at other steps, which leaves its power the same.

    Raises
    ------
    InputError
        A step outside 0.1 ms to 25 ms.
    """

    dt: float = 0.005
    name: ClassVar[str] = "context-integration"
    inputs: ClassVar[int] = 4
    outputs: ClassVar[int] = 1
    readout: ClassVar[str] = "identity"

    def __post_init__(self) -> None:
        object.__setattr__(self, "dt", base.step("ContextIntegration.dt", self.dt))

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials; every eight in a row hold each context and pair of signs once."""
        draws = base.streams(count, seed, round(2.5 / self.dt) * 5)
        case = base.balanced(8, draws)
        context, signs = case % 2, np.stack([case // 2 % 2, case // 4], axis=1) * 2.0 - 1
        on, off, end = base.steps(self.dt, 0.25, 1.25, 2.5)
        inputs, targets = np.zeros((count, end, 4)), np.zeros((count, end, 1))
        noise = np.stack([stream.standard_normal((off - on, 2)) for stream in draws])
        inputs[:, on:off, :2] = 0.5 * signs[:, None, :] + np.sqrt(0.005 / self.dt) * noise
        trial = np.arange(count)
        inputs[trial, :, 2 + context] = 1
        side = signs[trial, context]
        targets[:, off:, 0] = side[:, None]
        conditions = {"context": context, "first": signs[:, 0], "second": signs[:, 1], "side": side}
        return Trials(inputs, targets, np.ones((count, end)), self.dt, conditions)

    def score(self, outputs: NDArray[np.float64], trials: Trials) -> Score:
        """Judge outputs (K, T, 1) from 1.25 s on (steps 250 to 500): max(s z) > 0.7 and min(s z) > -0.3."""
        z = scoring.judged(self, outputs, trials)[:, :, 0]
        side = scoring.condition(self, trials, "side")
        return Score(scoring.decided(z, side, trials.targets[:, :, 0] != 0).astype(np.float64))
