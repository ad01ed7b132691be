"""What the parts of the bridge hand to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biornn.core.spiking import unbounded

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Populations:
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
