"""The optimiser: one jitted step of Adam on a batch of trials, repeated."""

from collections import deque
from collections.abc import Callable, Generator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.cells import CELLS as STATES
from biornn.core.seeds import generator
from biornn.core.trials import Trials
from biornn.rate.cells import parameters as constraints
from biornn.rate.cells.unroll import Noise
from biornn.rate.cells.unroll import states as unrolled
from biornn.rate.devices import Place, choose
from biornn.rate.loss import LOSSES
from biornn.rate.memory import keep_freed_memory
from biornn.rate.normal import normal
from biornn.rate.settings import Training
from biornn.theory.activation import ACTIVATIONS
from biornn.theory.attention import attended
from biornn.theory.cells import CELLS

Parameters = dict[str, jax.Array]
HERE = Place()
AHEAD = 2
"""Steps that are computed while Python goes on."""


class Batch(NamedTuple):
    """Trials with time first: inputs (T, K, I), targets (T, K, O), mask (T, K, O or 1)."""

    inputs: jax.Array
    targets: jax.Array
    mask: jax.Array


class Rule(NamedTuple):
    """What a compiled training step depends on besides sizes: the settings of that name, step in s, and readout.

    The learning rate is no part of it: it is in the optimiser's state, and networks that differ in it share a step.
    """

    cell: str
    activation: str
    rate_penalty: float
    weight_penalty: float
    clip: float
    segment: int
    truncate: bool
    dt: float
    readout: str


def time_first(trials: Trials, place: Place = HERE) -> Batch:
    """Return trials as a scan takes them, where they are computed."""
    mask = trials.mask if trials.mask.ndim == 3 else trials.mask[:, :, None]
    return Batch(*(place.spread(np.swapaxes(part, 0, 1)) for part in (trials.inputs, trials.targets, mask)))


def objective(
    trained: Parameters,
    fixed: Parameters,
    batch: Batch,
    xi: jax.Array,
    *,
    settings: Training | Rule,
    dt: float,
    readout: str,
    place: Place = HERE,
) -> jax.Array:
    """Return the loss of a batch, penalties included.

    Parameters
    ----------
    trained, fixed : dict of str to array
        As in `biornn.rate.cells.parameters.weights`; `fixed` also holds ``noise`` (N,), the stationary SD.
    batch : Batch
    xi : (T, K, S) array or (K,) array of keys
        Standard normal; or random keys by which each trial draws its own in every segment and forgets it.
    settings : Training or Rule
        The activation and the penalties.
    dt : float
        Step in s.
    readout : {"identity", "softmax"}
        Of the task; decides the loss.
    place : Place
        Where the trials are.
    """
    weight = constraints.weights(trained, fixed, jnp)
    activation = ACTIVATIONS[str(settings.activation)]
    attends = "query" in weight

    def run(weight: Parameters, inputs: jax.Array, xi: jax.Array) -> tuple[jax.Array, jax.Array]:
        def keep(states: jax.Array) -> tuple[jax.Array, jax.Array]:
            rates = CELLS[settings.cell].rates(lambda x: activation(x, jnp), states)
            power = jnp.mean(rates**2, axis=2) if settings.rate_penalty else jnp.zeros(rates.shape[:2])
            return rates if attends else _read(weight, rates), power

        noise = _noise(fixed["noise"], xi, STATES[settings.cell].states)
        found: tuple[jax.Array, jax.Array] = unrolled(
            settings.cell,
            weight,
            activation,
            inputs,
            noise,
            dt=dt,
            segment=settings.segment,
            truncate=settings.truncate,
            keep=keep,
        )
        return found

    outputs, power = place.divided(run, weight, batch.inputs, xi)
    if attends:
        past = attended(jnp.swapaxes(outputs, 0, 1), weight["query"], weight["key"], jnp)
        outputs = _read(weight, jnp.swapaxes(past, 0, 1))
    loss = LOSSES[readout](outputs, batch.targets, batch.mask)
    penalty = settings.rate_penalty * jnp.mean(power)
    return loss + penalty + settings.weight_penalty * jnp.mean(weight["recurrent"] ** 2)


def _read(weight: Parameters, rates: jax.Array) -> jax.Array:
    return rates @ weight["output"].T + weight["output_bias"]


def _noise(spread: jax.Array, xi: jax.Array, parts: int) -> Noise:
    """Return xi times the SD of each state, of which a unit has several; drawn segment by segment from keys."""
    deviation = jnp.tile(spread, parts)
    if not jnp.issubdtype(xi.dtype, jax.dtypes.prng_key):
        return deviation * xi

    def drawn(number: Any, steps: int) -> jax.Array:
        def own(key: jax.Array) -> jax.Array:
            return normal(jax.random.fold_in(key, number), (steps, deviation.size))

        each: Callable[[jax.Array], jax.Array] = jax.vmap(own, 0, 1)
        return deviation * each(xi)

    return drawn


