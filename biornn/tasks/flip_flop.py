"""N-bit flip-flop: hold the sign of the last pulse of every channel."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring

PULSE, GRACE, GAP, LAST = 0.05, 0.1, 0.25, 0.25
"""Length of a pulse, time after it that is not judged, shortest time between onsets, from the last onset to the end; s.

Every pulse is thus followed by an interval of 0.1 s or more that is judged.
"""


@dataclass(frozen=True)
class FlipFlop(base.Generative):
    """N-bit flip-flop of Sussillo & Barak (2013, Neural Comput. 25:626): one input and one output a bit.

    Every channel receives pulses of random sign, 50 ms long. The first begins within the first half second; onsets
    of a channel are 0.25 s plus an exponential time apart. Output b is the sign of the last pulse of channel b from
    its onset on, 0 before the first.

    Parameters
    ----------
    bits : int
        Number of channels.
    dt : float
        Step in s.
    duration : float
        Length of a trial in s.
    interval : float
        Mean time between the onsets of a channel in s.

    Raises
    ------
    InputError
        No bit, a step outside 0.1 ms to 25 ms, a duration below 1 s, an interval of at most 0.25 s.
    """

    bits: int = 3
    dt: float = 0.01
    duration: float = 3.0
    interval: float = 0.75
    name: ClassVar[str] = "flip-flop"
    readout: ClassVar[str] = "identity"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "bits", checks.count("FlipFlop.bits", self.bits, 1, 64))
        put(self, "dt", base.step("FlipFlop.dt", self.dt))
        put(self, "duration", checks.seconds("FlipFlop.duration", self.duration, 1.0, 1000.0))
        put(self, "interval", checks.seconds("FlipFlop.interval", self.interval, GAP + 0.01, 1000.0))

    @property
    def inputs(self) -> int:
        """Number of input channels."""
        return self.bits

    @property
    def outputs(self) -> int:
        """Number of output channels."""
        return self.bits

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials."""
        draws = base.streams(count, seed, 2 * round(self.duration / self.dt) * self.bits)
        inputs = np.stack([self._pulses(stream) for stream in draws])
        return Trials(inputs, _held(inputs), np.ones(inputs.shape[:2]), self.dt)

    def _pulses(self, stream: np.random.Generator) -> NDArray[np.float64]:
        width, end = base.steps(self.dt, PULSE, self.duration)
        pulses = np.zeros((end, self.bits))
        for bit in range(self.bits):
            onset = stream.uniform(0.0, 0.5)
            while onset < self.duration - LAST:
                begin = round(onset / self.dt)
                pulses[begin : begin + width, bit] = stream.choice((-1.0, 1.0))
                onset += GAP + stream.exponential(self.interval - GAP)
        return pulses

    def score(self, outputs: NDArray[np.float64], trials: Trials) -> Score:
        """Judge outputs (K, T, bits) interval by interval.

        An interval begins 100 ms after a pulse of a channel and ends with the channel's next pulse or the trial. It is
        right if ``|z - target| < 0.5`` at every one of its steps; a trial's score is its share of right intervals.
        """
        good = np.abs(scoring.judged(self, outputs, trials) - trials.targets) < 0.5
        pulse = trials.inputs != 0
        onset = pulse & ~np.pad(pulse, ((0, 0), (1, 0), (0, 0)))[:, :-1]
        interval = onset.cumsum(axis=1)
        step = np.arange(trials.steps)[None, :, None]
        last = np.maximum.accumulate(np.where(pulse, step, -1), axis=1)
        (grace,) = base.steps(self.dt, GRACE)
        scored = (last >= 0) & (step - last > grace)
        right, asked = np.zeros(trials.count), np.zeros(trials.count)
        for index in range(1, int(interval.max()) + 1):
            inside = scored & (interval == index)
            exists = inside.any(axis=1)
            asked += exists.sum(axis=1)
            right += (exists & (good | ~inside).all(axis=1)).sum(axis=1)
        return Score(scoring.ratio(right, asked))


def _held(pulses: NDArray[np.float64]) -> NDArray[np.float64]:
    step = np.arange(pulses.shape[1])[None, :, None]
    last = np.maximum.accumulate(np.where(pulses != 0, step, 0), axis=1)
    return np.take_along_axis(pulses, last, axis=1)
