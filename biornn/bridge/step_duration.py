"""Duration: the shortest step of a discrete network that its populations can still follow, found by simulation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from biornn.bridge import border
from biornn.bridge.base import Judge, Simulate
from biornn.bridge.graph.held_steps import SAMPLE, samples
from biornn.bridge.population import Population
from biornn.core import checks, show
from biornn.core.rate import RateNetwork
from biornn.core.task import Task
from biornn.core.trials import Trials
from biornn.theory.distance import nrmse
from biornn.theory.rate import check_inputs, euler

DURATIONS = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""In s."""
HALVINGS = 2
"""Bisections between the longest duration that failed and the shortest that did not, so that they are 19 % apart."""
SEED = 0
LOSS = 0.03
"""Accuracy that a reliable step may lose."""


@dataclass(frozen=True)
class Tried(show.Shown):
    """What steps of one duration gave on the judged trials.

    Attributes
    ----------
    duration : float
        In s.
    accuracy : float
        Of the spiking network; NaN for tasks that are not right or wrong.
    loss, loss_error : float
        Accuracy lost against the rate network on the same trials, and the standard error of that difference.
    state_nrmse : float
        State error over the SD of the rate network's states.
    reliable : bool
        Whether it keeps the limits that were asked for.
    """

    duration: float
    accuracy: float
    loss: float
    loss_error: float
    state_nrmse: float
    reliable: bool

    def _face(self) -> show.Face:
        return show.Face(f"Tried: {' '.join(str(self).split())}")

    def __str__(self) -> str:
        return (
            f"{self.duration * 1e3:6.0f} ms  accuracy {self.accuracy:.3f}, lost {self.loss:+.3f} "
            f"(standard error {self.loss_error:.3f}), state error {self.state_nrmse:.3f}"
            + (", reliable" if self.reliable else "")
        )


@dataclass(frozen=True)
class ShortestStep(show.Shown):
    """The shortest reliable duration, and all that was measured on the way.

    Attributes
    ----------
    duration : float
        In s, for ``bridge.Population(step_duration=...)``.
    rate_accuracy : float
        Of the rate network on the judged trials.
    trials : int
        How many these were.
    tried : tuple of Tried
        From the shortest duration to the longest.
    """

    duration: float
    rate_accuracy: float
    trials: int
    tried: tuple[Tried, ...]

    def _face(self) -> show.Face:
        line = f"ShortestStep: {self.duration * 1e3:g} ms, judged on {show.count(self.trials, 'trial')}"
        rows = tuple((f"{one.duration * 1e3:.0f} ms", " ".join(str(one).split()[2:])) for one in self.tried)
        return show.Face(line, rows, (f"bridge.Population(step_duration={self.duration:g})",))

    def __str__(self) -> str:
        head = f"shortest reliable step  {self.duration * 1e3:g} ms; rate network {self.rate_accuracy:.3f} right"
        return "\n".join([f"{head} on {self.trials} trials", *(f"  {one}" for one in self.tried)])


