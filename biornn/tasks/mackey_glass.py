"""Mackey-Glass: prediction of a chaotic delay equation."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from biornn.core import checks
from biornn.tasks.base import Array
from biornn.tasks.forecast import Forecast


def mackey_glass(samples: int, tau: float = 17.0, step: float = 0.1, transient: float = 500.0) -> Array:
    """Integrate ``dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x`` (Mackey & Glass 1977, Science 197:287).

    Runge-Kutta steps with the delayed term halfway between grid points by its mean. x is 1.2 until time 0; because of
    that kink the error falls with step^2 (4e-5 over 150 time units with the default step); cubic means do no better.

    Parameters
    ----------
    samples : int
        Number of samples, one per unit of time.
    tau : float
        Delay; chaotic from about 16.8 on. A whole multiple of `step`.
    step : float
        Step of the integration, of which a unit of time is a whole multiple.
    transient : float
        Time left out at the beginning.

    Returns
    -------
    (samples,) array
        x at times transient, transient + 1, ...

    Raises
    ------
    InputError
        A number outside its range (samples 1 to 1e6, tau up to 1000, step 0.001 to 1, transient up to 1e5), a delay
        that is no multiple of the step, or a step of which a unit of time is no multiple.
    """
    hint = "it is in the equation's time units"
    size = checks.number("mackey_glass: step", step, 0.001, 1, hint)
    delay = checks.number("mackey_glass: tau", tau, size, 1000, hint)
    for name, ratio in (("tau: must be a multiple of the step", delay / size), ("step: must divide 1", 1 / size)):
        if abs(ratio - round(ratio)) > 1e-6 * ratio:
            where, rule = name.split(": ")
            checks.refuse(f"mackey_glass: {where}", rule, f"tau {delay:g}, step {size:g}", "choose another step")
    left_out = checks.number("mackey_glass: transient", transient, 0, 1e5, hint)
    return _integrated(checks.count("mackey_glass: samples", samples, 1, 1_000_000), delay, size, left_out)


@lru_cache(maxsize=8)
def _integrated(samples: int, tau: float, step: float, transient: float) -> Array:
    lag, every = round(tau / step), round(1 / step)
    first = round(transient / step)
    steps = first + (samples - 1) * every
    # The first lag + 1 values are the history; time 0 is its last.
    x = [1.2] * (lag + 1)
    drive = [0.2 * 1.2 / (1 + 1.2**10)] * (lag + 1)
    for n in range(steps):
        now, new = drive[n : n + 2]
        middle = (now + new) / 2
        value = x[-1]
        k1 = now - 0.1 * value
        k2 = middle - 0.1 * (value + step / 2 * k1)
        k3 = middle - 0.1 * (value + step / 2 * k2)
        k4 = new - 0.1 * (value + step * k3)
        value += step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        x.append(value)
        drive.append(0.2 * value / (1 + value**10))
    result = np.array(x[lag + first :: every][:samples])
    result.setflags(write=False)
    return result


@dataclass(frozen=True, kw_only=True)
class MackeyGlass(Forecast):
    """Prediction of the Mackey-Glass series, sampled once per unit of its time; see `Forecast` for other settings.

    Parameters
    ----------
    tau : float
        Delay in the equation's time units, a multiple of 0.1; chaotic from about 16.8 on.
    length : int
        Number of samples.

    Raises
    ------
    InputError
        A delay outside 1 to 100 or no multiple of 0.1, or what `Forecast` refuses.
    """

    tau: float = 17.0
    length: int = 3000
    horizon: int = 6
    name: ClassVar[str] = "mackey-glass"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "tau", checks.number("MackeyGlass.tau", self.tau, 1, 100, "it is in the equation's time units"))
        if abs(self.tau * 10 - round(self.tau * 10)) > 1e-6:
            checks.refuse("MackeyGlass.tau", "must be a multiple of 0.1", self.tau, "round it")
        put(self, "length", checks.count("MackeyGlass.length", self.length, 2, 1_000_000))
        super().__post_init__()

    @property
    def samples(self) -> Array:
        """The series, (N, 1)."""
        return mackey_glass(self.length, self.tau)[:, None]
