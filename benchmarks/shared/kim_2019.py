"""Rate networks trained as the public code of Kim, Li & Sejnowski 2019 (PNAS 116:22811) trains them, for Go/NoGo.

What differs from `biornn.rate.train`, and is kept because the published shares depend on it: one trial a step, the root
of the summed squared error as its loss (whose gradient does not shrink as the error does), no clipping of gradients,
no biases of units, half-normal Dale weights that are not balanced, rectified in every step so that a weight once
negative stays dead, ReLU and softplus held at 20, noise of 0.1 in every 5 ms step, initial states of SD 0.01. Training
stops at the first evaluation (100 trials, every 100 steps) that gives more than 95 % right and a mean loss below 7, and
fails at 6,000 steps. The code does not stop before step 1,502; the paper's networks did, by its Fig. 1C.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from biornn.core.rate import RateNetwork
from biornn.rate.cells.leaky import Map, unroll
from biornn.theory.activation import ACTIVATIONS

UNITS, CONNECTED, GAIN, NOISE = 250, 0.2, 1.5, 0.1
DT, STEPS, PULSE = 5e-3, 199, (50, 75)
EVERY, LAST, GOAL, LOSS = 100, 6000, 0.95, 7.0
NAMES = {"sigmoid": "sigmoid", "softplus": "clipped-softplus", "relu": "clipped-relu"}
Parameters = dict[str, jax.Array]


@dataclass(frozen=True)
class Regime:
    """How networks are trained.

    Attributes
    ----------
    activation : {"sigmoid", "softplus", "relu"}
    tau : tuple of float
        Range of time constants in steps of 5 ms: (4, 10) in the paper's Fig. 7, (4, 20) in the example of the code.
    first : int
        Step of the first evaluation.
    inhibitory : float
        Share of inhibitory units; the paper does not state it, the code's example has 0.2.
    """

    activation: str
    tau: tuple[float, float]
    first: int = 1502
    inhibitory: float = 0.2

    def phi(self, x: jax.Array) -> Any:
        """Return the activation."""
        return ACTIVATIONS[NAMES[self.activation]](x, jnp)


def initial(seed: int, inhibitory: float) -> tuple[Parameters, Parameters]:
    """Return trained and fixed parameters."""
    random = np.random.default_rng([seed, 2019])
    signs = np.where(random.random(UNITS) < inhibitory, -1.0, 1.0)
    mask = random.random((UNITS, UNITS)) < CONNECTED
    weights = np.abs(random.standard_normal((UNITS, UNITS))) * mask * GAIN / np.sqrt(UNITS * CONNECTED)
    trained = {
        "recurrent": weights,
        "output": random.standard_normal(UNITS) / 100,
        "output_bias": np.zeros(()),
        "tau": random.standard_normal(UNITS),
    }
    fixed = {"signs": signs, "input": random.standard_normal(UNITS)}
    return jax.tree.map(partial(jnp.asarray, dtype=jnp.float32), (trained, fixed))


def weights(trained: Parameters, fixed: Parameters, regime: Regime) -> tuple[jax.Array, jax.Array]:
    """Return recurrent weights (N, N) and time constants (N,) in steps."""
    low, high = regime.tau
    return jax.nn.relu(trained["recurrent"]) * fixed["signs"], low + (high - low) * jax.nn.sigmoid(trained["tau"])


def outputs(trained: Parameters, fixed: Parameters, inputs: jax.Array, key: jax.Array, regime: Regime) -> jax.Array:
    """Return the outputs (T, K) on inputs (T, K)."""
    recurrent, tau = weights(trained, fixed, regime)
    start, noise = jax.random.split(key)
    shape = (inputs.shape[1], UNITS)
    sources = jnp.concatenate([recurrent, fixed["input"][:, None]], 1)
    by = Map((sources / tau[:, None]).T, 1 - 1 / tau, jnp.full(UNITS, NOISE))
    pushed = jax.random.normal(noise, (STEPS, *shape))
    states = unroll(regime.phi, by, 0.01 * jax.random.normal(start, shape), inputs[:, :, None], pushed)
    return regime.phi(states) @ trained["output"] + trained["output_bias"]


def trials(key: jax.Array, count: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return which trials are go (K,), inputs and targets (T, K)."""
    go = jax.random.uniform(key, (count,)) <= 0.5
    now = jnp.arange(STEPS)[:, None]
    pulse = (now >= PULSE[0]) & (now < PULSE[1])
    return go, (go & pulse).astype(jnp.float32), (go & (now >= PULSE[1])).astype(jnp.float32)


