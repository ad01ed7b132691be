"""The training loop: optimise, validate, stop."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.progress import bar
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.task import Score, Task
from biornn.core.trials import Trials
from biornn.rate.cells.parameters import weights
from biornn.rate.devices import agreed
from biornn.rate.initial import initial
from biornn.rate.join import first
from biornn.rate.optimise import descend
from biornn.rate.run import noisy_outputs
from biornn.rate.settings import Training


@dataclass(frozen=True, eq=False)
class Fitted:
    """The best validated network, or the last one where validation is undefined, and the way there.

    Attributes
    ----------
    network : RateNetwork
    value : float
        Its accuracy on the validation trials, or its error if the task is a forecast; NaN where it is undefined.
    reached : bool or None
        Whether that is the goal; None where there is no goal, or no validation that could tell.
    losses : list of float
        Loss of every training step.
    validation : list of [step, value]
    """

    network: RateNetwork
    value: float
    reached: bool | None
    losses: list[float]
    validation: list[list[float | None]]


def fit(task: Task, settings: Training, progress: bool, between: Callable[[], None]) -> Fitted:
    """Train on trials of one part of a task until a network passes on trials of another.

    Parameters
    ----------
    task : Task
        With parts ``"train"`` and ``"validation"``; it scores.
    settings : Training
    progress : bool
        Whether to show a progress bar.
    between : callable
        Called between steps; it may raise.

    Raises
    ------
    InputError
        A loss that is not finite.
    """
    trained, fixed = initial(settings, task.inputs, task.outputs)
    judge, train = Judge.of(task, settings, fixed), task.part("train")
    steps = descend(
        trained,
        fixed,
        lambda step: train.trials(settings.batch, seed_of(settings, step + 1)),
        settings=settings,
        dt=task.dt,
        readout=task.readout,
    )
    with closing(steps), bar(settings.steps, task.name, "step", progress and first()) as shown:
        for recent, parameters in blocks(_told(steps, shown, between), settings.validate_every):
            judge.see(recent, parameters)
            shown.set_postfix(loss=f"{np.mean(recent):.3g}", validation=f"{judge.values[-1]:.3g}")
            if judge.reached:
                # What was asked for is done, or a notebook would paint the bar as a failure.
                shown.total = shown.n
                break
    return judge.found()


def _told(steps: Iterable[tuple[Any, Any]], shown: Any, between: Callable[[], None]) -> Iterator[tuple[Any, Any]]:
    """Yield the steps, each of them counted by a progress bar; between them an interrupt may come."""
    for step in steps:
        shown.update()
        between()
        yield step


@dataclass(eq=False)
class Judge:
    """Validates a network while it is trained, keeps the best, and says when the goal is reached.

    A validation is undefined (NaN) where its targets do not vary, or where a network explodes. It ranks below every
    other, so that the last network is kept where none is defined.
    """

    task: Task
    trials: Trials
    settings: Training
    fixed: Mapping[str, NDArray[np.float64]]
    losses: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    best: tuple[float, RateNetwork] | None = None
    reached: bool = False
    forecast: bool = False

    @classmethod
    def of(cls, task: Task, settings: Training, fixed: Mapping[str, NDArray[np.float64]]) -> "Judge":
        """Return the judge of one training, with validation trials of its own."""
        trials = task.part("validation").trials(settings.validation_trials, seed_of(settings, 0))
        if not trials.mask.any():
            rule, advice = "must judge at least one step", "give validation trials a mask that is not 0 throughout"
            checks.refuse(f"{task.name} validation", rule, "a mask of zeros", advice)
        return cls(task, trials, settings, fixed)

    def see(self, recent: list[float], parameters: Mapping[str, Any]) -> None:
        """Validate parameters after the steps of which `recent` are the losses.

        Raises
        ------
        InputError
            A loss that is not finite.
        """
        self.losses += _finite(recent, len(self.losses))
        network = record(parameters, self.fixed, self.settings, self.task)
        given = self.task.score(noisy_outputs(network, self.trials, self.settings.seed), self.trials)
        # Processors differ in the last bit: those that train together go by what the first of them finds.
        accuracy, error = agreed((given.accuracy, given.error))
        score = Score(np.array([accuracy]), error)
        self.forecast = self.forecast or (np.isnan(accuracy) and not np.isnan(error))
        value, rank = (error, -error) if np.isnan(accuracy) else (accuracy, accuracy)
        if np.isnan(value) and not self.values:
            warnings.warn(_undefined(self.task), stacklevel=2)
        self.steps.append(len(self.losses))
        self.values.append(value)
        rank = -np.inf if np.isnan(rank) else rank
        if self.best is None or rank >= self.best[0]:
            self.best = rank, network
        if _passed(score, self.settings) and np.mean(recent) <= self.settings.goal_loss:
            self.best, self.reached = (rank, network), True

    def found(self) -> Fitted:
        """Return the network that reached the goal, or else the best."""
        assert self.best is not None
        best, network = self.best
        # A forecast without a goal trains for all its steps: keeping the best network is all that was asked.
        open_ended = (self.forecast and self.settings.goal_error == 0) or np.isinf(best)
        reached = None if open_ended and not self.reached else self.reached
        values = [None if np.isnan(value) else value for value in self.values]
        pairs: list[list[float | None]] = [list(pair) for pair in zip(self.steps, values, strict=True)]
        return Fitted(network, np.nan if np.isinf(best) else abs(best), reached, self.losses, pairs)


def blocks(steps: Iterable[tuple[Any, Any]], size: int) -> Iterator[tuple[list[float], Any]]:
    """Yield the losses of every `size` steps and the parameters after them; only here does Python wait for JAX."""
    pending: list[Any] = []
    for loss, parameters in steps:
        pending.append(loss)
        if len(pending) == size:
            yield [float(value) for value in pending], parameters
            pending = []
    if pending:
        yield [float(value) for value in pending], parameters


def record(
    trained: Mapping[str, Any], fixed: Mapping[str, NDArray[np.float64]], settings: Training, task: Task
) -> RateNetwork:
    """Return the checked record of parameters, in float64."""
    values = {name: np.asarray(value, np.float64) for name, value in trained.items()}
    weight = weights(values, fixed, np)
    return RateNetwork(
        tau=weight.pop("tau"),
        weights=weight,
        activation=str(settings.activation),
        dt=task.dt,
        signs=fixed["signs"],
        noise=fixed["noise"],
        readout=task.readout,
        cell=settings.cell,
    )


def seed_of(settings: Training, index: int) -> int:
    """Return the seed of a step's trials, counted from 1; 0 is that of the validation trials."""
    return int(generator(settings.seed, "training", index + 1).integers(2**31))


def _undefined(task: Task) -> str:
    return (
        f"rate.train: the validation of {task.name} is undefined (NaN), since its targets do not vary or its scores "
        "are NaN; no best network can be told, the last one is kept; hold out other data"
    )


def _passed(score: Score, settings: Training) -> bool:
    """Return whether a score is the goal; comparisons with NaN are false, so that an undefined one is not."""
    return score.error <= settings.goal_error if np.isnan(score.accuracy) else score.accuracy >= settings.goal


def _finite(losses: list[float], before: int) -> list[float]:
    bad = np.flatnonzero(~np.isfinite(losses))
    if bad.size:
        value = f"{losses[bad[0]]} in step {before + int(bad[0]) + 1}"
        checks.refuse("rate.train loss", "must stay finite", value, "lower learning_rate or gain")
    return losses
