"""Steps: a simulation step that divides the step of inputs and samples."""

import math

from biornn.core.checks import refuse


def dividing(period: float, longest: float) -> float:
    """Return the largest step of at most `longest` that divides `period`, both in s."""
    count = max(math.ceil(period / longest - 1e-6), 1)
    # Where the longest divides it is kept to the last bit.
    return longest if divides(longest, period) else period / count


def divides(step: float, period: float) -> bool:
    """Return whether `period` is a whole number of steps, to a millionth of a step."""
    ratio = period / step
    return round(ratio) >= 1 and abs(ratio - round(ratio)) <= 1e-6


def checked_step(where: str, step: float, period: float, what: str) -> float:
    """Return `step` if it divides `period`.

    Raises
    ------
    InputError
        Another step; one that divides is named.
    """
    if not divides(step, period):
        rule = f"must divide {what} {period:g} s"
        refuse(where, rule, f"{step:g} s", f"leave it out, or give {dividing(period, step)!r} s")
    return step
