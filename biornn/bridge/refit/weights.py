"""Which weights of a network are corrected.

Of a leaky network the recurrent weights and the readout (`closed_loop`), of a gated one what drives its states
(`drive`) and the readout, of a discrete one the readout alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from biornn.bridge.base import Populations, Simulate
from biornn.bridge.code.evaluation import Evaluation
from biornn.bridge.graph.leaky import is_leaky
from biornn.bridge.refit.closed_loop import refit_readout, refit_recurrent
from biornn.bridge.refit.drive import refit_drive
from biornn.core.rate import RateNetwork
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials


@dataclass(frozen=True, eq=False)
class Refit:
    """Settings of `biornn.bridge.Population` that concern corrected weights; see there."""

    simulate: Simulate
    ridge: float
    dale: bool


def refit_weights(
    network: RateNetwork,
    trials: Trials,
    evaluation: Evaluation,
    populations: Mapping[str, Populations],
    refit: Refit,
    *,
    lead: float,
    describe: Callable[[Evaluation], SpikingNetwork],
) -> SpikingNetwork:
    """Return the spiking network with corrected weights.

    Parameters
    ----------
    trials : Trials
        Calibration trials.
    populations : dict of str to Populations
        Of each part.
    lead : float
        By how many s the populations of the states run ahead.
    describe : callable
        Returns the spiking network of an evaluation's graph.
    """
    graph, spiking = evaluation.graph, describe(evaluation)
    if is_leaky(network):
        weight = network.weights["recurrent"]
        graph, readout = refit_recurrent(
            network,
            graph,
            spiking,
            trials,
            refit.simulate,
            constants=populations[graph.parts[0].name].constants[graph.reading],
            lead=lead,
            ridge=refit.ridge,
            signs=np.sign(weight.sum(axis=0)) if refit.dale else network.signs,
        )
        return replace(describe(replace(evaluation, graph=graph)), readout=readout)
    if not network.discrete:
        graph = refit_drive(network, graph, spiking, trials, simulate=refit.simulate, ridge=refit.ridge)
        spiking = describe(replace(evaluation, graph=graph))
    return refit_readout(network, spiking, trials, refit.simulate, refit.ridge)
