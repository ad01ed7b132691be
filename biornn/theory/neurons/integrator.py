"""Perfect integrator: an integrate-and-fire neuron without leak, with a floor for the voltage.

``tau_m dv/dt = R J``; spike where v exceeds v_threshold, reset to v_reset, silent for t_ref. v_reset is also the lowest
voltage: without leak, a negative current would else draw v away without end. Drives are given as ``v_rest + R J``, so
that v_rest is the drive at which the voltage stands still.

References
----------
Fusi and Mattia 1999, *Neural Computation* 11:633 (linear integrate-and-fire neurons with a floor, under noise).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
from biornn.theory.neurons.siegert import DISCRETE_SHIFT

Array = NDArray[np.float64]
SMALL, LARGE = 1e-3, 500.0
"""Where series and limits stand for the passage time: ``exp`` of more than 700 is infinite."""
RAREST = 60.0
"""Exponent of the rarest spikes that are looked for: a rate below exp(-60) of the highest is 0."""


@dataclass(frozen=True, eq=False)
class Integrator(Neuron):
    """Physical parameters of integrate-and-fire neurons without leak.

    Parameters
    ----------
    tau_m : float or array
        Time in s in which a drive of 1 V above v_rest raises the voltage by 1 V; default 20 ms.
    t_ref : float or array
        Absolute refractory period in s; default 2 ms.
    v_rest, v_reset, v_threshold : float or array
        Drive at which the voltage stands still, lowest voltage, and threshold in V; defaults -65, -65 and -50 mV.

    Each may be a Brian2 quantity, and an array that broadcasts to (U, M) where neurons differ.

    Raises
    ------
    InputError
        Wrong dimension, an implausible time constant or voltage, or a reset or resting voltage at or above the
        threshold.
    """

    model: ClassVar[str] = "integrator"

    tau_m: Any = 0.02
    t_ref: Any = 0.002
    v_rest: Any = -0.065
    v_reset: Any = -0.065
    v_threshold: Any = -0.050


def firing_rate(parameters: Values, steady: ArrayLike, dt: float = 0.0, noise: ArrayLike = 0.0) -> Array:
    """Return the f-I curve: the firing rate in Hz at a constant drive ``steady`` in V.

    Without noise ``1/f = t_ref + tau_m (v_threshold - v_reset) / (steady - v_rest)`` above v_rest, else 0.

    Parameters
    ----------
    parameters : dict of str to array
        SI values that broadcast against `steady`.
    steady : array
        ``v_rest + R J`` in V.
    dt : float
        Step in s of the simulation to be matched; 0 for continuous time. The voltage meets threshold and floor at the
        end of steps only, which moves both apart by 0.5826 SDs of one step's noise.
    noise : array
        Strength of independent white noise: the SD in V that it gives a leaky membrane of the same tau_m.
    """
    steady, noise = np.asarray(steady, dtype=np.float64), np.asarray(noise, dtype=np.float64)
    drive, distance = steady - parameters["v_rest"], parameters["v_threshold"] - parameters["v_reset"]
    rise = parameters["tau_m"] * distance / np.where(drive > 0, drive, 1.0)
    still = np.where(drive > 0, 1.0 / (refractory(parameters, dt, 0.5) + rise), 0.0)
    if not noise.any():
        return np.asarray(still)
    scale = np.where(noise > 0, noise, 1.0)
    shift = DISCRETE_SHIFT * _kick(parameters, scale, dt)
    per_volt = drive / scale**2
    passage = _passage(per_volt, distance + 2 * shift) - _passage(per_volt, shift)
    noisy = 1.0 / (refractory(parameters, dt, 0.25) + parameters["tau_m"] / scale**2 * passage)
    return np.asarray(np.where(noise > 0, noisy, still))


def _passage(k: Array, distance: Array) -> Array:
    """Return ``(k d + exp(-k d) - 1) / k^2``: the mean time from a reflecting floor to an end at distance d.

    In units of 2 over the variance per second; k is twice the drift over that variance (Gardiner 2004, *Handbook of
    Stochastic Methods*, Section 5.2.7).
    """
    y = np.maximum(k * distance, -LARGE)
    safe = np.where(np.abs(y) < SMALL, 1.0, y)
    near, far = 0.5 - y / 6 + y**2 / 24, (safe + np.expm1(-safe)) / safe**2
    return np.asarray(distance**2 * np.where(np.abs(y) < SMALL, near, far))


def steady_voltage(parameters: Values, rate: ArrayLike, dt: float = 0.0, noise: ArrayLike = 0.0) -> Array:
    """Inverse f-I curve: the drive in V that leads to `rate` in Hz; `dt` and `noise` as in `firing_rate`.

    Without noise a rate of 0 gives v_rest.

    Raises
    ------
    InputError
        A rate at or above what the refractory period allows, or of 0 with noise.
    """
    rate, noise = np.asarray(rate, dtype=np.float64), np.asarray(noise, dtype=np.float64)
    distance = parameters["v_threshold"] - parameters["v_reset"]
    drive = parameters["tau_m"] * distance / interval(parameters, rate, noise, dt)
    still = np.asarray(parameters["v_rest"] + drive)
    if not noise.any():
        return still
    reach = RAREST * noise**2 / distance
    low, high = parameters["v_rest"] - reach, parameters["v_rest"] + 2 * drive + reach
    found = bisected(lambda middle: firing_rate(parameters, middle, dt, noise) < rate, low, high)
    return np.asarray(np.where(noise > 0, found, still))


def _constants(parameters: Values, bias: Array, dt: float) -> Variables:
    return {
        "rest": parameters["v_rest"] + bias,
        "still": parameters["v_rest"],
        "step_part": dt / parameters["tau_m"],
        "v_threshold": parameters["v_threshold"],
        "v_reset": parameters["v_reset"],
        "refractory_steps": refractory_steps(parameters, dt).astype(np.int32),
    }


def _kick(parameters: Values, noise: Array, dt: float) -> Array:
    return np.asarray(noise * np.sqrt(2 * dt / parameters["tau_m"]))


def _initial(parameters: Values, steady: Array, noise: Array, draws: Draws, dt: float) -> Variables:
    phase, level = draws
    rate = firing_rate(parameters, steady, dt, noise)
    fires = rate > 0
    since = np.where(fires, phase / np.where(fires, rate, 1.0), np.inf)
    clamped = refractory_steps(parameters, dt)
    free_from = np.maximum(clamped - np.floor(since / dt), 0.0).astype(np.int32)
    rising = np.where(fires, np.maximum(since - clamped * dt, 0.0), 0.0) / parameters["tau_m"]
    v = parameters["v_reset"] + np.maximum(steady - parameters["v_rest"], 0.0) * rising
    if noise.any():
        distance = parameters["v_threshold"] - parameters["v_reset"]
        spread = _below(parameters["v_threshold"], steady - parameters["v_rest"], noise, distance, level)
        v = np.where((noise > 0) & (free_from == 0), spread, v)
    return {"v": np.minimum(v, parameters["v_threshold"]), "free_from": free_from}


def _below(threshold: Array, drive: Array, noise: Array, distance: Array, level: Array) -> Array:
    """Return the quantile `level` of the stationary density of voltages between floor and threshold.

    Of what starts at the floor, a voltage is within z of the threshold with probability passage(z) / passage(distance).
    """
    k = drive / np.where(noise > 0, noise, 1.0) ** 2
    wanted = (1 - level) * _passage(k, distance)
    low = np.zeros(wanted.shape)
    return np.asarray(threshold - bisected(lambda z: _passage(k, z) < wanted, low, low + distance))


def _step(constants: Values, state: Variables, drive: Array, kick: Array, now: int) -> NDArray[np.bool_]:
    v, free_from = state["v"], state["free_from"]
    moved = constants["step_part"] * (constants["rest"] + drive - constants["still"]) + kick
    np.maximum(v + (now >= free_from) * moved, constants["v_reset"], out=v)
    fired = v > constants["v_threshold"]
    np.copyto(v, constants["v_reset"], where=fired)
    np.copyto(free_from, now + 1 + constants["refractory_steps"], where=fired, casting="unsafe")
    return np.asarray(fired)


INTEGRATOR_MODEL = NeuronModel(
    parameters=("tau_m", "t_ref", "v_rest", "v_reset", "v_threshold"),
    rate=firing_rate,
    steady=steady_voltage,
    equations="""
        v : volt
        free_from : integer
        rest : volt (constant)
        still : volt (constant)
        step_part : 1 (constant)
        v_threshold : volt (constant)
        v_reset : volt (constant)
        refractory_steps : integer (constant)
    """,
    update="""
        v += int(t_in_timesteps >= free_from) * step_part * (rest + gain * x - still)
        v = v_reset + (v - v_reset) * int(v > v_reset)
    """,
    noisy_update="""
        v += int(t_in_timesteps >= free_from) * (step_part * (rest + gain * x - still) + noise * xi)
        v = v_reset + (v - v_reset) * int(v > v_reset)
    """,
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
