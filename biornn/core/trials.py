"""Trials: inputs, targets and masks of one set of trials."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks


def check_symbols(trials: "Trials", one_step: bool) -> None:
    """Refuse trials that show a symbol for several steps to a network that takes one step a symbol.

    Raises
    ------
    InputError
    """
    if one_step and trials.hold_steps != 1:
        rule = "must be 1 for a network read from Keras or PyTorch, whose step is one symbol"
        advice = "make the task with hold_steps=1 (on the command line: --setting hold_steps=1)"
        checks.refuse("Trials.hold_steps", rule, trials.hold_steps, advice)


@dataclass(frozen=True, eq=False)
class Trials:
    """K trials of T steps; axes are (trial, time, channel).

    Parameters
    ----------
    inputs : (K, T, I) array
        ``inputs[:, t]`` is held over [t dt, (t + 1) dt).
    targets : (K, T, O) array
        Wanted outputs at (t + 1) dt. For a softmax readout: class probabilities (one-hot labels).
    mask : (K, T) or (K, T, O) array
        Weight of each step in the loss, at least 0.
    dt : float
        Step in s; a Brian2 quantity is accepted.
    conditions : dict of str to (K,) array
        What distinguishes the trials (``{"go": ...}``).
    hold_steps : int
        Number of steps for which each symbol or sample of a sequence is shown; 1 where every step brings its own input.

    Raises
    ------
    InputError
        Shapes that do not agree, NaN or infinity, a negative mask, a step outside (1 us, 10 s].
    """

    inputs: NDArray[np.float64]
    targets: NDArray[np.float64]
    mask: NDArray[np.float64]
    dt: float
    conditions: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    hold_steps: int = 1

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "inputs", checks.array("Trials.inputs", self.inputs, ("K", "T", "I")))
        count, steps, _ = self.inputs.shape
        put(self, "targets", checks.array("Trials.targets", self.targets, (count, steps, "O")))
        flat = np.ndim(self.mask) == 2
        shape: tuple[int, ...] = (count, steps) if flat else (count, steps, self.targets.shape[2])
        put(self, "mask", checks.array("Trials.mask", self.mask, shape))
        if (self.mask < 0).any():
            checks.refuse("Trials.mask", "must be at least 0", self.mask.min(), "use 0 for steps that do not count")
        put(self, "dt", checks.seconds("Trials.dt", self.dt, 1e-6, 10.0))
        put(self, "hold_steps", checks.count("Trials.hold_steps", self.hold_steps))
        conditions = {name: np.asarray(value) for name, value in self.conditions.items()}
        for name, value in conditions.items():
            if value.shape != (count,):
                where = f"Trials.conditions[{name!r}]"
                checks.refuse(where, f"must have shape ({count},)", value.shape, "give one value per trial")
        put(self, "conditions", conditions)

    @property
    def count(self) -> int:
        """Number of trials K."""
        return int(self.inputs.shape[0])

    @property
    def steps(self) -> int:
        """Number of steps T."""
        return int(self.inputs.shape[1])

    def select(self, trials: ArrayLike | slice) -> "Trials":
        """Return the chosen trials (indices, a boolean mask or a slice) as a new record."""
        chosen = trials if isinstance(trials, slice) else np.asarray(trials)
        return Trials(
            self.inputs[chosen],
            self.targets[chosen],
            self.mask[chosen],
            self.dt,
            {name: value[chosen] for name, value in self.conditions.items()},
            self.hold_steps,
        )
