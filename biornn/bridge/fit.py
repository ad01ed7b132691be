"""Fit: how well a mapping expects each unit to be represented, before anything is simulated."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biornn.bridge import border
from biornn.bridge.base import Scaling
from biornn.bridge.code.dale import Classes, classes
from biornn.bridge.code.evaluation import Evaluation
from biornn.bridge.code.parts import Coded
from biornn.bridge.graph.leaky import is_leaky
from biornn.bridge.predict import Prediction
from biornn.core import checks, show
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork

Array = NDArray[np.float64]
SOON = 5e-5
"""A lead in s that is shown as 0.0 ms."""


@dataclass(frozen=True, eq=False)
class Fit(show.Shown):
    """Report of a mapping, unit by unit.

    Attributes
    ----------
    low, high : (N,) arrays
        Range of the state in which the unit's neurons are tuned.
    residual : (N,) array
        RMS of the static decoding error over the visited states, in units of the activity.
    spread : (N,) array
        SD of the activity over the visited states.
    rate : (N,) array
        Expected mean firing rate of the unit's neurons in Hz over the visited states.
    largest_rate : (N,) array
        Highest firing rate in Hz of any of the unit's neurons over the visited states.
    lead : float
        By how much the populations run ahead of a moving state, in s; the synapses' rise compensates for it. Negative
        where they lag.
    classes : Classes
        Class of each neuron by its outgoing synapses.
    prediction : Prediction, optional
        What the whole network is expected to do, where the mapping had to know.
    parts : dict of str to (int, int)
        Units and neurons per unit of each bank of a gated or discrete network; the arrays above hold all units, bank
        after bank.
    scaling : Scaling, optional
        The factor of a scaled one-to-one map, and how it was found.
    lowered : float
        Peak rates over those asked for: less than 1 where `mean_rate` set the limit. The smallest of all parts.

    Raises
    ------
    InputError
        Arrays of different lengths, other objects.
    """

    low: Array
    high: Array
    residual: Array
    spread: Array
    rate: Array
    largest_rate: Array
    lead: float
    classes: Classes
    prediction: Prediction | None = None
    scaling: Scaling | None = None
    parts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    lowered: float = 1.0

    def __post_init__(self) -> None:
        put, advice = object.__setattr__, "mappings make fits"
        put(self, "rate", checks.array("Fit.rate", self.rate, ("N",)))
        rows = (("low", self.low), ("high", self.high), ("residual", self.residual), ("spread", self.spread))
        for name, values in (*rows, ("largest_rate", self.largest_rate)):
            put(self, name, checks.array(f"Fit.{name}", values, self.rate.shape))
        put(self, "lowered", checks.number("Fit.lowered", self.lowered, 0.0, 1.0, advice))
        put(self, "lead", checks.seconds("Fit.lead", self.lead, -1.0, 1.0))
        checks.instance("Fit.classes", self.classes, Classes, advice)
        if self.prediction is not None:
            checks.instance("Fit.prediction", self.prediction, Prediction, advice)
        if self.scaling is not None:
            checks.instance("Fit.scaling", self.scaling, Scaling, advice)
        if not isinstance(self.parts, Mapping):
            checks.refuse("Fit.parts", "must be a dictionary", f"a {type(self.parts).__name__}", advice)
        for name, sizes in self.parts.items():
            border.listed(f"Fit.parts[{name!r}]", sizes, "give (units, neurons per unit)")

    @property
    def nrmse(self) -> float:
        """Static decoding error of all units, pooled, over the pooled SD of their activity."""
        return float(np.sqrt((self.residual**2).mean() / max((self.spread**2).mean(), 1e-30)))

    @property
    def silent(self) -> NDArray[np.int64]:
        """Units none of whose neurons is expected to fire."""
        return np.flatnonzero(self.largest_rate == 0)

    def _face(self) -> show.Face:
        error = f"static decoding error {self.nrmse:.4f} of the activity's SD"
        rates = f"{self.rate.mean():.1f} Hz expected, highest neuron {self.largest_rate.max():.0f} Hz"
        silent = show.count(self.silent.size, "unit") + " silent"
        rows = [("decoding", error), ("firing", rates), ("units", f"{self.rate.size:,}, {silent}")]
        if self.prediction is not None:
            rows.append(("prediction", str(self.prediction)))
        line = f"Fit of {show.count(self.rate.size, 'unit')}: {error}; {rates}; {silent}"
        return show.Face(line, tuple(rows), ("print(fit)", "spikes = spiking.run(snn, trials)"))

    def _sketch(self) -> show.Sketch:
        share = self.residual / np.maximum(self.spread, 1e-12)
        return show.Sketch("dots", np.arange(share.size), share, ("Unit", "Decoding error (SD)"))

    def __str__(self) -> str:
        worst = np.argsort(self.residual)[::-1][:3]
        each = (
            f"unit {u} (error {self.residual[u]:.3g}, states {self.low[u]:.2f} to {self.high[u]:.2f})" for u in worst
        )
        slowest, fastest = self.rate.min(), self.rate.max()
        rows = [
            f"fit of {self.rate.size} units on calibration trials",
            f"  decoding error  {self.nrmse:.4f} of the activity's SD at constant states",
            f"  mean rate       {self.rate.mean():.1f} Hz expected (units {slowest:.1f} to {fastest:.1f} Hz,"
            f" fastest neuron {self.largest_rate.max():.0f} Hz)",
            f"  timing          {self._timing()}",
            f"  Dale's law      {self._dale()}",
            f"  silent units    {self._silent()}",
            f"  largest errors  {', '.join(each)}",
        ]
        if self.lowered < 1:
            rows.insert(3, f"  peak rates      lowered to {self.lowered:.0%} of those asked for, to keep mean_rate")
        if self.parts:
            where = ", ".join(f"{name} {u} x {m} = {u * m}" for name, (u, m) in self.parts.items())
            rows.append(f"  neurons         {where}")
        rows += [f"  {part}" for part in (self.prediction, self.scaling) if part is not None]
        return "\n".join(rows)

    def _timing(self) -> str:
        lead = f"{abs(self.lead) * 1e3:.1f} ms"
        if self.scaling is not None:
            return f"synapses have a {lead} rise, as published"
        if abs(self.lead) < SOON:
            return "populations keep time with their states"
        if self.lead > 0:
            return f"populations run {lead} ahead; synapses with a {lead} rise compensate"
        return f"populations lag by {lead}; synapses that decay {lead} faster compensate"

    def _silent(self) -> str:
        shown = ", ".join(map(str, self.silent[:5])) + (", ..." if self.silent.size > 5 else "")
        return f"{self.silent.size} (unit {shown})" if self.silent.size else "none"

    def _dale(self) -> str:
        excitatory, inhibitory, mixed = self.classes.counts
        if mixed:
            return "not imposed"
        count = self.classes.differing
        other = f"; {count} of another class than their unit" if count else ""
        return f"kept by every neuron: {excitatory} excitatory, {inhibitory} inhibitory{other}"


def fit_report(
    network: RateNetwork,
    evaluation: Evaluation,
    coded: Coded,
    spiking: SpikingNetwork,
    lead: float,
    *,
    rising: bool = True,
    dale: bool = False,
) -> Fit:
    """Return the report of a mapping, all parts one after the other.

    Parameters
    ----------
    rising : bool
        Whether all neurons of states fire more as these grow; those of other parts do under Dale's law.
    """
    names = [part.name for part in evaluation.graph.parts]
    fitted = [coded[name][1] for name in names]
    each = [
        classes(
            [(p.weight, coded[part.name][0].decoders[p.decoder]) for p in spiking.projections if p.source == part.name],
            rising=rising if part.state else dale,
        )
        for part in evaluation.graph.parts
    ]
    # Parts may differ in their neurons per unit: those of several are in one row.
    sign = each[0].sign if len(each) == 1 else np.concatenate([one.sign.ravel() for one in each])[None]
    return Fit(
        low=np.concatenate([evaluation.points[name].low for name in names]),
        high=np.concatenate([evaluation.points[name].high for name in names]),
        residual=np.concatenate([own.residual for own in fitted]),
        spread=np.concatenate([own.spread for own in fitted]),
        rate=np.concatenate([own.rate for own in fitted]),
        largest_rate=np.concatenate([own.largest_rate for own in fitted]),
        lead=lead,
        classes=Classes(sign, sum(one.differing for one in each)),
        parts={} if is_leaky(network) else {bank.name: (bank.units, bank.neurons_per_unit) for bank in spiking.banks},
        lowered=min(own.lowered for own in fitted),
    )
