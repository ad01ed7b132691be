"""Ensembles: many networks of one task, each as `train` makes it, one after the other or side by side."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from biornn.core import checks
from biornn.core.probe import known_task
from biornn.core.progress import bar as progress_bar
from biornn.core.rate import RateNetwork
from biornn.core.task import Task
from biornn.core.values import json_values
from biornn.rate.interrupt import Deferred
from biornn.rate.settings import Training
from biornn.rate.train import checked, remembered, train

if TYPE_CHECKING:
    from biornn.rate.fit import Judge

WAYS = ("sequential", "vmap")


def ensemble(
    task: Task | str,
    *,
    seeds: int | Sequence[int] = 5,
    vary: Mapping[str, Sequence[Any]] | None = None,
    way: str | None = None,
    about: Mapping[str, Any] | None = None,
    progress: bool = True,
    **settings: Any,
) -> list[RateNetwork]:
    """Train a network for each seed and each combination of settings; each equals training it alone, to rounding.

    Networks that differ only in seed and learning rate share one compiled step. They are trained one after the other,
    or, with ``way="vmap"``, all in one call of that step: a GPU has room for that, a CPU wins nothing. Each network
    stops at its own goal; side by side, its place is computed, unused, until the last one stops. Networks whose step or
    sizes differ are trained group after group, and those side by side on one device, whatever `devices` says.

    Parameters
    ----------
    task : Task or str
        As for `biornn.rate.train`.
    seeds : int or sequence of int
        Seeds, or how many from 0 on.
    vary : dict of str to sequence, optional
        Values of further settings, ``{"learning_rate": [0.01, 0.003], "units": [50, 100]}``; all combinations.
    way : {"sequential", "vmap"}, optional
        By default side by side where JAX's default device is no CPU and there is one process.
    about : dict, optional
        JSON values to be kept with every network.
    progress : bool
        Whether to show a progress bar.
    **settings
        The fields of `Training` that all share.

    Returns
    -------
    list of RateNetwork
        Combinations in the order of `vary`, the last varying fastest, and for each of them all seeds. Settings and
        seed are in ``network.about``; ``seconds`` is the whole group's where networks were trained side by side.

    Raises
    ------
    InputError
        Any setting that `biornn.rate.train` refuses, before the first network is trained; no seed or value, a setting
        given twice, or a loss that is not finite.

    Warns
    -----
    UserWarning
        For each network that did not reach its goal, has no defined validation, or will have no spiking twin.

    Notes
    -----
    ``rate.ensemble(task, seeds=10, vary={"noise": [0.05, 0.15]})`` trains 20 networks: ten seeds for each noise.
    """
    kept = json_values("rate.ensemble about", {} if about is None else about, finite=True)
    progress, vary = checks.flag("rate.ensemble progress", progress), {} if vary is None else vary
    task = known_task("rate.ensemble task", task)
    checks.instance("rate.ensemble vary", vary, dict, 'write {"learning_rate": [0.1, 0.2]}')
    given = list(_combinations(seeds, vary, settings))
    members = [checked(task, one) for one in given]
    if way is not None:
        checks.member("rate.ensemble way", way, WAYS)
    if (way or _usual()) == "sequential":
        return _in_turn(task, given, kept, progress)
    with Deferred() as interrupts:
        return _side_by_side(task, members, kept, progress, interrupts.deliver)


def _combinations(
    seeds: int | Sequence[int], vary: Mapping[str, Sequence[Any]], settings: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the settings of every network."""
    chosen = range(checks.count("rate.ensemble seeds", seeds)) if isinstance(seeds, int | np.integer) else seeds
    axes = {**vary, "seed": chosen}
    for name, values in axes.items():
        if not isinstance(name, str):
            checks.refuse("rate.ensemble vary", "must have names of settings", repr(name), "write them as text")
        if name in settings or (name == "seed" and name in vary):
            advice = "give seeds=[...]" if name == "seed" else "leave it out of one of them"
            checks.refuse(f"rate.ensemble {name}", "must be given once", f"{name} twice", advice)
        listed = isinstance(values, Sequence) or (isinstance(values, np.ndarray) and values.ndim > 0)
        if isinstance(values, str) or not listed or not len(values):
            checks.refuse(f"rate.ensemble {name}", "must be a list of at least one value", values, "write [0.1, 0.2]")
    for combination in product(*axes.values()):
        yield {**settings, **dict(zip(axes, combination, strict=True))}


