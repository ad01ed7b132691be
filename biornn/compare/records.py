"""Records: the small records that a report is made of, and the runs that measures are taken from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from biornn.compare.spike_trains import RateCorrelation, rate_correlation
from biornn.core import show
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import Score, Task
from biornn.core.trials import Trials
from biornn.theory.distance import Split
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
class Components:
    """Error within the leading principal components, in units of the reference's pooled SD along them.

    `count` is the number of components; `nrmse`, `bias` and `noise` are as in `biornn.theory.distance.Split`.
    """

    count: int
    nrmse: float
    bias: float
    noise: float


Value = int | float | Pair | Null | Seconds | Split | Components
"""What a measure may be; NaN stands for undefined."""


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


@dataclass(frozen=True, eq=False)
class Runs:
    """The runs of both networks on the same trials: each measure is a function of them.

    Attributes
    ----------
    evidence : Evidence
        Trials, task, reference, the rate network's run and the first spiking run.
    spikes : sequence of Recording
        R spiking runs under different seeds.
    scores : (Score, Score)
        The task's scores of the rate run and of the first spiking run.
    network : RateNetwork
    spiking : SpikingNetwork
    seed : int
        Seed of what a measure draws.
    """

    evidence: Evidence
    spikes: Sequence[Recording]
    scores: tuple[Score, Score]
    network: RateNetwork
    spiking: SpikingNetwork
    seed: int

    @cached_property
    def correlation(self) -> RateCorrelation:
        """Correlation of population rates with unit rates, which two measures read."""
        run, reference = self.evidence.spikes, self.evidence.reference
        return rate_correlation(run.rates[..., : self.network.units], reference.rates, run.dt)
