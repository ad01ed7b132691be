"""Losses: masked squared error or cross-entropy, and penalties on rates and weights."""

import jax
import jax.numpy as jnp
import optax


def squared_error(outputs: jax.Array, targets: jax.Array, mask: jax.Array) -> jax.Array:
    """Return the mean of (z - y)^2 over (time, trial, output), weighted by `mask` (T, K, O or 1)."""
    weight = jnp.broadcast_to(mask, outputs.shape)
    return (weight * (outputs - targets) ** 2).sum() / jnp.maximum(weight.sum(), 1e-12)


def cross_entropy(outputs: jax.Array, targets: jax.Array, mask: jax.Array) -> jax.Array:
    """Return the mean cross-entropy in nats of softmax(z) against class probabilities, weighted by `mask` (T, K, 1)."""
    each = optax.softmax_cross_entropy(outputs, targets)[..., None]
    total: jax.Array = (mask * each).sum() / jnp.maximum(mask.sum(), 1e-12)
    return total


LOSSES = {"identity": squared_error, "softmax": cross_entropy}
"""The loss that goes with each readout of a task."""
