"""The Euler map of the leaky cell in JAX, with a gradient of its own."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Phi = Callable[[jax.Array], jax.Array]


class Map(NamedTuple):
    """A step ``x <- decay x + [phi(x), given] weights + spread noise``: (N + G, N), (N,) and (N,)."""

    weights: jax.Array
    decay: jax.Array
    spread: jax.Array


def step_of(weight: Mapping[str, jax.Array], alpha: jax.Array, spread: jax.Array) -> Map:
    """Return the step of `biornn.theory.cells.leaky.Leaky`, for what `with_one` makes of inputs.

    Parameters
    ----------
    weight : dict of str to array
        From `biornn.rate.cells.parameters.weights`.
    alpha, spread : (N,) array
        dt / tau, and what noise is multiplied by.
    """
    sources = jnp.concatenate([weight["recurrent"], weight["input"], weight["bias"][:, None]], 1)
    return Map((alpha[:, None] * sources).T, 1 - alpha, spread)


def with_one(inputs: jax.Array) -> jax.Array:
    """Return inputs (T, K, I) with a 1 behind them, which biases are the weights of."""
    return jnp.concatenate([inputs, jnp.ones_like(inputs[:, :, :1])], 2)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def unroll(phi: Phi, by: Map, start: jax.Array, given: jax.Array, noise: jax.Array) -> jax.Array:
    """Return all states of a step from `start` (K, N) on, (T, K, N).

    Its gradient is written out (`_adjoint`): what JAX derives from a scan adds up an (N, N) gradient in every step,
    where one product over all steps at the end does the same two to three times faster on a CPU. Sums over time of
    what is as large as the states are taken step by step, while a step is in the cache.
    """
    return _run(phi, by, start, given, noise)[0]


def _run(phi: Phi, by: Map, start: jax.Array, given: jax.Array, noise: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return states, and the rates (T, K, N) that led to each."""
    units = start.shape[1]

    def step(x: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        held, kick = now
        rates = phi(x)
        x = by.decay * x + rates @ by.weights[:units] + held + by.spread * kick
        return x, (x, rates)

    found: tuple[jax.Array, jax.Array] = jax.lax.scan(step, start, (given @ by.weights[units:], noise))[1]
    return found


def _remember(phi: Phi, by: Map, start: jax.Array, given: jax.Array, noise: jax.Array) -> Any:
    x, rates = _run(phi, by, start, given, noise)
    return x, (by, jnp.concatenate([start[None], x[:-1]]), rates, given, noise)


def _adjoint(phi: Phi, memory: Any, cotangent: jax.Array) -> tuple[Map, jax.Array, jax.Array, jax.Array]:
    """Return the gradients of `unroll` by ``lambda_t = dL/dx_t + decay lambda_t+1 + phi'(x_t) (lambda_t+1 W^T)``."""
    by, before, rates, given, noise = memory
    units = before.shape[2]

    def step(carried: Any, now: Any) -> tuple[Any, jax.Array]:
        later, by_decay, by_spread = carried
        direct, x, kick = now
        adjoint = direct + later
        slope = jax.jvp(phi, (x,), (jnp.ones_like(x),))[1]
        earlier = by.decay * adjoint + slope * (adjoint @ by.weights[:units].T)
        return (earlier, by_decay + x * adjoint, by_spread + kick * adjoint), adjoint

    zero = jnp.zeros_like(before[0])
    carried, adjoints = jax.lax.scan(step, (zero, zero, zero), (cotangent, before, noise), reverse=True)
    first, by_decay, by_spread = carried
    by_weights = jnp.concatenate([_rows(rates).T @ _rows(adjoints), _rows(given).T @ _rows(adjoints)])
    gradient = Map(by_weights, by_decay.sum(0), by_spread.sum(0))
    return gradient, first, adjoints @ by.weights[units:].T, by.spread * adjoints


def _rows(values: jax.Array) -> jax.Array:
    return values.reshape(-1, values.shape[-1])


unroll.defvjp(_remember, _adjoint)
