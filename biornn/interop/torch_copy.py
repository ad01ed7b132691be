"""Copy: a module of PyTorch that can be run and read without touching the user's own."""

from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks

Array = NDArray[np.float64]


def library() -> Any:
    """Return PyTorch.

    Raises
    ------
    InputError
        It is not installed.
    """
    try:
        import torch
    except ImportError as problem:
        checks.refuse("from_torch", "needs PyTorch", problem, "pip install 'biornn[interop]'")
    return torch


class Copy:
    """Two copies of a module in evaluation mode on the CPU: one of its own type, and one in float64.

    Its weights are those that take effect, whether they are pruned, normalised or parametrised.

    Parameters
    ----------
    torch : module
    name : str
        Its name for messages.
    module : torch.nn.Module
        A recurrent layer, a cell of one, a Linear layer, or a Sequential with one Linear layer.

    Raises
    ------
    InputError
        Weights that are lazy, on the meta device or no real numbers; hooks; a module that cannot be copied.
    """

    def __init__(self, torch: Any, name: str, module: Any) -> None:
        self.torch, self.name = torch, name
        self._check(module)
        self.plain, self.module = self._duplicate(module), self._duplicate(module)
        with torch.no_grad():
            self.module.double()
        for copy in (self.plain, self.module):
            self._renew(copy)
        inside = [part for part in self.module.modules() if isinstance(part, torch.nn.Linear)]
        self.weights = inside[0] if isinstance(self.module, torch.nn.Sequential) else self.module

    def array(self, name: str, shape: tuple[int | str, ...]) -> Array:
        """Return a weight in float64."""
        with self.torch.no_grad():
            return checks.array(f"{self.name}.{name}", getattr(self.weights, name), shape)

    def run(self, inputs: Array) -> Array:
        """Return the outputs (K, T, O) of the copy in float64 for inputs (K, T, I)."""
        return self._run(self.module, inputs, self.torch.float64)

    def run_plainly(self, inputs: Array) -> Array:
        """Return the outputs of the copy of the module's own type, float32 or float64; of others those of `run`."""
        types = {value.dtype for value in self.plain.parameters()}
        if types not in ({self.torch.float32}, {self.torch.float64}):
            return self.run(inputs)
        return self._run(self.plain, inputs, types.pop())

    def _run(self, copy: Any, inputs: Array, dtype: Any) -> Array:
        torch = self.torch
        # The forward method is called as such: hooks of the user are neither counted nor needed.
        with torch.random.fork_rng(devices=[]), torch.no_grad(), torch.autocast("cpu", enabled=False):
            given = torch.tensor(inputs, device="cpu", dtype=dtype)
            if isinstance(copy, torch.nn.Linear | torch.nn.Sequential):
                rows = copy.forward(given.flatten(0, 1))
                return np.asarray(rows.reshape(*inputs.shape[:2], -1).numpy())
            if isinstance(copy, torch.nn.RNNBase):
                given = given if copy.batch_first else given.transpose(0, 1)
                found = copy.forward(given)[0]
                return np.asarray((found if copy.batch_first else found.transpose(0, 1)).numpy())
            found, state = [], None
            for now in given.unbind(1):
                state = copy.forward(now, state)
                found.append(state[0] if isinstance(state, tuple) else state)
            return np.asarray(torch.stack(found, 1).numpy())

    def _check(self, module: Any) -> None:
        """Refuse a module that cannot be run, or that does more than its weights say."""
        torch, parts = self.torch, list(module.modules())
        for name, value in [*module.named_parameters(), *module.named_buffers()]:
            where = f"{self.name}.{name}"
            if torch.nn.parameter.is_lazy(value):
                checks.refuse(where, "must have values", "a lazy parameter", "run the model once, so that it is made")
            if value.is_meta:
                checks.refuse(where, "must have values", "a tensor on the meta device", "load the weights first")
            if value.is_complex() or value.is_quantized:
                checks.refuse(where, "must hold real numbers", value.dtype, "convert it with module.float()")
        # Hooks of all modules are called by each of them.
        everywhere = torch.nn.modules.module
        shared = [*everywhere._global_forward_hooks.values(), *everywhere._global_forward_pre_hooks.values()]
        for part in parts:
            if type(part).__call__ is not torch.nn.Module.__call__:
                rule, advice = "must be called as PyTorch's own", "copy its weights into a plain layer of torch.nn"
                checks.refuse(self.name, rule, f"an own __call__ of {type(part).__name__}", advice)
            calls = [*shared, *part._forward_hooks.values(), *part._forward_pre_hooks.values()]
            if any(not isinstance(call, _known_hooks()) for call in calls):
                rule = "must have no forward hooks, which may change what it does"
                advice = "remove them with handle.remove(), or give a copy without them"
                checks.refuse(self.name, rule, f"{len(calls)} of them", advice)

    def _duplicate(self, module: Any) -> Any:
        """Return a copy in evaluation mode; tensors that follow a gradient, which refuse to be copied, are cut off."""
        tensors = [value for part in module.modules() for value in _tensors(vars(part), self.torch)]
        memory = {id(value): value.detach().clone() for value in tensors if not value.is_leaf}
        try:
            copy = deepcopy(module, memory).eval()
        except Exception as problem:  # a user's own module may fail in any way
            rule = "must be a module that can be copied, so that the copy can be run"
            checks.refuse(self.name, rule, problem, "copy its weights into a plain layer of torch.nn")
        elsewhere = any(value.device.type != "cpu" for value in copy.parameters())
        return copy.cpu() if elsewhere else copy

    def _renew(self, copy: Any) -> None:
        """Compute pruned and normalised weights as a forward pass does."""
        with self.torch.no_grad():
            for part in copy.modules():
                for call in part._forward_pre_hooks.values():
                    call(part, ())


def _known_hooks() -> tuple[type, ...]:
    """Return PyTorch's own hooks, which compute a weight from others and do nothing else."""
    from torch.nn.utils.prune import BasePruningMethod
    from torch.nn.utils.spectral_norm import SpectralNorm
    from torch.nn.utils.weight_norm import WeightNorm

    return BasePruningMethod, SpectralNorm, WeightNorm


def _tensors(value: Any, torch: Any) -> list[Any]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [found for item in value for found in _tensors(item, torch)] if isinstance(value, list | tuple) else []
