"""Population code: how one scalar signal is carried by M neurons, whatever the signal is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations
from biornn.bridge.code.decoders import Fitted, Reading, fit_units
from biornn.bridge.code.points import EvaluationPoints
from biornn.bridge.code.tuning import Curves, spread, spread_noise
from biornn.theory.neurons import NEURON_MODELS, Neuron

Array = NDArray[np.float64]
TUNING_ROUNDS = 6


@dataclass(frozen=True, eq=False)
class PopulationCode:
    """Settings of `biornn.bridge.Population` that concern a single population; see there."""

    neurons_per_unit: int
    neuron: Neuron
    peak_rates: tuple[float, float]
    mean_rate: float
    tuning: str
    noise: Array
    onsets: tuple[float, float]
    regularisation: float
    non_negative: bool
    dt: float

    def populations(self, points: EvaluationPoints, readings: Mapping[str, Reading]) -> tuple[Populations, Fitted]:
        """Return tuned populations of U signals and the decoders of their readings.

        Raises
        ------
        InputError
            Neuron parameters or noise that do not fit U units of M neurons.
        """
        units = points.low.size
        parameters = self.neuron.parameters(units, self.neurons_per_unit)
        noise = spread_noise(self.noise, (units, self.neurons_per_unit))
        curves, lowered = self._tuned(points, parameters, noise)
        fitted = fit_units(
            curves.rates, points, readings, regularisation=self.regularisation, non_negative=self.non_negative
        )
        fitted = replace(fitted, lowered=lowered)
        tuned, name = np.stack([points.low, points.high]), self.neuron.model
        return Populations(name, parameters, *curves.tuning, fitted.decoders, fitted.constants, tuned), fitted

    def _tuned(self, points: EvaluationPoints, parameters: Mapping[str, Array], noise: Array) -> tuple[Curves, float]:
        """Return tuning curves, their peaks lowered until the mean rate keeps its limit, and what is left of these."""
        model, peaks = NEURON_MODELS[self.neuron.model], self.peak_rates
        every = max(1, len(points.states) // 20)
        seen = points.states[every // 2 :: every]
        for _ in range(TUNING_ROUNDS):
            tuning = spread(
                model,
                parameters,
                noise,
                low=points.low,
                high=points.high,
                first=points.first,
                last=points.last,
                rates=peaks,
                reach=self.onsets,
                dt=self.dt,
                falling=self.tuning == "on-off",
            )
            curves = Curves(model, parameters, tuning, self.dt)
            rates = [curves.rates(unit, x).mean() for unit, x in enumerate(seen.T)]
            excess = float(np.mean(rates)) / self.mean_rate
            if excess <= 1:
                break
            # A little below the limit, so that rounds come to an end.
            peaks = peaks[0] / excess * 0.99, peaks[1] / excess * 0.99
        return curves, peaks[0] / self.peak_rates[0]
