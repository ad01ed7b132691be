"""The optimiser: one jitted step of Adam on a batch of trials, repeated."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from biornn.core.cells import CELLS as STATES
from biornn.core.seeds import generator
from biornn.core.trials import Trials
from biornn.rate.cells import parameters as constraints
from biornn.rate.cells.unroll import states as unrolled
from biornn.rate.loss import LOSSES
from biornn.rate.memory import keep_freed_memory
from biornn.rate.settings import Training
from biornn.theory.activation import ACTIVATIONS
from biornn.theory.attention import attended
from biornn.theory.cells import CELLS

Parameters = dict[str, jax.Array]


class Batch(NamedTuple):
    """Trials with time first: inputs (T, K, I), targets (T, K, O), mask (T, K, O or 1)."""

    inputs: jax.Array
    targets: jax.Array
    mask: jax.Array


class Rule(NamedTuple):
    """What a compiled training step depends on besides sizes: the settings of that name, step in s, and readout."""

    cell: str
    activation: str
    rate_penalty: float
    weight_penalty: float
    learning_rate: float
    clip: float
    segment: int
    truncate: bool
    dt: float
    readout: str


def time_first(trials: Trials) -> Batch:
    """Return trials as a scan takes them."""
    mask = trials.mask if trials.mask.ndim == 3 else trials.mask[:, :, None]
    return Batch(*(jnp.asarray(np.swapaxes(part, 0, 1), float) for part in (trials.inputs, trials.targets, mask)))


def objective(
    trained: Parameters,
    fixed: Parameters,
    batch: Batch,
    xi: jax.Array,
    *,
    settings: Training | Rule,
    dt: float,
    readout: str,
) -> jax.Array:
    """Return the loss of a batch, penalties included.

    Parameters
    ----------
    trained, fixed : dict of str to array
        As in `biornn.rate.cells.parameters.weights`; `fixed` also holds ``noise`` (N,), the stationary SD.
    batch : Batch
    xi : (T, K, S) array
        Standard normal.
    settings : Training or Rule
        The activation and the penalties.
    dt : float
        Step in s.
    readout : {"identity", "softmax"}
        Of the task; decides the loss.
    """
    weight = constraints.weights(trained, fixed, jnp)
    activation = ACTIVATIONS[str(settings.activation)]
    noise = jnp.tile(fixed["noise"], xi.shape[2] // fixed["noise"].size) * xi
    states = unrolled(
        settings.cell,
        weight,
        activation,
        batch.inputs,
        noise,
        dt=dt,
        segment=settings.segment,
        truncate=settings.truncate,
    )
    rates = CELLS[settings.cell].rates(lambda x: activation(x, jnp), states)
    read = rates
    if "query" in weight:
        read = jnp.swapaxes(attended(jnp.swapaxes(rates, 0, 1), weight["query"], weight["key"], jnp), 0, 1)
    outputs = read @ weight["output"].T + weight["output_bias"]
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
    keep_freed_memory()
    chosen = {name: getattr(settings, name) for name in Rule._fields if hasattr(settings, name)}
    rule = Rule(**{**chosen, "activation": str(settings.activation), "dt": dt, "readout": readout})
    optimiser, update = _step(rule)
    parameters, constants = (
        {name: jnp.asarray(value, float) for name, value in values.items()} for values in (trained, fixed)
    )
    state = optimiser.init(parameters)
    key = jax.random.key(int(generator(settings.seed, "training").integers(2**31)))
    for step in range(settings.steps):
        parameters, state, loss = update(
            parameters, state, constants, time_first(draw(step)), jax.random.fold_in(key, step)
        )
        yield loss, parameters


@cache
def _step(rule: Rule) -> tuple[optax.GradientTransformation, Callable[..., Any]]:
    """Return the optimiser and its compiled step; networks trained by one rule share it, whatever their seeds."""
    optimiser = optax.chain(optax.clip_by_global_norm(rule.clip), optax.adam(rule.learning_rate))
    loss_of = partial(objective, settings=rule, dt=rule.dt, readout=rule.readout)

    @partial(jax.jit, donate_argnums=(0, 1))
    def update(
        parameters: Parameters, state: Any, constants: Parameters, batch: Batch, key: jax.Array
    ) -> tuple[Parameters, Any, jax.Array]:
        shape = (*batch.inputs.shape[:2], constants["noise"].size * STATES[rule.cell].states)
        xi = jax.random.normal(key, shape)
        loss, gradient = jax.value_and_grad(loss_of)(parameters, constants, batch, xi)
        change, state = optimiser.update(gradient, state, parameters)
        return optax.apply_updates(parameters, change), state, loss

    return optimiser, update
