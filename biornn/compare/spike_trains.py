"""Spike trains: how often neurons fire, how irregularly, and whether a population follows its unit."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from biornn.core.recording import Recording, Spikes
from biornn.core.task import UNDEFINED

Array = NDArray[np.float64]
KERNEL_TAU = 0.02
"""Time constant in s of the causal exponential kernel under which population rates are correlated with unit rates."""
MIN_INTERVALS = 20
"""Intervals that a neuron needs for its CV2 to count."""
SORTED = 20_000_000
"""Spikes that are sorted at most, which takes 1 GB."""


class RateCorrelation(NamedTuple):
    """Median over units of the correlation of population rate with unit rate, and the number of units in it."""

    median: float
    units: int


def smooth(rates: Array, dt: float, tau: float = KERNEL_TAU) -> Array:
    """Filter rates (K, T, N), sampled every `dt` s, with a causal exponential of time constant `tau` in s.

    The weights sum to 1 at every step, so that no common rise from zero makes unlike traces alike.
    """
    keep = math.exp(-dt / tau)
    weight = 1 - keep ** np.arange(1, rates.shape[1] + 1)
    return np.asarray(lfilter([1 - keep], [1, -keep], rates, axis=1) / weight[:, None])


def rate_correlation(population: Array, unit: Array, dt: float, tau: float = KERNEL_TAU) -> RateCorrelation:
    """Correlate population rates with unit rates, both smoothed with the same causal exponential kernel of 20 ms.

    Within one step of a few ms a population fires a handful of spikes; the kernel stands for the synapse through which
    others see it.

    Parameters
    ----------
    population : (K, T, N) array
        Firing rates in Hz of the units' populations.
    unit : (K, T, N) array
        Rates r = phi(x) of the rate network.
    dt : float
        Step of both in s.
    tau : float
        Time constant of the kernel in s.

    Returns
    -------
    RateCorrelation
        Median of Pearson's correlation across trials and time; units whose r or whose population rate never changes
        (a silent population) have none and are left out. NaN when none is left.
    """
    traces = [smooth(rates, dt, tau).reshape(-1, rates.shape[2]) for rates in (population, unit)]
    centred = [trace - trace.mean(axis=0) for trace in traces]
    norms = [np.linalg.norm(trace, axis=0) for trace in centred]
    floors = [1e-9 * np.linalg.norm(trace, axis=0) for trace in traces]
    defined = (norms[0] > floors[0]) & (norms[1] > floors[1])
    if not defined.any():
        return RateCorrelation(UNDEFINED, 0)
    overlap = np.einsum("sn,sn->n", centred[0][:, defined], centred[1][:, defined])
    return RateCorrelation(float(np.median(overlap / (norms[0] * norms[1])[defined])), int(defined.sum()))


def mean_rate(recording: Recording) -> float:
    """Return the mean firing rate in Hz over all neurons and trials.

    Where only a sample of the spikes was kept it is the mean over the populations that stand for the units.
    """
    if recording.recorded.size < recording.neurons:
        return float(recording.rates.mean())
    seconds = recording.neurons * recording.states.shape[0] * recording.duration
    return float(recording.spikes.count / seconds)


def cv2(spikes: Spikes) -> Array:
    """Return each neuron's CV2, ``mean(2 |I[n+1] - I[n]| / (I[n+1] + I[n]))`` (Eq. 3 of Holt et al. 1996).

    J. Neurophysiol. 75:1806. It is 1 for a Poisson train, 0 for a regular one, and unlike the CV little moved by slow
    changes of rate.

    Returns
    -------
    (C,) array
        One value for each neuron with at least `MIN_INTERVALS` intervals, in order of neuron number. Intervals lie
        within a trial, and so does each pair of neighbours.
    """
    order = np.lexsort((spikes.time, spikes.trial, spikes.neuron))
    trial, neuron, time = spikes.trial[order], spikes.neuron[order], spikes.time[order]
    interval = np.diff(time)
    within = (trial[1:] == trial[:-1]) & (neuron[1:] == neuron[:-1])
    pair = within[1:] & within[:-1]
    before, after, owner = interval[:-1][pair], interval[1:][pair], neuron[2:][pair]
    size = int(neuron.max(initial=-1)) + 1
    pairs = np.bincount(owner, minlength=size)
    summed = np.bincount(owner, weights=2 * np.abs(after - before) / (after + before), minlength=size)
    enough = (np.bincount(neuron[1:][within], minlength=size) >= MIN_INTERVALS) & (pairs > 0)
    return np.asarray(summed[enough] / pairs[enough])


def median_cv2(spikes: Spikes, most: int = SORTED) -> float:
    """Return the median CV2 over neurons with at least `MIN_INTERVALS` intervals; NaN when there are none.

    Of more than about `most` spikes those of as many neurons are taken, drawn always alike. Not every second or third
    neuron: in each population these are the ones of the same tuning.
    """
    if spikes.count > most:
        drawn = np.random.default_rng(0).random(int(spikes.neuron.max()) + 1) < most / spikes.count
        kept = drawn[spikes.neuron]
        spikes = Spikes(spikes.trial[kept], spikes.neuron[kept], spikes.time[kept])
    values = cv2(spikes)
    return float(np.median(values)) if values.size else UNDEFINED
