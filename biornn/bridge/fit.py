"""Fit: how well a mapping expects each unit to be represented, before anything is simulated."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Scaling
from biornn.bridge.dale import Classes
from biornn.bridge.predict import Prediction
from biornn.core import show

Array = NDArray[np.float64]


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
        By how much the populations run ahead of a moving state, in s; made up for by the rise of the synapses.
    classes : Classes
        Class of each neuron by its outgoing synapses.
    prediction : Prediction, optional
        What the whole network is expected to do, where the mapping had to know.
    parts : dict of str to (int, int)
        Units and neurons per unit of each bank of a gated or discrete network; the arrays above hold all units, bank
        after bank.
    scaling : Scaling, optional
        The factor of a scaled one-to-one map, and how it was found.
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
        excitatory, inhibitory, mixed = self.classes.counts
        worst = np.argsort(self.residual)[::-1][:3]
        rows = [
            f"fit of {self.rate.size} units on calibration trials",
            f"  static decoding error  {self.nrmse:.4f} of the activity's SD",
            f"  expected mean rate     {self.rate.mean():.1f} Hz"
            f" (units {self.rate.min():.1f} to {self.rate.max():.1f}, highest neuron {self.largest_rate.max():.0f})",
            f"  lead                   {self.lead * 1e3:.1f} ms, taken back by the rise of the synapses",
            f"  Dale's law             {excitatory} excitatory, {inhibitory} inhibitory neurons,"
            f" {mixed} with both signs; {self.classes.differing} unlike their unit",
            f"  silent units           {self.silent.size}",
            "  worst units            "
            + ", ".join(
                f"{u} (residual {self.residual[u]:.3g}, x {self.low[u]:.2f}..{self.high[u]:.2f})" for u in worst
            ),
        ]
        if self.parts:
            where = ", ".join(f"{name} {u} x {m} = {u * m}" for name, (u, m) in self.parts.items())
            rows.append(f"  neurons                {where}")
        if self.prediction is not None:
            rows.append(f"  {self.prediction}")
        if self.scaling is not None:
            rows.append(f"  {self.scaling}")
        return "\n".join(rows)
