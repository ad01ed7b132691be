"""Report: every measure of one comparison, as a record, as JSON values, as text and as a figure."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from biornn.compare import table
from biornn.compare.geometry import Components
from biornn.compare.measures import Cause, Evidence, Null, Pair, Seconds
from biornn.compare.verdict import Measured, verdict
from biornn.core import show
from biornn.theory.distance import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CALLS = ("print(report)", "report.plot()", 'report.plot(trial=[0, 1], path="comparison.png")')


@dataclass(frozen=True, eq=False)
class Report(show.Shown):
    """The comparison of a spiking network with its rate network; NaN or an empty name stands for undefined.

    Attributes
    ----------
    task, network, mapping : str
        Names; network and mapping are read from the `about` of the spiking network.
    trials, repeats : int
        Trials K, and spiking runs of each.
    seed : int
        Seed of the comparison.
    units, neurons : int
        Rate units N, and spiking neurons in all.
    accuracy : Pair
        Share of trials right by the task's strict scorer; NaN for a forecast. Spiking: the first run.
    error : Pair
        RMSE of a forecast over the SD of its target; NaN for tasks that are right or wrong.
    state, readout : Split
        Distance of unit states x and readout z to the rate network's ODE.
    null : Null
        Distance of the rate network under its training noise to itself without.
    discretisation_nrmse : float
        Distance of the trained Euler map's states to its ODE.
    rate_correlation : float
        Median over units of the correlation of population firing rate with r, both under a 20 ms exponential kernel.
    mean_rate_hz : float
        Over all neurons and trials of the first run.
    cv2 : float
        Median over neurons with at least 20 intervals.
    seconds : Seconds
        Wall time of map, build and simulation, the last two summed over repeats.
    components : Components
        The error of the states within the principal components that hold 90 % of the rate network's variance.
    correlated_units : int
        Number of units in `rate_correlation`; units that never change and silent populations have none.
    causes : tuple of Cause
        What made a poor conversion poor, most important first; empty for one that is not poor.
    poor : bool
        Whether the conversion is poor, see `biornn.compare.causes.is_poor`.
    evidence : Evidence
        What the figure is drawn from.
    """

    task: str
    network: str
    mapping: str
    trials: int
    repeats: int
    seed: int
    units: int
    neurons: int
    accuracy: Pair
    error: Pair
    state: Split
    readout: Split
    null: Null
    discretisation_nrmse: float
    rate_correlation: float
    mean_rate_hz: float
    cv2: float
    seconds: Seconds
    components: Components
    correlated_units: int
    causes: tuple[Cause, ...]
    poor: bool
    evidence: Evidence = field(repr=False)

    @property
    def verdict(self) -> str:
        """Whether the spiking network follows the rate network, how well, and what limits it, in a sentence or two."""
        shown = ("accuracy", "error", "trials", "state", "null", "poor", "causes")
        measures = {name: getattr(self, name) for name in shown}
        step = self.evidence.trials.dt * 1e3
        return verdict(Measured(**measures, time_step=self.discretisation_nrmse, fired=self.fired, step_ms=step))

    @property
    def fired(self) -> bool:
        """Whether any neuron fired in the first run."""
        return self.mean_rate_hz > 0

    def to_dict(self) -> dict[str, Any]:
        """Return the measures under the keys of ``biornn compare --json``, undefined ones as None."""
        return {key: _plain(getattr(self, key)) for key in KEYS}

    def plot(self, trial: int | Sequence[int] = (), units: Sequence[int] = (), *, path: str | Path = "") -> "Figure":
        """Return the figure of the comparison, `biornn.plots.comparison`; of a forecast it holds the forecast, too.

        Parameters
        ----------
        trial, units
            What is shown, as in `biornn.plots.comparison`.
        path : str or Path
            Where to save the figure; nowhere if empty.

        Raises
        ------
        InputError
            A trial or a unit that there is not, or a path that cannot be written.
        """
        from biornn.plots import comparison

        return comparison(self, trial, units, path=path)

    def __str__(self) -> str:
        """Return the verdict, a table of measures, values and what they mean, and the causes of a poor conversion."""
        return table.text(self)

    def _face(self) -> show.Face:
        rows = tuple((name, f"{value}  ({meaning})") for name, value, meaning in table.rows(self))
        causes = tuple(("cause", " ".join(str(cause).split())) for cause in self.causes)
        return show.Face(f"Report on {self.task or 'a task'}: {self.verdict}", (*rows, *causes), CALLS)

    def _sketch(self) -> show.Sketch:
        both = np.stack([run.outputs[0, :, 0] for run in (self.evidence.rates, self.evidence.spikes)], axis=1)
        time = (np.arange(len(both)) + 1) * self.evidence.trials.dt
        return show.Sketch("lines", time, both, ("Time (s)", "Rate, spiking z"))


KEYS = (
    "task", "network", "mapping", "trials", "repeats", "seed", "units", "neurons", "accuracy", "error", "state",
    "readout", "null", "discretisation_nrmse", "rate_correlation", "mean_rate_hz", "cv2", "seconds", "causes",
    "components", "verdict",
)  # fmt: skip
"""Keys of the JSON object, in order; other programs read them."""


def _plain(value: Any) -> Any:
    """Return JSON values: records as objects, NaN and empty names as None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(part) for key, part in asdict(value).items()}
    if isinstance(value, Pair | Split | Null | Seconds):
        return {key: _plain(part) for key, part in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value if value != "" else None
