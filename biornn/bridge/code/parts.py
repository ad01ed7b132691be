"""Parts: the signals of each part of a graph, coded by populations."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biornn.bridge.base import Populations
from biornn.bridge.code.allocation import allocate
from biornn.bridge.code.dale import carriers, one_signed
from biornn.bridge.code.decoders import Fitted, Reading
from biornn.bridge.code.evaluation import Evaluation
from biornn.bridge.code.population_code import PopulationCode
from biornn.bridge.graph.graph import Graph, Part, outgoing
from biornn.core import checks
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials

Array = NDArray[np.float64]
Coded = Mapping[str, tuple[Populations, Fitted]]
"""Populations of each part and how well their decoders fit."""
ONSETS = (-0.2, 0.95)
"""Of parts that are no states, whose curves rise and fall: nobody looks at their firing rates, and squares and products
need both ends of the range. What else was tried is on docs/gated.md."""


def code_parts(
    network: RateNetwork,
    trials: Trials,
    evaluation: Evaluation,
    code: PopulationCode,
    neurons: Mapping[str, int] | None,
    *,
    dale: bool,
) -> Coded:
    """Return the populations of each part and how well their decoders fit.

    Parameters
    ----------
    trials : Trials
        Calibration trials.
    code : PopulationCode
        Of a single population.
    neurons : dict of str to int, or None
        Neurons of each signal of some parts, where they differ from those of `code`; None has them allocated by error.

    Raises
    ------
    InputError
        A part that the cell does not have; trials that are too short to allocate on; neuron parameters or noise that
        do not fit.
    """
    parts = [part.name for part in evaluation.graph.parts]
    for name in neurons or {}:
        checks.member("Population.neurons", name, parts)
    sizes = {name: (neurons or {}).get(name, code.neurons_per_unit) for name in parts}
    found = _coded(evaluation, code, sizes, dale)
    if neurons is not None:
        return found
    sizes = allocate(
        network,
        evaluation.graph,
        found,
        trials,
        neurons=code.neurons_per_unit,
        dt=code.dt,
        states=evaluation.states,
    )
    return _coded(evaluation, code, sizes, dale)


def _coded(evaluation: Evaluation, code: PopulationCode, sizes: Mapping[str, int], dale: bool) -> Coded:
    found = {}
    for part in evaluation.graph.parts:
        size = sizes[part.name]
        own = code if part.state else _behind(code, dale)
        readings = _readings(evaluation.graph, part, size, dale)
        found[part.name] = replace(own, neurons_per_unit=size).populations(evaluation.points[part.name], readings)
    return found


def _behind(code: PopulationCode, dale: bool) -> PopulationCode:
    """Return the code of signals that are no states."""
    return replace(code, tuning=code.tuning if dale else "on-off", onsets=ONSETS)


def _readings(graph: Graph, part: Part, size: int, dale: bool) -> dict[str, Reading]:
    """Return what is read from a part; under Dale's law also by the neurons that carry weights of one sign."""
    every = np.ones((part.bias.size, size), dtype=bool)
    found = {name: Reading(every, function) for name, function in part.readings.items()}
    weights = {name: weight for name in part.readings if (weight := outgoing(graph, part.name, name)) is not None}
    if dale and (len(weights) > 1 or not all(one_signed(weight) for weight in weights.values())):
        for (name, sign), members in _shared_out(weights, size).items():
            found[graph.decoder(part.name, name, sign)] = Reading(members, part.readings[name])
    return found


def _shared_out(weights: Mapping[str, Array], size: int) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Return which neurons carry the weights of each reading and sign: none more than one of these."""
    if len(weights) == 1:
        (name, weight), *_ = weights.items()
        return dict(zip(((name, "positive"), (name, "negative")), carriers(weight, size), strict=True))
    wanted = {
        (name, sign): (factor * weight > 0).any(axis=0)
        for name, weight in weights.items()
        for sign, factor in (("positive", 1), ("negative", -1))
    }
    asked = np.stack(list(wanted.values()))
    turn = np.cumsum(asked, axis=0) - 1
    whose = np.arange(size) % np.maximum(asked.sum(axis=0), 1)[:, None]
    return {key: asked[index][:, None] & (turn[index][:, None] == whose) for index, key in enumerate(wanted)}
