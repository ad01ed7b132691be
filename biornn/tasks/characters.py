"""Characters: the next character of a text."""

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks
from biornn.core.task import PARTS, Score
from biornn.core.trials import Trials
from biornn.tasks import base, files, scoring

SHIPPED = Path(__file__).with_name("carroll.txt")
"""Lewis Carroll: "Jabberwocky" (Through the Looking-Glass, 1871) and the opening of Alice's Adventures in Wonderland
(1865), both in the public domain, from memory."""


@dataclass(frozen=True)
class Characters(base.Described):
    """Prediction of the next character of a text from those up to now, after Elman (1990, Cognitive Sci. 14:179).

    The text is taken in lower case with every run of white space as one space; its characters in sorted order are the
    input channels and the classes, one-hot. A trial is a window of characters, each held for `hold_steps` steps. The
    mask is 1 on the last step of each hold, after a warm-up of `warmup` characters. Condition: ``start``, the index of
    the window's first character.

    The parts are stretches of the text: train, then validation, then test at its end. A part's masked targets all lie
    inside it; only inputs and warm-up may reach back before it. A task as made draws from its training part.

    Without a path the text is the 4,950 characters of "Jabberwocky" and the opening of Alice's Adventures in
    Wonderland (Lewis Carroll, 1871 and 1865, public domain), 38 classes.

    Parameters
    ----------
    path : str
        Text file in UTF-8; the shipped text if empty.
    dt : float
        Step in s.
    hold_steps : int
        Steps for which a character is held.
    warmup : int
        Characters at the start of a window that are not judged.
    window : int
        Characters of a trial, warm-up included; shorter where a part held out is.
    validation, test : float
        What is held out: a number of characters, or a share below 1; 0 holds nothing out, and that part is then the
        training part.
    stretch : {"train", "validation", "test"}
        Part that trials are drawn from; `part` sets it.
    trained_on : dict
        The ``alphabet`` and a ``digest`` of the text that a network was trained on; `describe` adds them.

    Raises
    ------
    InputError
        A file that is missing or no text, less than two different characters, a window or parts that do not fit it,
        other characters than those of training.

    Warns
    -----
    UserWarning
        A text that has changed since training.
    """

    path: str = ""
    dt: float = 0.01
    hold_steps: int = 2
    warmup: int = 10
    window: int = 50
    validation: float = 0.1
    test: float = 0.1
    stretch: str = "train"
    trained_on: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    name: ClassVar[str] = "characters"
    readout: ClassVar[str] = "softmax"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "path", files.path_text("Characters.path", self.path))
        put(self, "dt", checks.seconds("Characters.dt", self.dt, 1e-4, 1.0))
        put(self, "hold_steps", checks.count("Characters.hold_steps", self.hold_steps, 1, 10_000))
        for item, low in (("warmup", 0), ("window", 1)):
            put(self, item, checks.count(f"Characters.{item}", getattr(self, item), low))
        checks.member("Characters.part", self.stretch, PARTS)
        if self.warmup >= self.window:
            rule = f"must be below the window of {self.window} characters"
            checks.refuse("Characters.warmup", rule, self.warmup, "choose a longer window")
        self._starts()
        self._check_unchanged()

    @cached_property
    def text(self) -> str:
        """The text in lower case, its white space as single spaces."""
        return read(self.path or str(SHIPPED))

    @cached_property
    def alphabet(self) -> str:
        """The characters of the text in sorted order; character c is channel and class c."""
        return "".join(sorted(set(self.text)))

    @property
    def inputs(self) -> int:
        """Number of different characters."""
        return len(self.alphabet)

    @property
    def outputs(self) -> int:
        """Number of different characters."""
        return len(self.alphabet)

    def part(self, name: str) -> Self:
        """Return the task that draws from ``"train"``, ``"validation"`` or ``"test"`` only."""
        part = base.restricted(self, name)
        part._starts()
        return part

    def describe(self) -> dict[str, Any]:
        """Return the settings, with the alphabet and a digest of the text that a network is trained on."""
        return {**super().describe(), "trained_on": self._remembered()}

    def trials(self, count: int, seed: int) -> Trials:
        """Draw `count` windows, each with its own random start."""
        starts, window = self._starts()
        draws = base.streams(count, seed, 2 * window * self.hold_steps * self.inputs)
        start = np.array([stream.integers(starts.start, starts.stop) for stream in draws])
        index = start[:, None] + np.arange(window)
        one_hot = np.eye(self.inputs)[self._classes]
        inputs, targets = (base.held(one_hot[i], self.hold_steps) for i in (index, index + 1))
        mask = base.judged_holds(np.tile(np.arange(window) >= self.warmup, (count, 1)), self.hold_steps)
        return Trials(inputs, targets, mask, self.dt, {"start": start}, self.hold_steps)

    def score(self, outputs: ArrayLike, trials: Trials) -> Score:
        """Judge outputs (K, T, classes): share of the judged characters that are strictly the most probable."""
        return scoring.label_score(self, outputs, trials)

    def bigram(self, trials: Trials) -> Score:
        """Return the score of answering what most often follows the current character in the training part.

        The first in the alphabet wins a tie; after a character that the training part lacks the answer is a space or
        whatever comes first in the alphabet.
        """
        scoring.own(self, trials)
        train = self._classes[list(self._parts()["train"])]
        follows = np.zeros((self.inputs, self.inputs))
        np.add.at(follows, (train[:-1], train[1:]), 1)
        return self.score(np.eye(self.outputs)[follows.argmax(axis=1)[trials.inputs.argmax(axis=2)]], trials)

    def _remembered(self) -> dict[str, str]:
        return {"alphabet": self.alphabet, "digest": hashlib.sha256(self.text.encode()).hexdigest()[:32]}

    def _check_unchanged(self) -> None:
        where, now = "Characters.trained_on", self._remembered()
        known = self.trained_on
        if not isinstance(known, Mapping) or (known and set(known) != set(now)):
            checks.refuse(where, "must be a dictionary of alphabet and digest", known, "give what describe() returns")
        if not known or known == now:
            return
        if known["alphabet"] != self.alphabet:
            rule = f"must consist of the characters of training, {known['alphabet']!r}"
            checks.refuse("Characters.path", rule, repr(self.alphabet), "give the text that the network was trained on")
        text = (
            f"Characters.path: {checks.shown(self.path, 200)} is not what the network was trained on, or has changed"
            " since"
        )
        warnings.warn(f"{text}; the parts are those of the text as it is now", stacklevel=4)

    @cached_property
    def _classes(self) -> NDArray[np.int64]:
        place = {character: index for index, character in enumerate(self.alphabet)}
        return np.array([place[character] for character in self.text])

    def _parts(self) -> dict[str, range]:
        return base.split("Characters", len(self.text), self.validation, self.test)

    def _starts(self) -> tuple[range, int]:
        part = self._parts()[self.stretch]
        return base.windows("Characters", self.stretch, part, window=self.window, warmup=self.warmup, horizon=1)


def read(path: str) -> str:
    """Return the text of a file in lower case, every run of white space as one space.

    Raises
    ------
    InputError
        A file that cannot be read as UTF-8, or less than two different characters.
    """
    text = " ".join(files.text("Characters.path", path).lower().split())
    if len(set(text)) < 2:
        checks.refuse(
            "Characters.path", "must hold two or more different characters", repr(text), "choose a longer text"
        )
    return text
