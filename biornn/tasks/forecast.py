"""Forecast: what all series tasks are, h-step prediction of a series of samples."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from biornn.core import checks
from biornn.core.task import PARTS, Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring
from biornn.tasks.base import Array


class Axis(NamedTuple):
    """Positions (P,) of the judged samples of a trial, and the names of the horizontal and vertical axis."""

    positions: Array
    labels: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Forecast(base.Described, ABC):
    """Prediction of sample ``n + horizon`` of a series with C columns from its samples up to n: C inputs, C outputs.

    A trial is a window of samples, each held as input for `hold_steps` steps. The mask is 1 on the last step of each
    hold, after a warm-up of `warmup` samples. Samples are standardised with the mean and SD of the training part.
    Condition: ``start``, the index of the window's first sample.

    The parts are stretches of the series: train, then validation, then test at its end. A part's masked targets all
    lie inside it; only inputs and warm-up may reach back before it. A task as made draws from its training part.

    Parameters
    ----------
    horizon : int
        Number of samples ahead.
    dt : float
        Step in s.
    hold_steps : int
        Steps for which a sample is held; one sample lasts ``hold_steps * dt`` seconds of the network's time.
    warmup : int
        Samples at the start of a window that are not judged.
    window : int
        Samples of a trial, warm-up included; shorter where a part held out is.
    validation, test : float
        What is held out: a number of samples, or a share below 1; 0 holds nothing out, and that part is then the
        training part.
    stretch : {"train", "validation", "test"}
        Part that trials are drawn from; `part` sets it.

    Raises
    ------
    InputError
        A series that is too short, constant or not finite; a window or parts that do not fit it.
    """

    horizon: int = 1
    dt: float = 0.01
    hold_steps: int = 10
    warmup: int = 20
    window: int = 80
    validation: float = 0.15
    test: float = 0.15
    stretch: str = "train"
    readout: ClassVar[str] = "identity"

    def __post_init__(self) -> None:
        put, name = object.__setattr__, type(self).__name__
        put(self, "dt", checks.seconds(f"{name}.dt", self.dt, 1e-4, 1.0))
        put(self, "hold_steps", checks.count(f"{name}.hold_steps", self.hold_steps, 1, 10_000))
        for field, low in (("horizon", 1), ("warmup", 0), ("window", 1)):
            put(self, field, checks.count(f"{name}.{field}", getattr(self, field), low))
        checks.member(f"{name}.part", self.stretch, PARTS)
        if self.warmup >= self.window:
            rule = f"must be below the window of {self.window} samples"
            checks.refuse(f"{name}.warmup", rule, self.warmup, "choose a longer window")
        samples, columns = self.samples.shape
        if columns > samples and samples < self.window + self.horizon:
            given = f"{columns} columns of {samples} samples"
            checks.refuse(
                f"{name}.samples", "must have one sample a row", given, "transpose them, or shorten the window"
            )
        self._statistics()
        self._starts()

    @property
    @abstractmethod
    def samples(self) -> Array:
        """The series in the data's units, (N, C)."""

    @property
    def inputs(self) -> int:
        """Number of columns C."""
        return int(self.samples.shape[1])

    @property
    def outputs(self) -> int:
        """Number of columns C."""
        return self.inputs

    def part(self, name: str) -> Self:
        """Return the task that draws from ``"train"``, ``"validation"`` or ``"test"`` only."""
        part = base.restricted(self, name)
        part._starts()
        return part

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` windows, each with its own random start; all the same where the part holds one window only."""
        starts, window = self._starts()
        draws = base.streams(count, seed, 2 * window * self.hold_steps * self.inputs)
        start = np.array([stream.integers(starts.start, starts.stop) for stream in draws])
        mean, sd = self._statistics()
        series = (self.samples - mean) / sd
        index = start[:, None] + np.arange(window)
        inputs, targets = (base.held(series[i], self.hold_steps) for i in (index, index + self.horizon))
        mask = base.judged_holds(np.tile(np.arange(window) >= self.warmup, (count, 1)), self.hold_steps)
        return Trials(inputs, targets, mask, self.dt, {"start": start}, self.hold_steps)

    def score(self, outputs: ArrayLike, trials: Trials) -> Score:
        """Judge outputs (K, T, C): RMSE over the masked steps over the SD of the targets there."""
        return scoring.forecast_score(self, outputs, trials)

    def persistence(self, trials: Trials) -> float:
        """Return the error of predicting the last sample seen, in the unit of `score`."""
        return self.score(scoring.own(self, trials).inputs, trials).error

    def to_units(self, outputs: ArrayLike) -> Array:
        """Return standardised inputs, targets or outputs (..., C) in the data's units."""
        mean, sd = self._statistics()
        given = checks.plain_array(f"{type(self).__name__}.to_units", outputs).astype(np.float64)
        if mean.size > 1 and given.ndim and given.shape[-1] not in (1, mean.size):
            where, advice = f"{type(self).__name__}.to_units", "the last axis is the column"
            checks.refuse(where, f"must have {mean.size} columns", given.shape, advice)
        return np.asarray(given * sd + mean)

    def column(self, channel: int) -> str:
        """Return what a column of the series is called in figures and messages."""
        return "Series" if self.inputs == 1 else f"Column {channel}"

    def axis(self, trials: Trials, trial: int = 0, channel: int = 0) -> Axis:
        """Return where the judged samples of one trial lie on a figure's horizontal axis, and the axes' labels.

        The vertical label is that of one output, `channel`.
        """
        drawn = checks.count(f"{type(self).__name__}.axis: channel", channel, 0, self.outputs - 1)
        scoring.own(self, trials)
        chosen = checks.count(f"{type(self).__name__}.axis: trial", trial, 0, trials.count - 1)
        start, last = int(scoring.condition(self, trials, "start")[chosen]), trials.steps // self.hold_steps
        sample = start + np.arange(self.warmup, last) + self.horizon
        return Axis(sample.astype(np.float64), ("Sample", f"{self.column(drawn)} (data units)"))

    def _parts(self) -> dict[str, range]:
        return base.split(type(self).__name__, self.samples.shape[0], self.validation, self.test)

    def _statistics(self) -> tuple[Array, Array]:
        train = self.samples[self._parts()["train"]]
        mean, sd = train.mean(axis=0), train.std(axis=0)
        if (sd <= 1e-12 * np.abs(mean)).any():
            column = int(np.argmin(sd))
            where = f"{type(self).__name__}.samples"
            given = f"{self.column(column)}, which is constant"
            checks.refuse(where, "must vary within the training part", given, "leave it out")
        return mean, sd

    def _starts(self) -> tuple[range, int]:
        """Return the possible starts of a window in the part, and its length."""
        part, name = self._parts()[self.stretch], type(self).__name__
        ahead = {"window": self.window, "warmup": self.warmup, "horizon": self.horizon}
        return base.windows(name, self.stretch, part, **ahead)
