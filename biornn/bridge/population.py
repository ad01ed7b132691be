"""The population bridge: each rate unit becomes M neurons that share its state as their input.

The decoder idea of the Neural Engineering Framework (Eliasmith and Anderson 2003), applied to a trained network unit
by unit; for large M the populations follow the rate equation (Schmutz, Brea and Gerstner, arXiv 2303.05174).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations
from biornn.bridge.calibrate import Visited, visited_states
from biornn.bridge.decoders import least_squares
from biornn.bridge.fit import Fit
from biornn.bridge.lead import LONGEST, population_lead
from biornn.bridge.lower.leaky import lower
from biornn.bridge.tuning import Tuning, spread
from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.neurons import LIF, NEURON_MODELS

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Population:
    """Map every unit of a rate network onto `neurons_per_unit` LIF neurons.

    Parameters
    ----------
    neurons_per_unit : int
        M. Spike noise falls with M.
    neuron : LIF
        Physical parameters, scalars or arrays per neuron.
    peak_rates : (float, float)
        Smallest and largest firing rate in Hz of the neurons at the top of their unit's range.
    tuning : {"rising", "on-off"}
        ``"rising"``: every neuron fires more as its unit's state grows, so that the population's firing rate follows
        its unit. ``"on-off"``: every second neuron falls with the state; the states are followed more closely, but
        the population's firing rate no longer tells the unit's.
    onsets : (float, float)
        Where the first and last neuron of a unit start to fire, as shares of the part of the unit's range in which its
        activity changes. Neurons that fire tonically below it follow a moving state more closely.
    margin : float
        How far the range reaches beyond the states visited on the calibration trials, as a share of their span.
    regularisation : float
        Noise that the decoders are made robust to, as a share of the highest rate.
    readout_tau : float
        Time constant in s of the filter between spikes and readout; 0 reads raw spikes.
    lead : float, optional
        By how much the populations run ahead of their moving input, in s; synapses between units and the readout rise
        with this time constant to make up for it. Measured on the calibration trials where it is not given: XOR goes
        from a state error of 0.09 without it to 0.03.
    dt : float
        Step of the simulation in s.

    Raises
    ------
    InputError
        M = 0, rates above what the refractory period allows, an unknown tuning, implausible times.
    """

    neurons_per_unit: int = 50
    neuron: LIF = field(default_factory=LIF)
    peak_rates: tuple[float, float] = (30.0, 120.0)
    tuning: str = "rising"
    onsets: tuple[float, float] = (-0.6, 0.9)
    margin: float = 0.1
    regularisation: float = 0.03
    readout_tau: Any = 0.02
    lead: Any = None
    dt: Any = 1e-4

    def __post_init__(self) -> None:
        put = object.__setattr__
        checks.count("Population.neurons_per_unit", self.neurons_per_unit, 1, 1_000_000)
        checks.member("Population.tuning", self.tuning, ("rising", "on-off"))
        hint = "give (smallest, largest) in Hz"
        low, high = (
            checks.number(
                "Population.peak_rates", checks.unit_free("Population.peak_rates", rate, "hertz"), 1, 1e4, hint
            )
            for rate in self.peak_rates
        )
        limit = 1 / max(float(np.max(self.neuron.t_ref)), 1e-9)
        if not low <= high < limit:
            rule = f"must rise and stay below 1 / t_ref = {limit:g} Hz"
            checks.refuse("Population.peak_rates", rule, (low, high), "lower them or shorten t_ref")
        put(self, "peak_rates", (low, high))
        if not -10 <= self.onsets[0] < self.onsets[1] <= 0.99:
            checks.refuse("Population.onsets", "must rise within -10 to 0.99", self.onsets, "0 is the range's low end")
        checks.number("Population.margin", self.margin, 0, 10, "0.1 adds a tenth on either side")
        checks.number("Population.regularisation", self.regularisation, 0, 10, "try 0.01")
        put(self, "readout_tau", checks.seconds("Population.readout_tau", self.readout_tau, 0.0, 1.0))
        if self.lead is not None:
            put(self, "lead", checks.seconds("Population.lead", self.lead, 0.0, LONGEST))
        put(self, "dt", checks.seconds("Population.dt", self.dt, 1e-6, 1e-3))

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

        Raises
        ------
        InputError
            Trials that the network cannot take, neuron parameters that do not fit its number of units.
        """
        visited = visited_states(network, trials, self.margin, SAMPLES)
        parameters = self.neuron.parameters(network.units, self.neurons_per_unit)
        curves = spread(
            NEURON_MODELS["lif"],
            parameters,
            low=visited.low,
            high=visited.high,
            first=visited.first,
            last=visited.last,
            rates=self.peak_rates,
            reach=self.onsets,
            dt=self.dt,
            falling=self.tuning == "on-off",
        )
        decoders, constant, static = self._decode(network, visited, parameters, curves)
        populations = Populations("lif", parameters, curves.gain, curves.bias, decoders, constant)
        lead = self.lead
        if lead is None:
            lead = population_lead(network, populations, visited.trajectories, self.dt)
        snn = lower(
            network,
            populations,
            readout_tau=np.full(network.units, self.readout_tau),
            lead=lead,
            dt=self.dt,
            about={"mapping": "population", "tuning": self.tuning, "neurons_per_unit": self.neurons_per_unit},
        )
        return snn, Fit(visited.low, visited.high, static[0], static[1], static[2], static[3], lead)

    def _decode(
        self, network: RateNetwork, visited: Visited, parameters: Mapping[str, Array], curves: Tuning
    ) -> tuple[Array, Array, Array]:
        units, count = network.units, visited.states.shape[0]
        grid = np.linspace(visited.low, visited.high, count)
        # Visited states count by how often they are visited, the rest of the range a little, so that a spiking
        # network that strays is led back.
        states = np.concatenate([visited.states, grid])
        weight = np.repeat([1.0, STRAY_WEIGHT], count)
        decoders, constant = np.empty((units, self.neurons_per_unit)), np.empty(units)
        rows = np.empty((4, units))
        for unit in range(units):
            own = {name: value[unit] for name, value in parameters.items()}
            x = states[:, unit]
            steady = own["v_rest"] + curves.bias[unit] + curves.gain[unit] * x[:, None]
            rates = NEURON_MODELS["lif"].rate(own, steady, self.dt)
            target = apply(network.activation, x)
            decoded = least_squares(rates, target, weight, self.regularisation)
            decoders[unit], constant[unit] = decoded.decoders, decoded.constant
            seen = rates[:count]
            residual = np.sqrt((decoded.residual[:count] ** 2).mean())
            rows[:, unit] = residual, target[:count].std(), seen.mean(), seen.max()
        return decoders, constant, rows


SAMPLES = 200
STRAY_WEIGHT = 0.1
