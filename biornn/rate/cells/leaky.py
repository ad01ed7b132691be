"""The leaky cell: parameters to weights, and the Euler map in JAX."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp


def weights(trained: Mapping[str, Any], fixed: Mapping[str, Any], xp: ModuleType) -> dict[str, Any]:
    """Return the weights that parameters stand for; written once for numpy and JAX.

    Masked weights are exactly zero, Dale's law holds as ``W = |V| diag(s)``, and time constants stay inside their
    range as ``low + (high - low) sigmoid(p)``: no step of the optimiser can break a constraint.

    Parameters
    ----------
    trained, fixed : dict of str to array
        ``recurrent`` V (N, N), ``bias`` (N,), ``output`` (O, N), ``output_bias`` (O,), ``tau`` p (N,); ``input``
        (N, I), ``mask`` (N, N), ``signs`` (N,), ``tau_low``, ``tau_high`` (N,) in s, ``initial_state`` (N,).
        Whether an entry is trained depends only on the dictionary it is in.
    xp : module
        numpy or jax.numpy.

    Returns
    -------
    dict of str to array
        The weights of `RateNetwork` and ``tau`` in s.
    """
    value = {**fixed, **trained}
    free = value["recurrent"] * value["mask"]
    recurrent = xp.where(value["signs"] == 0, free, xp.abs(free) * value["signs"])
    share = 0.5 * (1 + xp.tanh(0.5 * value["tau"]))
    tau = value["tau_low"] + (value["tau_high"] - value["tau_low"]) * share
    same = ("input", "bias", "output", "output_bias", "initial_state")
    return {"recurrent": recurrent, "tau": tau, **{name: value[name] for name in same}}


def states(
    weight: Mapping[str, jax.Array],
    phi: Callable[[jax.Array], jax.Array],
    dt: float,
    inputs: jax.Array,
    noise: jax.Array,
) -> jax.Array:
    """Return the states (T, K, N) of the Euler map of `biornn.theory.rate.euler`.

    Parameters
    ----------
    weight : dict of str to array
        From `weights`.
    phi : callable
        The activation.
    dt : float
        Step in s.
    inputs : (T, K, I) array
        Time comes first, as a scan wants it.
    noise : (T, K, N) array
        sigma xi: standard normal times the stationary SD of a free unit.
    """
    alpha = dt / weight["tau"]
    drive = alpha * (inputs @ weight["input"].T + weight["bias"]) + jnp.sqrt(alpha * (2 - alpha)) * noise
    decay, recurrent = 1 - alpha, (alpha[:, None] * weight["recurrent"]).T

    def step(x: jax.Array, held: jax.Array) -> tuple[jax.Array, jax.Array]:
        x = decay * x + phi(x) @ recurrent + held
        return x, x

    start = jnp.broadcast_to(weight["initial_state"], drive.shape[1:])
    return jax.lax.scan(step, start, drive)[1]