@cache
def training(regime: Regime) -> tuple[Callable[..., Any], Callable[..., Any], Any]:
    """Return compiled ``descend(trained, state, fixed, key, steps)`` and ``judge(trained, fixed, key)``, and Adam."""
    adam = optax.adam(0.01)

    def loss(trained: Parameters, fixed: Parameters, key: jax.Array) -> jax.Array:
        drawn, noise = jax.random.split(key)
        _, inputs, targets = trials(drawn, 1)
        return jnp.sqrt(((outputs(trained, fixed, inputs, noise, regime) - targets) ** 2).sum())

    @jax.jit
    def descend(trained: Parameters, state: Any, fixed: Parameters, key: jax.Array, steps: int) -> Any:
        def one(step: int, now: tuple[Parameters, Any]) -> tuple[Parameters, Any]:
            gradient = jax.grad(loss)(now[0], fixed, jax.random.fold_in(key, step))
            change, state = adam.update(gradient, now[1], now[0])
            return optax.apply_updates(now[0], change), state

        return jax.lax.fori_loop(0, steps, one, (trained, state))

    @jax.jit
    def judge(trained: Parameters, fixed: Parameters, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        drawn, noise = jax.random.split(key)
        go, inputs, targets = trials(drawn, 100)
        z = outputs(trained, fixed, inputs, noise, regime)
        after = z[PULSE[1] :]
        right = jnp.where(go, after.max(axis=0) > 0.7, jnp.abs(after).max(axis=0) < 0.3)
        return right.mean(), jnp.sqrt(((z - targets) ** 2).sum(axis=0)).mean()

    return descend, judge, adam


def train(regime: Regime, seed: int) -> RateNetwork:
    """Train one network; ``about["goal_reached"]`` tells whether it met the published criteria."""
    descend, judge, adam = training(regime)
    start = time.perf_counter()
    trained, fixed = initial(seed, regime.inhibitory)
    state, key = adam.init(trained), jax.random.key(seed)
    done, met = 0, False
    while done < LAST and not met:
        steps = EVERY if done else regime.first
        key, draw, check = jax.random.split(key, 3)
        trained, state = descend(trained, state, fixed, draw, steps)
        done += steps
        right, error = judge(trained, fixed, check)
        met = bool(right > GOAL and error < LOSS)
    about = {"seed": seed, "steps": done, "goal_reached": met, "seconds": time.perf_counter() - start}
    return record(trained, fixed, regime, about)


def record(trained: Parameters, fixed: Parameters, regime: Regime, about: dict[str, Any]) -> RateNetwork:
    """Return the checked record; its noise is the stationary SD of what is added in every step."""
    recurrent, tau = (np.asarray(value, np.float64) for value in weights(trained, fixed, regime))
    return RateNetwork(
        weights={
            "recurrent": recurrent,
            "input": np.asarray(fixed["input"], np.float64)[:, None],
            "bias": np.zeros(UNITS),
            "output": np.asarray(trained["output"], np.float64)[None],
            "output_bias": np.asarray(trained["output_bias"], np.float64)[None],
            "initial_state": np.zeros(UNITS),
        },
        activation=NAMES[regime.activation],
        tau=DT * tau,
        dt=DT,
        signs=np.asarray(fixed["signs"], np.float64),
        noise=NOISE / np.sqrt((2 - 1 / tau) / tau),
        about={"task": {"task": "go-nogo"}, "regime": "Kim, Li & Sejnowski 2019", **about},
    )
