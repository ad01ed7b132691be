"""Scene: a spiking run beside what its description promises, which every fault is looked for in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biornn.compare.causes.defects import Course, Route, Table, course, decoded, flow, knots, routes
from biornn.core.rate import RateNetwork
from biornn.core.recording import Recording
from biornn.core.spiking import Bank, SpikingNetwork
from biornn.core.trials import Trials
from biornn.theory.activation import apply

Array = NDArray[np.float64]


class Suspect(NamedTuple):
    """A fault that a run shows; `part` (K, T, N) of the defects is due to it. See `Cause` for the texts."""

    name: str
    evidence: str
    advice: str
    part: Array


@dataclass(frozen=True, eq=False)
class Scene:
    """A spiking run of a network with one bank, and what its description promises.

    Attributes
    ----------
    course : Course
        The run, step by step.
    defects : (K, T, N) array
        Its distance, after each step, from where the rate equation leads.
    bank : Bank
        The populations.
    dt : float
        Step of the simulation in s.
    routes : tuple of Route
        How units reach each other.
    rates : (K, T, N) array
        Measured rates of the populations in Hz.
    """

    course: Course
    defects: Array
    bank: Bank
    dt: float
    routes: tuple[Route, ...]
    rates: Array

    @property
    def network(self) -> RateNetwork:
        """The rate network."""
        return self.course.network

    def mean(self, function: Callable[[Array], Array]) -> Array:
        """Return the mean of a function of the states over each step, from its two ends."""
        return (function(self.course.before) + function(self.course.after)) / 2

    def wanted(self) -> Array:
        """Return the activity (K, T, N) that the rate network has at the run's states."""
        return self.mean(lambda x: apply(self.network.activation, x))

    def curves(self, noise: Array) -> tuple[Array, ...]:
        """Return what each route's decoders read (K, T, N) at the run's states, without the constant part.

        Parameters
        ----------
        noise : (N, M) array
            SD in V of the membrane noise that the neurons are taken to have.
        """
        grid = knots(self.course)
        read = (decoded(self.bank, route.decoders, grid, self.dt, noise) for route in self.routes)
        return tuple(self.mean(Table(grid[0], grid[-1], values).at) for values in read)

    def table(self, function: Callable[[int, Array], Array]) -> Table:
        """Return a table of ``function(unit, x)`` at the states x (S,) that each unit visits."""
        grid = knots(self.course)
        values = np.stack([function(unit, grid[:, unit]) for unit in range(self.network.units)], axis=1)
        return Table(grid[0], grid[-1], values)

    def moved(self, errors: tuple[Array, ...]) -> Array:
        """Return the defects (K, T, N) that errors (K, T, N) of each route's activity make."""
        drive = [error @ route.weight.T for error, route in zip(errors, self.routes, strict=True)]
        return np.asarray(self.course.approach * sum(drive[1:], start=drive[0]))

    def influence(self, route: Route) -> Array:
        """Return the squared weights (N,) that each unit's activity meets."""
        return np.asarray((route.weight**2).sum(axis=0))


def scene(network: RateNetwork, spiking: SpikingNetwork, run: Recording, trials: Trials, reference: Array) -> Scene:
    """Return the scene of a spiking run on trials; `reference` (K, T, N) are the states it should have had."""
    bank = spiking.bank(spiking.observe)
    steps = course(network, trials.inputs, bank.initial_state, run.states, reference)
    defects = steps.after - flow(network, steps.before, steps.held)
    return Scene(steps, defects, bank, spiking.dt, routes(network, spiking, reference), run.rates)
