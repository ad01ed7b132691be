"""The optimiser: one jitted step of Adam on a batch of trials, repeated."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from biornn.core.seeds import generator
from biornn.core.trials import Trials
from biornn.rate.cells import leaky
from biornn.rate.loss import LOSSES
from biornn.rate.settings import Training
from biornn.theory.activation import ACTIVATIONS

Parameters = dict[str, jax.Array]


class Batch(NamedTuple):
    """Trials with time first: inputs (T, K, I), targets (T, K, O), mask (T, K, O or 1)."""

    inputs: jax.Array
    targets: jax.Array
    mask: jax.Array


def time_first(trials: Trials) -> Batch:
    """Return trials as a scan takes them."""
    mask = trials.mask if trials.mask.ndim == 3 else trials.mask[:, :, None]
    return Batch(*(jnp.asarray(np.swapaxes(part, 0, 1), float) for part in (trials.inputs, trials.targets, mask)))


def objective(
    trained: Parameters, fixed: Parameters, batch: Batch, xi: jax.Array, *, settings: Training, dt: float, readout: str
) -> jax.Array:
    """Return the loss of a batch, penalties included.

    Parameters
    ----------
    trained, fixed : dict of str to array
        As in `leaky.weights`; `fixed` also holds ``noise`` (N,), the stationary SD.
    batch : Batch
    xi : (T, K, N) array
        Standard normal.
    settings : Training
        The activation and the penalties.
    dt : float
        Step in s.
    readout : {"identity", "softmax"}
        Of the task; decides the loss.
    """
    weight = leaky.weights(trained, fixed, jnp)
    activation = ACTIVATIONS[str(settings.activation)]
    states = leaky.states(weight, lambda x: activation(x, jnp), dt, batch.inputs, fixed["noise"] * xi)
    rates = activation(states, jnp)
    outputs = rates @ weight["output"].T + weight["output_bias"]
    loss = LOSSES[readout](outputs, batch.targets, batch.mask)
    penalty = settings.rate_penalty * jnp.mean(rates**2)
    return loss + penalty + settings.weight_penalty * jnp.mean(weight["recurrent"] ** 2)


def descend(
    trained: Mapping[str, NDArray[np.float64]],
    fixed: Mapping[str, NDArray[np.float64]],
    draw: Callable[[int], Trials],
    *,
    settings: Training,
    dt: float,
    readout: str,
) -> Iterator[tuple[jax.Array, Parameters]]:
    """Yield the loss and the parameters after each training step.

    The next step reuses the memory of the parameters: copy what is to be kept. Nothing here waits for a result, so
    that the next batch is drawn while the last one is computed.

    Parameters
    ----------
    trained, fixed : dict of str to array
        Initial parameters and constants, see `biornn.rate.initial.initial`.
    draw : callable
        Returns the trials of a step, given its number.
    settings : Training
    dt : float
        Step in s.
    readout : {"identity", "softmax"}
    """
    optimiser = optax.chain(optax.clip_by_global_norm(settings.clip), optax.adam(settings.learning_rate))
    parameters, constants = (
        {name: jnp.asarray(value, float) for name, value in values.items()} for values in (trained, fixed)
    )
    state = optimiser.init(parameters)
    key = jax.random.key(int(generator(settings.seed, "training").integers(2**31)))

    loss_of = partial(objective, settings=settings, dt=dt, readout=readout)

    @partial(jax.jit, donate_argnums=(0, 1))
    def update(parameters: Parameters, state: Any, batch: Batch, step: int) -> tuple[Parameters, Any, jax.Array]:
        xi = jax.random.normal(jax.random.fold_in(key, step), (*batch.inputs.shape[:2], settings.units))
        loss, gradient = jax.value_and_grad(loss_of)(parameters, constants, batch, xi)
        change, state = optimiser.update(gradient, state, parameters)
        return optax.apply_updates(parameters, change), state, loss

    for step in range(settings.steps):
        parameters, state, loss = update(parameters, state, time_first(draw(step)), step)
        yield loss, parameters
