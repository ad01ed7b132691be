"""Activations phi: one formula each, written once for numpy and JAX.

A function takes ``(x, xp)`` where ``xp`` is the array module, numpy or jax.numpy. A user's own activation gets a name
with `register` before it is trained, so that a saved network can be run again.
"""

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core.checks import member, plain_array, refuse

Activation = Callable[[Any, ModuleType], Any]


def sigmoid(x: Any, xp: ModuleType) -> Any:
    """Logistic function 1 / (1 + exp(-x)), written with tanh so that it never overflows."""
    return 0.5 * (1.0 + xp.tanh(0.5 * x))


def tanh(x: Any, xp: ModuleType) -> Any:
    """Hyperbolic tangent."""
    return xp.tanh(x)


def relu(x: Any, xp: ModuleType) -> Any:
    """Rectified linear, max(x, 0)."""
    return xp.maximum(x, 0.0)


def softplus(x: Any, xp: ModuleType) -> Any:
    """log(1 + exp(x))."""
    return xp.logaddexp(x, 0.0)


CLIP = 20.0


def clipped_relu(x: Any, xp: ModuleType) -> Any:
    """Rectified linear, held at 20: the ReLU of the public code of Kim, Li & Sejnowski 2019."""
    return xp.minimum(relu(x, xp), CLIP)


def clipped_softplus(x: Any, xp: ModuleType) -> Any:
    """log(1 + exp(x)), held at 20: the softplus of the public code of Kim, Li & Sejnowski 2019."""
    return xp.minimum(softplus(x, xp), CLIP)


LIF_TAU_M, LIF_T_REF, LIF_SOFTNESS, LIF_UNIT_RATE = 0.02, 0.002, 0.02, 100.0


def lif(x: Any, xp: ModuleType) -> Any:
    """f-I curve of the leaky integrate-and-fire neuron; 1 stands for 100 Hz, x = 0 for the rheobase.

    With tau_m = 20 ms and t_ref = 2 ms. The kink at the rheobase, where the slope is infinite, is softened:
    the distance from threshold j is replaced by 0.02 log(1 + exp(j / 0.02)) (soft LIF, Eq. 4 of Hunsberger and
    Eliasmith 2015, arXiv 1510.08829). Below the rheobase it falls slowly, like 1 / |x|: 0.009 at x = -1.
    """
    excess = xp.maximum(LIF_SOFTNESS * xp.logaddexp(x / LIF_SOFTNESS, 0.0), 1e-30)
    # log(1 + 1/j) in two forms: the slope of 1/j overflows in float32 where j is tiny, the difference of logarithms
    # loses its digits where j is large.
    small, large = xp.minimum(excess, 1.0), xp.maximum(excess, 1.0)
    rise = xp.where(excess > 1.0, xp.log1p(1.0 / large), xp.log1p(small) - xp.log(small))
    return 1.0 / (LIF_UNIT_RATE * (LIF_T_REF + LIF_TAU_M * rise))


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "softplus": softplus,
    "clipped-relu": clipped_relu,
    "clipped-softplus": clipped_softplus,
    "lif": lif,
}


LONGEST = 64
"""Characters of a name."""


def register(name: str, function: Activation) -> None:
    """Give a user's activation a name, so that networks using it can be trained, saved and run again.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and dashes; not a name that is already taken by another function.
    function : callable
        ``function(x, xp)`` with the array module as second argument: ``lambda x, xp: x / (1 + xp.abs(x))``.

    Raises
    ------
    InputError
        A malformed or taken name, or a function that does not map each element of a finite float64 array, on its own,
        to a finite float64.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9-]*", name) or len(name) > LONGEST:
        rule = f"must be at most {LONGEST} lower-case letters, digits and dashes"
        refuse("activation name", rule, repr(name), "choose another name")
    if ACTIVATIONS.get(name, function) is not function:
        refuse("activation name", "must not be taken by another function", repr(name), "choose another name")
    _refuse_odd(f"activation {name!r}", function)
    ACTIVATIONS[name] = function


def _refuse_odd(where: str, function: Any) -> None:
    """Refuse a function that is no activation, by its values on a few numbers."""
    probe = np.linspace(-5.0, 5.0, 11)
    given = probe.copy()
    try:
        if not callable(function):
            raise TypeError(f"{type(function).__name__} is not callable")
        with np.errstate(all="ignore"):
            values, alone = np.asarray(function(given, np)), np.asarray(function(probe[:, None].copy(), np))
    except Exception as problem:
        refuse(where, "must be a function of (x, xp)", problem, "see theory.activation.register")
    if values.dtype != np.float64:
        refuse(where, "must return float64 for float64", values.dtype, "use xp, and no other types or arrays")
    if values.shape != probe.shape or not np.isfinite(values).all():
        refuse(where, "must map finite arrays to finite arrays", values, "mend the function")
    if not np.array_equal(given, probe):
        refuse(where, "must leave its argument as it is", "x changed in place", "return a new array")
    if alone.shape != (probe.size, 1) or not np.allclose(alone[:, 0], values):
        refuse(where, "must map each element on its own", "values that depend on their neighbours", "mend the function")


def apply(name: str, x: ArrayLike) -> NDArray[np.float64]:
    """Return phi(x) in numpy for the activation of that name.

    Raises
    ------
    InputError
        An unknown name, or values that are no real numbers.
    """
    return activation(name)(plain_array("activation x", x).astype(np.float64))


def activation(name: str) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return phi in numpy, a function of an array, for the activation of that name; its argument is not checked.

    Raises
    ------
    InputError
        An unknown name.
    """
    phi = ACTIVATIONS[member("activation", name, ACTIVATIONS)]
    return lambda x: np.asarray(phi(x, np))
