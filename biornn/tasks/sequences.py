"""Sequences: classification of any labelled sequences with a softmax readout."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from biornn.core import checks
from biornn.core.task import PARTS, Score
from biornn.core.trials import Trials
from biornn.tasks import base, scoring
from biornn.tasks import labels as labels_


@dataclass(frozen=True, eq=False)
class Sequences(base.Described):
    """Classification of labelled sequences, at their last symbol or at every symbol.

    Each symbol is held for `hold_steps` steps. Targets are one-hot and count on the last step of a symbol's hold: of
    the last symbol or of all. Shorter sequences are padded with zero input at their end, which never counts. The
    parts are a random split; a task as made draws from its training part, each sequence once before any comes twice.
    Conditions: ``sequence`` (index), ``length`` (symbols), ``label`` (of the last symbol).

    Parameters
    ----------
    sequences : sequence of (L_i, I) arrays
        Symbols; (L_i,) stands for one input channel. Lengths may differ. Lists, arrays, tensors and pandas objects are
        taken by position, never by label.
    labels : (S,) ints, or sequence of (L_i,) ints
        A class from 0 to ``classes - 1`` per sequence, or per symbol with ``at="every"``; true and false are 1 and 0.
    classes : int
        Number of classes, at least 2.
    at : {"last", "every"}
        Where the class is asked for.
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
        No sequences, different numbers of channels, NaN, labels that do not fit (text, fractions, missing ones, a
        class outside the range), parts that do not fit.

    Warns
    -----
    UserWarning
        One class only, or a part without one of the classes.
    """

    sequences: Sequence[Any] = field(repr=False)
    labels: Sequence[Any] = field(repr=False)
    classes: int
    at: str = "last"
    dt: float = 0.01
    hold_steps: int = 10
    validation: float = 0.15
    test: float = 0.15
    split_seed: int = 0
    stretch: str = "train"
    name: ClassVar[str] = "sequences"
    readout: ClassVar[str] = "softmax"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "classes", checks.count("Sequences.classes", self.classes, 2, 100_000))
        checks.member("Sequences.at", self.at, ("last", "every"))
        put(self, "dt", checks.seconds("Sequences.dt", self.dt, 1e-4, 1.0))
        put(self, "hold_steps", checks.count("Sequences.hold_steps", self.hold_steps, 1, 10_000))
        put(self, "split_seed", checks.seed("Sequences.split_seed", self.split_seed))
        checks.member("Sequences.stretch", self.stretch, PARTS)
        given, labels = (labels_.entries(f"Sequences.{n}", getattr(self, n)) for n in ("sequences", "labels"))
        if not given or len(given) != len(labels):
            rule = f"must have one entry for each of the sequences ({len(given)}), of which there is one or more"
            checks.refuse("Sequences.labels", rule, len(labels), "give each sequence its label or labels")
        _refuse_mixed(given)
        put(self, "sequences", tuple(_symbols(k, value) for k, value in enumerate(given)))
        for k, value in enumerate(self.sequences):
            checks.array(f"Sequences.sequences[{k}]", value, ("L", self.inputs))
        put(self, "labels", self._per_symbol(labels))
        own = {name: np.concatenate([self._asked(k) for k in part]) for name, part in self._parts().items()}
        labels_.say_missing("Sequences.labels", own)

    @property
    def inputs(self) -> int:
        """Number of input channels I."""
        return int(np.shape(self.sequences[0])[1])

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return self.classes

    @cached_property
    def data(self) -> Trials:
        """All sequences as one record, padded to the longest."""
        lengths = np.array([len(labels) for labels in self.labels])
        count, longest = lengths.size, int(lengths.max())
        most = base.drawable(longest * self.hold_steps * (self.inputs + self.classes))
        checks.count("Sequences.sequences: number at this length, padded", count, 1, most)
        inputs, mask = np.zeros((count, longest, self.inputs)), np.zeros((count, longest, self.hold_steps))
        targets = np.zeros((count, longest, self.classes))
        for k, (symbols, labels) in enumerate(zip(self.sequences, self.labels, strict=True)):
            inputs[k, : lengths[k]] = symbols
            # The padding never counts; it repeats the last label because targets must be probabilities.
            targets[k, np.arange(longest), np.pad(labels, (0, longest - lengths[k]), mode="edge")] = 1
            mask[k, (0 if self.at == "every" else lengths[k] - 1) : lengths[k], -1] = 1
        held, wanted = inputs.repeat(self.hold_steps, axis=1), targets.repeat(self.hold_steps, axis=1)
        label = np.array([labels[-1] for labels in self.labels])
        conditions = {"sequence": np.arange(count), "length": lengths, "label": label}
        return Trials(held, wanted, mask.reshape(count, -1), self.dt, conditions, self.hold_steps)

    def describe(self) -> dict[str, Any]:
        """Return the sizes of the task, whose data exist in memory only."""
        return base.in_memory(self, trials=self.data.count)

    def part(self, name: str) -> Self:
        """Return the task that draws from ``"train"``, ``"validation"`` or ``"test"`` only."""
        return base.restricted(self, name)

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` sequences of the part; none comes twice before all have come once."""
        return base.draw(self.data, self._parts()[self.stretch], count, seed)

    def score(self, outputs: ArrayLike, trials: Trials) -> Score:
        """Judge outputs (K, T, classes): share of asked symbols at which the right class is strictly the highest."""
        return scoring.label_score(self, outputs, trials)

    def _parts(self) -> dict[str, base.Indices]:
        return base.shuffled("Sequences", len(self.sequences), self.validation, self.test, self.split_seed)

    def _per_symbol(self, labels: Any) -> tuple[base.Indices, ...]:
        """Return the class of every symbol, that of the sequence where only its last symbol is asked for."""
        lengths = [len(symbols) for symbols in self.sequences]
        if self.at == "last":
            last = labels_.classes("Sequences.labels", labels, self.classes, len(lengths))
            return tuple(np.full(length, label) for length, label in zip(lengths, last, strict=True))
        return tuple(
            labels_.classes(f"Sequences.labels[{k}]", labels[k], self.classes, length)
            for k, length in enumerate(lengths)
        )

    def _asked(self, k: int) -> base.Indices:
        """Return the classes that sequence `k` is asked for."""
        label: base.Indices = self.labels[k]
        return label if self.at == "every" else label[-1:]


def _refuse_mixed(given: list[Any]) -> None:
    """Refuse data frames whose columns have one order here and another there, since columns go by position."""
    pandas = sys.modules.get("pandas")
    frames = [] if pandas is None else [k for k, value in enumerate(given) if isinstance(value, pandas.DataFrame)]
    for k in frames[1:]:
        first, here = list(given[frames[0]].columns), list(given[k].columns)
        if here != first:
            rule = f"must have the columns {checks.shown(first)} in this order, as those before"
            checks.refuse(f"Sequences.sequences[{k}]", rule, here, "reorder them, frame[columns]")


def _symbols(k: int, value: ArrayLike) -> base.Array:
    where = f"Sequences.sequences[{k}]"
    given = checks.plain_array(where, value)
    return checks.array(where, given, ("L",))[:, None] if given.ndim == 1 else checks.array(where, given, ("L", "I"))
