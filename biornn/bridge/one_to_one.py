"""The one-to-one bridge: each rate unit becomes one LIF neuron, and weights stay as trained.

One factor for all weights is the published way (`biornn.bridge.kim`). Here each neuron gets the gain and bias with
which its f-I curve is closest to its unit's activation, up to a scale and a constant of its own; the constant joins the
offsets and the output bias and costs no spikes.

Tried and dropped: recurrent and readout weights refitted on filtered spike trains of simulated calibration trials
(ridge regression drawn to the trained weights, first with neurons held at the rate network's states, then in closed
loop, 4 rounds). Spike noise in the regressors draws weights to zero: median state errors of 20 Go/NoGo networks each
0.10 (sigmoid), 0.09 (softplus) and 0.07 (ReLU), against 0.06, 0.08 and 0.09 with the weights as trained, at an accuracy
of 1.00 in either way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.bridge import border
from biornn.bridge.assemble import assembled
from biornn.bridge.base import Judge, MappingSettings, Populations, Simulate, Times
from biornn.bridge.calibrate import Visited, check_leaky
from biornn.bridge.decoders import Fitted, Reading, fit_units
from biornn.bridge.evaluation import evaluated
from biornn.bridge.fit import Fit, report
from biornn.bridge.kim import Kim
from biornn.bridge.lead import LONGEST, state_lead
from biornn.bridge.population import STAGES
from biornn.bridge.settings import STEP
from biornn.bridge.tuning import Curves, Tuning, spread
from biornn.core import checks, steps
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.neurons import LIF, NEURON_MODELS

Array = NDArray[np.float64]
ONSETS = (-1.5, -1.0, -0.6, -0.3, 0.0, 0.2, 0.4, 0.6)
"""Where a neuron may start to fire, as shares of the part of its unit's range in which the activity changes."""
SHOT = 0.1
"""Spike noise of these regular trains as a share of Poisson's, in the choice of onsets. By the fit alone (0) neurons
fire from far below the range on, with so large a scale that two Go/NoGo networks reach 0.95 and 0.97 (sigmoid, state
error 0.10 at 59 Hz); with it 1.00 (sigmoid, ReLU and softplus: 0.07, 0.05, 0.06 at 43, 15 and 38 Hz)."""
ROUNDS = 6
MARGIN, REGULARISATION = 0.1, 0.0


