"""Dynamic faults: what a spiking run does that decoders and f-I curves at constant states do not promise.

From each state the curves promise a step ``p`` of the state and a change ``q`` of what units receive, both known before
the spikes of that step, so that the noise of these does not bias a regression on them. Synapses of c times the time
constant go p / c; populations that run ahead by some time add that time's worth of q. Both are fitted by least squares
to all units together.
"""

import numpy as np
from numpy.typing import NDArray

from biornn.compare.causes.defects import flow
from biornn.compare.causes.scene import Scene, Suspect, moved
from biornn.theory.activation import apply

Array = NDArray[np.float64]
LAG = 0.2
"""Lag or lead, as a share of the median unit time constant, that counts as a mismatch. Sound maps have 0.07 at most
(irregular firing); synapses slower by a factor of 1.3 have 0.3."""
WHITE, WINDOW = 2.0, 0.05
"""Spike noise is nearly white: its means over 50 ms have 0.3 to 0.75 (sound maps) of the power that those of white
noise have. Above 2 it is something else."""
SLOW_NEURONS = 2.0
"""Neurons whose mean interval is longer than two time constants of their unit cannot follow it, noise or not: between
two spikes the state changes unseen. Default maps have 0.6, irregular ones 1.8."""


def dynamic_faults(scene: Scene) -> list[Suspect]:
    """Return the dynamic faults of a run."""
    rest = scene.rest
    nothing = tuple(np.zeros_like(error) for error in scene.errors)
    slowness, lead = _pace(scene)
    found = []
    tau = float(np.median(scene.network.tau))
    lag = (slowness - 1) * tau - lead
    part = _paced(scene, slowness, lead)
    if abs(lag) > LAG * tau:
        word = "lag behind" if lag > 0 else "run ahead of"
        evidence = (
            f"states {word} their equation by {abs(lag) * 1e3:.1f} ms, with unit time constants of {tau * 1e3:.0f} ms "
            f"(synapses {slowness:.2f} times as slow, activities {lead * 1e3:+.1f} ms ahead)"
        )
        advice = "give synapses the time constants of the trained units, less the populations' lag"
        found.append(Suspect("time-constant mismatch", evidence, advice, nothing, part))
        rest = rest - part
    interval = 1 / max(float(scene.rates.mean()), 1e-9)
    if interval > SLOW_NEURONS * tau or _slow_power(rest, scene.network.dt) < WHITE:
        spikes = scene.bank.neurons_per_unit * tau / interval
        evidence = (
            f"{spikes:.1f} spikes of a unit within its time constant of {tau * 1e3:.0f} ms "
            f"({scene.bank.neurons_per_unit} neurons, each once in {interval * 1e3:.0f} ms)"
        )
        found.append(
            Suspect("too few spikes", evidence, "map with more neurons per unit, or higher peak_rates", nothing, rest)
        )
    return found


def _promised(scene: Scene) -> tuple[Array, Array]:
    """Return the step p and the rate of change q in 1/s that the curves promise, both (K, T, N)."""
    course = scene.course
    static = moved(course, scene.routes, scene.grid, scene.errors, course.before)
    recurrent = apply(scene.network.activation, course.before) @ scene.network.weights["recurrent"].T
    received = recurrent + static / course.approach
    step = flow(scene.network, course.before, course.held) - course.before + static
    return step, course.approach * np.diff(received, axis=1, prepend=received[:, :1]) / scene.network.dt


def _pace(scene: Scene) -> tuple[float, float]:
    """Return by what factor synapses are slow, and by how many s activities run ahead."""
    regressors = np.stack([part[:, 1:].ravel() for part in _promised(scene)], axis=1)
    faster, lead = np.linalg.lstsq(regressors, scene.rest[:, 1:].ravel())[0]
    # A spiking run that never moves as promised is as slow as can be told.
    return 1 / max(1 + float(faster), 0.01), float(lead)


def _paced(scene: Scene, slowness: float, lead: float) -> Array:
    """Return the defects (K, T, N) that this slowness and lead make."""
    step, change = _promised(scene)
    return (1 / slowness - 1) * step + lead * change


def _slow_power(values: Array, dt: float) -> float:
    """Return the power of means of values (K, T, N) over `WINDOW`, over what white noise of their power would have."""
    length = min(max(1, round(WINDOW / dt)), values.shape[1])
    whole = values[:, : values.shape[1] // length * length]
    means = whole.reshape(values.shape[0], -1, length, values.shape[2]).mean(axis=2)
    return float(length * (means**2).mean() / max((whole**2).mean(), 1e-300))