def descend(
    trained: Mapping[str, NDArray[np.float64]],
    fixed: Mapping[str, NDArray[np.float64]],
    draw: Callable[[int], Trials],
    *,
    settings: Training,
    dt: float,
    readout: str,
) -> Generator[tuple[jax.Array, Parameters]]:
    """Yield the loss and the parameters after each training step.

    The next step reuses the memory of the parameters: copy what is to be kept. The next batches are drawn while the
    last one is computed. When the iterator is closed, nothing is at work any more: Python must not exit before that.

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
    place = choose(settings.devices, settings.batch)
    update = _step(rule_of(settings, dt, readout), place)
    parameters, state, constants = place.copied(prepared(trained, fixed, settings))
    key = key_of(settings)
    with Queue() as queue:
        for step in range(settings.steps):
            batch, own = time_first(draw(step), place), place.copied_key(jax.random.fold_in(key, step))
            parameters, state, loss = update(parameters, state, constants, batch, own)
            queue.add(loss)
            yield loss, parameters


class Queue:
    """Results that are being computed, few, so that an interrupt waits for no more; the exit waits for all."""

    def __init__(self) -> None:
        self._results: deque[jax.Array] = deque()

    def __enter__(self) -> "Queue":
        return self

    def __exit__(self, *_: object) -> None:
        jax.block_until_ready(list(self._results))

    def add(self, result: jax.Array) -> None:
        """Add a result; wait for the earliest where there are more than `AHEAD`."""
        self._results.append(result)
        if len(self._results) > AHEAD:
            self._results.popleft().block_until_ready()


def key_of(settings: Training) -> jax.Array:
    """Return the random key whose folds are those of the steps."""
    return jax.random.key(int(generator(settings.seed, "training").integers(2**31)))


def rule_of(settings: Training, dt: float, readout: str) -> Rule:
    """Return the rule that networks of these settings are trained by."""
    chosen = {name: getattr(settings, name) for name in Rule._fields if hasattr(settings, name)}
    return Rule(**{**chosen, "activation": str(settings.activation), "dt": dt, "readout": readout})


def prepared(
    trained: Mapping[str, Any], fixed: Mapping[str, Any], settings: Training
) -> tuple[Parameters, Any, Parameters]:
    """Return parameters, the optimiser's state, learning rate included, and constants before the first step."""
    parameters, constants = (
        {name: jnp.asarray(value, float) for name, value in values.items()} for values in (trained, fixed)
    )
    return parameters, _optimiser(settings.clip, settings.learning_rate).init(parameters), constants


def once(rule: Rule, place: Place = HERE) -> Callable[..., tuple[Parameters, Any, jax.Array]]:
    """Return the training step as a pure function, not yet compiled.

    Its arguments are parameters, the optimiser's state, constants, a `Batch` and the key of its noise; it returns new
    parameters, the new state and the loss before the step.

    Raises
    ------
    InputError
        An activation of a user that JAX cannot differentiate.
    """
    _traceable(rule.activation)
    optimiser = _optimiser(rule.clip)
    loss_of = partial(objective, settings=rule, dt=rule.dt, readout=rule.readout, place=place)

    def update(
        parameters: Parameters, state: Any, constants: Parameters, batch: Batch, key: jax.Array
    ) -> tuple[Parameters, Any, jax.Array]:
        steps, trials, _ = batch.inputs.shape
        if rule.segment:
            xi = jax.random.split(key, trials)
        else:
            states = constants["noise"].size * STATES[rule.cell].states
            xi = place.pinned(normal(key, (steps, trials, states)), 1)
        loss, gradient = jax.value_and_grad(loss_of)(parameters, constants, batch, xi)
        change, state = optimiser.update(gradient, state, parameters)
        return optax.apply_updates(parameters, change), state, loss

    return update


def _traceable(name: str) -> None:
    try:
        jax.eval_shape(jax.grad(lambda x: ACTIVATIONS[name](x, jnp).sum()), jax.ShapeDtypeStruct((3,), jnp.float32))
    except Exception as problem:  # a user's function may fail in any way
        rule = "must be written with xp, which is jax.numpy in training"
        text = f"{type(problem).__name__}: {str(problem).splitlines()[0]}"
        checks.refuse(
            f"activation {name!r}", rule, text, "call functions of xp only: xp.tanh(x), xp.where(x > 0, x, 0)"
        )


@cache
def _step(rule: Rule, place: Place) -> Callable[..., tuple[Parameters, Any, jax.Array]]:
    """Return the compiled step; networks trained by one rule share it, whatever their seeds and learning rates."""
    return jax.jit(once(rule, place), donate_argnums=(0, 1), **place.everywhere())


def _optimiser(clip: float, learning_rate: float = 0.0) -> optax.GradientTransformation:
    """Return Adam behind a clip, whose last state is its learning rate."""

    def slower(change: Parameters, speed: jax.Array, _: Any = None) -> tuple[Parameters, jax.Array]:
        return jax.tree.map(lambda part: -speed * part, change), speed

    last = optax.GradientTransformation(lambda _: jnp.asarray(learning_rate, float), slower)
    return optax.chain(optax.clip_by_global_norm(clip), optax.scale_by_adam(), last)
