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

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Judge, MappingSettings, Populations, Simulate
from biornn.bridge.calibrate import Visited, visited_states
from biornn.bridge.dale import classes
from biornn.bridge.decoders import Fitted, Reading, fit_units
from biornn.bridge.fit import Fit
from biornn.bridge.kim import Kim
from biornn.bridge.lead import LONGEST, leaky_signals, population_lead
from biornn.bridge.lower.leaky import lower
from biornn.bridge.tuning import Tuning, spread, unit_rates
from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
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
    dt : float
        Step of the simulation in s.

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
    dt: Any = 1e-4

    def __post_init__(self) -> None:
        put = object.__setattr__
        limit = 0.99 / max(float(np.max(self.neuron.t_ref)), 1e-4)
        for name, high in (("peak_rate", limit), ("mean_rate", 1e4)):
            value = checks.unit_free(f"OneToOne.{name}", getattr(self, name), "hertz")
            put(self, name, checks.number(f"OneToOne.{name}", value, 1, high, "t_ref sets the highest rate"))
        noise = checks.unit_free("OneToOne.noise", self.noise, "volt")
        put(self, "noise", checks.number("OneToOne.noise", noise, 0.0, 0.1, "an SD in volt: 1.5 mV is 0.0015"))
        put(self, "readout_tau", checks.seconds("OneToOne.readout_tau", self.readout_tau, 0.0, 1.0))
        if self.lead is not None:
            put(self, "lead", checks.seconds("OneToOne.lead", self.lead, 0.0, LONGEST))
        put(self, "dt", checks.seconds("OneToOne.dt", self.dt, 1e-6, 1e-3))

    @staticmethod
    def kim(simulate: Simulate, score: Judge, **options: Any) -> Kim:
        """Return the published map, one factor for all weights; `options` are those of `biornn.bridge.Kim`."""
        return Kim(simulate, score, **options)

    def __call__(self, network: RateNetwork, trials: Trials) -> tuple[SpikingNetwork, Fit]:
        """Map a trained network.

        Parameters
        ----------
        network : RateNetwork
            Any activation.
        trials : Trials
            Calibration trials; score on others.

        Returns
        -------
        SpikingNetwork, Fit
            The description to simulate, and the report of the fit.
        """
        visited = visited_states(network, trials, MARGIN)
        parameters = self.neuron.parameters(network.units, 1)
        tuning, fitted = self._tuned(network, visited, parameters)
        populations = Populations("lif", parameters, *tuning, fitted.decoders, fitted.constants)
        lead = self.lead
        if lead is None:
            lead = population_lead(populations, leaky_signals(network, visited.trajectories), self.dt)
        spiking = lower(
            network,
            populations,
            readout_tau=np.full(network.units, self.readout_tau),
            lead=lead,
            dt=self.dt,
            about={"mapping": "one-to-one"},
        )
        decoders = populations.decoders["activity"]
        fit = Fit(
            low=visited.low,
            high=visited.high,
            residual=fitted.residual,
            spread=fitted.spread,
            rate=fitted.rate,
            largest_rate=fitted.largest_rate,
            lead=lead,
            classes=classes([(spiking.projections[0].weight, decoders)]),
        )
        return spiking, fit

    def _tuned(self, network: RateNetwork, visited: Visited, parameters: Mapping[str, Array]) -> tuple[Tuning, Fitted]:
        """Return the tuning whose curves fit best, its peak lowered until the mean rate keeps its limit."""
        peak = self.peak_rate
        for _ in range(ROUNDS):
            options = [self._fitted(network, visited, parameters, peak, onset) for onset in ONSETS]
            best = np.argmin([_error(network, fitted) for _, fitted in options], axis=0)
            tuning = Tuning(*(_pick([values[k] for values, _ in options], best) for k in range(3)))
            fitted = Fitted(
                {"activity": _pick([fit.decoders["activity"] for _, fit in options], best)},
                {"activity": _pick([fit.constants["activity"] for _, fit in options], best)},
                *(
                    _pick([getattr(fit, name) for _, fit in options], best)
                    for name in ("residual", "spread", "rate", "largest_rate")
                ),
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
        tuning = spread(
            NEURON_MODELS["lif"],
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
            partial(unit_rates, parameters, tuning, self.dt),
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
