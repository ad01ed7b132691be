"""Scene: a spiking run beside what its description promises, which every fault is looked for in."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.compare.causes.defects import Course, Route, at, course, decoded, explained, flow, knots, routes
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import Bank, SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply

Array = NDArray[np.float64]
Tables = tuple[Array, ...]
"""One table (G, N) for each route, of values at the G states of `Scene.grid`."""


class Suspect(NamedTuple):
    """A fault that a run shows: its share of the static errors, and its share (K, T, N) of the rest of the defects."""

    name: str
    evidence: str
    advice: str
    errors: Tables
    rest: Array


@dataclass(frozen=True, eq=False)
class Scene:
    """A spiking run of a network with one bank, and what its description promises.

    Attributes
    ----------
    course : Course
        The run, step by step.
    bank : Bank
        The populations.
    dt : float
        Step of the simulation in s.
    routes : tuple of Route
        How units reach each other.
    rates : (K, T, N) array
        Measured rates of the populations in Hz.
    grid : (G, N) array
        States at even distances that span what each unit visits.
    wanted : (G, N) array
        Activity of the rate network at the grid.
    curves, errors : tuple of (G, N) arrays
        What each route's decoders read at constant states of the grid, without the constant part, and what the whole
        activity is off by.
    rest : (K, T, N) array
        The defects that these errors do not make.
    """

    course: Course
    bank: Bank
    dt: float
    routes: tuple[Route, ...]
    rates: Array
    grid: Array
    wanted: Array
    curves: Tables
    errors: Tables
    rest: Array

    @property
    def network(self) -> RateNetwork:
        """The rate network."""
        return self.course.network

    def visited(self, values: Array) -> Array:
        """Return the values (K, T, N) of a table (G, N) at the states of the run."""
        return at(self.grid, values, self.course.before)

    def read(self, noise: Array) -> Tables:
        """Return `curves` for neurons with membrane noise (N, M) of that SD in V."""
        return tuple(decoded(self.bank, route.decoders, self.grid, self.dt, noise) for route in self.routes)

    def influence(self, route: Route) -> Array:
        """Return the squared weights (N,) that each unit's activity meets."""
        return np.asarray((route.weight**2).sum(axis=0))

    def share(self, suspect: Suspect) -> float:
        """Return the share of the squared state error that goes where a suspect alone is mended."""
        left = tuple(error - part for error, part in zip(self.errors, suspect.errors, strict=True))
        by_state = partial(moved, self.course, self.routes, self.grid, left)
        return explained(self.course, self.rest - suspect.rest, by_state)


def moved(course: Course, routes: tuple[Route, ...], grid: Array, errors: Tables, states: Array) -> Array:
    """Return the defects (..., N) of a step from `states` (..., N) that static errors make."""
    drive = [at(grid, error, states) @ route.weight.T for error, route in zip(errors, routes, strict=True)]
    return np.asarray(course.approach * sum(drive[1:], start=drive[0]))


def scene(network: RateNetwork, spiking: SpikingNetwork, run: Recording, trials: Trials, reference: Array) -> Scene:
    """Return the scene of a spiking run on trials; `reference` (K, T, N) are the states it should have had."""
    bank = spiking.bank(spiking.observe)
    steps = course(network, trials.inputs, bank.initial_state, run.states, reference)
    ways, grid = routes(network, spiking, reference), knots(steps)
    wanted = apply(network.activation, grid)
    curves = tuple(decoded(bank, route.decoders, grid, spiking.dt, bank.noise) for route in ways)
    errors = tuple(curve + route.constant - wanted for curve, route in zip(curves, ways, strict=True))
    rest = steps.after - flow(network, steps.before, steps.held) - moved(steps, ways, grid, errors, steps.before)
    return Scene(steps, bank, spiking.dt, ways, run.rates, grid, wanted, curves, errors, rest)
