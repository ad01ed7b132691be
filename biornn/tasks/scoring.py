"""Scoring: the strict judges that tasks share, one and the same for rate and spiking networks."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn.core import checks
from biornn.core.task import UNDEFINED, Score, Task
from biornn.core.trials import Trials

Array = NDArray[np.float64]

CROSSED, CLEAN = 0.7, 0.3
"""Output that counts as a decision, and output that still counts as none (Kim, Li & Sejnowski 2019)."""


def own(task: Task, trials: Trials, lasting: float = 0.0) -> Trials:
    """Return `trials` if the task can have drawn them.

    Parameters
    ----------
    task : Task
    trials : Trials
    lasting : float
        Time that every trial of the task lasts, in s.

    Raises
    ------
    InputError
        Another object, or other channels, another step or a shorter time than the task's.
    """
    name, advice = type(task).__name__, "give trials that this task has drawn"
    checks.instance(f"{name}: trials", trials, Trials, advice)
    channels = trials.inputs.shape[2], trials.targets.shape[2]
    if channels != (task.inputs, task.outputs):
        rule = f"must have {task.inputs} inputs and {task.outputs} outputs"
        checks.refuse(f"{name}: trials", rule, f"{channels[0]} and {channels[1]}", advice)
    if not np.isclose(trials.dt, task.dt, rtol=1e-9, atol=0.0):
        checks.refuse(f"{name}: trials", f"must have the task's step of {task.dt:g} s", f"{trials.dt:g} s", advice)
    if trials.steps < round(lasting / trials.dt):
        rule = f"must last {lasting:g} s"
        checks.refuse(f"{name}: trials", rule, f"{trials.steps * trials.dt:g} s", advice)
    return trials


def condition(task: Task, trials: Trials, name: str) -> Array:
    """Return a condition of the trials as numbers (K,).

    Raises
    ------
    InputError
        No such condition, or one that is text.
    """
    where, advice = f"{type(task).__name__}: trials.conditions", "give trials that this task has drawn"
    if name not in trials.conditions:
        checks.refuse(where, f"must have {name!r}", ", ".join(trials.conditions) or "none", advice)
    return checks.array(f"{where}[{name!r}]", trials.conditions[name], (trials.count,))


def judged(task: Task, outputs: ArrayLike, trials: Trials, lasting: float = 0.0) -> Array:
    """Return outputs (K, T, O) of the trials' shape; infinities become NaN, which no scorer accepts as right.

    Raises
    ------
    InputError
        Trials of another task, outputs that are no real numbers or of another shape than the targets.
    """
    own(task, trials, lasting)
    result = checks.plain_array(f"{type(task).__name__}.score: outputs", outputs).astype(np.float64)
    if result.shape != trials.targets.shape:
        rule = f"must have shape {trials.targets.shape}"
        checks.refuse(f"{type(task).__name__}.score: outputs", rule, result.shape, "run these very trials")
    return np.where(np.isfinite(result), result, np.nan)


def decided(z: Array, side: Array, window: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which trials decide for the right side and never for the other.

    Right where ``max(s z) > 0.7`` and ``min(s z) > -0.3`` over the window; an output that crosses both sides is wrong.

    Parameters
    ----------
    z : (K, T) array
        Output.
    side : (K,) array
        s, +1 or -1.
    window : (T,) or (K, T) bool array
        Steps that are judged.
    """
    turned = z * side[:, None]
    highest = np.where(window, turned, -np.inf).max(axis=1)
    lowest = np.where(window, turned, np.inf).min(axis=1)
    return np.asarray((highest > CROSSED) & (lowest > -CLEAN))


def forecast_score(task: Task, outputs: ArrayLike, trials: Trials) -> Score:
    """Return a forecast's error: RMSE over the masked steps over the SD of the targets there.

    Both are pooled over trials, steps and channels, the SD about each channel's own mean, so that the best constant
    scores exactly 1. NaN where the masked targets do not vary; `Score.correct` is NaN (K,).
    """
    z, target = judged(task, outputs, trials), trials.targets
    weight = trials.mask if trials.mask.ndim == 3 else trials.mask[:, :, None]
    weight = np.broadcast_to(weight, target.shape)
    total = np.maximum(weight.sum(axis=(0, 1)), np.finfo(float).tiny)
    mean = (weight * target).sum(axis=(0, 1)) / total
    spread = (weight * (target - mean) ** 2).sum()
    # Rounding leaves about 1e-32 of the power of a constant target.
    varies = spread > 1e-24 * (weight * target**2).sum()
    # What the mask leaves out may be anything; an output of 1e200 is an infinite error.
    with np.errstate(over="ignore"):
        missed = (weight * np.where(weight > 0, z - target, 0.0) ** 2).sum()
    return Score(np.full(trials.count, UNDEFINED), float(np.sqrt(missed / spread)) if varies else UNDEFINED)


def label_score(task: Task, outputs: ArrayLike, trials: Trials) -> Score:
    """Return the share of each trial's masked steps at which the right class is strictly the most probable.

    A tie is wrong, so a silent readout scores 0. Steps count by their mask; a trial without any is NaN.
    """
    z = judged(task, outputs, trials)
    right_class = trials.targets == trials.targets.max(axis=2, keepdims=True)
    right = np.where(right_class, z, -np.inf).max(axis=2) > np.where(right_class, -np.inf, z).max(axis=2)
    weight = trials.mask if trials.mask.ndim == 2 else trials.mask.max(axis=2)
    return Score(ratio((weight * right).sum(axis=1), weight.sum(axis=1)))


def ratio(part: Array, whole: Array) -> Array:
    """Return ``part / whole``, NaN where `whole` is 0."""
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, UNDEFINED), where=whole > 0))
