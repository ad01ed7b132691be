"""Request: what a run is asked for, checked once before anything is built."""

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biornn.core import checks
from biornn.core.rate import SYMBOL
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials, check_symbols
from biornn.theory.neurons import NEURON_MODELS

Neurons = NDArray[np.int32]


def nobody() -> Neurons:
    """Return the choice of no neuron."""
    return np.empty(0, np.int32)


LATE = 1e-6
"""Part of a step by which a time may miss its step, through rounding."""


@dataclass(frozen=True, eq=False)
class Request:
    """Neurons that are recorded, in the order asked for, and neurons that are silenced.

    Attributes
    ----------
    spikes, voltages, currents, silent : int32 arrays
        Neurons numbered over all banks.
    window : (int, int)
        First step in which the silent neurons are silent, and the one after the last.
    """

    spikes: Neurons = field(default_factory=nobody)
    voltages: Neurons = field(default_factory=nobody)
    currents: Neurons = field(default_factory=nobody)
    silent: Neurons = field(default_factory=nobody)
    window: tuple[int, int] = (0, 0)


def network_and_trials(network: Any, trials: Any) -> tuple[SpikingNetwork, Trials]:
    """Return both, or refuse what is no spiking network, no trials, or does not fit together."""
    if isinstance(network, Trials) and isinstance(trials, SpikingNetwork):
        checks.refuse("spiking.run", "must be given the network first", "trials first", "swap the arguments")
    advice = "map a RateNetwork with biornn.bridge: spiking_network, _ = bridge.Population()(network, trials)"
    checks.instance("spiking.run: network", network, SpikingNetwork, advice)
    advice = "draw trials of a task: task.trials(count, seed, dt)"
    checks.instance("spiking.run: trials", trials, Trials, advice)
    for bank in network.banks:
        where = f"Bank[{bank.name}]"
        model = NEURON_MODELS[checks.member(f"{where}.model", bank.model, NEURON_MODELS)]
        missing = [name for name in model.parameters if name not in bank.parameters]
        if missing:
            checks.refuse(f"{where}.parameters", f"must have {', '.join(missing)}", sorted(bank.parameters), "add them")
    channels = network.inputs[0].weight.shape[1]
    if trials.inputs.shape[2] != channels:
        checks.refuse("Trials.inputs", f"must have {channels} channels", trials.inputs.shape[2], "use the same task")
    if abs(trials.dt / network.trial_dt - 1) > 1e-6:
        rule = f"must be the step {network.trial_dt:g} s of the network's trials"
        checks.refuse("Trials.dt", rule, f"{trials.dt:g} s", "draw trials at that step")
    check_symbols(trials, one_step=network.about.get("step") == SYMBOL)
    return network, trials


def recorded(name: str, wanted: Any, network: SpikingNetwork) -> Neurons:
    """Return neurons chosen by number or by a mask, in the order asked for; ``"all"`` or ``"none"`` of them."""
    if isinstance(wanted, str):
        checks.member(name, wanted, ("all", "none"))
        return np.arange(network.neurons if wanted == "all" else 0, dtype=np.int32)
    advice = "choose neurons of this network, by number or by a mask; network.neurons_of(unit) has those of a unit"
    return checks.indices(name, wanted, network.neurons, advice).astype(np.int32)


def silenced(
    silence: Any, from_: Any, until: Any, network: SpikingNetwork, steps: int
) -> tuple[Neurons, tuple[int, int]]:
    """Return the neurons to be silenced and the steps of the simulation, [first, last), in which they are.

    Parameters
    ----------
    silence : dict
        Units of the observed bank under ``"units"``, neurons under ``"neurons"``; empty for nobody.
    from_, until : float
        Window in s within the trial; `until` None stands for the end of the trial.
    steps : int
        Steps of each trial.
    """
    duration = steps * network.step_duration
    start = checks.seconds("from_", from_, 0.0, duration)
    end = duration if until is None else checks.seconds("until", until, 0.0, duration)
    advice = "give {'units': [...]} or {'neurons': [...]}"
    chosen = checks.instance("silence", silence, dict, advice)
    for key in chosen:
        checks.member("silence", key, ("units", "neurons"))
    bank = network.bank(network.observe)
    units = checks.indices("silence['units']", chosen.get("units", ()), bank.units, "choose units of the observed bank")
    neurons = recorded("silence['neurons']", chosen.get("neurons", ()), network)
    of_units = [network.neurons_of(int(unit)) for unit in units]
    every = np.unique(np.concatenate([neurons, *of_units])).astype(np.int32)
    if not every.size:
        if chosen or start > 0 or until is not None:
            checks.refuse("silence", "must name units or neurons", dict(chosen) or "a window alone", advice)
        return nobody(), (0, 0)
    if start >= end:
        checks.refuse("until", f"must be later than from_ = {start:g} s", f"{end:g} s", "choose a longer window")
    first, last = (int(np.ceil(time / network.dt - LATE)) for time in (start, end))
    return every, (first, last)


def workers(jobs: Any) -> int:
    """Return how many trials may run at once."""
    return checks.count("jobs", os.cpu_count() or 1 if jobs is None else jobs, 1, 1024)
