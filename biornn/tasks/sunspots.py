"""Sunspots: prediction of the next year's sunspot number."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from biornn.core.places import models
from biornn.core.trials import Trials
from biornn.tasks.base import Array
from biornn.tasks.forecast import Axis, Forecast

FIRST_YEAR = 1700
"""Year of sample 0."""


@dataclass(frozen=True, kw_only=True)
class Sunspots(Forecast):
    """Prediction of the yearly sunspot numbers 1700 to 2008 from the years before; see `Forecast` for the settings.

    A year is held for 200 ms. The last 60 years (1949 to 2008) are the test part, the 40 before (1909 to 1948)
    validation, and both are one window. The series is version 1 of the yearly mean sunspot number (SILSO, Royal
    Observatory of Belgium), as distributed with statsmodels.

    Raises
    ------
    InputError
        What `Forecast` refuses.
    """

    hold_steps: int = 20
    validation: float = 40
    test: float = 60
    name: ClassVar[str] = "sunspots"

    def axis(self, trials: Trials, trial: int = 0, channel: int = 0) -> Axis:
        """Return the years of the judged samples of one trial, and the axes' labels."""
        years = FIRST_YEAR + super().axis(trials, trial, channel).positions
        return Axis(years, ("Year", "Sunspot number"))

    @cached_property
    def samples(self) -> Array:
        """The yearly numbers, (309, 1)."""
        found = np.loadtxt(models() / "sunspots" / "sunspots.csv", delimiter=",", skiprows=1, usecols=[1], ndmin=2)
        found.setflags(write=False)
        return found