@dataclass(frozen=True, eq=False)
class OneToOne(MappingSettings):
    """Map every unit of a rate network onto one LIF neuron.

    Parameters
    ----------
    neuron : LIF
        Physical parameters, scalars or (N, 1) arrays.
    noise : float
        Membrane noise: SD in V of the free membrane potential.
    peak_rate : float
        Firing rate in Hz at the top of each unit's range.
    mean_rate : float
        Highest mean firing rate in Hz over the visited states; the peak rate is lowered where it leads to more.
    readout_tau : float
        Time constant in s of the filter between spikes and readout. Slower than that of populations, since one neuron
        per unit leaves fewer spikes to average.
    lead : float, optional
        By how many s neurons run ahead of their moving state, made up for by the rise of the synapses; measured on the
        calibration trials where it is not given.
    dt : float, optional
        Step of the simulation in s, which must divide that of the trials; by default the largest up to 0.1 ms that
        does.

    Raises
    ------
    InputError
        Rates above what the refractory period allows, implausible times or noise.
    """

    neuron: LIF = field(default_factory=LIF)
    noise: Any = 0.0
    peak_rate: Any = 150.0
    mean_rate: Any = 60.0
    readout_tau: Any = 0.05
    lead: Any = None
    dt: Any = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        checks.instance("OneToOne.neuron", self.neuron, LIF, "give LIF(tau_m=0.02), say")
        limit = 0.99 / max(float(np.max(self.neuron.t_ref)), 1e-4)
        for name, high in (("peak_rate", limit), ("mean_rate", 1e4)):
            value = checks.unit_free(f"OneToOne.{name}", getattr(self, name), "hertz")
            put(self, name, checks.number(f"OneToOne.{name}", value, 1, high, "t_ref sets the highest rate"))
        put(self, "noise", border.noise("OneToOne.noise", self.noise))
        put(self, "readout_tau", checks.seconds("OneToOne.readout_tau", self.readout_tau, 0.0, 1.0))
        for name, ends in (("lead", (0.0, LONGEST)), ("dt", (1e-6, 1e-3))):
            if (given := getattr(self, name)) is not None:
                put(self, name, checks.seconds(f"OneToOne.{name}", given, *ends))

    @staticmethod
    def kim(simulate: Simulate, score: Judge, **options: Any) -> Kim:
        """Return the published map, one factor for all weights; `options` are those of `biornn.bridge.Kim`."""
        return Kim(simulate, score, **options)

    def __call__(
        self, network: RateNetwork, trials: Trials | Task, progress: bool = True
    ) -> tuple[SpikingNetwork, Fit]:
        """Map a trained network.

        Parameters
        ----------
        network : RateNetwork
            Any activation.
        trials : Trials or Task
            Calibration trials; score on others. Of a task 32 trials of its training part are drawn.
        progress : bool
            Whether to show a progress bar where the mapping takes longer than a second.

        Returns
        -------
        SpikingNetwork, Fit
            The description to simulate, and the report of the fit.

        Raises
        ------
        InputError
            A gated or discrete network, trials that it cannot take, a step that does not divide that of the trials.
        """
        network, drawn = border.called("OneToOne", network, trials)
        check_leaky(network)
        step = steps.dividing(network.dt, STEP) if self.dt is None else self.dt
        steps.checked_step("OneToOne.dt", step, network.dt, "the step of the trials,")
        with border.at_work("mapping", STAGES, progress) as done:
            return replace(self, dt=step)._mapped(network, drawn, done)

    def _mapped(self, network: RateNetwork, trials: Trials, done: Callable[[str], None]) -> tuple[SpikingNetwork, Fit]:
        evaluation = evaluated(network, trials, MARGIN)
        (units,) = evaluation.graph.parts
        done("visited states")
        parameters = self.neuron.parameters(network.units, 1)
        tuning, fitted = self._tuned(network, evaluation.points[units.name], parameters)
        done("decoders")
        own = Populations(self.neuron.model, parameters, *tuning, fitted.decoders, fitted.constants)
        populations, times = {units.name: own}, Times(self.dt, self.readout_tau)
        lead = self.lead
        if lead is None:
            lead = state_lead(network, evaluation, populations, times)
        done("lead")
        times = replace(times, lead=lead)
        spiking = assembled(network, evaluation, populations, times, about={"mapping": "one-to-one"})
        return spiking, report(network, evaluation, {units.name: (own, fitted)}, spiking, lead)

    def _tuned(self, network: RateNetwork, visited: Visited, parameters: Mapping[str, Array]) -> tuple[Tuning, Fitted]:
        """Return the tuning whose curves fit best, its peak lowered until the mean rate keeps its limit."""
        peak = self.peak_rate
        for _ in range(ROUNDS):
            options = [self._fitted(network, visited, parameters, peak, onset) for onset in ONSETS]
            best = np.argmin([_error(network, fitted) for _, fitted in options], axis=0)
            tuning = Tuning(*(_pick([values[k] for values, _ in options], best) for k in range(3)))
            arrays = {
                name: _pick([getattr(fit, name) for _, fit in options], best)
                for name in ("residual", "spread", "rate", "largest_rate")
            }
            fitted = Fitted(
                {"activity": _pick([fit.decoders["activity"] for _, fit in options], best)},
                {"activity": _pick([fit.constants["activity"] for _, fit in options], best)},
                arrays["residual"],
                arrays["spread"],
                arrays["rate"],
                arrays["largest_rate"],
                peak / self.peak_rate,
            )
            excess = float(fitted.rate.mean()) / self.mean_rate
            if excess <= 1:
                break
            # A little below the limit, so that rounds come to an end.
            peak = max(peak / excess * 0.99, 1.0)
        return tuning, fitted

    def _fitted(
        self, network: RateNetwork, visited: Visited, parameters: Mapping[str, Array], peak: float, onset: float
    ) -> tuple[Tuning, Fitted]:
        """Return curves that start to fire at one onset, and the scale and constant that fit them to the activation."""
        model = NEURON_MODELS[self.neuron.model]
        tuning = spread(
            model,
            parameters,
            np.full((network.units, 1), self.noise),
            low=visited.low,
            high=visited.high,
            first=visited.first,
            last=visited.last,
            rates=(peak, peak),
            reach=(onset, onset),
            dt=self.dt,
            falling=False,
        )
        fitted = fit_units(
            Curves(model, parameters, tuning, self.dt).rates,
            visited,
            {"activity": Reading(np.ones((network.units, 1), dtype=bool), partial(apply, network.activation))},
            regularisation=REGULARISATION,
            non_negative=False,
        )
        return tuning, fitted


def _error(network: RateNetwork, fitted: Fitted) -> Array:
    """Return the expected squared error (N,) of each unit's activity behind its synapse, of fit and of spikes.

    Spikes of variance `SHOT` times that of a Poisson train, behind an exponential filter (Campbell's theorem).
    """
    noise = SHOT * fitted.decoders["activity"][:, 0] ** 2 * fitted.rate / (2 * network.tau)
    return np.asarray(fitted.residual**2 + noise)


def _pick(options: list[Array], best: NDArray[np.int64]) -> Array:
    """Return for each unit its row of the best option."""
    return np.asarray(np.stack(options)[best, np.arange(best.size)])
