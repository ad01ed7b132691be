"""Verdict: one comparison in a sentence or two - does the twin follow, how well, and what limits it."""

import math
from typing import NamedTuple

from biornn.compare.accuracy import wilson
from biornn.compare.causes.find import CHAOTIC, POOR_ERROR, POOR_NULL
from biornn.compare.records import Cause, Null, Pair
from biornn.theory.distance import MIN_REPEATS, Split

SIMILAR = 1.5
"""Two measures are alike where neither is more than this many times the other."""
FRACTIONS = (
    (0.12, "a tenth"),
    (0.225, "a fifth"),
    (0.29, "a quarter"),
    (0.41, "a third"),
    (0.7, "half"),
)
"""Upper ends of ratios to the noise floor, and their words."""
LEAST_RATIO, SAME_RATIO = 0.08, 1.4


class Measured(NamedTuple):
    """What a verdict is passed on; NaN where undefined.

    Attributes
    ----------
    accuracy, error : Pair
        Of both networks; a task defines one of them.
    trials : int
        Trials K of the accuracy.
    state, readout : Split
        Distance of the unit states and of the outputs.
    null : Null
        Noise floor.
    time_step : float
        Distance of the trained map to its equation.
    poor : bool
        Whether the conversion is poor, see `biornn.compare.causes.is_poor`.
    causes : tuple of Cause
        What made it poor, most important first.
    fired : bool
        Whether any neuron fired.
    step_ms : float
        Step of the trained map in ms.
    """

    accuracy: Pair
    error: Pair
    trials: int
    state: Split
    readout: Split
    null: Null
    time_step: float
    poor: bool
    causes: tuple[Cause, ...]
    fired: bool
    step_ms: float


def verdict(measured: Measured) -> str:
    """Return whether the spiking network follows the rate network, how well, and what limits it.

    Parameters
    ----------
    measured : Measured

    Returns
    -------
    str
        Two or three short sentences, one line; undefined measures are left out or named with their reason.
    """
    if not measured.fired:
        return "The spiking network does not follow the rate network: no neuron fired."
    found = [f"{_follows(measured)}: {'; '.join(filter(None, (_distance(measured), _performance(measured))))}."]
    return " ".join([*found, *_limits(measured)])


def _follows(m: Measured) -> str:
    if m.null.state > CHAOTIC:
        return "No spiking network can follow the trajectories of this rate network"
    if math.isnan(m.state.nrmse):
        return "Whether the spiking network follows the states of the rate network is undefined"
    if _outputs_alone(m):
        return "The spiking network follows the states of the rate network, but not its outputs"
    return "The spiking network " + ("does not follow" if m.poor else "follows") + " the rate network"


def _outputs_alone(m: Measured) -> bool:
    """Return whether a conversion is poor although its states follow."""
    follows = m.state.nrmse <= POOR_ERROR or m.state.nrmse <= POOR_NULL * m.null.state
    return m.poor and follows and not m.null.state > CHAOTIC


def _distance(m: Measured) -> str:
    error, floor = m.state.nrmse, m.null.state
    if math.isnan(error):
        return "the rate network's states never change"
    distance = f"state error {_short(error)} SD"
    if _outputs_alone(m) and not math.isnan(m.readout.nrmse):
        distance = f"output error {_short(m.readout.nrmse)} SD, {distance}"
    if math.isnan(floor) or floor <= 0:
        return f"{distance} (no noise floor: it was trained without noise)"
    if floor > CHAOTIC:
        return f"{distance}, while its training noise alone moves it by {_short(floor)} SD (noise floor above 1)"
    return f"{distance}, {ratio(error / floor)} the noise floor {_short(floor)}"


def ratio(value: float) -> str:
    """Return a ratio in words, to stand before ``the noise floor``."""
    if value < LEAST_RATIO:
        return "less than a tenth of"
    for end, words in FRACTIONS:
        if value < end:
            return f"{words} of"
    return "about" if value < SAME_RATIO else f"{value:.1f} times"


def _performance(m: Measured) -> str:
    right, wrong = m.accuracy, m.error
    if not math.isnan(right.spiking) and not math.isnan(right.rate):
        texts = f"{right.spiking:.2f}", f"{right.rate:.2f}"
        if texts[0] == texts[1]:
            return f"accuracy {texts[0]} as the rate network's {texts[1]}"
        apart = wilson(right.spiking, m.trials), wilson(right.rate, m.trials)
        chance = apart[0].high >= apart[1].low and apart[1].high >= apart[0].low
        return f"accuracy {texts[0]}, the rate network's {texts[1]}" + (" (within chance)" if chance else "")
    if not math.isnan(wrong.spiking) and not math.isnan(wrong.rate):
        times = wrong.spiking / wrong.rate if wrong.rate > 0 else 1.0
        more = f"{times:.1f} times " if times > SIMILAR else ""
        return f"forecast error {wrong.spiking:.3f}, {more}the rate network's {wrong.rate:.3f}"
    return ""


def _limits(m: Measured) -> list[str]:
    if m.null.state > CHAOTIC:
        return ["Only accuracy, geometry and statistics compare."]
    limits = [_main(m)]
    if m.time_step > m.state.nrmse:
        own = f"its time-step error at {m.step_ms:g} ms is {_short(m.time_step)} SD"
        limits.append(f"The rate network's own step weighs more: {own}.")
    return [text for text in limits if text]


def _main(m: Measured) -> str:
    known = [cause.name for cause in m.causes if cause.name != "unknown"]
    if known:
        further = f", then {', '.join(known[1:])}" if known[1:] else ""
        return f"Main cause: {known[0]}{further}."
    _, bias, noise = m.state
    if math.isnan(bias) or math.isnan(noise):
        unknown = "No known cause explains it. " if m.causes else ""
        return unknown + f"At least {MIN_REPEATS} spiking runs tell whether bias or spike noise limits it."
    if max(bias, noise) <= SIMILAR * min(bias, noise):
        return f"Bias ({_short(bias)}) and spike noise ({_short(noise)}) limit it alike."
    larger = "spike noise" if noise > bias else "bias"
    return f"Mostly {larger} limits it (bias {_short(bias)}, noise {_short(noise)})."


def _short(value: float) -> str:
    """Return a distance with two significant digits."""
    return f"{value:#.2g}".rstrip(".") if value >= 1e-3 or value == 0 else f"{value:.0e}"
