"""Leaky integrate-and-fire neuron: parameters, f-I curve, equations.

``tau_m dv/dt = -(v - v_rest) + R J``; spike where v exceeds v_threshold, reset to v_reset, silent for t_ref. Drives are
given as the steady voltage ``v_rest + R J`` that a constant current J leads to.

References
----------
Gerstner, Kistler, Naud and Paninski 2014, *Neuronal Dynamics*, Section 1.3 and Eq. 1.13 (f-I curve).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from biornn.theory.neurons import siegert
from biornn.theory.neurons.base import (
    Draws,
    Neuron,
    NeuronModel,
    Values,
    Variables,
    bisected,
    interval,
    refractory,
    refractory_steps,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LIF(Neuron):
    """Physical parameters of leaky integrate-and-fire neurons.

    Parameters
    ----------
    tau_m : float or array
        Membrane time constant in s; default 20 ms.
    t_ref : float or array
        Absolute refractory period in s; default 2 ms.
    v_rest, v_reset, v_threshold : float or array
        Voltages in V; defaults -65, -65 and -50 mV.

    Each may be a Brian2 quantity, and an array that broadcasts to (U, M) where neurons differ: (M,) for the neurons of
    every unit, (U, 1) for the units.

    Raises
    ------
    InputError
        Wrong dimension, an implausible time constant or voltage, or a reset or resting voltage at or above the
        threshold.
    """

    model: ClassVar[str] = "lif"

    tau_m: Any = 0.02
    t_ref: Any = 0.002
    v_rest: Any = -0.065
    v_reset: Any = -0.065
    v_threshold: Any = -0.050


def firing_rate(parameters: Values, steady: ArrayLike, dt: float = 0.0, noise: ArrayLike = 0.0) -> Array:
    """Return the f-I curve: the firing rate in Hz at a constant steady voltage in V.

    Without noise ``1/f = t_ref + tau_m log((steady - v_reset) / (steady - v_threshold))`` above threshold, 0 at or
    below it; with it Siegert's formula, see `biornn.theory.neurons.siegert`.

    Parameters
    ----------
    parameters : dict of str to array
        SI values that broadcast against `steady`.
    steady : array
        ``v_rest + R J`` in V.
    dt : float
        Step in s of the simulation to be matched; 0 for continuous time. The refractory period is rounded to whole
        steps. Without noise a spike is seen dt / 2 late on average; noise is caught beyond threshold at the end of a
        step, which raises the threshold by 0.5826 SDs of one step's noise (at SD 0.1, mean drive 0.7 and dt 0.1 ms
        the rate is 16 % off without it).
    noise : array
        SD in V of the free membrane potential under independent white noise.
    """
    steady, noise = np.asarray(steady, dtype=np.float64), np.asarray(noise, dtype=np.float64)
    still = _rate_without_noise(parameters, steady, dt)
    if not noise.any():
        return still
    sigma = np.sqrt(2.0) * np.where(noise > 0, noise, 1.0)
    shift = siegert.DISCRETE_SHIFT * sigma * np.sqrt(dt / parameters["tau_m"])
    passage = siegert.integral(
        (parameters["v_reset"] - steady) / sigma, (parameters["v_threshold"] + shift - steady) / sigma
    )
    noisy = 1.0 / (refractory(parameters, dt, 0.25) + parameters["tau_m"] * passage)
    return np.asarray(np.where(noise > 0, noisy, still))


def _rate_without_noise(parameters: Values, steady: Array, dt: float) -> Array:
    above = steady > parameters["v_threshold"]
    excess = np.where(above, steady - parameters["v_threshold"], 1.0)
    rise = parameters["tau_m"] * np.log1p((parameters["v_threshold"] - parameters["v_reset"]) / excess)
    return np.where(above, 1.0 / (refractory(parameters, dt, 0.5) + rise), 0.0)


def steady_voltage(parameters: Values, rate: ArrayLike, dt: float = 0.0, noise: ArrayLike = 0.0) -> Array:
    """Inverse f-I curve: the steady voltage in V that drives `rate` in Hz; `dt` and `noise` as in `firing_rate`.

    Without noise a rate of 0 gives the threshold.

    Raises
    ------
    InputError
        A rate at or above what the refractory period allows, or of 0 with noise.
    """
    rate, noise = np.asarray(rate, dtype=np.float64), np.asarray(noise, dtype=np.float64)
    rise = interval(parameters, rate, noise, dt)
    ratio = np.expm1(np.minimum(rise / parameters["tau_m"], 700.0))  # beyond that the result is the threshold anyway
    still = np.asarray(parameters["v_threshold"] + (parameters["v_threshold"] - parameters["v_reset"]) / ratio)
    if not noise.any():
        return still
    low, high = (still + side * np.sqrt(2.0) * siegert.HIGHEST * noise for side in (-1, 1))
    found = bisected(lambda middle: firing_rate(parameters, middle, dt, noise) < rate, low, high)
    return np.asarray(np.where(noise > 0, found, still))


def _constants(parameters: Values, bias: Array, dt: float) -> Variables:
    return {
        "rest": parameters["v_rest"] + bias,
        "approach": -np.expm1(-dt / parameters["tau_m"]),
        "v_threshold": parameters["v_threshold"],
        "v_reset": parameters["v_reset"],
        "refractory_steps": refractory_steps(parameters, dt).astype(np.int32),
    }


def _kick(parameters: Values, noise: Array, dt: float) -> Array:
    # White noise through the leak, an Ornstein-Uhlenbeck process, exact for any step (Gillespie 1996, Phys. Rev. E
    # 54:2084, Eq. 1.9): a variance of noise^2 loses the part exp(-2 dt / tau_m) in each step and is given it back.
    return np.asarray(noise * np.sqrt(-np.expm1(-2 * dt / parameters["tau_m"])))


def _initial(parameters: Values, steady: Array, noise: Array, draws: Draws, dt: float) -> Variables:
    phase, level = draws
    rate = firing_rate(parameters, steady, dt, noise)
    fires = rate > 0
    since = np.where(fires, phase / np.where(fires, rate, 1.0), np.inf)
    free_from = np.maximum(refractory_steps(parameters, dt) - np.floor(since / dt), 0.0).astype(np.int32)
    rising = np.maximum(since - refractory_steps(parameters, dt) * dt, 0.0) / parameters["tau_m"]
    v = np.where(fires, steady - (steady - parameters["v_reset"]) * np.exp(-rising), steady)
    gathered = noise * np.sqrt(-np.expm1(-2 * rising))
    if gathered.any():
        v = np.where(gathered > 0, _below(parameters["v_threshold"], v, gathered, level), v)
    return {"v": np.minimum(v, parameters["v_threshold"]), "free_from": free_from}


def _below(threshold: Array, mean: Array, sd: Array, level: Array) -> Array:
    """Return the quantile `level` of a diffusing voltage that has not yet met the threshold.

    By the method of images: a normal density less its mirror image, which is zero at the threshold (Redner 2001, *A
    Guide to First-Passage Processes*, Section 3.2).
    """
    scale = np.where(sd > 0, sd, 1.0)
    # A mean at or beyond the threshold leaves the limit of the density, that of Rayleigh.
    gap = np.maximum((threshold - mean) / scale, 0.05)
    wanted = level * (2 * ndtr(gap) - 1)
    low, high = np.full(gap.shape, -9.0), gap
    found = bisected(lambda middle: ndtr(middle) - ndtr(middle - 2 * gap) < wanted, low, high)
    return np.asarray(threshold + scale * (found - gap))


def _step(constants: Values, state: Variables, drive: Array, kick: Array, now: int) -> NDArray[np.bool_]:
    v, free_from = state["v"], state["free_from"]
    v += (now >= free_from) * (constants["approach"] * (constants["rest"] + drive - v) + kick)
    fired = v > constants["v_threshold"]
    np.copyto(v, constants["v_reset"], where=fired)
    np.copyto(free_from, now + 1 + constants["refractory_steps"], where=fired, casting="unsafe")
    return np.asarray(fired)


LIF_MODEL = NeuronModel(
    parameters=("tau_m", "t_ref", "v_rest", "v_reset", "v_threshold"),
    rate=firing_rate,
    steady=steady_voltage,
    equations="""
        v : volt
        free_from : integer
        rest : volt (constant)
        approach : 1 (constant)
        v_threshold : volt (constant)
        v_reset : volt (constant)
        refractory_steps : integer (constant)
    """,
    # Exact for an input held over the step.
    update="v += int(t_in_timesteps >= free_from) * approach * (rest + gain * x - v)",
    noisy_update="v += int(t_in_timesteps >= free_from) * (approach * (rest + gain * x - v) + noise * xi)",
    threshold="v > v_threshold",
    reset="""
        v = v_reset
        free_from = t_in_timesteps + 1 + refractory_steps
    """,
    constants=_constants,
    kick=_kick,
    initial=_initial,
    step=_step,
)
