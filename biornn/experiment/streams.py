"""Seeds of the stages of an experiment."""

from biornn.core import checks
from biornn.core.seeds import STAGES, generator


def derived_seed(seed: int, stage: str, index: int = 0) -> int:
    """Return the seed of one stage of an experiment; stages and indices never share one.

    Raises
    ------
    InputError
        No seed, an unknown stage, or an index that is no whole number.
    """
    checks.member("stage", stage, STAGES)
    index = checks.count("index", index, 0, 2**32 - 1)
    return int(generator(checks.seed("seed", seed), stage, index).integers(2**62))
