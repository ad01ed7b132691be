"""What the parts of the bridge hand to each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biornn.core import show
from biornn.core.recording import Recording
from biornn.core.spiking import SpikingNetwork, unbounded
from biornn.core.task import Score
from biornn.core.trials import Trials

Array = NDArray[np.float64]
Simulate = Callable[[SpikingNetwork, Trials, int], Recording]
"""Runs a network on trials under a seed; handed to mappings whose calibration simulates."""
Judge = Callable[[Array, Trials], Score]
"""Scores outputs (K, T, O) on trials."""


class MappingSettings(show.Settings):
    """Settings of a mapping, which is called with a network and trials."""

    _calls = ("snn, fit = mapping(network, task.trials(32, seed=2))", "spikes = spiking.run(snn, trials)")


@dataclass(frozen=True, eq=False)
class Populations(show.Shown):
    """One population of M neurons for each of U scalar signals x, and how its spikes are read.

    Attributes
    ----------
    model : str
        Neuron model registered in `biornn.theory.neurons`.
    parameters : dict of str to (U, M) array
        The model's parameters in SI units.
    gain, bias : (U, M) arrays
        Steady voltage ``v_rest + gain x + bias``, in V.
    noise : (U, M) array
        SD in V of independent membrane noise.
    decoders : dict of str to (U, M) array
        ``activity = constant + sum_k d_k sum_spikes delta(t - t_k)``. ``"activity"`` reads all neurons; under Dale's
        law ``"positive"`` and ``"negative"`` read the neurons that carry weights of that sign.
    constants : dict of str to (U,) array
        Constant part of the activity; it costs no spikes, since it joins offsets and output bias.
    tuned : (2, U) array
        Lowest and highest state that the decoders were fitted to.
    """

    model: str
    parameters: Mapping[str, Array]
    gain: Array
    bias: Array
    noise: Array
    decoders: Mapping[str, Array]
    constants: Mapping[str, Array]
    tuned: Array = field(default_factory=unbounded)

    def _face(self) -> show.Face:
        units, neurons = self.gain.shape
        size = f"{units:,} signals x {neurons:,} {self.model.upper()} neurons"
        return show.Face(f"Populations: {size}, decoders {', '.join(self.decoders)}")


@dataclass(frozen=True)
class Times:
    """Times in s that join populations to a network.

    Attributes
    ----------
    dt : float
        Step of the simulation.
    readout_tau : float
        Time constant of the filter between spikes and readout of a network in continuous time.
    synapse : float
        Lag of each synapse, but for those that are the leak of states in continuous time.
    step_duration : float
        How long each step of a discrete network is held.
    lead : float
        By how much the populations of states run ahead. Synapses between states make up for it, and so does the readout
        where it is positive.
    """

    dt: float
    readout_tau: float
    synapse: float = 0.0
    step_duration: float = 0.0
    lead: float = 0.0


@dataclass(frozen=True)
class Scaling(show.Shown):
    """The one factor of a scaled one-to-one map, as the firing rate that stands for a rate output of 1.

    Attributes
    ----------
    chosen : float
        The rate 1 / lambda in Hz that the map uses.
    predicted : float
        The rate in Hz that the f-I curve asks for, without any simulation.
    searched : dict of float to float
        Accuracy on the calibration trials by rate; empty where the rate was given.
    """

    chosen: float
    predicted: float
    searched: Mapping[float, float]

    def _face(self) -> show.Face:
        return show.Face(f"Scaling: {self.chosen:g} Hz stand for an output of 1 (predicted {self.predicted:.1f} Hz)")

    def __str__(self) -> str:
        tried = ", ".join(f"{rate:g}: {accuracy:.2f}" for rate, accuracy in self.searched.items())
        return (
            f"1 / lambda      {self.chosen:g} Hz stand for an output of 1; "
            f"the f-I curve asks for {self.predicted:.1f} Hz" + (f" (accuracy by rate: {tried})" if tried else "")
        )
