"""Sequence models that are no recurrent networks: a small causal CNN and a small causal Transformer, in JAX.

Each is a pair of functions: ``initial(key, channels)`` draws the parameters, ``apply(parameters, samples)`` turns
samples (K, L, C) into a forecast (K, L, C) at every sample, from that sample and those before it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Tree = Any
"""A dictionary, possibly nested, of arrays."""


class Model(NamedTuple):
    """How the parameters of a model are drawn and what it computes."""

    initial: Callable[[jax.Array, int], Tree]
    apply: Callable[[Tree, jax.Array], jax.Array]


WIDTH, KERNEL, DILATIONS = 16, 3, (1, 2, 4)
"""Channels, taps and dilations of the CNN; it sees 1 + 2 (1 + 2 + 4) = 15 samples."""

MODEL, HEADS, HIDDEN, BLOCKS, LONGEST = 16, 2, 32, 2, 10_000.0
"""Width, heads, hidden units, blocks and longest wavelength (over 2 pi) of the Transformer."""


def _dense(key: jax.Array, inputs: int, outputs: int) -> Tree:
    scale = jnp.sqrt(1.0 / inputs)
    return {"weight": scale * jax.random.normal(key, (inputs, outputs)), "bias": jnp.zeros(outputs)}


def _linear(layer: Tree, x: jax.Array) -> jax.Array:
    return x @ layer["weight"] + layer["bias"]


def cnn_initial(key: jax.Array, channels: int) -> Tree:
    """Draw the parameters of the causal CNN for samples of C channels."""
    keys = jax.random.split(key, len(DILATIONS) + 2)
    return {
        "in": _dense(keys[0], channels, WIDTH),
        "layers": [_dense(one, KERNEL * WIDTH, WIDTH) for one in keys[1:-1]],
        "out": _dense(keys[-1], WIDTH, channels),
    }


def cnn(parameters: Tree, samples: jax.Array) -> jax.Array:
    """Dilated causal convolutions with residual connections (after Bai, Kolter & Koltun 2018, arXiv:1803.01271)."""
    x = _linear(parameters["in"], samples)
    for layer, dilation in zip(parameters["layers"], DILATIONS, strict=True):
        x = x + jax.nn.relu(_linear(layer, _past(x, dilation)))
    return _linear(parameters["out"], x)


def _past(x: jax.Array, dilation: int) -> jax.Array:
    """Return x (K, L, W) beside itself `dilation` and 2 `dilation` samples ago, zero before the start, (K, L, 3 W)."""
    shifted = [jnp.pad(x, ((0, 0), (lag, 0), (0, 0)))[:, : x.shape[1]] for lag in range(0, KERNEL * dilation, dilation)]
    return jnp.concatenate(shifted, axis=2)


def transformer_initial(key: jax.Array, channels: int) -> Tree:
    """Draw the parameters of the Transformer for samples of C channels."""
    keys = jax.random.split(key, BLOCKS + 2)
    return {
        "in": _dense(keys[0], channels, MODEL),
        "blocks": [_block(one) for one in keys[1:-1]],
        "norm": _unit_norm(),
        "out": _dense(keys[-1], MODEL, channels),
    }


def _block(key: jax.Array) -> Tree:
    keys = jax.random.split(key, 4)
    return {
        "attend": {
            "norm": _unit_norm(),
            "qkv": _dense(keys[0], MODEL, 3 * MODEL),
            "out": _dense(keys[1], MODEL, MODEL),
        },
        "think": {"norm": _unit_norm(), "in": _dense(keys[2], MODEL, HIDDEN), "out": _dense(keys[3], HIDDEN, MODEL)},
    }


def _unit_norm() -> Tree:
    return {"scale": jnp.ones(MODEL), "shift": jnp.zeros(MODEL)}


def transformer(parameters: Tree, samples: jax.Array) -> jax.Array:
    """Decoder-only Transformer (Vaswani et al. 2017), normalised before each block, with sines for the positions."""
    x = _linear(parameters["in"], samples) + _positions(samples.shape[1])
    for block in parameters["blocks"]:
        x = x + _attend(block["attend"], _normed(block["attend"]["norm"], x))
        think = block["think"]
        x = x + _linear(think["out"], jax.nn.gelu(_linear(think["in"], _normed(think["norm"], x))))
    return _linear(parameters["out"], _normed(parameters["norm"], x))


def _attend(layer: Tree, x: jax.Array) -> jax.Array:
    trials, length, _ = x.shape
    query, key, value = jnp.moveaxis(_linear(layer["qkv"], x).reshape(trials, length, 3, HEADS, -1), 2, 0)
    match = jnp.einsum("kihd,kjhd->khij", query, key) / jnp.sqrt(query.shape[-1])
    causal = jnp.tril(jnp.ones((length, length), dtype=bool))
    weight = jax.nn.softmax(jnp.where(causal, match, -jnp.inf), axis=-1)
    return _linear(layer["out"], jnp.einsum("khij,kjhd->kihd", weight, value).reshape(trials, length, MODEL))


def _normed(layer: Tree, x: jax.Array) -> jax.Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    return layer["scale"] * centred / jnp.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) + layer["shift"]


def _positions(length: int) -> jax.Array:
    """Return sines and cosines of the position, (L, MODEL) (Vaswani et al. 2017, Section 3.5)."""
    rate = LONGEST ** (-jnp.arange(0, MODEL, 2) / MODEL)
    angle = jnp.arange(length)[:, None] * rate
    return jnp.concatenate([jnp.sin(angle), jnp.cos(angle)], axis=1)


def change(model: Model) -> Model:
    """Return the model with the current sample added to its output: what it learns is the change from now on."""
    return Model(model.initial, lambda parameters, samples: samples + model.apply(parameters, samples))


CNN, TRANSFORMER = Model(cnn_initial, cnn), Model(transformer_initial, transformer)
MODELS = {
    "causal CNN": CNN,
    "causal CNN, change": change(CNN),
    "causal Transformer": TRANSFORMER,
    "causal Transformer, change": change(TRANSFORMER),
}
"""Every model by the name of its row."""
