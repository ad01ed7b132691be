"""A cell unrolled over time in JAX, in one piece or in segments whose inner states are computed anew for gradients."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from biornn.rate.cells import leaky
from biornn.theory.activation import Activation
from biornn.theory.cells import CELLS
from biornn.theory.cells.leaky import Leaky

Stretch = Callable[[jax.Array, Any], jax.Array]
"""``states = stretch(start, given)`` over the steps of `given`."""


def states(
    cell: str,
    weight: Mapping[str, jax.Array],
    activation: Activation,
    inputs: jax.Array,
    noise: jax.Array,
    *,
    dt: float,
    segment: int = 0,
    truncate: bool = False,
) -> jax.Array:
    """Return the states (T, K, S) of the trained map of `biornn.theory.rate.euler`.

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
    noise : (T, K, S) array
        sigma xi: standard normal times the stationary SD of a free unit.
    dt : float
        Step in s.
    segment : int
        Steps between kept states; 0 keeps all.
    truncate : bool
        Whether no gradient passes from a segment to the one before.
    """
    equations = CELLS[cell]
    alpha = dt / weight["tau"]
    drive = equations.drive(weight, inputs)
    start = jnp.broadcast_to(equations.start(weight, jnp), noise.shape[1:])
    kick = jnp.tile(jnp.sqrt(alpha * (2 - alpha)), noise.shape[2] // alpha.size) * noise
    phi = _of_jax(activation)

    def stretch(x: jax.Array, given: Any) -> jax.Array:
        if isinstance(equations, Leaky):
            held = alpha * given[0] + given[1]
            return leaky.unroll(phi, (alpha[:, None] * weight["recurrent"]).T, 1 - alpha, x, held)

        def step(x: jax.Array, now: Any) -> tuple[jax.Array, jax.Array]:
            x = equations.step(weight, phi, alpha, x, now[0], jnp) + now[1]
            return x, x

        return jax.lax.scan(step, x, given)[1]

    return in_segments(stretch, start, (drive, kick), segment, truncate)


def in_segments(stretch: Stretch, start: jax.Array, given: Any, segment: int, truncate: bool) -> jax.Array:
    """Return the states of a stretch, taken in segments of that many steps; the last may be shorter."""
    steps = jax.tree.leaves(given)[0].shape[0]
    if not 0 < segment < steps:
        return stretch(start, given)
    whole = steps // segment
    folded = jax.tree.map(lambda part: part[: whole * segment].reshape(whole, segment, *part.shape[1:]), given)
    lighter = jax.checkpoint(stretch)

    def one(x: jax.Array, now: Any) -> tuple[jax.Array, jax.Array]:
        found = lighter(jax.lax.stop_gradient(x) if truncate else x, now)
        return found[-1], found

    last, found = jax.lax.scan(one, start, folded)
    found = found.reshape(whole * segment, *found.shape[2:])
    if whole * segment == steps:
        return found
    rest = jax.tree.map(lambda part: part[whole * segment :], given)
    return jnp.concatenate([found, lighter(jax.lax.stop_gradient(last) if truncate else last, rest)])


_PHI: dict[Any, Callable[[jax.Array], jax.Array]] = {}


def _of_jax(activation: Activation) -> Callable[[jax.Array], jax.Array]:
    """Return the activation in JAX; the same function each time, since compiled gradients are kept by it."""
    return _PHI.setdefault(activation, lambda x: activation(x, jnp))
