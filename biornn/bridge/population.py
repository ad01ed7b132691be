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

from biornn.bridge import border, settings
from biornn.bridge.assemble import assemble
from biornn.bridge.base import MappingSettings, Simulate, Times
from biornn.bridge.code.evaluation import evaluate
from biornn.bridge.code.lead import state_lead
from biornn.bridge.code.parts import code_parts
from biornn.bridge.code.population_code import PopulationCode
from biornn.bridge.fit import Fit, fit_report
from biornn.bridge.graph.held_steps import SHARE
from biornn.bridge.predict import prediction
from biornn.bridge.refit.weights import Refit, refit_weights
from biornn.core import checks
from biornn.core.quantity import Quantity
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.theory.neurons import LIF, Neuron

Array = NDArray[np.float64]
SIZES = (10, 20, 50, 100, 200, 500, 1000)
IRREGULAR_NOISE, IRREGULAR_RATES = 0.5, (25.0, 50.0)
SYNAPSE = 5e-3
"""In s. Longer ones leave more lag, shorter ones more noise, see docs/gated.md."""
STAGES = 3
"""Of a mapping: visited states, decoders, lead."""


@dataclass(frozen=True, eq=False)
class Population(MappingSettings):
    """Map every unit of a rate network onto `neurons_per_unit` neurons.

    A gated or discrete network becomes several banks of populations (`biornn.bridge.graph`): its states, gates,
    candidates and products are signals that one population each follows.

    Parameters
    ----------
    neurons_per_unit : int
        M. Spike noise falls with M.
    neurons : dict of str to int, or "by-error"
        M of single parts of a gated network, ``{"products": 200}``, where it is to differ; ``"by-error"`` gives each
        part what the error that it causes asks for, so that all cause that of `neurons_per_unit` each with fewer
        neurons (`biornn.bridge.code.allocation`).
    target_nrmse : float, optional
        Wanted state error: the mapping takes the smallest of 10, 20, 50, 100, 200, 500 and 1,000 neurons per unit
        for which `biornn.bridge.predict` promises it; `neurons_per_unit` is left out.
    neuron : Neuron
        Neuron model and its physical parameters, scalars or arrays per neuron: `biornn.theory.neurons.LIF` or another.
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
        by two groups of its neurons, see `biornn.bridge.code.dale`; a unit of one sign needs none.
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
        `biornn.bridge.refit`. Halves the bias of Go/NoGo and XOR networks; weights are no longer those trained. Of a
        gated network the weights into its states and the readout's are corrected, of a discrete one the readout's
        alone, see docs/gated.md.
    ridge : float
        How strongly corrected weights are drawn to the trained ones, as a share of the activities' mean variance.
    synapse : float, optional
        Time constant in s of the synapses between the parts of a gated or discrete network; 5 ms by default, an
        eighth of `step_duration` for a discrete one.
    step_duration : float
        How long each step of a discrete network is held, in s, a multiple of 2 ms; see `biornn.bridge.shortest_step`.
    dt : float, optional
        Step of the simulation in s, which must divide that of the trials; by default the largest up to 0.1 ms that
        does.

    Raises
    ------
    InputError
        M = 0, rates above what the refractory period allows, an unknown tuning, implausible times or noise, Dale's law
        with falling curves or with too few neurons to share out, settings of which one would undo the other.
    """

    neurons_per_unit: int = 50
    neurons: Mapping[str, int] | str = field(default_factory=dict)
    neuron: Neuron = field(default_factory=LIF)
    peak_rates: tuple[Quantity, Quantity] = (30.0, 120.0)
    mean_rate: Quantity = 30.0
    target_nrmse: float | None = None
    tuning: str = "rising"
    noise: Quantity = 0.0
    dale: bool = False
    non_negative: bool = False
    onsets: tuple[float, float] = (-0.6, 0.9)
    margin: float = 0.1
    regularisation: float = 0.03
    readout_tau: Quantity = 0.02
    lead: Quantity | None = None
    refit: Simulate | None = None
    ridge: float = 0.01
    synapse: Quantity | None = None
    step_duration: Quantity = 0.1
    dt: Quantity | None = None

    def __post_init__(self) -> None:
        for name, value in settings.checked(self).items():
            object.__setattr__(self, name, value)
        settings.refuse_conflicts(self)

    @classmethod
    def irregular(cls, **changes: Any) -> "Population":
        """Return the mapping for irregular firing at cortical rates: CV2 about 0.8 at 9 Hz.

        Membrane noise of half the distance from reset to threshold and peak rates of 25 to 50 Hz; `changes` are
        other arguments of `Population`. It takes more neurons than regular firing does: noise falls with the square
        root of M only.

        Raises
        ------
        InputError
            `noise` or `peak_rates`, which are what this sets; whatever `Population` refuses.
        """
        for name in ("noise", "peak_rates"):
            if name in changes:
                rule = "must be left out, for it is what irregular firing sets"
                advice = "leave it out, or give noise and peak_rates to Population itself"
                checks.refuse(f"Population.irregular: {name}", rule, changes[name], advice)
        known = [item.name for item in fields(cls)]
        for name in changes:
            checks.member("Population.irregular: argument", name, known)
        neuron = checks.instance("Population.neuron", changes.get("neuron", LIF()), Neuron, "give LIF(tau_m=0.02), say")
        noise = IRREGULAR_NOISE * (neuron.v_threshold - neuron.v_reset)
        return cls(**changes, noise=noise, peak_rates=IRREGULAR_RATES)

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
            Trials that the network cannot take, neuron parameters that do not fit its number of units, a target that
            no number of neurons reaches, settings that this network gives no effect, a step that does not divide that
            of the trials.
        """
        network, drawn = border.called("Population", network, trials)
        settings.refuse_idle(self, network)
        dt = settings.resolved_step(self.dt, network)
        if self.target_nrmse is not None:
            return self._sized(network, drawn, self.target_nrmse, dt, progress)
        return self._mapped(network, drawn, dt, progress)

    def _mapped(self, network: RateNetwork, trials: Trials, dt: float, progress: bool) -> tuple[SpikingNetwork, Fit]:
        times, neurons = self._times(network, dt), None if isinstance(self.neurons, str) else self.neurons
        with border.at_work("mapping", STAGES, progress) as done:
            evaluation = evaluate(network, trials, self.margin)
            done("visited states")
            parts = code_parts(network, trials, evaluation, self._code(dt), neurons, dale=self.dale)
            populations = {name: pair[0] for name, pair in parts.items()}
            done("decoders")
            lead = state_lead(network, evaluation, populations, times) if self.lead is None else float(self.lead)
            done("lead")
            describe = partial(
                assemble,
                network,
                populations=populations,
                times=replace(times, lead=lead),
                about={"mapping": "population", "tuning": self.tuning, "neurons_per_unit": self.neurons_per_unit},
            )
            if self.refit is None:
                spiking = describe(evaluation)
            else:
                refit = Refit(self.refit, self.ridge, self.dale)
                spiking = refit_weights(network, trials, evaluation, populations, refit, lead=lead, describe=describe)
            rising = self.tuning == "rising"
            return spiking, fit_report(network, evaluation, parts, spiking, lead, rising=rising, dale=self.dale)

    def _code(self, dt: float) -> PopulationCode:
        low, high = self.peak_rates
        return PopulationCode(
            neurons_per_unit=self.neurons_per_unit,
            neuron=self.neuron,
            peak_rates=(float(low), float(high)),
            mean_rate=float(self.mean_rate),
            tuning=self.tuning,
            noise=np.asarray(self.noise),
            onsets=self.onsets,
            regularisation=self.regularisation,
            non_negative=self.non_negative,
            dt=dt,
        )

    def _times(self, network: RateNetwork, dt: float) -> Times:
        usual = float(self.step_duration) * SHARE if network.discrete else SYNAPSE
        synapse = usual if self.synapse is None else float(self.synapse)
        return Times(dt, float(self.readout_tau), synapse, float(self.step_duration))

    def _sized(
        self, network: RateNetwork, trials: Trials, target: float, dt: float, progress: bool
    ) -> tuple[SpikingNetwork, Fit]:
        """Return the smallest network that is predicted to keep the target."""
        for neurons in SIZES:
            own = replace(self, neurons_per_unit=neurons, target_nrmse=None)
            snn, fit = own._mapped(network, trials, dt, progress)
            found = prediction(network, snn, trials, 0, progress)
            if found.state.nrmse <= target:
                return snn, replace(fit, prediction=found)
            # Noise falls with more neurons; bias that 50 leave is there to stay.
            if found.state.bias > 1.2 * target and neurons >= 50:
                break
        rule = f"must be reachable: {neurons} neurons a unit are predicted to give {found.state.nrmse:.3f}"
        advice = f"of which {found.state.bias:.3f} is bias; ask for more, or add noise or higher peak rates"
        return checks.refuse("Population.target_nrmse", rule, target, advice)
