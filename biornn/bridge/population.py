"""The population bridge: each rate unit becomes M neurons that share its state as their input.

The decoder idea of the Neural Engineering Framework (Eliasmith and Anderson 2003), applied to a trained network unit
by unit; for large M the populations follow the rate equation (Schmutz, Brea and Gerstner, arXiv 2303.05174).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import MappingSettings, Simulate
from biornn.bridge.calibrate import visited_states
from biornn.bridge.closed_loop import refitted
from biornn.bridge.coding import Coding
from biornn.bridge.dale import carriers, classes, one_signed
from biornn.bridge.decoders import Reading
from biornn.bridge.fit import Fit
from biornn.bridge.gated import BY_ERROR, SYNAPSE, Wiring, graph_populations
from biornn.bridge.held import SHARE
from biornn.bridge.lead import LONGEST, leaky_signals, population_lead
from biornn.bridge.lower.leaky import lower
from biornn.bridge.predict import predict
from biornn.bridge.tuning import checked_noise
from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.neurons import LIF

Array = NDArray[np.float64]
SIZES = (10, 20, 50, 100, 200, 500, 1000)
IRREGULAR_NOISE, IRREGULAR_RATES = 0.5, (25.0, 50.0)


@dataclass(frozen=True, eq=False)
class Population(MappingSettings):
    """Map every unit of a rate network onto `neurons_per_unit` LIF neurons.

    A gated or discrete network becomes several banks of populations (`biornn.bridge.lower`): its states, gates,
    candidates and products are signals that one population each follows.

    Parameters
    ----------
    neurons_per_unit : int
        M. Spike noise falls with M.
    neurons : dict of str to int, or "by-error"
        M of single parts of a gated network, ``{"products": 200}``, where it is to differ; ``"by-error"`` gives each
        part what the error that it causes asks for, so that all cause that of `neurons_per_unit` each with fewer
        neurons (`biornn.bridge.allocation`).
    target_nrmse : float, optional
        Wanted state error: the mapping takes the smallest of 10, 20, 50, 100, 200, 500 and 1,000 neurons per unit
        for which `biornn.bridge.predict` promises it, whatever `neurons_per_unit` says.
    neuron : LIF
        Physical parameters, scalars or arrays per neuron.
    peak_rates : (float, float)
        Smallest and largest firing rate in Hz of the neurons at the top of their unit's range.
    mean_rate : float
        Highest mean firing rate in Hz of all neurons over the states visited on the calibration trials; peak rates are
        lowered in proportion where they lead to more.
    tuning : {"rising", "on-off"}
        ``"rising"``: every neuron fires more as its unit's state grows, so that the population's firing rate follows
        its unit. ``"on-off"``: every second neuron falls with the state; the states are followed more closely, but
        the population's firing rate no longer tells the unit's.
    onsets : (float, float)
        Where the first and last neuron of a unit start to fire, as shares of the part of the unit's range in which its
        activity changes. Neurons that fire tonically below it follow a moving state more closely.
    noise : float or array
        Independent membrane noise: SD in V of the free membrane potential, ``1.5 * mV`` say. Tuning and decoders are
        those of the noisy neuron (Siegert 1951), so that the populations follow their units under noise.
    dale : bool
        Whether every neuron's outgoing synapses must have one sign. A unit with weights of both signs is then carried
        by two groups of its neurons, see `biornn.bridge.dale`; a unit of one sign needs none.
    non_negative : bool
        Whether decoders must not be negative, so that all neurons of an excitatory unit are excitatory. Rising curves
        then cannot bend down: a saturating activation is followed badly (sigmoid) and a rectified one well.
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
    refit : callable, optional
        ``simulate(network, trials, seed)``, as `biornn.spiking.run`: where it is given, recurrent and readout weights
        are corrected on the populations' own activity in a simulation of calibration trials, see
        `biornn.bridge.closed_loop`. Halves the bias of Go/NoGo and XOR networks; weights are no longer those trained.
        Of a gated network the weights into its states and the readout's are corrected, of a discrete one the readout's
        alone, see docs/gated.md.
    ridge : float
        How strongly corrected weights are drawn to the trained ones, as a share of the activities' mean variance.
    synapse : float, optional
        Time constant in s of the synapses between the parts of a gated or discrete network; 5 ms by default, an
        eighth of `step_duration` for a discrete one.
    step_duration : float
        How long each step of a discrete network is held, in s, a multiple of 2 ms; see `biornn.bridge.shortest_step`.
    dt : float
        Step of the simulation in s.

    Raises
    ------
    InputError
        M = 0, rates above what the refractory period allows, an unknown tuning, implausible times or noise, Dale's law
        with falling curves or with too few neurons to share out.
    """

    neurons_per_unit: int = 50
    neurons: Mapping[str, int] | str = field(default_factory=dict)
    neuron: LIF = field(default_factory=LIF)
    peak_rates: tuple[float, float] = (30.0, 120.0)
    mean_rate: float = 30.0
    target_nrmse: float | None = None
    tuning: str = "rising"
    noise: Any = 0.0
    dale: bool = False
    non_negative: bool = False
    onsets: tuple[float, float] = (-0.6, 0.9)
    margin: float = 0.1
    regularisation: float = 0.03
    readout_tau: Any = 0.02
    lead: Any = None
    refit: Simulate | None = None
    ridge: float = 0.01
    synapse: Any = None
    step_duration: Any = 0.1
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
        limit = checks.unit_free("Population.mean_rate", self.mean_rate, "hertz")
        put(self, "mean_rate", checks.number("Population.mean_rate", limit, 0.1, 1e4, "give a rate in Hz"))
        if self.target_nrmse is not None:
            checks.number("Population.target_nrmse", self.target_nrmse, 1e-4, 10, "0.05 is a twentieth of an SD")
        put(self, "noise", checked_noise(self.noise))
        if self.dale and self.tuning != "rising":
            rule = "must be 'rising' under Dale's law: a falling curve flips the sign of its synapses"
            checks.refuse("Population.tuning", rule, repr(self.tuning), "leave tuning or dale out")
        if self.dale and self.neurons_per_unit < 4:
            rule = "must be at least 4 under Dale's law, to share out among both signs"
            checks.refuse("Population.neurons_per_unit", rule, self.neurons_per_unit, "add neurons or leave dale out")
        if not -10 <= self.onsets[0] < self.onsets[1] <= 0.99:
            checks.refuse("Population.onsets", "must rise within -10 to 0.99", self.onsets, "0 is the range's low end")
        checks.number("Population.margin", self.margin, 0, 10, "0.1 adds a tenth on either side")
        checks.number("Population.regularisation", self.regularisation, 0, 10, "try 0.01")
        put(self, "readout_tau", checks.seconds("Population.readout_tau", self.readout_tau, 0.0, 1.0))
        if self.lead is not None:
            put(self, "lead", checks.seconds("Population.lead", self.lead, 0.0, LONGEST))
        checks.number("Population.ridge", self.ridge, 1e-9, 1e6, "1 weighs the trained weights like the data")
        put(self, "step_duration", checks.seconds("Population.step_duration", self.step_duration, 1e-3, 10.0))
        if self.synapse is not None:
            put(self, "synapse", checks.seconds("Population.synapse", self.synapse, 1e-4, 1.0))
        if isinstance(self.neurons, str):
            checks.member("Population.neurons", self.neurons, (BY_ERROR,))
        else:
            for name, count in self.neurons.items():
                checks.count(f"Population.neurons[{name!r}]", count, 1, 1_000_000)
        put(self, "dt", checks.seconds("Population.dt", self.dt, 1e-6, 1e-3))

    @classmethod
    def irregular(cls, **changes: Any) -> "Population":
        """Return the mapping for irregular firing at cortical rates: CV2 about 0.8 at 9 Hz.

        Membrane noise of half the distance from reset to threshold and peak rates of 25 to 50 Hz; `changes` are
        further or other arguments of `Population`. It takes more neurons than regular firing does: noise falls with
        the square root of M only.
        """
        neuron = changes.get("neuron", LIF())
        noise = IRREGULAR_NOISE * (neuron.v_threshold - neuron.v_reset)
        return cls(**{"noise": noise, "peak_rates": IRREGULAR_RATES, **changes})

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
            Trials that the network cannot take, neuron parameters that do not fit its number of units, a target that
            no number of neurons reaches.
        """
        if self.target_nrmse is not None:
            return self._sized(network, trials, self.target_nrmse)
        coding = Coding(**{item.name: getattr(self, item.name) for item in fields(Coding)})
        if network.cell != "leaky" or network.discrete:
            return self._as_graph(network, trials, coding)
        if self.neurons:
            rule = "must be left out for a leaky network, which has one part"
            checks.refuse("Population.neurons", rule, repr(self.neurons), "give neurons_per_unit instead")
        return self._as_bank(network, trials, coding)

    def _as_bank(self, network: RateNetwork, trials: Trials, coding: Coding) -> tuple[SpikingNetwork, Fit]:
        """Return the one bank of a leaky network."""
        visited = visited_states(network, trials, self.margin)
        weight = network.weights["recurrent"]
        phi = partial(apply, network.activation)
        readings = {"activity": Reading(np.ones((network.units, self.neurons_per_unit), dtype=bool), phi)}
        if self.dale and not one_signed(weight):
            if self.refit is not None:
                rule = "must be left out under Dale's law for units with weights of both signs"
                checks.refuse("Population.refit", rule, "a function", "leave refit or dale out")
            groups = zip(("positive", "negative"), carriers(weight, self.neurons_per_unit), strict=True)
            readings |= {name: Reading(members, phi) for name, members in groups}
        populations, fitted = coding.populations(visited, readings)
        lead = self.lead
        if lead is None:
            lead = population_lead(populations, leaky_signals(network, visited.trajectories), self.dt)
        snn = lower(
            network,
            populations,
            readout_tau=np.full(network.units, self.readout_tau),
            lead=lead,
            dt=self.dt,
            about={"mapping": "population", "tuning": self.tuning, "neurons_per_unit": self.neurons_per_unit},
        )
        if self.refit is not None:
            snn = refitted(
                network,
                snn,
                trials,
                self.refit,
                constants=populations.constants["activity"],
                lead=lead,
                ridge=self.ridge,
                signs=np.sign(weight.sum(axis=0)) if self.dale else network.signs,
            )
        fit = Fit(
            low=visited.low,
            high=visited.high,
            residual=fitted.residual,
            spread=fitted.spread,
            rate=fitted.rate,
            largest_rate=fitted.largest_rate,
            lead=lead,
            classes=classes(
                [(route.weight, populations.decoders[route.decoder]) for route in snn.projections],
                rising=self.tuning == "rising",
            ),
        )
        return snn, fit

    def _sized(self, network: RateNetwork, trials: Trials, target: float) -> tuple[SpikingNetwork, Fit]:
        """Return the smallest network that is predicted to keep the target."""
        for neurons in SIZES:
            snn, fit = replace(self, neurons_per_unit=neurons, target_nrmse=None)(network, trials)
            found = predict(network, snn, trials)
            if found.state.nrmse <= target:
                return snn, replace(fit, prediction=found)
            # Noise falls with more neurons; bias that 50 leave is there to stay.
            if found.state.bias > 1.2 * target and neurons >= 50:
                break
        rule = f"must be reachable: {neurons} neurons a unit are predicted to give {found.state.nrmse:.3f}"
        advice = f"of which {found.state.bias:.3f} is bias; ask for more, or add noise or higher peak rates"
        return checks.refuse("Population.target_nrmse", rule, target, advice)

    def _as_graph(self, network: RateNetwork, trials: Trials, coding: Coding) -> tuple[SpikingNetwork, Fit]:
        """Return the banks of a gated or discrete network."""
        if self.refit is not None and network.attends:
            rule = "must be left out for a network with attention, whose readout is no linear map"
            checks.refuse("Population.refit", rule, "a function", "leave refit out")
        synapse = self.synapse or (self.step_duration * SHARE if network.discrete else SYNAPSE)
        if self.neurons == BY_ERROR and network.discrete:
            rule = "must be counts for a discrete network"
            checks.refuse("Population.neurons", rule, repr(self.neurons), "give counts of parts, or leave neurons out")
        own = {item.name: getattr(self, item.name) for item in fields(Wiring)}
        wiring = Wiring(**{**own, "synapse": synapse})
        return graph_populations(network, trials, coding, wiring)
