"""The published one-to-one bridge: every unit becomes one LIF neuron, and one factor scales all trained weights.

Kim, Li & Sejnowski 2019 (PNAS 116:22811): ``W_spk = lambda W``, ``W_out_spk = lambda W_out``; 1 / lambda, the firing
rate that stands for a rate output of 1, is found by grid search. Constants are those of Table S1 and the public code.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.bridge import border
from biornn.bridge.base import Judge, MappingSettings, Scaling, Simulate
from biornn.bridge.code.dale import classes
from biornn.bridge.code.evaluation import evaluate
from biornn.bridge.fit import Fit
from biornn.core import checks, steps
from biornn.core.rate import RateNetwork
from biornn.core.spiking import Bank, Filter, Input, Projection, Readout, SpikingNetwork
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.theory.activation import apply
from biornn.theory.neurons import NEURON_MODELS

Array = NDArray[np.float64]
DT, RISE = 5e-5, 2e-3
"""Longest step of the simulation and rise of the synapses in s."""
V_REST, V_THRESHOLD = -0.065, -0.040
CONSTANTS = {"tau_m": 0.010, "t_ref": 0.002, "v_rest": V_REST, "v_reset": -0.065, "v_threshold": V_THRESHOLD}
GAIN = 1e-3
"""Steady voltage in V per unit of state: their currents are in mV."""
NOISE = 1e-4 / float(np.sqrt(-np.expm1(-2 * DT / CONSTANTS["tau_m"])))
"""Stationary SD in V of the free membrane potential to which 0.1 mV are added in every step, as in the public code."""
GRIDS = {"sigmoid": tuple(range(20, 80, 5)), "other": tuple(range(4, 28, 2))}
"""1 / lambda in Hz (SI Appendix, Fig. 7): for sigmoid units; for softplus and ReLU units."""
SEED = 0


@dataclass(frozen=True, eq=False)
class Kim(MappingSettings):
    """Kim, Li & Sejnowski 2019 as published: one neuron per unit, one factor for all weights.

    Published behaviour is kept: the bias current holds every neuron at its threshold, inputs act on the current
    directly and not through the unit's time constant, synapses decay with the postsynaptic unit's time constant and
    the readout with each unit's own, and the trained output bias is dropped. Three defects of the public code are
    not: neurons start at a random phase of their firing (there at up to +30 mV, so that three quarters fire at once),
    noise is that of a membrane whatever the step, and the factor is chosen on other trials than it is scored on.

    Parameters
    ----------
    simulate : callable
        ``simulate(network, trials, seed)`` runs the spiking network for the grid search.
    score : callable
        ``score(outputs, trials)`` judges each point of the grid; `biornn.tasks.published_score` of the task for the
        published search.
    unit_rates : sequence of float, optional
        Grid of 1 / lambda in Hz; the published ones by default. One value is taken without a search.
    noise : float
        Membrane noise: SD in V of the free membrane potential. The public code adds 0.1 mV per step, which is 1 mV;
        the paper's equations have none. It decides the outcome, see docs/conversion.md.
    keep_output_bias : bool
        Whether the readout keeps the trained output bias.

    Raises
    ------
    InputError
        An empty grid, a rate that the refractory period forbids, implausible noise.
    """

    simulate: Simulate
    score: Judge
    unit_rates: Sequence[float] = ()
    noise: float = NOISE
    keep_output_bias: bool = False

    def __post_init__(self) -> None:
        put, limit, hint = object.__setattr__, 1 / CONSTANTS["t_ref"], "give 1 / lambda in Hz"
        border.function("Kim.simulate", self.simulate, "give simulate(network, trials, seed)")
        border.function("Kim.score", self.score, "give score(outputs, trials), such as task.score")
        given = border.listed("Kim.unit_rates", checks.unit_free("Kim.unit_rates", self.unit_rates, "hertz"), hint)
        plain = [checks.unit_free("Kim.unit_rates", rate, "hertz") for rate in given]
        put(self, "unit_rates", tuple(checks.number("Kim.unit_rates", rate, 0.1, limit, hint) for rate in plain))
        put(self, "noise", border.noise("Kim.noise", self.noise))
        put(self, "keep_output_bias", checks.flag("Kim.keep_output_bias", self.keep_output_bias))

    def __call__(
        self, network: RateNetwork, trials: Trials | Task, progress: bool = True
    ) -> tuple[SpikingNetwork, Fit]:
        """Map a trained network; the first best rate of the grid wins, as in the public code.

        Parameters
        ----------
        network : RateNetwork
        trials : Trials or Task
            Calibration trials, on which the grid is searched; score on others. Of a task 32 trials of its training
            part are drawn.
        progress : bool
            Whether to show a progress bar where the search takes longer than a second.

        Returns
        -------
        SpikingNetwork, Fit
            The fit holds the accuracy at each point of the grid and the rate predicted without simulation.

        Raises
        ------
        InputError
            A gated or discrete network, trials that it cannot take, an activation that one factor cannot scale.
        """
        network, drawn = border.called("Kim", network, trials)
        border.check_leaky(network)
        grid = self.unit_rates or GRIDS["sigmoid" if network.activation == "sigmoid" else "other"]
        with border.at_work("calibrating", len(grid), progress, "rate") as done:
            return self._searched(network, drawn, grid, done)

    def _searched(
        self, network: RateNetwork, trials: Trials, grid: Sequence[float], done: Callable[[str], None]
    ) -> tuple[SpikingNetwork, Fit]:
        """Return the network of the best rate of the grid."""
        states = evaluate(network, trials, 0.0).points["units"].states
        rates = firing_rates(states, self.noise, steps.dividing(network.dt, DT))
        target = apply(network.activation, states)
        searched = {}
        if len(grid) > 1:
            for rate in grid:
                run = self.simulate(self._scaled(network, float(rate)), trials, SEED)
                searched[float(rate)] = border.judged("Kim.score", self.score(run.outputs, trials)).accuracy
                done(f"{rate:g} Hz")
        chosen = max(searched, key=searched.__getitem__) if searched else float(grid[0])
        spiking = self._scaled(network, chosen)
        fit = Fit(
            low=states.min(axis=0),
            high=states.max(axis=0),
            residual=np.sqrt(((rates / chosen - target) ** 2).mean(axis=0)),
            spread=target.std(axis=0),
            rate=rates.mean(axis=0),
            largest_rate=rates.max(axis=0),
            lead=RISE,
            classes=classes([(network.weights["recurrent"], spiking.banks[0].decoders["activity"])]),
            scaling=Scaling(chosen, predicted_unit_rate(network, states, self.noise), searched),
        )
        return spiking, fit

    def _scaled(self, network: RateNetwork, unit_rate: float) -> SpikingNetwork:
        """Return the spiking network in which `unit_rate` in Hz stands for a rate output of 1."""
        units, weights = network.units, network.weights
        each, none = np.ones((units, 1)), np.zeros(units)
        rise = np.full(units, RISE)
        bank = Bank(
            name="units",
            model="lif",
            parameters={name: value * each for name, value in CONSTANTS.items()},
            gain=GAIN * each,
            bias=(V_THRESHOLD - V_REST) * each,
            decoders={"activity": each / unit_rate},
            channels={"recurrent": Filter(network.tau, rise), "external": Filter(none, none)},
            initial={"recurrent": none, "external": none},
            offset=weights["bias"],
            noise=self.noise * each,
        )
        bias = weights["output_bias"] if self.keep_output_bias else np.zeros(network.outputs)
        return SpikingNetwork(
            dt=steps.dividing(network.dt, DT),
            sample_dt=network.dt,
            banks=(bank,),
            projections=(Projection("units", "activity", "units", "recurrent", weights["recurrent"]),),
            inputs=(Input("units", "external", weights["input"]),),
            readout=Readout(
                "units", "activity", Filter(network.tau, rise), weights["output"], bias, none, network.readout
            ),
            observe="units",
            about={"mapping": "one-to-one-kim", "unit_rate_hz": unit_rate},
        )


def firing_rates(states: Array, noise: float, dt: float = DT) -> Array:
    """Return the rates in Hz of their neuron at constant states of any shape, with `noise` in V (Siegert 1951)."""
    constants = {name: np.asarray(value) for name, value in CONSTANTS.items()}
    return NEURON_MODELS["lif"].rate(constants, V_THRESHOLD + GAIN * states, dt, np.asarray(noise))


def predicted_unit_rate(network: RateNetwork, states: Array, noise: float = NOISE) -> float:
    """Return 1 / lambda in Hz for which ``lambda f(x)`` is closest to ``phi(x)`` over the visited states.

    Least squares over all units at once; a unit counts by the power of its outgoing weights. No simulation.

    Parameters
    ----------
    states : (S, N) array
        Visited states, as those of ``biornn.bridge.code.evaluation.evaluate(network, trials, 0.0).points["units"]``.
    noise : float
        SD in V of the free membrane potential.

    Raises
    ------
    InputError
        No neuron fires at any visited state, or only where the activation is negative: one factor cannot scale that.
    """
    where = "predicted_unit_rate"
    checks.instance(f"{where}: network", network, RateNetwork, "give the trained network first, then its states")
    border.check_leaky(network)
    states = checks.array(f"{where}: states", states, ("S", network.units))
    noise = border.noise(f"{where}: noise", noise)
    rates = firing_rates(states, noise)
    weight = (network.weights["recurrent"] ** 2).sum(axis=0) * rates
    shared = float((weight * apply(network.activation, states)).sum())
    if shared <= 0:
        rule = "needs an activation that is positive where neurons fire"
        checks.refuse("Kim", rule, network.activation, "use bridge.OneToOne, whose decoders have a constant")
    return float((weight * rates).sum()) / shared
