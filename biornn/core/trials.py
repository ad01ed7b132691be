"""Trials: inputs, targets and masks of one set of trials."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks, show


def check_symbols(trials: Trials, one_step: bool) -> None:
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
class Trials(show.Shown):
    """K trials of T steps; axes are (trial, time, channel).

    Arrays of any library are taken by position: numpy, pandas, xarray, PyTorch (without gradient), nested lists.

    Parameters
    ----------
    inputs : (K, T, I) array
        ``inputs[:, t]`` is held over [t dt, (t + 1) dt).
    targets : (K, T, O) array
        Wanted outputs at (t + 1) dt. For a softmax readout: class probabilities (one-hot labels).
    mask : (K, T) or (K, T, O) array
        Weight of each step in the loss, at least 0; true and false stand for 1 and 0.
    dt : float
        Step in s; a Brian2 quantity is accepted.
    conditions : dict of str to (K,) array
        What distinguishes the trials (``{"go": ...}``): numbers, true and false, or text.
    hold_steps : int
        Steps for which each symbol or sample of the input is held, 1 for inputs that may change at every step. A
        network whose step is one symbol (of Keras or PyTorch) must see each symbol once.

    Raises
    ------
    InputError
        Shapes that do not agree, values that are no real numbers, NaN or infinity, a negative mask, a step outside
        (1 us, 10 s], conditions that are no dictionary of one value per trial, a number of steps that `hold_steps`
        does not divide.
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
        mask = checks.plain_array("Trials.mask", self.mask)
        shape: tuple[int, ...] = (count, steps) if mask.ndim == 2 else (count, steps, self.targets.shape[2])
        put(self, "mask", checks.array("Trials.mask", mask, shape))
        if (self.mask < 0).any():
            checks.refuse("Trials.mask", "must be at least 0", self.mask.min(), "use 0 for steps that do not count")
        put(self, "dt", checks.seconds("Trials.dt", self.dt, 1e-6, 10.0))
        put(self, "conditions", _conditions(self.conditions, count))
        put(self, "hold_steps", checks.count("Trials.hold_steps", self.hold_steps))
        if steps % self.hold_steps:
            rule = f"must divide the number of steps {steps}"
            checks.refuse("Trials.hold_steps", rule, self.hold_steps, "leave it out for inputs that may always change")

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
        trial = show.liveliest(self.targets)
        both = np.concatenate([self.inputs[trial, :, :2], self.targets[trial, :, :2]], axis=1)
        return show.Sketch("lines", (np.arange(self.steps) + 1) * self.dt, both, ("Time (s)", f"Trial {trial}"))

    @property
    def count(self) -> int:
        """Number of trials K."""
        return int(self.inputs.shape[0])

    @property
    def steps(self) -> int:
        """Number of steps T."""
        return int(self.inputs.shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """Digest of inputs and step: a recording keeps it, so that no one compares runs of other trials."""
        digest = hashlib.blake2b(np.ascontiguousarray(self.inputs).data, digest_size=16)
        digest.update(f"{self.inputs.shape} {self.dt:.9g}".encode())
        return digest.hexdigest()

    def select(self, trials: ArrayLike | slice) -> Trials:
        """Return the chosen trials as a new record, in the order asked for.

        Parameters
        ----------
        trials : list of int, boolean mask or slice
            Whole numbers from 0 to K - 1, which may repeat; or one true or false per trial.

        Raises
        ------
        InputError
            Fractions, text, a mask of another length, a number outside 0 to K - 1, no trial at all.
        """
        chosen = _chosen(trials, self.count)
        return Trials(
            self.inputs[chosen],
            self.targets[chosen],
            self.mask[chosen],
            self.dt,
            {name: value[chosen] for name, value in self.conditions.items()},
            self.hold_steps,
        )


def _chosen(trials: Any, count: int) -> NDArray[np.int64]:
    where, advice = "Trials.select", "give whole numbers, a mask or a slice, such as trials.select([0, 2])"
    if isinstance(trials, slice):
        try:
            result = np.arange(count)[trials]
        except (TypeError, ValueError) as problem:
            checks.refuse(where, "must be a slice of whole numbers", f"{trials}: {problem}", advice)
    else:
        given = checks.plain_array(where, trials)
        if given.dtype.kind == "b" or given.ndim != 1:
            result = checks.indices(where, given, count, advice)
        elif given.size == 0:
            result = np.empty(0, np.int64)
        else:
            checks.indices(where, np.unique(given), count, advice)
            result = given.astype(np.int64)
    if result.size == 0:
        checks.refuse(where, "must choose one trial or more", "none", advice)
    return result


def _conditions(conditions: Any, count: int) -> dict[str, NDArray[np.generic]]:
    if not isinstance(conditions, Mapping) or not all(isinstance(name, str) for name in conditions):
        rule, given = "must be a dictionary from name to one value per trial", f"a {type(conditions).__name__}"
        checks.refuse("Trials.conditions", rule, given, 'write {"side": [1, -1, ...]}')
    return {name: _condition(f"Trials.conditions[{name!r}]", value, count) for name, value in conditions.items()}


def _condition(where: str, value: Any, count: int) -> NDArray[np.generic]:
    text = checks.text_array(value)
    result = np.array(checks.plain_array(where, value) if text is None else text)
    if result.shape != (count,):
        checks.refuse(where, f"must have shape ({count},)", result.shape, "give one value per trial")
    if result.dtype.kind == "f" and np.isinf(result).any():
        checks.refuse(where, "must be finite", "infinity", "leave the trial out")
    result.setflags(write=False)
    return result
