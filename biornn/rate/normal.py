"""Training noise: normal numbers of which two share one random word, since random words are what they cost."""

import jax
import jax.numpy as jnp


def normal(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Return standard normal numbers.

    They are quantiles at the middles of 65,536 equal parts: 4.3 SDs at most, and moments up to the sixth are those of
    a normal law within 0.2 %. `jax.random.normal` takes a word of 32 bits for each.

    Parameters
    ----------
    key : jax.Array
        Random key.
    shape : tuple of int
        The last axis is filled pair by pair.
    """
    *outer, width = shape
    words = jax.random.bits(key, (*outer, -(-width // 2)))
    halves = jnp.concatenate([words >> 16, words & 0xFFFF], -1)[..., :width]
    middle = (halves.astype(jnp.int32) - 32768).astype(float) + 0.5
    return jnp.sqrt(2.0) * jax.lax.erf_inv(middle / 32768)
