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

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from biornn.bridge import border
from biornn.bridge.assemble import assemble
from biornn.bridge.base import Judge, MappingSettings, Simulate, Times
from biornn.bridge.code.evaluation import evaluate
from biornn.bridge.code.lead import LONGEST, state_lead
from biornn.bridge.code.neuron_code import NeuronCode
from biornn.bridge.fit import Fit, fit_report
from biornn.bridge.kim import Kim
from biornn.bridge.population import STAGES
from biornn.bridge.settings import STEP
from biornn.core import checks, steps
from biornn.core.quantity import Quantity
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.theory.neurons import LIF, Neuron

MARGIN = 0.1


@dataclass(frozen=True, eq=False)
class OneToOne(MappingSettings):
    """Map every unit of a rate network onto one neuron.

    Parameters
    ----------
    neuron : Neuron
        Neuron model and its physical parameters, scalars or (N, 1) arrays: `biornn.theory.neurons.LIF` or another.
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

    neuron: Neuron = field(default_factory=LIF)
    noise: Quantity = 0.0
    peak_rate: Quantity = 150.0
    mean_rate: Quantity = 60.0
    readout_tau: Quantity = 0.05
    lead: Quantity | None = None
    dt: Quantity | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        checks.instance("OneToOne.neuron", self.neuron, Neuron, "give LIF(tau_m=0.02), say")
        limit = 0.99 / max(float(np.max(self.neuron.t_ref)), 1e-4)
        put(self, "peak_rate", _hertz("OneToOne.peak_rate", self.peak_rate, limit))
        put(self, "mean_rate", _hertz("OneToOne.mean_rate", self.mean_rate, 1e4))
        put(self, "noise", border.noise("OneToOne.noise", self.noise))
        put(self, "readout_tau", checks.seconds("OneToOne.readout_tau", self.readout_tau, 0.0, 1.0))
        put(self, "lead", border.seconds_or_none("OneToOne.lead", self.lead, 0.0, LONGEST))
        put(self, "dt", border.seconds_or_none("OneToOne.dt", self.dt, 1e-6, 1e-3))

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
        border.check_leaky(network)
        dt = steps.dividing(network.dt, STEP) if self.dt is None else float(self.dt)
        steps.checked_step("OneToOne.dt", dt, network.dt, "the step of the trials,")
        code, times = self._code(network, dt), Times(dt, float(self.readout_tau))
        with border.at_work("mapping", STAGES, progress) as done:
            evaluation = evaluate(network, drawn, MARGIN)
            (units,) = evaluation.graph.parts
            done("visited states")
            own, fitted = code.populations(evaluation.points[units.name], units.readings)
            done("decoders")
            populations = {units.name: own}
            lead = state_lead(network, evaluation, populations, times) if self.lead is None else float(self.lead)
            done("lead")
            times = replace(times, lead=lead)
            spiking = assemble(network, evaluation, populations, times, about={"mapping": "one-to-one"})
            return spiking, fit_report(network, evaluation, {units.name: (own, fitted)}, spiking, lead)

    def _code(self, network: RateNetwork, dt: float) -> NeuronCode:
        return NeuronCode(
            neuron=self.neuron,
            peak_rate=float(self.peak_rate),
            mean_rate=float(self.mean_rate),
            noise=float(self.noise),
            tau=network.tau,
            dt=dt,
        )


def _hertz(where: str, value: Quantity, highest: float) -> float:
    return checks.number(where, checks.unit_free(where, value, "hertz"), 1, highest, "t_ref sets the highest rate")
