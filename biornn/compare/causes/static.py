"""Static faults: what populations read at constant states is not what the rate network has there.

Decoders and f-I curves tell it without simulation. The faults are looked for in an order in which each takes its own
part of the error and leaves the rest to the next, so that nothing is blamed on two.

The limits lie between faults planted in models/go-nogo-sigmoid (20 neurons a unit) and sound maps of it (3 to 50
neurons, noisy, irregular, ON/OFF, Dale's law).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.compare.causes.defects import Route, decoded, quantiles, unit_rates
from biornn.compare.causes.scene import Scene, Suspect, Tables
from biornn.theory.activation import apply

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
NOISES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
"""Membrane noise that decoders may have been fitted under, as shares of the distance from reset to threshold."""
FITTED, BETTER = 0.15, 2.0
"""Decoders are those of neurons with another noise if they err there by less than 0.15 of the activity's SD, and by
less than half of what they do here: 0.007 against 0.086 where noise of 3 mV is missing, 0.011 against 0.039 where 1.5
mV were added. Sound maps err by 0.09 at most (3 neurons a unit), and by less elsewhere by a factor of 1.1 at most."""
BALANCE, ONE_SCALE = 0.1, 0.2
"""Excitation and inhibition have drifted apart if their scales differ by more than a tenth, and leave less than a fifth
of the static error's power. The scales of sound maps differ by 0.003, those of neurons that all are too slow or
too fast by 0.04."""
STILL = 0.1
"""Silent units are not missed if their activity varies by less than this share of the pooled SD."""
LOST_GAIN = 0.5
"""A population is saturated where refractoriness leaves less than half of its gain: with f = f0 / (1 + f0 t_ref),
df / df0 = (1 - f t_ref)^2. The fastest default neuron, at 120 Hz with 2 ms, keeps 0.58."""


RANGE_ADVICE = "calibrate on trials that visit all that is to be visited, or raise bridge.Population(margin=...)"


class Static(NamedTuple):
    """What is left to explain: what each route reads without the constant part, and the errors of its activity."""

    curves: Tables
    errors: Tables

    def less(self, parts: Tables) -> "Static":
        """Return this with parts of curves and errors mended."""
        curves, errors = (tuple(v - part for v, part in zip(values, parts, strict=True)) for values in self)
        return Static(curves, errors)


class Fault(NamedTuple):
    """What was found, and the part of the errors that is due to it."""

    name: str
    evidence: str
    advice: str
    parts: Tables


def static_faults(scene: Scene) -> list[Suspect]:
    """Return the static faults of a run."""
    left = Static(scene.curves, scene.errors)
    found = []
    for look in (noise_mismatch, drift, silent_units, range_exceeded, saturation, decoding_error):
        fault = look(scene, left)
        if fault is not None:
            found.append(Suspect(*fault, np.zeros(())))
            left = left.less(fault.parts)
    return found


def noise_mismatch(scene: Scene, left: Static) -> Fault | None:
    """Look for decoders that fit these neurons under another membrane noise."""
    bank = scene.bank
    distance = bank.parameters["v_threshold"] - bank.parameters["v_reset"]
    here = _misfit(scene, bank.noise)
    there, noise = min(((_misfit(scene, share * distance), share * distance) for share in NOISES), key=lambda m: m[0])
    if there > FITTED or here < BETTER * there:
        return None
    sample = quantiles(scene.course.after)
    expected = np.mean([unit_rates(bank, u, x, scene.dt, noise[u]).mean() for u, x in enumerate(sample.T)])
    evidence = (
        f"decoders fit neurons with noise of {noise.mean() * 1e3:.2g} mV (error {there:.3f} of the activity's SD), "
        f"these have {bank.noise.mean() * 1e3:.2g} mV (error {here:.3f}); they fire at {scene.rates.mean():.1f} Hz "
        f"where such neurons would at {expected:.1f} Hz"
    )
    parts = tuple(c - p for c, p in zip(left.curves, scene.read(noise), strict=True))
    return Fault("noise mismatch", evidence, "map again with the noise that the neurons have", parts)


def _misfit(scene: Scene, noise: Array) -> float:
    """Return the SD of the decoders' error over the reference's states, over the SD of the activity."""
    sample = quantiles(scene.course.reference)
    wanted = apply(scene.network.activation, sample)
    power = np.zeros(2)
    for route in scene.routes:
        error = decoded(scene.bank, route.decoders, sample, scene.dt, noise) - wanted
        power += [scene.influence(route) @ values.var(axis=0) for values in (error, wanted)]
    return float(np.sqrt(power[0] / max(power[1], 1e-30)))


def drift(scene: Scene, left: Static) -> Fault | None:
    """Look for inhibitory units that transmit their activity at another scale than excitatory ones."""
    classes = [_signs(scene, route) for route in scene.routes]
    scales = [_scale(scene, left, [signs == sign for signs in classes]) for sign in (1, -1)]
    if min(scales) <= 0 or abs(scales[0] / scales[1] - 1) < BALANCE:
        return None
    # What a population read too weakly or too strongly is mended by the inverse scale.
    parts = tuple(
        curve * (1 - np.where(signs > 0, 1 / scales[0], np.where(signs < 0, 1 / scales[1], 1.0)))
        for curve, signs in zip(left.curves, classes, strict=True)
    )
    if _power(scene, left.less(parts)) > ONE_SCALE * _power(scene, left):
        return None
    run, reference = _balance(scene, left)
    evidence = (
        f"excitatory units transmit {scales[0]:.2f} of their activity, inhibitory ones {scales[1]:.2f}; mean drive "
        f"E {run[0]:.2f}, I {run[1]:.2f}, in the reference E {reference[0]:.2f}, I {reference[1]:.2f}"
    )
    return Fault("E/I drift", evidence, "fit the decoders of the drifted class again, or scale them back", parts)


def _signs(scene: Scene, route: Route) -> Array:
    """Return +1 for excitatory and -1 for inhibitory units (N,): by Dale's sign, else by the sum of their weights."""
    return np.where(scene.network.signs != 0, scene.network.signs, np.sign(route.weight.sum(axis=0)))


