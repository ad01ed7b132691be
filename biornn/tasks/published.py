"""The scorers that Kim, Li & Sejnowski (2019, PNAS 116:22811) judge their spiking networks by, next to the strict ones.

They look at one side only: an output that crosses both +0.7 and -0.7 is right, and a no-go output may fall below -0.3.
They are here so that published numbers can be compared with; everything else is judged by a task's own `score`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.task import Score, Task, checked_task
from biornn.core.trials import Trials
from biornn.tasks import scoring

Array = NDArray[np.float64]


def published_score(task: Task, outputs: Array, trials: Trials) -> Score:
    """Judge outputs (K, T, 1) of spiking networks as the public code of Kim et al. 2019 does.

    Go/NoGo: go if max z > 0.7 from 0.5 s on, no-go if max z < 0.3 from then on. XOR from 1.0 s and context integration
    from 1.3 s on: max z > 0.7 where +1 is right, min z < -0.7 where -1 is.

    Raises
    ------
    InputError
        A task that the paper does not have, outputs or trials that do not belong to it.
    """
    known = checked_task("published_score.task", task)
    start, lasting, judge = PUBLISHED[checks.member("published_score.task", known.name, PUBLISHED)]
    # Output t is that at (t + 1) dt.
    window = scoring.judged(known, outputs, trials, lasting)[:, round(start / trials.dt) - 1 :, 0]
    return Score(judge(known, window, trials).astype(np.float64))


def _answers(task: Task, z: Array, trials: Trials) -> NDArray[np.bool_]:
    highest = z.max(axis=1)
    return np.where(scoring.condition(task, trials, "go") > 0, highest > scoring.CROSSED, highest < scoring.CLEAN)


def _sides(task: Task, z: Array, trials: Trials) -> NDArray[np.bool_]:
    right = scoring.condition(task, trials, "side") > 0
    return np.where(right, z.max(axis=1) > scoring.CROSSED, z.min(axis=1) < -scoring.CROSSED)


PUBLISHED: dict[str, tuple[float, float, Callable[[Task, Array, Trials], NDArray[np.bool_]]]] = {
    "go-nogo": (0.5, 1.0, _answers),
    "xor": (1.0, 1.5, _sides),
    "context-integration": (1.3, 2.5, _sides),
}
"""Start of the judged window and length of a trial in s, and the judge, by name of the task."""
