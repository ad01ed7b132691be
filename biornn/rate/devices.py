"""Devices: where a training step runs, on one device or with its batch spread over several, in one process or more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from numpy.typing import NDArray

from biornn.core import checks

AXIS = "trial"


@dataclass(frozen=True)
class Place:
    """One device, or a mesh over whose devices the trials of a batch are spread; parameters are copied to each.

    Attributes
    ----------
    mesh : Mesh or None
        Devices along one axis, of all processes; None is the default device, on which nothing is asked of JAX.
    """

    mesh: Mesh | None = None

    @property
    def devices(self) -> int:
        """Number of devices."""
        return 1 if self.mesh is None else int(self.mesh.size)

    def spread(self, values: NDArray[np.float64]) -> jax.Array:
        """Return values (T, K, ...) as an array whose trials are shared out; each process keeps what its devices need.

        Every process gives the same values, which is cheap as trials are drawn from seeds. What single precision cannot
        hold becomes infinite, and the loss with it, which is refused.
        """
        with np.errstate(over="ignore"):
            if self.mesh is None:
                return jnp.asarray(values, float)
            return self._placed(np.asarray(values, jnp.zeros(0, float).dtype), PartitionSpec(None, AXIS))

    def copied(self, tree: Any) -> Any:
        """Return a tree of arrays, the same in each process, with a copy on each device."""
        if self.mesh is None:
            return tree
        return jax.tree.map(lambda leaf: self._placed(np.asarray(leaf), PartitionSpec()), tree)

    def copied_key(self, key: jax.Array) -> jax.Array:
        """Return a random key with a copy on each device."""
        return key if self.mesh is None else jax.random.wrap_key_data(self.copied(jax.random.key_data(key)))

    def everywhere(self) -> dict[str, Any]:
        """Return how `jax.jit` is told that results are copied to each device."""
        return {} if self.mesh is None else {"out_shardings": NamedSharding(self.mesh, PartitionSpec())}

    def pinned(self, values: jax.Array, axis: int) -> jax.Array:
        """Return values inside a compiled step whose `axis` is shared out over the devices."""
        if self.mesh is None:
            return values
        spec = PartitionSpec(*[AXIS if place == axis else None for place in range(values.ndim)])
        pinned: jax.Array = jax.lax.with_sharding_constraint(values, NamedSharding(self.mesh, spec))
        return pinned

    def divided(self, function: Callable[..., Any], weight: Any, inputs: jax.Array, xi: jax.Array) -> Any:
        """Return ``function(weight, inputs, xi)``, each device computing its own trials with weights of its own.

        Were the weights one array, the gradient of each step of a scan would be summed over devices at once, thousands
        of messages in place of one: as copies along an axis of devices they are summed when the scan is over.

        Parameters
        ----------
        function : callable
            Its results are a tree of arrays (T, K, ...).
        weight : tree of array
        inputs : (T, K, I) array
        xi : (T, K, S) array or (K,) array
        """
        if self.mesh is None:
            return function(weight, inputs, xi)
        place = min(1, xi.ndim - 1)
        copies = jax.tree.map(lambda part: self.pinned(jnp.broadcast_to(part, (self.devices, *part.shape)), 0), weight)
        found = jax.vmap(function, (0, 1, place), 1)(copies, self._split(inputs, 1), self._split(xi, place))
        return jax.tree.map(lambda part: part.reshape(part.shape[0], -1, *part.shape[3:]), found)

    def _split(self, values: jax.Array, axis: int) -> jax.Array:
        shape = values.shape
        return self.pinned(values.reshape(*shape[:axis], self.devices, -1, *shape[axis + 1 :]), axis)

    def _placed(self, values: NDArray[Any], spec: PartitionSpec) -> jax.Array:
        sharding = NamedSharding(self.mesh, spec)  # type: ignore[arg-type]
        return jax.make_array_from_callback(values.shape, sharding, lambda index: values[index])


def choose(wanted: int, batch: int) -> Place:
    """Return where batches are computed.

    Parameters
    ----------
    wanted : int
        Number of devices; with 0 as many of those that there are as divide the batch evenly.
    batch : int
        Trials in a batch.

    Raises
    ------
    InputError
        More devices than there are, a batch that they do not divide, or processes of which some would have no share.
    """
    found, processes = jax.devices(), jax.process_count()
    if wanted > len(found):
        checks.refuse("Training.devices", f"must be at most the {len(found)} that JAX sees", wanted, "ask for fewer")
    if processes > 1 and wanted not in (0, len(found)):
        rule = f"must be all {len(found)} devices of the {processes} processes that train together"
        checks.refuse("Training.devices", rule, wanted, "leave it out")
    devices = wanted or (len(found) if processes > 1 else _most(batch, len(found)))
    if batch % devices:
        more = devices * (batch // devices + 1)
        rule = f"must divide evenly over {devices} devices"
        checks.refuse("Training.batch", rule, batch, f"give a batch of {more} or other devices")
    return Place() if devices == 1 else Place(Mesh(np.array(found[:devices]), (AXIS,)))


def agreed(values: Sequence[float]) -> list[float]:
    """Return the values that the first process has, in every process, so that all decide alike."""
    if jax.process_count() == 1:
        return list(values)
    # As integers: JAX would round to single precision.
    words = np.array(values, np.float64).view(np.uint32)
    return [float(value) for value in np.asarray(multihost_utils.broadcast_one_to_all(words)).view(np.float64)]


def _most(batch: int, devices: int) -> int:
    return max(count for count in range(1, devices + 1) if batch % count == 0)
