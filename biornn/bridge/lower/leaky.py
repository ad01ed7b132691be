"""The leaky cell as one bank: the synapse is the unit's own leak.

``tau_i dx_i/dt = -x_i + sum_j W_ij a_j + (W_in u)_i + b_i`` with the decoded activity a in place of r, so that the
spiking network obeys the rate equation up to decoding error and spike noise.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations
from biornn.bridge.lower.readout import readout
from biornn.core.rate import RateNetwork
from biornn.core.spiking import Bank, Filter, Input, Projection, SpikingNetwork
from biornn.theory.activation import apply

Array = NDArray[np.float64]


def lower(
    network: RateNetwork,
    populations: Populations,
    *,
    readout_tau: Array,
    lead: float,
    dt: float,
    about: Mapping[str, str | float | int],
) -> SpikingNetwork:
    """Return the spiking network of a leaky rate network.

    Parameters
    ----------
    populations : Populations
        One for each unit; their decoders read the unit's activity.
    readout_tau : (N,) array
        Time constant in s of the readout's filter of each unit; 0 for none.
    lead : float
        By how many s the populations run ahead of their state; synapses between units make up for it, and so does the
        readout where it is positive. Inputs have none.
    dt : float
        Step of the simulation in s.
    """
    weights = network.weights
    routes = _routes(weights["recurrent"], populations)
    offset = weights["bias"] + sum(weight @ populations.constants[decoder] for decoder, weight in routes.items())
    initial = weights["initial_state"]
    rate = np.asarray(apply(network.activation, initial))
    bank = Bank(
        name="units",
        model=populations.model,
        parameters=populations.parameters,
        gain=populations.gain,
        bias=populations.bias,
        decoders=populations.decoders,
        channels={
            "recurrent": compensated(network.tau, lead),
            "external": Filter.exponential(network.tau),
        },
        initial={"recurrent": initial - offset, "external": np.zeros(network.units)},
        # Behind the rise, which takes back the populations' lead, is the drive of the moment. To start it at the state
        # instead opens every trial with an error that outlasts the rise: Go/NoGo state bias 0.027 against 0.009.
        rising={"recurrent": weights["recurrent"] @ rate + weights["bias"] - offset},
        offset=offset,
        noise=populations.noise,
        tuned=populations.tuned,
    )
    return SpikingNetwork(
        dt=dt,
        sample_dt=network.dt,
        banks=(bank,),
        projections=tuple(Projection("units", decoder, "units", "recurrent", w) for decoder, w in routes.items()),
        inputs=(Input("units", "external", weights["input"]),),
        readout=readout(
            network,
            "units",
            "activity",
            synapse=Filter(readout_tau, np.full(network.units, max(lead, 0.0))),
            initial=rate,
            constant=populations.constants["activity"],
            rates=np.eye(network.units),
        ),
        observe="units",
        about=about,
    )


def compensated(tau: Array, lead: float) -> Filter:
    """Return the synapse that acts on a population running ahead by `lead` as that of decay `tau` would on its unit.

    A lead is taken back by a rise; a lag (a negative lead) by a shorter decay, of which at least half is kept.
    """
    lag = np.minimum(max(-lead, 0.0), tau / 2)
    return Filter(tau - lag, np.full(tau.shape, max(lead, 0.0)))


def _routes(weight: Array, populations: Populations) -> dict[str, Array]:
    """Return the part of the weights that each decoder meets."""
    if "positive" not in populations.decoders:
        return {"activity": weight}
    return {"positive": np.maximum(weight, 0.0), "negative": np.minimum(weight, 0.0)}