def _scale(scene: Scene, left: Static, members: list[Mask]) -> float:
    """Return how much of their activity the units of a class transmit, 1 for all of it; 0 if it cannot be told."""
    shared, power = 0.0, 0.0
    for route, curve, member in zip(scene.routes, left.curves, members, strict=True):
        weight = scene.influence(route) * member
        shared += float(scene.visited(curve * (scene.wanted - route.constant)).mean(axis=(0, 1)) @ weight)
        power += float(scene.visited(curve**2).mean(axis=(0, 1)) @ weight)
    return power / shared if shared > 0 else 0.0


def _power(scene: Scene, left: Static) -> float:
    """Return the power of the static errors, by the weights that they meet."""
    pairs = zip(scene.routes, left.errors, strict=True)
    return float(sum(scene.influence(route) @ scene.visited(error**2).mean(axis=(0, 1)) for route, error in pairs))


def _balance(scene: Scene, left: Static) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return mean excitatory and inhibitory drive of a unit, in the run and in the reference."""
    activity = scene.visited(scene.wanted).mean(axis=(0, 1))
    reference = apply(scene.network.activation, scene.course.reference).mean(axis=(0, 1))
    drives = np.zeros((2, 2))
    for route, error in zip(scene.routes, left.errors, strict=True):
        for column, part in enumerate((np.maximum(route.weight, 0), np.minimum(route.weight, 0))):
            for row, given in enumerate((activity + scene.visited(error).mean(axis=(0, 1)), reference)):
                drives[row, column] += float((part @ given).mean())
    return (drives[0, 0], drives[0, 1]), (drives[1, 0], drives[1, 1])


def silent_units(scene: Scene, left: Static) -> Fault | None:
    """Look for units whose neurons never fire though their activity varies in the reference."""
    spread = apply(scene.network.activation, scene.course.reference).std(axis=(0, 1))
    silent = (scene.rates == 0).all(axis=(0, 1)) & (spread > STILL * np.sqrt((spread**2).mean()))
    if not silent.any():
        return None
    evidence = (
        f"{silent.sum()} of {silent.size} units never fire, though their activity varies by "
        f"{spread[silent].mean():.2g} (all units: {spread.mean():.2g})"
    )
    return _masked("silent units", evidence, "raise their gain or bias, or lower their thresholds", left, silent)


def range_exceeded(scene: Scene, left: Static) -> Fault | None:
    """Look for states beyond those that the decoders were fitted to."""
    low, high = scene.bank.tuned

    def beyond(x: Array) -> Mask:
        return np.asarray((x < low) | (x > high))

    here, there = beyond(scene.course.after).mean(), beyond(scene.course.reference).mean()
    if here == 0:
        return None
    evidence = f"{here:.1%} of the states lie beyond what the decoders were fitted to (in the reference {there:.1%})"
    return _masked("range exceeded", evidence, RANGE_ADVICE, left, beyond(scene.grid))


def saturation(scene: Scene, left: Static) -> Fault | None:
    """Look for populations so near to 1 / t_ref that more drive hardly makes them fire faster."""
    bank = scene.bank
    kept = np.stack([_kept_gain(scene, unit) for unit in range(bank.units)], axis=1)
    share = scene.visited((kept < LOST_GAIN).astype(np.float64)).mean(axis=(0, 1))
    units = share > 0
    if not units.any():
        return None
    limit = 1 / bank.parameters["t_ref"][units].mean()
    evidence = (
        f"at {share.mean():.1%} of the states ({units.sum()} units) refractoriness takes more than half of the "
        f"neurons' gain; they fire at {scene.rates[..., units].mean():.1f} Hz, the limit is {limit:.0f} Hz"
    )
    advice = "map again with lower peak_rates or a shorter t_ref"
    return _masked("saturation", evidence, advice, left, kept < LOST_GAIN)


def _kept_gain(scene: Scene, unit: int) -> Array:
    """Return the share of their gain (G,) that a unit's firing neurons keep, on average, at the grid's states."""
    bank = scene.bank
    rates = unit_rates(bank, unit, scene.grid[:, unit], scene.dt, bank.noise[unit])
    kept = (1 - rates * bank.parameters["t_ref"][unit]) ** 2
    firing = rates > 0
    # Neurons that do not fire have no gain to lose.
    return np.where(firing.any(axis=1), (kept * firing).sum(axis=1) / np.maximum(firing.sum(axis=1), 1), 1.0)


def decoding_error(scene: Scene, left: Static) -> Fault:
    """Take what is left: decoders that read something else at constant states, for no reason known above."""
    wanted = scene.visited(scene.wanted).var(axis=(0, 1))
    spread = sum(scene.influence(route) @ wanted for route in scene.routes)
    error = np.sqrt(_power(scene, left) / max(float(spread), 1e-30))
    evidence = f"at constant states decoders miss the activity by {error:.2f} of its SD"
    advice = "fit decoders to these neurons: map again, with more neurons per unit, wider onsets or tuning='on-off'"
    return Fault("decoding error", evidence, advice, left.errors)


def _masked(name: str, evidence: str, advice: str, left: Static, mask: Mask) -> Fault:
    """Return the fault that all errors under a mask (G, N) or (N,) are due to."""
    return Fault(name, evidence, advice, tuple(error * mask for error in left.errors))
