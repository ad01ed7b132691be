"""Arrays: a user's own inputs, targets and mask are a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks
from biornn.core.task import Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring
from biornn.tasks.labels import say_missing

NO_CONDITIONS: Mapping[str, NDArray[np.generic]] = MappingProxyType({})


@dataclass(frozen=True, init=False, eq=False)
class Arrays(base.Described):
    """A task made of K given trials: ``Arrays(inputs, targets)``.

    The parts are a random split of the trials; a task as made draws from its training part, each trial once before
    any comes twice. Condition: ``index`` of the trial, beside those given.

    Parameters
    ----------
    inputs : (K, T, I) array
    targets : (K, T, O) array
        Wanted outputs; class probabilities (one-hot labels) for a softmax readout.
    mask : (K, T) or (K, T, O) array, or number
        Weight of each step, at least 0.
    dt : float
        Step in s.
    readout : {"identity", "softmax"}
        With ``"identity"`` the score is the error of a forecast, with ``"softmax"`` the share of right steps.
    validation, test : float
        Held out: a number of trials, or a share below 1; 0 holds none out, and that part is then the training part.
    split_seed : int
        Seed of the random split.
    conditions : dict of str to (K,) array
        What distinguishes the trials.

    Raises
    ------
    InputError
        Shapes that do not agree, values that are no real numbers, NaN, targets that are no probabilities, a trial that
        the mask leaves empty, parts that do not fit.

    Warns
    -----
    UserWarning
        Softmax targets of one class only, or a part without one of the classes.
    """

    data: Trials = field(repr=False)
    readout: str = "identity"
    parts: Mapping[str, base.Indices] = field(repr=False, default_factory=dict)
    stretch: str = "train"
    name: ClassVar[str] = "arrays"

    def __init__(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        mask: ArrayLike = 1.0,
        *,
        dt: float = 0.01,
        readout: str = "identity",
        validation: float = 0.15,
        test: float = 0.15,
        split_seed: int = 0,
        conditions: Mapping[str, NDArray[np.generic]] = NO_CONDITIONS,
    ) -> None:
        put = object.__setattr__
        put(self, "readout", checks.member("Arrays.readout", readout, ("identity", "softmax")))
        shown, wanted, weight = (
            checks.plain_array(f"Arrays.{name}", value)
            for name, value in (("inputs", inputs), ("targets", targets), ("mask", mask))
        )
        if not shown.ndim == wanted.ndim == 3:
            rule, advice = "must have the axes (trial, time, channel)", "add an axis of length 1 for a single channel"
            name, odd = ("inputs", shown) if shown.ndim != 3 else ("targets", wanted)
            checks.refuse(f"Arrays.{name}", rule, f"shape {odd.shape}", advice)
        if weight.ndim == 0:
            weight = np.broadcast_to(weight, wanted.shape[:2])
        put(self, "data", Trials(shown, wanted, weight, dt, _numbered(conditions, len(shown))))
        asked = self.data.mask.reshape(self.data.count, -1).any(axis=1)
        if not asked.all():
            checks.refuse(
                "Arrays.mask", "must leave a step in every trial", f"trial {asked.argmin()}", "drop the trial"
            )
        if readout == "softmax" and not _probabilities(self.data.targets):
            rule = "must be class probabilities, at least 0 with sum 1 at every step"
            checks.refuse("Arrays.targets", rule, "others", "give one-hot labels, numpy.eye(classes)[labels]")
        seed = checks.seed("Arrays.split_seed", split_seed)
        put(self, "parts", base.shuffled("Arrays", self.data.count, validation, test, seed))
        if readout == "softmax":
            counted = self.data.mask if self.data.mask.ndim == 2 else self.data.mask.max(axis=2)
            label = self.data.targets.argmax(axis=2)
            say_missing("Arrays.targets", {n: label[part][counted[part] > 0] for n, part in self.parts.items()})
        put(self, "stretch", "train")

    @property
    def dt(self) -> float:
        """Step in s."""
        return self.data.dt

    @property
    def inputs(self) -> int:
        """Number of input channels I."""
        return int(self.data.inputs.shape[2])

    @property
    def outputs(self) -> int:
        """Number of output channels O."""
        return int(self.data.targets.shape[2])

    def describe(self) -> dict[str, Any]:
        """Return the sizes of the task, whose data exist in memory only."""
        return base.in_memory(self, trials=self.data.count)

    def part(self, name: str) -> Self:
        """Return the task that draws from ``"train"``, ``"validation"`` or ``"test"`` only."""
        return base.restricted(self, name)

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` trials of the part; none comes twice before all have come once."""
        return base.draw(self.data, self.parts[self.stretch], count, seed)

    def score(self, outputs: ArrayLike, trials: Trials) -> Score:
        """Judge outputs (K, T, O): a forecast's error for identity, the share of right steps for softmax."""
        judge = scoring.label_score if self.readout == "softmax" else scoring.forecast_score
        return judge(self, outputs, trials)


def _numbered(conditions: Any, count: int) -> dict[str, Any]:
    """Return the conditions with the number of each trial."""
    if not isinstance(conditions, Mapping) or "index" in conditions:
        rule = "must be a dictionary from name to one value per trial, without the name 'index'"
        given = ", ".join(map(str, conditions)) if isinstance(conditions, Mapping) else f"a {type(conditions).__name__}"
        checks.refuse("Arrays.conditions", rule, given, 'write {"side": [1, -1, ...]}')
    return {**conditions, "index": np.arange(count)}


def _probabilities(targets: NDArray[np.float64]) -> bool:
    return bool((targets >= 0).all() and np.allclose(targets.sum(axis=2), 1))
