"""Lorenz: prediction of coordinates of the Lorenz attractor."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from biornn.core import checks
from biornn.tasks.base import Array
from biornn.tasks.forecast import Forecast

State = tuple[float, float, float]


def lorenz(samples: int, interval: float = 0.05, transient: float = 20.0, start: State = (1.0, 1.0, 1.0)) -> Array:
    """Integrate the Lorenz equations (Lorenz 1963, J. Atmos. Sci. 20:130) with sigma 10, rho 28, beta 8/3.

    Fourth-order Runge-Kutta with steps of at most 0.005, in plain floats, so that every machine gets the same series.

    Parameters
    ----------
    samples : int
        Number of samples.
    interval : float
        Time between samples.
    transient : float
        Time left out at the beginning.
    start : tuple of float
        State at time 0.

    Returns
    -------
    (samples, 3) array
        x, y, z at times transient, transient + interval, ...

    Raises
    ------
    InputError
        A number outside its range: samples 1 to 1e6, interval 0.0001 to 10, transient 0 to 1e4, start within 1000 of 0.
    """
    hint = "it is in the equations' time units"
    x, y, z = checks.array("lorenz: start", start, (3,)).tolist()
    for value in (x, y, z):
        checks.number("lorenz: start", value, -1000, 1000, "the attractor lies within 60 of 0")
    return _integrated(
        checks.count("lorenz: samples", samples, 1, 1_000_000),
        checks.number("lorenz: interval", interval, 1e-4, 10, hint),
        checks.number("lorenz: transient", transient, 0, 1e4, hint),
        (x, y, z),
    )


@lru_cache(maxsize=8)
def _integrated(samples: int, interval: float, transient: float, start: State) -> Array:
    parts = max(1, int(np.ceil(interval / 0.005 - 1e-9)))
    h = interval / parts
    state = start
    for _ in range(round(transient / h)):
        state = _step(state, h)
    rows = [state]
    while len(rows) < samples:
        for _ in range(parts):
            state = _step(state, h)
        rows.append(state)
    result = np.array(rows)
    result.setflags(write=False)
    return result


def _slope(state: State) -> State:
    x, y, z = state
    return 10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z


def _moved(state: State, slope: State, h: float) -> State:
    return state[0] + h * slope[0], state[1] + h * slope[1], state[2] + h * slope[2]


def _step(state: State, h: float) -> State:
    a = _slope(state)
    b = _slope(_moved(state, a, h / 2))
    c = _slope(_moved(state, b, h / 2))
    d = _slope(_moved(state, c, h))
    x, y, z = ((p + 2 * q + 2 * r + s) / 6 for p, q, r, s in zip(a, b, c, d, strict=True))
    return _moved(state, (x, y, z), h)


@dataclass(frozen=True, kw_only=True)
class Lorenz(Forecast):
    """Prediction of coordinates of the Lorenz attractor from themselves; see `Forecast` for other settings.

    Parameters
    ----------
    coordinates : str
        Which of x, y and z are shown and predicted, ``"x"`` or ``"xyz"`` for example.
    interval : float
        Time between samples in the equations' time units.
    length : int
        Number of samples.

    Raises
    ------
    InputError
        Coordinates other than x, y and z or twice the same, or what `Forecast` refuses.
    """

    coordinates: str = "x"
    interval: float = 0.05
    length: int = 3000
    name: ClassVar[str] = "lorenz"

    def __post_init__(self) -> None:
        put, rule = object.__setattr__, "must be some of x, y and z, each once"
        chosen = checks.instance("Lorenz.coordinates", self.coordinates, str, "use 'x'")
        if not chosen or set(chosen) - set("xyz") or len(set(chosen)) < len(chosen):
            checks.refuse("Lorenz.coordinates", rule, repr(chosen), "use 'x'")
        hint = "it is in the equations' time units"
        put(self, "interval", checks.number("Lorenz.interval", self.interval, 0.001, 1, hint))
        put(self, "length", checks.count("Lorenz.length", self.length, 2, 1_000_000))
        super().__post_init__()

    @property
    def samples(self) -> Array:
        """The series, (N, C)."""
        return lorenz(self.length, self.interval)[:, ["xyz".index(name) for name in self.coordinates]]
