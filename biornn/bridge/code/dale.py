"""Dale's law at single neurons: which neurons carry which weights, and the class that this gives each of them.

Neuron k of unit j reaches neuron l of unit i with the weight ``gain_il W_ij d_jk``. With rising curves every gain is
positive, so a neuron is excitatory or inhibitory if all weights that its decoder meets have one sign. A unit with
outgoing weights of both signs is therefore carried by two groups of its neurons: one decodes the activity for its
positive weights, the other for its negative ones. No neuron receives a synapse of the flipped sign.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.core import show

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Classes(NamedTuple):
    """Class of each neuron by its outgoing synapses.

    Attributes
    ----------
    sign : (U, M) array
        +1 excitatory, -1 inhibitory, 0 without synapses on other units, NaN with outgoing synapses of both signs.
    differing : int
        Neurons whose class is not that of their unit; units of mixed sign have none.
    """

    sign: Array
    differing: int

    def __repr__(self) -> str:
        return show.shapes(self)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Excitatory and inhibitory neurons, and those that break Dale's law."""
        return int((self.sign > 0).sum()), int((self.sign < 0).sum()), int(np.isnan(self.sign).sum())


def carriers(weight: Array, neurons: int) -> tuple[Mask, Mask]:
    """Return which neurons (U, M) carry the positive and which the negative weights of their unit.

    A unit whose weights have one sign has all its neurons carry them; a unit of mixed sign has them shared out, evenly
    over the ranks, by the size of its positive and negative weights.

    Parameters
    ----------
    weight : (N, U) array
        Trained weights, column j those of unit j onto others.
    neurons : int
        Number M of neurons of each unit.
    """
    positive, negative = np.maximum(weight, 0).sum(axis=0), np.maximum(-weight, 0).sum(axis=0)
    total = positive + negative
    share = np.where(total > 0, positive / np.where(total > 0, total, 1.0), 1.0)
    mixed = (share > 0) & (share < 1)
    # Both groups need neurons to decode from, however small their weights.
    share = np.where(mixed, np.clip(share, 0.25, 0.75), share)
    rank = np.arange(neurons)
    carries = np.floor((rank + 1) * share[:, None] + 0.5) > np.floor(rank * share[:, None] + 0.5)
    return carries, ~carries


def classes(routes: list[tuple[Array, Array]], rising: bool = True) -> Classes:
    """Return the class of each neuron.

    Parameters
    ----------
    routes : list of ((N, U) array, (U, M) array)
        Weights and the decoders that meet them.
    rising : bool
        Whether all gains are positive; falling curves flip the sign of what they receive, so that every neuron has
        outgoing synapses of both signs.
    """
    shape = routes[0][1].shape
    onto_positive, onto_negative = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    up, down = np.zeros(shape[0], dtype=bool), np.zeros(shape[0], dtype=bool)
    for weight, decoders in routes:
        rises, falls = np.asarray((weight > 0).any(axis=0)), np.asarray((weight < 0).any(axis=0))
        onto_positive = onto_positive | (rises[:, None] & (decoders > 0)) | (falls[:, None] & (decoders < 0))
        onto_negative = onto_negative | (rises[:, None] & (decoders < 0)) | (falls[:, None] & (decoders > 0))
        up, down = up | rises, down | falls
    sign = onto_positive.astype(np.float64) - onto_negative
    sign[(onto_positive & onto_negative) | ((sign != 0) & (not rising))] = np.nan
    unit_sign = (up.astype(np.float64) - down)[:, None]
    return Classes(sign, int((unit_sign * sign < 0).sum()))


def one_signed(weight: Array) -> bool:
    """Return whether every column of the weights (N, U) has one sign."""
    return not ((weight > 0).any(axis=0) & (weight < 0).any(axis=0)).any()
