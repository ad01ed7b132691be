"""Sine generation: a constant input sets the frequency of a sine."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring

ONSET = 0.2
"""Time at which the input comes on and the sine begins; s."""


@dataclass(frozen=True)
class Sine(base.Generative):
    """Sine generation from a static input, after Sussillo & Barak (2013, Neural Comput. 25:626).

    The frequency f of a trial is uniform between `slowest` and `fastest`. The input is 0 until 0.2 s and
    ``f / fastest`` from then on, so its onset also sets the phase; the target is 0 until 0.2 s and then
    ``sin(2 pi f (t - 0.2 s))``. The mask is 1 from the onset on. Condition: ``frequency`` (Hz).

    Parameters
    ----------
    slowest, fastest : float
        Range of frequencies in Hz.
    duration : float
        Length of a trial in s.
    dt : float
        Step in s.

    Raises
    ------
    InputError
        A range the wrong way round, less than ten steps a period, a duration below 0.5 s, a step outside 0.1 ms to
        25 ms.
    """

    slowest: float = 1.0
    fastest: float = 3.0
    duration: float = 2.0
    dt: float = 0.01
    name: ClassVar[str] = "sine"
    inputs: ClassVar[int] = 1
    outputs: ClassVar[int] = 1
    readout: ClassVar[str] = "identity"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "dt", base.step("Sine.dt", self.dt))
        top = 0.1 / self.dt
        slowest, fastest = (checks.unit_free(f"Sine.{n}", getattr(self, n), "hertz") for n in ("slowest", "fastest"))
        fastest = checks.number("Sine.fastest", fastest, 0.01, top, "a period needs ten steps")
        put(self, "fastest", fastest)
        put(self, "slowest", checks.number("Sine.slowest", slowest, 0.01, fastest, "it is the lower end in Hz"))
        put(self, "duration", checks.seconds("Sine.duration", self.duration, 0.5, 1000.0))

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials."""
        draws = base.streams(count, seed, 2 * round(self.duration / self.dt))
        frequency = np.array([stream.uniform(self.slowest, self.fastest) for stream in draws])
        on, end = base.steps(self.dt, ONSET, self.duration)
        inputs, targets = np.zeros((2, count, end, 1))
        inputs[:, on:, 0] = frequency[:, None] / self.fastest
        # Targets are wanted at the end of a step, inputs are held over it.
        time = self.dt * np.arange(1, end - on + 1)
        targets[:, on:, 0] = np.sin(2 * np.pi * frequency[:, None] * time)
        mask = np.zeros((count, end))
        mask[:, on:] = 1
        return Trials(inputs, targets, mask, self.dt, {"frequency": frequency})

    def score(self, outputs: NDArray[np.float64], trials: Trials) -> Score:
        """Judge outputs (K, T, 1): RMSE from the onset on over the SD of the targets there."""
        return scoring.forecast_score(self, outputs, trials)
