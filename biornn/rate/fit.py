"""The training loop: optimise, validate, stop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.task import Score, Task
from biornn.core.trials import Trials
from biornn.rate.cells import leaky
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
    pending: list[Any] = []
    values: list[list[float]] = []
    best: tuple[float, RateNetwork] | None = None
    with tqdm(steps, task.name, settings.steps, disable=not progress, unit="step") as bar:
        for loss, parameters in bar:
            pending.append(loss)
            step = len(losses) + len(pending)
            if step % settings.validate_every and step < settings.steps:
                continue
            recent = _finite([float(x) for x in pending], len(losses))
            losses, pending = losses + recent, []
            network = record(parameters, fixed, settings, task)
            score = _validate(network, task, trials, settings)
            value, rank = _value(score), _rank(score)
            values.append([step, value])
            bar.set_postfix(loss=f"{np.mean(recent):.3g}", validation=f"{value:.3g}")
            if best is None or rank >= best[0]:
                best = rank, network
            if _passed(score, settings) and np.mean(recent) <= settings.goal_loss:
                return Fitted(network, value, True, losses, values)
    assert best is not None
    return Fitted(best[1], abs(best[0]), False, losses, values)


def record(
    trained: Mapping[str, Any], fixed: Mapping[str, NDArray[np.float64]], settings: Training, task: Task
) -> RateNetwork:
    """Return the checked record of parameters, in float64."""
    values = {name: np.asarray(value, np.float64) for name, value in trained.items()}
    weights = leaky.weights(values, fixed, np)
    tau = weights.pop("tau")
    return RateNetwork(weights, str(settings.activation), tau, task.dt, fixed["signs"], fixed["noise"], task.readout)


def _seed(settings: Training, index: int) -> int:
    return int(generator(settings.seed, "training", index + 1).integers(2**31))


def _validate(network: RateNetwork, task: Task, trials: Trials, settings: Training) -> Score:
    return task.score(run(network, trials, settings.seed, noise=True).outputs, trials)


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
        value = f"{losses[bad[0]]} in step {before + int(bad[0])}"
        checks.refuse("rate.train loss", "must stay finite", value, "lower learning_rate or gain")
    return losses
