"""Neuron code: how one scalar signal is carried by a single neuron.

The neuron gets the gain and bias with which its f-I curve is closest to the function that is read, up to a scale and a
constant of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations
from biornn.bridge.code.decoders import Fitted, Reading, fit_units
from biornn.bridge.code.points import EvaluationPoints
from biornn.bridge.code.tuning import Curves, Tuning, spread
from biornn.bridge.graph.graph import Function
from biornn.theory.neurons import NEURON_MODELS, Neuron

Array = NDArray[np.float64]
ONSETS = (-1.5, -1.0, -0.6, -0.3, 0.0, 0.2, 0.4, 0.6)
"""Where a neuron may start to fire, as shares of the part of its unit's range in which the activity changes."""
SHOT = 0.1
"""Spike noise of these regular trains as a share of Poisson's, in the choice of onsets. By the fit alone (0) neurons
fire from far below the range on, with so large a scale that two Go/NoGo networks reach 0.95 and 0.97 (sigmoid, state
error 0.10 at 59 Hz); with it 1.00 (sigmoid, ReLU and softplus: 0.07, 0.05, 0.06 at 43, 15 and 38 Hz)."""
ROUNDS = 6


@dataclass(frozen=True, eq=False)
class NeuronCode:
    """Settings of `biornn.bridge.OneToOne` that concern a single neuron; see there.

    `tau` (U,) are the time constants in s of the filters behind the neurons.
    """

    neuron: Neuron
    peak_rate: float
    mean_rate: float
    noise: float
    tau: Array
    dt: float

    def populations(self, points: EvaluationPoints, readings: Mapping[str, Function]) -> tuple[Populations, Fitted]:
        """Return one tuned neuron for each of U signals, its peak lowered until the mean rate keeps its limit.

        Raises
        ------
        InputError
            Neuron parameters that do not fit U units of one neuron.
        """
        parameters = self.neuron.parameters(self.tau.size, 1)
        members = np.ones((self.tau.size, 1), dtype=bool)
        wanted = {name: Reading(members, function) for name, function in readings.items()}
        peak = self.peak_rate
        for _ in range(ROUNDS):
            tuning, fitted = self._best([self._fitted(points, parameters, wanted, peak, onset) for onset in ONSETS])
            excess = float(fitted.rate.mean()) / self.mean_rate
            lowered = peak / self.peak_rate
            if excess <= 1:
                break
            # A little below the limit, so that rounds come to an end.
            peak = max(peak / excess * 0.99, 1.0)
        own = Populations(self.neuron.model, parameters, *tuning, fitted.decoders, fitted.constants)
        return own, replace(fitted, lowered=lowered)

    def _fitted(
        self,
        points: EvaluationPoints,
        parameters: Mapping[str, Array],
        readings: Mapping[str, Reading],
        peak: float,
        onset: float,
    ) -> tuple[Tuning, Fitted]:
        """Return curves that start to fire at one onset, and the scale and constant that fit them to the reading."""
        model = NEURON_MODELS[self.neuron.model]
        tuning = spread(
            model,
            parameters,
            np.full((self.tau.size, 1), self.noise),
            low=points.low,
            high=points.high,
            first=points.first,
            last=points.last,
            rates=(peak, peak),
            reach=(onset, onset),
            dt=self.dt,
            falling=False,
        )
        curves = Curves(model, parameters, tuning, self.dt)
        return tuning, fit_units(curves.rates, points, readings, regularisation=0.0, non_negative=False)

    def _best(self, options: list[tuple[Tuning, Fitted]]) -> tuple[Tuning, Fitted]:
        """Return for each unit the option whose curve fits best."""
        fits = [fitted for _, fitted in options]
        best = np.argmin([self._error(fitted) for fitted in fits], axis=0)
        tuning = Tuning(
            _pick([each.gain for each, _ in options], best),
            _pick([each.bias for each, _ in options], best),
            _pick([each.noise for each, _ in options], best),
        )
        fitted = Fitted(
            {name: _pick([fit.decoders[name] for fit in fits], best) for name in fits[0].decoders},
            {name: _pick([fit.constants[name] for fit in fits], best) for name in fits[0].constants},
            residual=_pick([fit.residual for fit in fits], best),
            spread=_pick([fit.spread for fit in fits], best),
            rate=_pick([fit.rate for fit in fits], best),
            largest_rate=_pick([fit.largest_rate for fit in fits], best),
        )
        return tuning, fitted

    def _error(self, fitted: Fitted) -> Array:
        """Return the expected squared error (U,) of each activity behind its synapse, of fit and of spikes.

        Spikes of variance `SHOT` times that of a Poisson train, behind an exponential filter (Campbell's theorem).
        """
        decoders = next(iter(fitted.decoders.values()))[:, 0]
        return np.asarray(fitted.residual**2 + SHOT * decoders**2 * fitted.rate / (2 * self.tau))


def _pick(options: list[Array], best: NDArray[np.int64]) -> Array:
    """Return for each unit its row of the best option."""
    return np.asarray(np.stack(options)[best, np.arange(best.size)])
