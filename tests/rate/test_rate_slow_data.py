"""Slow data: time constants below the task's step are refused with others that are accepted."""

import numpy as np
import pytest

from biornn import rate, tasks
from biornn.core.checks import InputError


@pytest.mark.parametrize("frequency", [2, 10, 30, 49])
def test_the_time_constants_that_are_advised_are_accepted(frequency):
    values = np.random.default_rng(0).normal(size=200)
    task = tasks.Series(values, dt=1 / frequency, hold_steps=1)
    with pytest.raises(InputError, match=r"Training.tau: must not be below the task's step .*tau=\(.*, .*\)") as caught:
        rate.train(task, units=4, steps=1, progress=False)
    advised = str(caught.value).split("tau=(")[1].split(")")[0]
    tau = [float(value) for value in advised.split(",")]
    network = rate.train(task, units=4, steps=1, tau=tau, progress=False)
    assert network.units == 4
