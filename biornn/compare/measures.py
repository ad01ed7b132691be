"""Measures: the small records that a report is made of."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from biornn.core import show
from biornn.core.recording import Recording
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.theory.rate import RateRun


class Pair(NamedTuple):
    """One measure of both networks."""

    rate: float
    spiking: float


class Null(NamedTuple):
    """Distance of the rate network under its training noise to itself without."""

    state: float
    readout: float


class Seconds(NamedTuple):
    """Wall time in s of the stages."""

    map: float
    build: float
    simulate: float


@dataclass(frozen=True)
class Cause(show.Shown):
    """What made a conversion poor.

    Attributes
    ----------
    name : str
    evidence : str
        What was measured, with its number.
    advice : str
        What to do about it.
    share : float
        Share of the squared state error that goes where this alone is mended; NaN where it cannot be told.
    """

    name: str
    evidence: str
    advice: str
    share: float

    def _face(self) -> show.Face:
        share = "" if math.isnan(self.share) else f" ({self.share:.0%} of the squared state error)"
        rows = (("evidence", self.evidence), ("advice", self.advice))
        return show.Face(f"Cause: {self.name}{share}: {self.evidence}", rows)

    def __str__(self) -> str:
        share = "" if math.isnan(self.share) else f" ({self.share:.0%} of the squared state error)"
        return f"{self.name}{share}: {self.evidence}\n    {self.advice}"


@dataclass(frozen=True, eq=False)
class Evidence(show.Shown):
    """What the measures were taken from and the figure is drawn from.

    Attributes
    ----------
    trials : Trials
        K trials.
    reference : RateRun
        The rate network's ODE without noise, its outputs read through the spiking network's readout filter.
    rates, spikes : Recording
        The rate network's Euler run and the first spiking run.
    task : Task
        What the trials belong to.
    """

    trials: Trials
    reference: RateRun
    rates: Recording
    spikes: Recording
    task: Task

    def _face(self) -> show.Face:
        rows = tuple((name, repr(getattr(self, name))) for name in ("trials", "rates", "spikes", "task"))
        return show.Face(f"Evidence of a report: {show.count(self.trials.count, 'trial')} of {self.task.name}", rows)
