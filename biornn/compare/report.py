"""Report: every measure of one comparison, as a record, as JSON values, as text and as a figure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from biornn.compare import table
from biornn.compare.measures import MEASURES
from biornn.compare.records import Cause, Evidence, Null, Pair, Seconds, Value
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
    measures : dict
        Value of each measure by its key, see `biornn.compare.measures.MEASURES`. Each is an attribute, too:
        ``report.state.nrmse``, ``report.cv2``.
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
    measures: Mapping[str, Value]
    causes: tuple[Cause, ...]
    poor: bool
    evidence: Evidence = field(repr=False)

    def __getattr__(self, name: str) -> Any:
        """Return the value of the measure of that name."""
        # A report that is half made, as in copying, has no measures yet.
        measures = self.__dict__.get("measures", {})
        if name in measures:
            return measures[name]
        raise AttributeError(f"a Report has no measure or attribute {name!r}; its measures are {', '.join(measures)}")

    def __dir__(self) -> list[str]:
        """Return the attributes, measures among them, for completion by the tab key."""
        return sorted({*super().__dir__(), *self.measures})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of task, network and mapping."""
        return self.task, self.network, self.mapping

    @property
    def verdict(self) -> str:
        """Whether the spiking network follows the rate network, how well, and what limits it, in a sentence or two."""
        judged = {name: self.measures[name] for name in ("accuracy", "error", "state", "readout", "null")}
        about = {"trials": self.trials, "poor": self.poor, "causes": self.causes, "fired": self.fired}
        step, own = self.evidence.trials.dt * 1e3, self.measures["discretisation_nrmse"]
        return verdict(Measured(**judged, **about, time_step=own, step_ms=step))  # type: ignore[arg-type]

    @property
    def fired(self) -> bool:
        """Whether any neuron fired in the first run."""
        return bool(self.measures["mean_rate_hz"] > 0)  # type: ignore[operator]

    def to_dict(self) -> dict[str, Any]:
        """Return the measures under the keys of ``biornn compare --json``, undefined ones as None."""
        return {key: _plain(getattr(self, key)) for key in keys(self.measures)}

    def plot(
        self, trial: int | Sequence[int] = (), units: int | Sequence[int] = (), *, path: str | Path = ""
    ) -> "Figure":
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
        rows = tuple((row.name, table.phrase(row)) for row in table.rows(self))
        causes = tuple(("cause", " ".join(str(cause).split())) for cause in self.causes)
        return show.Face(f"Report on {self.task or 'a task'}: {self.verdict}", (*rows, *causes), CALLS)

    def _sketch(self) -> show.Sketch:
        runs = self.evidence.rates, self.evidence.spikes
        trial = show.liveliest(runs[0].outputs)
        both = np.stack([run.outputs[trial, :, 0] for run in runs], axis=1)
        time = (np.arange(len(both)) + 1) * self.evidence.trials.dt
        return show.Sketch("lines", time, both, ("Time (s)", f"z of both, trial {trial}"))


NAMES = ("task", "network", "mapping", "trials", "repeats", "seed", "units", "neurons")
BEFORE_CAUSES = (
    "accuracy", "error", "state", "readout", "null", "discretisation_nrmse", "rate_correlation", "mean_rate_hz", "cv2",
    "seconds",
)  # fmt: skip
"""Measures that stand before the causes in the JSON object; other programs read them in this order."""


def keys(measures: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of the JSON object, in order, of a report with these measures."""
    written = [key for key in measures if key not in MEASURES or MEASURES[key].in_json]
    further = [key for key in written if key not in BEFORE_CAUSES]
    return (*NAMES, *(key for key in written if key in BEFORE_CAUSES), "causes", *further, "verdict")


KEYS = keys(MEASURES)


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
