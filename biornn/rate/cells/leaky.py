"""The leaky cell: parameters to weights, and the Euler map in JAX."""

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp

Phi = Callable[[jax.Array], jax.Array]


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


def states(weight: Mapping[str, jax.Array], phi: Phi, dt: float, inputs: jax.Array, noise: jax.Array) -> jax.Array:
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
    held = alpha * (inputs @ weight["input"].T + weight["bias"]) + jnp.sqrt(alpha * (2 - alpha)) * noise
    start = jnp.broadcast_to(weight["initial_state"], held.shape[1:])
    return unroll(phi, (alpha[:, None] * weight["recurrent"]).T, 1 - alpha, start, held)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def unroll(phi: Phi, recurrent: jax.Array, decay: jax.Array, start: jax.Array, held: jax.Array) -> jax.Array:
    """Return all states of ``x <- decay x + phi(x) recurrent + held``, (T, K, N).

    Its gradient is written out (`_adjoint`): what JAX derives from a scan adds up an (N, N) gradient in every step,
    where one product over all steps at the end does the same two to three times faster on a CPU.
    """

    def step(x: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
        x = decay * x + phi(x) @ recurrent + now
        return x, x

    return jax.lax.scan(step, start, held)[1]


def _remember(phi: Phi, recurrent: jax.Array, decay: jax.Array, start: jax.Array, held: jax.Array) -> Any:
    x = unroll(phi, recurrent, decay, start, held)
    return x, (recurrent, decay, jnp.concatenate([start[None], x[:-1]]))


def _adjoint(phi: Phi, memory: tuple[jax.Array, jax.Array, jax.Array], cotangent: jax.Array) -> tuple[jax.Array, ...]:
    """Return the gradients of `unroll` by ``lambda_t = dL/dx_t + decay lambda_t+1 + phi'(x_t) (lambda_t+1 W^T)``."""
    recurrent, decay, before = memory
    rates, slopes = jax.jvp(phi, (before,), (jnp.ones_like(before),))

    def step(later: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        direct, slope = now
        adjoint = direct + later
        return decay * adjoint + slope * (adjoint @ recurrent.T), adjoint

    first, adjoints = jax.lax.scan(step, jnp.zeros_like(before[0]), (cotangent, slopes), reverse=True)
    return jnp.einsum("tki,tkj->ij", rates, adjoints), (before * adjoints).sum((0, 1)), first, adjoints


unroll.defvjp(_remember, _adjoint)
