"""Settings of `biornn.bridge.Population`: what each may be, and which of them would have no effect."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from biornn.bridge import border
from biornn.bridge.code.dale import one_signed
from biornn.bridge.code.lead import LONGEST
from biornn.bridge.code.tuning import checked_noise
from biornn.bridge.graph.held_steps import SAMPLE
from biornn.bridge.graph.leaky import is_leaky
from biornn.core import checks, steps
from biornn.core.quantity import Quantity
from biornn.core.rate import RateNetwork
from biornn.theory.neurons import Neuron

if TYPE_CHECKING:
    from biornn.bridge.population import Population

BY_ERROR = "by-error"
STEP = 1e-4
"""Longest step of the simulation in s where none is given."""
MOST_NEURONS = 1_000_000


def checked(given: "Population") -> dict[str, Any]:
    """Return all settings in SI units.

    Raises
    ------
    InputError
        What `biornn.bridge.Population` says.
    """
    neuron = checks.instance("Population.neuron", given.neuron, Neuron, "give LIF(tau_m=0.02), say")
    limit = checks.unit_free("Population.mean_rate", given.mean_rate, "hertz")
    if given.refit is not None:
        border.function("Population.refit", given.refit, "give simulate(network, trials, seed)")
    return {
        "neurons_per_unit": checks.count("Population.neurons_per_unit", given.neurons_per_unit, 1, MOST_NEURONS),
        "neurons": _neurons(given.neurons),
        "neuron": neuron,
        "tuning": checks.member("Population.tuning", given.tuning, ("rising", "on-off")),
        "noise": checked_noise(given.noise),
        "dale": checks.flag("Population.dale", given.dale),
        "non_negative": checks.flag("Population.non_negative", given.non_negative),
        "onsets": _onsets(given.onsets),
        "margin": checks.number("Population.margin", given.margin, 0, 10, "0.1 adds a tenth on either side"),
        "regularisation": checks.number("Population.regularisation", given.regularisation, 0, 10, "try 0.01"),
        "ridge": checks.number(
            "Population.ridge", given.ridge, 1e-9, 1e6, "1 weighs the trained weights like the data"
        ),
        "readout_tau": checks.seconds("Population.readout_tau", given.readout_tau, 0.0, 1.0),
        "step_duration": checks.seconds("Population.step_duration", given.step_duration, 1e-3, 10.0),
        "lead": border.seconds_or_none("Population.lead", given.lead, 0.0, LONGEST),
        "synapse": border.seconds_or_none("Population.synapse", given.synapse, 1e-4, 1.0),
        "dt": border.seconds_or_none("Population.dt", given.dt, 1e-6, 1e-3),
        "peak_rates": _peak_rates(given.peak_rates, neuron),
        "mean_rate": checks.number("Population.mean_rate", limit, 0.1, 1e4, "give a rate in Hz"),
        "target_nrmse": None if given.target_nrmse is None else _target(given.target_nrmse),
    }


def _target(value: float) -> float:
    return checks.number("Population.target_nrmse", value, 1e-4, 10, "0.05 is a twentieth of an SD")


def _neurons(value: Any) -> Mapping[str, int] | str:
    where, advice = "Population.neurons", "for neurons of every unit give neurons_per_unit"
    if isinstance(value, str):
        return checks.member(where, value, (BY_ERROR,))
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        rule = "must be a dictionary, the neurons of parts of a gated network"
        checks.refuse(where, rule, value, f"did you mean neurons_per_unit={value}?")
    if not isinstance(value, Mapping):
        checks.refuse(where, "must be a dictionary of parts and numbers", f"a {type(value).__name__}", advice)
    for name, count in value.items():
        if not isinstance(name, str):
            checks.refuse(where, "must have names of parts as keys", f"a {type(name).__name__}", advice)
        checks.count(f"{where}[{checks.shown(repr(name))}]", count, 1, MOST_NEURONS)
    return dict(value)


def _peak_rates(value: Any, neuron: Neuron) -> tuple[float, float]:
    low, high = border.pair("Population.peak_rates", value, (1, 1e4), "give (smallest, largest) in Hz", "hertz")
    limit = 1 / max(float(np.max(neuron.t_ref)), 1e-9)
    if not low <= high < limit:
        rule = f"must rise and stay below 1 / t_ref = {limit:g} Hz"
        checks.refuse("Population.peak_rates", rule, (low, high), "lower them or shorten t_ref")
    return low, high


def _onsets(value: Any) -> tuple[float, float]:
    hint = "0 is the range's low end"
    low, high = border.pair("Population.onsets", value, (-1e9, 1e9), hint)
    if not -10 <= low < high <= 0.99:
        checks.refuse("Population.onsets", "must rise within -10 to 0.99", (low, high), hint)
    return low, high


def refuse_conflicts(settings: "Population") -> None:
    """Refuse settings of which one would undo the other.

    Raises
    ------
    InputError
    """
    if settings.dale and settings.tuning != "rising":
        rule = "must be 'rising' under Dale's law: a falling curve flips the sign of its synapses"
        checks.refuse("Population.tuning", rule, repr(settings.tuning), "leave tuning or dale out")
    if settings.dale and settings.neurons_per_unit < 4:
        rule = "must be at least 4 under Dale's law, to share out among both signs"
        checks.refuse("Population.neurons_per_unit", rule, settings.neurons_per_unit, "add neurons or leave dale out")
    if settings.non_negative and settings.tuning != "rising":
        rule = "must be 'rising' with non_negative: a falling curve flips the sign of its synapses"
        checks.refuse("Population.tuning", rule, repr(settings.tuning), "leave tuning or non_negative out")
    if settings.target_nrmse is not None and settings.neurons_per_unit != type(settings).neurons_per_unit:
        rule = "must be left out with target_nrmse, which looks for it"
        advice = "leave one of them out"
        checks.refuse("Population.neurons_per_unit", rule, settings.neurons_per_unit, advice)


def resolved_step(given: Quantity | None, network: RateNetwork) -> float:
    """Return the step of the simulation in s: the one that was given, else the largest that divides, up to 0.1 ms.

    Raises
    ------
    InputError
        A given step that does not divide the step of the network's trials.
    """
    period, what = (SAMPLE, "the sampling step") if network.discrete else (network.dt, "the step of the trials,")
    if given is None:
        return steps.dividing(period, STEP)
    return steps.checked_step("Population.dt", float(given), period, what)


def refuse_idle(settings: "Population", network: RateNetwork) -> None:
    """Refuse settings that this network gives no effect.

    Raises
    ------
    InputError
        Settings of gated or discrete networks for others, and the reverse.
    """
    plain, usual = is_leaky(network), type(settings)
    if settings.refit is None:
        if settings.ridge != usual.ridge:
            _refuse("ridge", settings.ridge, "must be left out without refit, which it belongs to")
    elif network.attends:
        rule = "must be left out for a network with attention, whose readout is no linear map"
        _refuse("refit", "a function", rule, "leave refit out")
    elif plain and settings.dale and not one_signed(network.weights["recurrent"]):
        rule = "must be left out under Dale's law for units with weights of both signs"
        _refuse("refit", "a function", rule, "leave refit or dale out")
    if not network.discrete and settings.step_duration != usual.step_duration:
        rule = "must be left out but for a discrete network, whose steps are held"
        _refuse("step_duration", settings.step_duration, rule)
    if plain:
        _refuse_idle_of_leaky(settings)
        return
    if settings.target_nrmse is not None:
        rule = "must be left out but for a leaky network in continuous time"
        _refuse("target_nrmse", settings.target_nrmse, rule, "give neurons")
    if network.discrete:
        if settings.readout_tau != usual.readout_tau:
            rule = "must be left out for a discrete network: a share of step_duration is used"
            _refuse("readout_tau", settings.readout_tau, rule)
        if settings.neurons == BY_ERROR:
            rule = "must be counts for a discrete network"
            _refuse("neurons", repr(BY_ERROR), rule, "give counts of parts, or leave neurons out")


def _refuse_idle_of_leaky(settings: "Population") -> None:
    if settings.synapse is not None:
        rule = "must be left out for a leaky network: its synapses are the units' own leak"
        _refuse("synapse", settings.synapse, rule)
    if settings.neurons != {}:
        rule = "must be left out for a leaky network, which has one part"
        _refuse("neurons", settings.neurons, rule, "give neurons_per_unit")


def _refuse(name: str, value: object, rule: str, next_step: str = "leave it out") -> None:
    checks.refuse(f"Population.{name}", rule, value, next_step)
