"""The trained readout on a bank's decoded activity."""

import numpy as np
from numpy.typing import NDArray

from biornn.core.rate import RateNetwork
from biornn.core.spiking import Attention, Filter, Readout

Array = NDArray[np.float64]


def readout(
    network: RateNetwork, source: str, decoder: str, *, synapse: Filter, initial: Array, constant: Array, rates: Array
) -> Readout:
    """Return the readout of a network.

    Parameters
    ----------
    source, decoder : str
        Bank of S units and decoder that carry the states.
    initial : (S,) array
        Activity at time 0.
    constant : (S,) array
        Part of the activity that decoders leave out.
    rates : (N, S) array
        Which of the activities are rates.
    """
    weights = network.weights
    output, attention = weights["output"] @ rates if not network.attends else None, None
    bias = weights["output_bias"]
    if output is None:
        half = network.units
        output = np.concatenate([weights["output"][:, :half] @ rates, weights["output"][:, half:] @ rates], axis=1)
        attention = Attention(constant, weights["query"] @ rates, weights["key"] @ rates)
    else:
        bias = bias + output @ constant
    return Readout(source, decoder, synapse, output, bias, initial - constant, network.readout, attention)
