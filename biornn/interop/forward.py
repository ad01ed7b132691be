"""Forward: what was read from a layer is compared with a forward pass of the layer itself."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.theory.rate import euler, read_out

Array = NDArray[np.float64]
Forward = Callable[[Array], NDArray[Any]]
"""A layer's own outputs, as a numpy array, for inputs (K, T, I)."""
SCALES = (0.125, 1.0, 2.0, 8.0)
"""Largest input of each trial: small ones are linear, large ones saturate."""
STEPS = 5
ROUNDINGS = 100
"""A difference that is this many times the rounding of a number is a difference: 1e-5 in float32."""
TIGHTEST, LOOSEST = 1e-9, 0.05
"""Limits of a difference, of the size of the outputs."""
COPIES, CHAOS = 4, 30
"""Networks with rounded weights, and how much further than these rounding within a layer may move its outputs."""


def check(names: tuple[str, str], network: RateNetwork, layer: Forward, readout: Forward, advice: str) -> None:
    """Refuse a network that gives other outputs than the layer and the readout that it was read from.

    Differences are judged trial by trial relative to the largest value of the trial. The limit is 1e-5 in float32 and
    1e-9 in float64, or more where rounding of the weights alone moves the outputs further.

    Parameters
    ----------
    names : tuple of str
        Names of the layer and of its readout for messages.
    layer : callable
        Returns rates (K, T, N), or those of the last step (K, N), for inputs (K, T, I).
    readout : callable
        Returns outputs (K, T, O) for rates (K, T, N).
    advice : str
        What to do.

    Raises
    ------
    InputError
        Another result, or a layer that cannot be run; the size of the difference is named.
    """
    inputs, (where, readout_name) = probe(network.inputs), names
    with np.errstate(all="ignore"):  # outputs that overflow are refused
        run = euler(network, inputs)
        hidden = _ran(where, layer, inputs, advice)
        rates = [run.rates, *(euler(other, inputs).rates for other in _rounded(network, hidden.dtype))]
        if hidden.ndim == 2:
            rates = [each[:, -1] for each in rates]
        _compare(where, rates, hidden, advice)
        outputs = _ran(readout_name, readout, run.rates, advice)
        read = [run.outputs, *(read_out(other, run.rates) for other in _rounded(network, outputs.dtype))]
        _compare(readout_name, read, outputs, advice)


def probe(channels: int) -> Array:
    """Return inputs (K, T, I) that every floating-point type holds without rounding."""
    drawn = np.random.default_rng(0).integers(-16, 17, (len(SCALES), STEPS, channels)) / 16
    return np.asarray(drawn * np.array(SCALES)[:, None, None])


def _rounded(network: RateNetwork, dtype: np.dtype[Any]) -> list[RateNetwork]:
    """Return the network several times with weights that are off by one rounding error of that type."""
    random, size = np.random.default_rng(1), float(np.finfo(dtype).eps)

    def off(weight: Array) -> Array:
        return np.asarray(weight * (1 + size * random.choice([-1, 1], weight.shape)))

    return [
        network.with_weights(**{name: off(weight) for name, weight in network.weights.items()}) for _ in range(COPIES)
    ]


def _ran(where: str, forward: Forward, inputs: Array, advice: str) -> NDArray[Any]:
    try:
        with warnings.catch_warnings():
            # Warnings of the library are for those who run the layer, such as on types that it does not have.
            warnings.simplefilter("ignore")
            found = np.asarray(forward(inputs))
    except Exception as problem:  # a user's own layer may fail in any way
        rule = f"must run on inputs (trial, time, channel) with {inputs.shape[2]} channels"
        checks.refuse(where, rule, f"{type(problem).__name__}: {problem}", advice)
    if found.dtype.kind != "f":
        checks.refuse(where, "must give real numbers", str(found.dtype), advice)
    return found


def _compare(where: str, networks: list[Array], theirs: NDArray[Any], advice: str) -> None:
    """Refuse a layer's outputs that differ from those of the network, the first, by more than rounding does."""
    ours = networks[0]
    if ours.shape != theirs.shape:
        checks.refuse(where, f"must give outputs of shape {ours.shape}", theirs.shape, advice)
    axes = tuple(range(1, ours.ndim))
    scale = np.maximum(np.abs(ours).max(axis=axes), np.finfo(float).tiny)
    precision = max(ROUNDINGS * float(np.finfo(theirs.dtype).eps), TIGHTEST)
    moved = np.max([np.abs(other - ours).max(axis=axes) for other in networks[1:]], axis=0) / scale
    allowed = np.minimum(np.maximum(precision, CHAOS * moved), LOOSEST)
    off = np.abs(theirs - ours).max(axis=axes) / scale
    if not (off <= allowed).all():
        rule = "must give the outputs that its weights and settings describe"
        worst = float(np.max(off))
        given = (
            "outputs that are not finite" if not np.isfinite(worst) else f"a difference of {worst:.2g} of their size"
        )
        checks.refuse(where, rule, given, advice)
