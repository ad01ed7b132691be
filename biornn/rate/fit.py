"""The training loop: optimise, validate, stop."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.task import Score, Task
from biornn.rate.cells.parameters import weights
from biornn.rate.initial import initial
from biornn.rate.optimise import descend
from biornn.rate.run import run
from biornn.rate.settings import Training


@dataclass(frozen=True, eq=False)
class Fitted:
    """The best validated network and the way there.

    Attributes
    ----------
    network : RateNetwork
    value : float
        Its accuracy on the validation trials, or its error if the task is a forecast.
    reached : bool
        Whether that is the goal.
    losses : list of float
        Loss of every training step.
    validation : list of [step, value]
    """

    network: RateNetwork
    value: float
    reached: bool
    losses: list[float]
    validation: list[list[float]]


def fit(task: Task, train: Task, validation: Task, settings: Training, progress: bool) -> Fitted:
    """Train on trials of `train` until a network passes on trials of `validation`; `task` scores.

    Raises
    ------
    InputError
        A loss that is not finite.
    """
    trained, fixed = initial(settings, task.inputs, task.outputs)
    trials = validation.trials(settings.validation_trials, _seed(settings, 0))
    steps = descend(
        trained,
        fixed,
        lambda step: train.trials(settings.batch, _seed(settings, step + 1)),
        settings=settings,
        dt=task.dt,
        readout=task.readout,
    )
    losses: list[float] = []
    values: list[list[float]] = []
    best: tuple[float, RateNetwork] | None = None
    with tqdm(steps, task.name, settings.steps, disable=not progress, unit="step") as bar:
        for recent, parameters in _blocks(bar, settings.validate_every):
            losses += recent
            network = record(parameters, fixed, settings, task)
            score = task.score(run(network, trials, settings.seed, noise=True).outputs, trials)
            values.append([len(losses), _value(score)])
            bar.set_postfix(loss=f"{np.mean(recent):.3g}", validation=f"{_value(score):.3g}")
            if best is None or _rank(score) >= best[0]:
                best = _rank(score), network
            if _passed(score, settings) and np.mean(recent) <= settings.goal_loss:
                return Fitted(network, _value(score), True, losses, values)
    assert best is not None
    # A forecast without a goal trains for all its steps: keeping the best network is all that was asked.
    open_ended = _is_forecast(score) and settings.goal_error == 0
    return Fitted(best[1], abs(best[0]), open_ended, losses, values)


def _blocks(steps: Iterable[tuple[Any, Any]], size: int) -> Iterator[tuple[list[float], Any]]:
    """Yield the losses of every `size` steps and the parameters after them; only here does Python wait for JAX."""
    pending: list[Any] = []
    before = 0
    for loss, parameters in steps:
        pending.append(loss)
        if len(pending) == size:
            yield _finite([float(value) for value in pending], before), parameters
            before, pending = before + size, []
    if pending:
        yield _finite([float(value) for value in pending], before), parameters


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


def _seed(settings: Training, index: int) -> int:
    return int(generator(settings.seed, "training", index + 1).integers(2**31))


def _is_forecast(score: Score) -> bool:
    return bool(np.isnan(score.accuracy))


def _value(score: Score) -> float:
    return score.error if _is_forecast(score) else score.accuracy


def _rank(score: Score) -> float:
    return -score.error if _is_forecast(score) else score.accuracy


def _passed(score: Score, settings: Training) -> bool:
    return score.error <= settings.goal_error if _is_forecast(score) else score.accuracy >= settings.goal


def _finite(losses: list[float], before: int) -> list[float]:
    bad = np.flatnonzero(~np.isfinite(losses))
    if bad.size:
        value = f"{losses[bad[0]]} in step {before + int(bad[0]) + 1}"
        checks.refuse("rate.train loss", "must stay finite", value, "lower learning_rate or gain")
    return losses
