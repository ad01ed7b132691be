"""A cell unrolled over time in JAX, in one piece or in segments whose inner states are computed anew for gradients."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from biornn.rate.cells import leaky
from biornn.theory.activation import Activation
from biornn.theory.cells import CELLS
from biornn.theory.cells.leaky import Leaky

Noise = jax.Array | Callable[[Any, int], jax.Array]
"""Noise (T, K, S), or a function of a segment's number and steps that draws it."""
Stretch = Callable[[jax.Array, jax.Array, jax.Array], tuple[jax.Array, Any]]
"""``last, kept = stretch(start, inputs, noise)`` over the steps of `inputs`."""


def states(
    cell: str,
    weight: Mapping[str, jax.Array],
    activation: Activation,
    inputs: jax.Array,
    noise: Noise,
    *,
    dt: float,
    segment: int = 0,
    truncate: bool = False,
    keep: Callable[[jax.Array], Any] = lambda x: x,
) -> Any:
    """Return the states (T, K, S) of the trained map of `biornn.theory.rate.euler`, or what is kept of them.

    Parameters
    ----------
    cell : str
        A name of `biornn.theory.cells.CELLS`.
    weight : dict of str to array
        From `biornn.rate.cells.parameters.weights`.
    activation : callable
        ``activation(x, xp)``.
    inputs : (T, K, I) array
        Time comes first, as a scan wants it.
    noise : (T, K, S) array or callable
        sigma xi: standard normal times the stationary SD of a free unit; or ``noise(number, steps)``, which draws it
        segment by segment, (steps, K, S), so that the noise of all steps is never held.
    dt : float
        Step in s.
    segment : int
        Steps between kept states; 0 keeps all.
    truncate : bool
        Whether no gradient passes from a segment to the one before.
    keep : callable
        What is kept of states (steps, K, S), a tree of arrays with time first. Within segments all else is forgotten,
        so that memory grows with what is kept, with T / segment and with segment.
    """
    equations = CELLS[cell]
    alpha = dt / weight["tau"]
    first = equations.start(weight, jnp)
    start = jnp.broadcast_to(first, (inputs.shape[1], *first.shape))
    scale = jnp.tile(jnp.sqrt(alpha * (2 - alpha)), first.size // alpha.size)
    phi = _of_jax(activation)

    def stretch(x: jax.Array, given: jax.Array, pushed: jax.Array) -> tuple[jax.Array, Any]:
        if isinstance(equations, Leaky):
            found = leaky.unroll(phi, leaky.step_of(weight, alpha, scale), x, leaky.with_one(given), pushed)
        else:

            def step(x: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
                x = equations.step(weight, phi, alpha, x, now[0], jnp) + now[1]
                return x, x

            found = jax.lax.scan(step, x, (equations.drive(weight, given), scale * pushed))[1]
        return found[-1], keep(found)

    return in_segments(stretch, start, inputs, noise, segment=segment, truncate=truncate)


def in_segments(
    stretch: Stretch, start: jax.Array, inputs: jax.Array, noise: Noise, *, segment: int, truncate: bool
) -> Any:
    """Return what a stretch keeps, taken in segments of that many steps; the last may be shorter."""
    steps = inputs.shape[0]

    def piece(x: jax.Array, given: Any) -> tuple[jax.Array, Any]:
        number, part, pushed = given
        pushed = noise(number, part.shape[0]) if callable(noise) else pushed
        return stretch(jax.lax.stop_gradient(x) if truncate else x, part, pushed)

    series = (inputs, None if callable(noise) else noise)
    if not 0 < segment < steps:
        return piece(start, (0, *series))[1]
    whole = steps // segment
    lighter = jax.checkpoint(piece)
    folded = jax.tree.map(lambda part: part[: whole * segment].reshape(whole, segment, *part.shape[1:]), series)
    last, found = jax.lax.scan(lighter, start, (jnp.arange(whole), *folded))
    found = jax.tree.map(lambda part: part.reshape(whole * segment, *part.shape[2:]), found)
    if whole * segment == steps:
        return found
    rest = jax.tree.map(lambda part: part[whole * segment :], series)
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), found, lighter(last, (whole, *rest))[1])


_PHI: dict[Any, Callable[[jax.Array], jax.Array]] = {}


def _of_jax(activation: Activation) -> Callable[[jax.Array], jax.Array]:
    """Return the activation in JAX; the same function each time, since compiled gradients are kept by it."""
    return _PHI.setdefault(activation, lambda x: activation(x, jnp))
