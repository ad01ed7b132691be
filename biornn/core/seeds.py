"""Seeds: every random stream is named by (seed, stage, trial), so no block size or job count changes a result."""

import numpy as np

from biornn.core.checks import refuse

STAGES = {"task": 0, "initial weights": 1, "training": 2, "calibration": 3, "spiking": 4, "comparison": 5, "rate": 6}


def generator(seed: int, stage: str, index: int = 0) -> np.random.Generator:
    """Return the generator of one random stream.

    Parameters
    ----------
    seed : int
        The user's seed, at least 0.
    stage : str
        A key of `STAGES`; streams of different stages never overlap.
    index : int
        Trial, batch or repeat within the stage.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        refuse("seed", "must be a whole number of at least 0", seed, "choose another seed")
    return np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(STAGES[stage], index)))
