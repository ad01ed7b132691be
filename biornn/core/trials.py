"""Trials: inputs, targets and masks of one set of trials."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks, show


@dataclass(frozen=True, eq=False)
class Trials(show.Shown):
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
        conditions = {name: np.asarray(value) for name, value in self.conditions.items()}
        for name, value in conditions.items():
            if value.shape != (count,):
                where = f"Trials.conditions[{name!r}]"
                checks.refuse(where, f"must have shape ({count},)", value.shape, "give one value per trial")
        put(self, "conditions", conditions)

    def _face(self) -> show.Face:
        inputs, outputs = self.inputs.shape[2], self.targets.shape[2]
        channels = f"{show.count(inputs, 'input')}, {show.count(outputs, 'output')}"
        conditions = f"; conditions {', '.join(self.conditions)}" if self.conditions else ""
        length = show.time_axis(self.count, self.steps, self.dt)
        rows = (
            ("length", length),
            ("inputs", f"{show.count(inputs, 'channel')}, values {show.span(self.inputs)}"),
            ("targets", f"{show.count(outputs, 'channel')}, values {show.span(self.targets)}"),
            ("mask", f"{float((self.mask > 0).mean()):.0%} of the steps count"),
            *((name, f"{np.unique(value).size} different values") for name, value in self.conditions.items()),
        )
        calls = ("rates = rate.run(network, trials)", "few = trials.select([0, 2])")
        return show.Face(f"Trials: {length}, {channels}{conditions}", rows, calls)

    def _sketch(self) -> show.Sketch:
        both = np.concatenate([self.inputs[0, :, :2], self.targets[0, :, :2]], axis=1)
        return show.Sketch("lines", (np.arange(self.steps) + 1) * self.dt, both, ("Time (s)", "Trial 0"))

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
        )