def _usual() -> str:
    import jax

    return "sequential" if jax.default_backend() == "cpu" or jax.process_count() > 1 else "vmap"


def _in_turn(task: Task, given: Sequence[Mapping[str, Any]], about: Mapping[str, Any], show: bool) -> list[RateNetwork]:
    from biornn.rate.join import first

    found = []
    with progress_bar(len(given), f"{task.name} ensemble", "network", show and first()) as bar:
        for one in given:
            found.append(train(task, about=about, progress=False, **one))
            bar.update()
    return found


def _side_by_side(
    task: Task, members: Sequence[Training], about: Mapping[str, Any], show: bool, between: Callable[[], None]
) -> list[RateNetwork]:
    groups: dict[Any, list[int]] = {}
    for index, member in enumerate(members):
        groups.setdefault(_alike(task, member), []).append(index)
    found: dict[int, RateNetwork] = {}
    total = sum(members[places[0]].steps for places in groups.values())
    with progress_bar(total, f"{task.name} ensemble", "step", show) as bar:
        for places in groups.values():
            start, group = time.perf_counter(), [members[place] for place in places]
            judges = _trained(task, group, bar, between)
            seconds = time.perf_counter() - start
            for place, member, judge in zip(places, group, judges, strict=True):
                found[place] = remembered(judge.found(), task, member, about, seconds)
    return [found[index] for index in range(len(members))]


def _alike(task: Task, member: Training) -> Any:
    """Return what networks must share to be trained side by side: the step, all sizes, and the length of training."""
    from biornn.rate.initial import initial
    from biornn.rate.optimise import rule_of

    sizes = [
        sorted((name, np.shape(v)) for name, v in part.items()) for part in initial(member, task.inputs, task.outputs)
    ]
    lengths = (member.batch, member.steps, member.validate_every)
    return rule_of(member, task.dt, task.readout), str(sizes), lengths


def _trained(task: Task, group: Sequence[Training], bar: Any, between: Callable[[], None]) -> list["Judge"]:
    """Train networks side by side until each has reached its goal or made all its steps."""
    import jax
    import jax.numpy as jnp

    from biornn.rate.fit import Judge, seed_of
    from biornn.rate.initial import initial
    from biornn.rate.optimise import Queue, key_of, prepared, rule_of, time_first

    def stacked(trees: Sequence[Any]) -> Any:
        return jax.tree.map(lambda *parts: jnp.stack(parts), *trees)

    drawn = [initial(member, task.inputs, task.outputs) for member in group]
    starts = [prepared(*parts, member) for parts, member in zip(drawn, group, strict=True)]
    parameters, state, constants = stacked(starts)
    judges = [Judge.of(task, member, fixed) for member, (_, fixed) in zip(group, drawn, strict=True)]
    update, keys = _together(rule_of(group[0], task.dt, task.readout)), [key_of(member) for member in group]
    pending: list[Any] = []
    steps, train = group[0].steps, task.part("train")
    with Queue() as queue:
        for step in range(steps):
            between()
            trials = [train.trials(member.batch, seed_of(member, step + 1)) for member in group]
            own = jnp.stack([jax.random.fold_in(key, step) for key in keys])
            parameters, state, loss = update(parameters, state, constants, stacked([*map(time_first, trials)]), own)
            queue.add(loss)
            pending.append(loss)
            bar.update()
            if len(pending) < group[0].validate_every and step + 1 < steps:
                continue
            losses, pending = np.asarray(jnp.stack(pending)), []
            _judged(judges, losses, parameters)
            bar.set_postfix(reached=f"{sum(judge.reached for judge in judges)} of {len(judges)}")
            if all(judge.reached for judge in judges):
                bar.update(steps - step - 1)
                break
    return judges


def _judged(judges: Sequence["Judge"], losses: Any, parameters: Mapping[str, Any]) -> None:
    """Have every judge that still waits see its losses (steps, networks) and its parameters."""
    for index, judge in enumerate(judges):
        if not judge.reached:
            judge.see(losses[:, index].tolist(), {name: part[index] for name, part in parameters.items()})


@cache
def _together(rule: Any) -> Any:
    """Return the compiled step of networks along a first axis of all its arguments."""
    import jax

    from biornn.rate.optimise import once

    return jax.jit(jax.vmap(once(rule)), donate_argnums=(0, 1))
