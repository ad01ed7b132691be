"""Connections: what joins banks to each other, to the inputs and to the outputs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks, show
from biornn.core.bank import Filter

Array = NDArray[np.float64]
LONGEST_DELAY = 10.0
"""Delay in s."""


@dataclass(frozen=True, eq=False)
class Projection(show.Shown):
    """Activities of one bank, through trained weights, into a channel of another.

    Parameters
    ----------
    source, decoder : str
        Bank and decoder whose activity is sent.
    target, channel : str
        Bank and channel that receive it.
    weight : (U_target, U_source) array
        Row i holds the weights into unit i; zeros make no synapse.
    delay : float
        Time in s by which activities arrive late, in whole steps.
    past : (U_source,) array, optional
        Activity that is under way at time 0, constant over the delay; none by default.
    """

    source: str
    decoder: str
    target: str
    channel: str
    weight: Array
    delay: float = 0.0
    past: Array | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", checks.array("Projection.weight", self.weight, ("U_target", "U_source")))
        delay = checks.seconds("Projection.delay", self.delay, 0.0, LONGEST_DELAY)
        object.__setattr__(self, "delay", delay)
        if self.past is not None:
            object.__setattr__(self, "past", checks.array("Projection.past", self.past, self.weight.shape[1:]))

    def _face(self) -> show.Face:
        way = f"{self.source}.{self.decoder} -> {self.target}.{self.channel}"
        size = " x ".join(f"{length:,}" for length in np.shape(self.weight))
        weights = f"{size} weights ({np.count_nonzero(self.weight):,} not zero)"
        return show.Face(f"Projection {way}: {weights}, delay {self.delay * 1e3:g} ms")

    def _sketch(self) -> show.Sketch:
        return show.Sketch("matrix", np.empty(0), np.asarray(self.weight), (self.source, self.target))


@dataclass(frozen=True, eq=False)
class Input(show.Shown):
    """External input into a channel; `weight` is (U, I)."""

    target: str
    channel: str
    weight: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", checks.array("Input.weight", self.weight, ("U", "I")))

    def _face(self) -> show.Face:
        units, channels = np.shape(self.weight)
        return show.Face(f"Input {self.target}.{self.channel}: {show.count(channels, 'channel')} to {units:,} units")


@dataclass(frozen=True, eq=False)
class Attention(show.Shown):
    """Attention over the filtered activities a of the past, ``r = a + constant``: see `biornn.theory.attention`.

    The softmax and the store of the past are computed, not spiked.

    Parameters
    ----------
    constant : (U,) array
    query, key : (A, U) arrays
    """

    constant: Array
    query: Array
    key: Array

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "constant", checks.array("Attention.constant", self.constant, ("U",)))
        put(self, "query", checks.array("Attention.query", self.query, ("A", *self.constant.shape)))
        put(self, "key", checks.array("Attention.key", self.key, self.query.shape))

    def _face(self) -> show.Face:
        size, units = np.shape(self.query)
        return show.Face(f"Attention: queries and keys of size {size} over {units:,} units")


@dataclass(frozen=True, eq=False)
class Readout(show.Shown):
    """Output ``z = weight (a * synapse) + bias``, or its softmax.

    Parameters
    ----------
    source, decoder : str
        Bank and decoder that are read.
    synapse : Filter
        Filter of each source unit's activity.
    weight : (O, U) array
        With attention (O, 2 U): the units, then what is attended to.
    bias : (O,) array
    initial : (U,) array
        State of the filters at time 0.
    kind : {"identity", "softmax"}
    attention : Attention, optional
    """

    source: str
    decoder: str
    synapse: Filter
    weight: Array
    bias: Array
    initial: Array
    kind: str = "identity"
    attention: Attention | None = None

    def __post_init__(self) -> None:
        weight = checks.array("Readout.weight", self.weight, ("O", "U"))
        for name, shape in (("weight", weight.shape), ("bias", weight.shape[:1]), ("initial", ("U",))):
            object.__setattr__(self, name, checks.array(f"Readout.{name}", getattr(self, name), shape))
        checks.instance("Readout.synapse", self.synapse, Filter, "give a Filter")
        checks.member("Readout.kind", self.kind, ("identity", "softmax"))

    def _face(self) -> show.Face:
        outputs, read = np.shape(self.weight)
        through = str(self.synapse).removeprefix("Filter: ")
        size = f"{show.count(outputs, 'output')} of {read:,} activities, {self.kind}"
        return show.Face(f"Readout {self.source}.{self.decoder}: {size}; {through}")
