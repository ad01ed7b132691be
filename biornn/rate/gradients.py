"""Gradients through time: how much a loss still feels of a state long before, and a last state of an earlier one.

Bengio, Simard & Frasconi (1994, IEEE Trans. Neural Netw. 5:157) and Pascanu, Mikolov & Bengio (2013, ICML 28:1310): the
gradient that reaches a state t steps back is a product of t Jacobians, which vanishes or explodes as their norms do.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.rate import check_inputs

if TYPE_CHECKING:
    import jax

Array = NDArray[np.float64]


class Flow(NamedTuple):
    """Gradients along a trial.

    Attributes
    ----------
    loss : (T,) array
        Norm of ``dL / dx_t``, the loss's whole dependence on the state at (t + 1) dt; root mean square over trials.
    jacobian : (T,) array
        Largest singular value of ``dx_T / dx_t``, the product of all Jacobians from there to the end; the geometric
        mean over trials. 1 at the last step.
    """

    loss: Array
    jacobian: Array


def flow(network: RateNetwork, trials: Trials) -> Flow:
    """Return the gradients of a network on trials, without noise.

    Parameters
    ----------
    network : RateNetwork
        Of any cell; S states.
    trials : Trials
        K trials of T steps; memory grows with K T S and, a trial at a time, with T S^2.

    Raises
    ------
    InputError
        Trials that the network cannot take.
    """
    check_inputs(network, trials)
    import jax
    import jax.numpy as jnp

    from biornn.rate.loss import LOSSES
    from biornn.rate.optimise import time_first

    batch = time_first(trials)
    nothing = jnp.zeros((trials.steps, trials.count, network.states))

    def loss(pushed: "jax.Array") -> "jax.Array":
        return LOSSES[network.readout](_outputs(network, _states(network, batch.inputs, pushed)), *batch[1:])

    # A loss is a mean over trials: what one of them feels is K times as much.
    felt = trials.count * np.asarray(jax.grad(loss)(nothing), np.float64)
    products = np.zeros((trials.count, trials.steps))

    def last(pushed: "jax.Array", own: "jax.Array") -> "jax.Array":
        return _states(network, own[:, None], pushed[:, None])[-1, 0]

    jacobian = jax.jit(jax.jacrev(last))
    for trial in range(trials.count):
        found = np.asarray(jacobian(nothing[:, trial], batch.inputs[:, trial]), np.float64)
        products[trial] = np.linalg.norm(found.swapaxes(0, 1), ord=2, axis=(1, 2))
    tiny = np.finfo(np.float32).tiny
    return Flow(np.sqrt((felt**2).sum(axis=2).mean(axis=1)), np.exp(np.log(np.maximum(products, tiny)).mean(axis=0)))


def _states(network: RateNetwork, inputs: "jax.Array", pushed: "jax.Array") -> "jax.Array":
    """Return the states (T, K, S) that are pushed by some amount in every step."""
    import jax.numpy as jnp

    from biornn.rate.cells.unroll import states
    from biornn.theory.activation import ACTIVATIONS

    alpha = network.dt / network.tau
    # What `states` adds is its noise times this.
    scale = np.tile(np.sqrt(alpha * (2 - alpha)), network.states // network.units)
    weight = {name: jnp.asarray(value, float) for name, value in {**network.weights, "tau": network.tau}.items()}
    phi = ACTIVATIONS[network.activation]
    found: jax.Array = states(network.cell, weight, phi, inputs, pushed / scale, dt=network.dt)
    return found


def _outputs(network: RateNetwork, states: Any) -> Any:
    import jax.numpy as jnp

    from biornn.theory.activation import ACTIVATIONS
    from biornn.theory.attention import attended
    from biornn.theory.cells import CELLS

    rates = CELLS[network.cell].rates(lambda x: ACTIVATIONS[network.activation](x, jnp), states)
    if network.attends:
        query, key = (jnp.asarray(network.weights[name], float) for name in ("query", "key"))
        rates = jnp.swapaxes(attended(jnp.swapaxes(rates, 0, 1), query, key, jnp), 0, 1)
    return rates @ network.weights["output"].T + network.weights["output_bias"]