def shortest_step(
    mapping: Population,
    network: RateNetwork,
    calibration: Trials | Task,
    judged: Trials,
    *,
    simulate: Simulate,
    score: Judge,
    durations: Sequence[float] = DURATIONS,
    loss: float = LOSS,
    state_nrmse: float | None = None,
    progress: bool = True,
) -> ShortestStep:
    """Return the shortest step for which a mapped discrete network is as good as its rate network.

    Durations are tried from the shortest on, since short ones cost least, until one is reliable; two bisections follow.

    Parameters
    ----------
    mapping : Population
        Its `step_duration` is what is looked for.
    network : RateNetwork
        A discrete one.
    calibration, judged : Trials
        What the mapping is calibrated on, and other trials on which each duration is judged. Score on yet others. A
        task in place of the first has 32 trials of its training part drawn.
    simulate : callable
        ``simulate(network, trials, seed)`` runs a spiking network.
    score : callable
        ``score(outputs, trials)`` of the task.
    durations : sequence of float
        Candidates in s, multiples of 2 ms.
    loss : float
        Reliable is a duration whose loss of accuracy and the standard error of that loss make no more than this.
    state_nrmse : float, optional
        Largest state error; where it is given, it decides instead of the loss, which is left out.
    progress : bool
        Whether to show a progress bar.

    Raises
    ------
    InputError
        A network in continuous time, no durations, implausible limits, a task without accuracy where the loss is to
        decide, no duration that is reliable.
    """
    where = "shortest_step"
    advice = "give bridge.Population(), the network, calibration trials and judged trials"
    checks.instance(f"{where}: mapping", mapping, Population, advice)
    if mapping.step_duration != Population.step_duration:
        rule = "must be left out of the mapping, for it is what is looked for"
        checks.refuse(f"{where}: step_duration", rule, mapping.step_duration, "give durations to try instead")
    network, drawn = border.called(where, network, calibration)
    checks.instance(f"{where}: judged", judged, Trials, border.DRAW)
    check_inputs(network, judged)
    border.function(f"{where}: simulate", simulate, "give simulate(network, trials, seed)")
    border.function(f"{where}: score", score, "give score(outputs, trials), such as task.score")
    if not network.discrete:
        rule = "must be discrete, each time constant equal to its step"
        checks.refuse(f"{where}: network", rule, f"{network.cell!r} in continuous time", "its step is its dt")
    grid = _grid(durations)
    checks.number(f"{where}: loss", loss, 0.0, 1.0, "0.03 is three points")
    if state_nrmse is not None:
        checks.number(f"{where}: state_nrmse", state_nrmse, 1e-4, 10.0, "0.1 is a tenth of an SD")
        if loss != LOSS:
            checks.refuse(f"{where}: loss", "must be left out with state_nrmse, which decides", loss, "leave one out")
    wanted = euler(network, judged.inputs)
    right = border.judged(f"{where}: score", score(wanted.outputs, judged)).correct
    if state_nrmse is None and np.isnan(right).any():
        rule = "must be given for a task that is not right or wrong"
        checks.refuse("shortest_step: state_nrmse", rule, "nothing", "try 0.1, a tenth of an SD")

    def tried(duration: float) -> Tried:
        spiking, _ = replace(mapping, step_duration=duration)(network, drawn, progress=False)
        run = simulate(spiking, judged, SEED)
        lost = right - border.judged(f"{where}: score", score(run.outputs, judged)).correct
        error = float(lost.std(ddof=1) / np.sqrt(lost.size)) if lost.size > 1 else np.inf
        away, missed = nrmse(run.states, wanted.states), float(lost.mean())
        reliable = missed + error <= loss if state_nrmse is None else away <= state_nrmse
        done(f"{duration * 1e3:g} ms")
        return Tried(duration, float(right.mean()) - missed, missed, error, away, reliable)

    with border.at_work("looking for the shortest step", len(grid) + HALVINGS, progress, "duration") as done:
        found = sorted(searched(grid, tried, SAMPLE), key=lambda one: one.duration)
    reliable = [one for one in found if one.reliable]
    if not reliable:
        best = min(found, key=lambda one: one.loss if state_nrmse is None else one.state_nrmse)
        limit = f"loss of {loss:g}" if state_nrmse is None else f"state error of {state_nrmse:g}"
        rule = f"must hold a duration that keeps the {limit}; the best was {' '.join(str(best).split())}"
        given = ", ".join(f"{value:g} s" for value in grid)
        checks.refuse("shortest_step: durations", rule, given, "hold steps longer, add neurons, or allow more")
    return ShortestStep(reliable[0].duration, float(right.mean()), judged.count, tuple(found))


def _grid(durations: Sequence[float]) -> list[float]:
    """Return rising durations in s.

    Raises
    ------
    InputError
        No list, an empty one, times that are no multiples of `SAMPLE` or implausible.
    """
    where = "shortest_step: durations"
    items = border.listed(where, checks.unit_free(where, durations, "second"), "give times in s, (0.02, 0.04)")
    grid = sorted({checks.seconds(where, value, 1e-3, 10.0) for value in items})
    if not grid:
        checks.refuse(where, "must hold at least one", durations, "leave them out")
    for duration in grid:
        samples(duration)
    return grid


def searched(grid: Sequence[float], tried: Callable[[float], Tried], step: float) -> list[Tried]:
    """Return what was tried: durations of the grid up to the first reliable one, then bisections below it.

    Parameters
    ----------
    grid : sequence of float
        Rising durations in s.
    tried : callable
        Tries one.
    step : float
        Bisections are whole multiples of this, in s.
    """
    found: list[Tried] = []
    for duration in grid:
        found.append(tried(duration))
        if found[-1].reliable:
            break
    if len(found) == 1 or not found[-1].reliable:
        return found
    low, high = found[-2].duration, found[-1].duration
    for _ in range(HALVINGS):
        middle = round(float(np.sqrt(low * high)) / step) * step
        if not low < middle < high:
            break
        found.append(tried(middle))
        low, high = (low, middle) if found[-1].reliable else (middle, high)
    return found
