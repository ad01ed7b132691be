"""The scorers that Kim, Li & Sejnowski (2019, PNAS 116:22811) judge their spiking networks by, next to the strict ones.

They look at one side only: an output that crosses both +0.7 and -0.7 is right, and a no-go output may fall below -0.3.
They are here so that published numbers can be compared with; everything else is judged by a task's own `score`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.task import Score, Task
from biornn.core.trials import Trials
from biornn.tasks import base

Array = NDArray[np.float64]


def published_score(task: Task, outputs: Array, trials: Trials) -> Score:
    """Judge outputs (K, T, 1) of spiking networks as the public code of Kim et al. 2019 does.

    Go/NoGo: go if max z > 0.7 from 0.5 s on, no-go if max z < 0.3 from then on. XOR from 1.0 s and context integration
    from 1.3 s on: max z > 0.7 where +1 is right, min z < -0.7 where -1 is.

    Raises
    ------
    InputError
        A task that the paper does not have.
    """
    start, judge = PUBLISHED[checks.member("published_score.task", task.name, PUBLISHED)]
    # Output t is that at (t + 1) dt.
    window = base.judged(outputs, trials)[:, round(start / trials.dt) - 1 :, 0]
    return Score(judge(window, trials).astype(np.float64))


def _answers(z: Array, trials: Trials) -> NDArray[np.bool_]:
    highest = z.max(axis=1)
    return np.where(trials.conditions["go"], highest > base.CROSSED, highest < base.CLEAN)


def _sides(z: Array, trials: Trials) -> NDArray[np.bool_]:
    return np.where(
        trials.conditions["side"].astype(np.int64) > 0, z.max(axis=1) > base.CROSSED, z.min(axis=1) < -base.CROSSED
    )


PUBLISHED: dict[str, tuple[float, Callable[[Array, Trials], NDArray[np.bool_]]]] = {
    "go-nogo": (0.5, _answers),
    "xor": (1.0, _sides),
    "context-integration": (1.3, _sides),
}
"""Start of the judged window in s, and the judge, by name of the task."""
