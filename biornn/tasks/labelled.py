"""Labelled: what tasks with a fixed set of labelled sequences share."""

import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks
from biornn.core.task import PARTS, Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring
from biornn.tasks.sequences import Sequences


@dataclass(frozen=True, kw_only=True)
class Labelled(base.Described, ABC):
    """Classification of sequences at their last symbol, for data that come with a name: see `Sequences`.

    Each symbol is held for `hold_steps` steps. Targets are one-hot and count on the last step of the last symbol;
    shorter sequences are padded with zero input at their end. The parts are a random split; a task as made draws from
    its training part, each sequence once before any comes twice. Conditions: ``sequence`` (index), ``length``
    (symbols), ``label``.

    Parameters
    ----------
    dt : float
        Step in s.
    hold_steps : int
        Steps for which a symbol is held.
    validation, test : float
        Held out: a number of sequences, or a share below 1; 0 holds none out, and that part is then the training part.
    split_seed : int
        Seed of the random split.
    stretch : {"train", "validation", "test"}
        Part that trials are drawn from; `part` sets it.

    Raises
    ------
    InputError
        A step outside 0.1 ms to 1 s, no step to hold a symbol, parts that do not fit.
    """

    dt: float = 0.01
    hold_steps: int = 10
    validation: float = 0.15
    test: float = 0.15
    split_seed: int = 0
    stretch: str = "train"
    inputs: ClassVar[int]
    outputs: ClassVar[int]
    readout: ClassVar[str] = "softmax"

    def __post_init__(self) -> None:
        put, name = object.__setattr__, type(self).__name__
        put(self, "dt", checks.seconds(f"{name}.dt", self.dt, 1e-4, 1.0))
        put(self, "hold_steps", checks.count(f"{name}.hold_steps", self.hold_steps, 1, 10_000))
        put(self, "split_seed", checks.seed(f"{name}.split_seed", self.split_seed))
        checks.member(f"{name}.part", self.stretch, PARTS)
        base.split(name, self.size, self.validation, self.test)

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of sequences S."""

    @abstractmethod
    def labelled(self) -> tuple[list[base.Array], NDArray[np.int64]]:
        """Return the sequences, (L_i, I) each, and their labels (S,), classes from 0 on."""

    @cached_property
    def data(self) -> Trials:
        """All sequences as one record, padded to the longest."""
        symbols, labels = self.labelled()
        with warnings.catch_warnings():
            # The parts are split below, not by this record of all sequences.
            warnings.simplefilter("ignore", UserWarning)
            return Sequences(symbols, list(labels), self.outputs, dt=self.dt, hold_steps=self.hold_steps).data

    def part(self, name: str) -> Self:
        """Return the task that draws from ``"train"``, ``"validation"`` or ``"test"`` only."""
        return base.restricted(self, name)

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` sequences of the part; none comes twice before all have come once."""
        parts = base.shuffled(type(self).__name__, self.size, self.validation, self.test, self.split_seed)
        return base.draw(self.data, parts[self.stretch], count, seed)

    def score(self, outputs: ArrayLike, trials: Trials) -> Score:
        """Judge outputs (K, T, classes): right where the right class is strictly the most probable at the end."""
        return scoring.label_score(self, outputs, trials)
