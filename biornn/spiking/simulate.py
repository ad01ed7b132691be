"""Run a described network on trials: one program, one short process per trial, all cores."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from importlib.metadata import version
from pathlib import Path

from numpy.typing import ArrayLike

from biornn import __version__
from biornn.core import checks
from biornn.core.progress import bar
from biornn.core.recording import Recording
from biornn.core.seeds import generator
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials
from biornn.spiking import cache, engines, memory, request, scratch
from biornn.spiking.children import Children
from biornn.spiking.collect import Collector, Trial, trial
from biornn.spiking.compilation import compiler
from biornn.spiking.structure import Structure, fixed_values, structure, trial_values

logger = logging.getLogger("biornn")
SCRATCH = "biornn-run-"
"""How the names of folders for the time of a run begin."""


def run(
    network: SpikingNetwork,
    trials: Trials,
    *,
    seed: int = 0,
    spikes: str | ArrayLike = "all",
    voltages: str | ArrayLike = "none",
    currents: str | ArrayLike = "none",
    silence: Mapping[str, ArrayLike] | None = None,
    from_: float = 0.0,
    until: float | None = None,
    jobs: int | None = None,
    progress: bool = True,
) -> Recording:
    """Simulate a spiking network on trials with Brian2.

    Parameters
    ----------
    network : SpikingNetwork
        What to run.
    trials : Trials
        Inputs (K, T, I) at the network's sampling step, each held for that step.
    seed : int
        Fixes the initial phase of every neuron in every trial; neither `jobs` nor the other trials change a result.
    spikes : {"all", "none"} or array_like
        Neurons whose spikes are kept: numbers, or a boolean mask of all neurons. Firing rates of the units are counted
        in any case.
    voltages, currents : {"all", "none"} or array_like
        Neurons whose membrane voltage and input current are recorded at every step, in the order asked for.
    silence : dict, optional
        ``{"units": [...]}``, units of the observed bank, or ``{"neurons": [...]}``. These neurons emit no spikes: their
        membranes go on and are reset as ever, but the spikes are neither sent, nor counted, nor recorded.
    from_, until : float
        Window of the silence in s within each trial, ``from_ <= time < until``; the whole trial by default.
    jobs : int, optional
        Trials simulated at once; all cores by default, fewer where memory is short.
    progress : bool
        Whether to show progress bars of build and run.

    Returns
    -------
    Recording
        Sampled at the trials' dt, `source` is `network`.

    Raises
    ------
    InputError
        Something else than a spiking network and trials, trials that do not fit the network, neurons that do not
        exist, a run that does not fit into memory, a full disk, or a simulation that a signal has ended.

    Notes
    -----
    Where no C++ compiler is found Brian2's numpy target runs the same network, several times slower. What a run needs
    is in `Recording.about` under ``memory``. More spikes than fit into memory are left on disk and read from there as
    they are used, see `biornn.spiking.collect`.
    """
    request.network_and_trials(network, trials)
    seed, progress = checks.seed("seed", seed), checks.flag("progress", progress)
    kept, traced, driven = (
        request.recorded(name, wanted, network)
        for name, wanted in (("spikes", spikes), ("voltages", voltages), ("currents", currents))
    )
    silent, window = request.silenced({} if silence is None else silence, from_, until, network, trials.steps)
    asked = request.Request(kept, traced, driven, silent, window)
    found = memory.need(network, trials.count, trials.steps, kept.size, traced.size + driven.size)
    logger.info("memory that the run needs: %s", found)
    workers = memory.workers(request.workers(jobs), trials.count, found)
    start = time.perf_counter()
    with ExitStack() as held:
        children = Children()
        plan = structure(network)
        program = held.enter_context(cache.using(plan, show=progress, children=children)) if compiler() else None
        built = time.perf_counter()
        runner = _runner(plan, program, fixed_values(network, asked), held, children)
        collector = held.enter_context(closing(Collector(network, trials.count, trials.steps, asked)))

        def one(index: int) -> Trial:
            inputs = trials.inputs[index].repeat(network.stretch, axis=0)
            values = trial_values(network, inputs, generator(seed, "spiking", index))
            return trial(runner(values), network, trials.steps, asked)

        pool = held.enter_context(ThreadPoolExecutor(workers))
        held.push(lambda problem, *_: children.end() if problem else None)  # before the pool waits for its trials
        shown = held.enter_context(bar(trials.count, "simulating", "trial", progress))
        for index, result in enumerate(_in_order(pool, one, trials.count, workers)):
            collector.add(index, result)
            shown.update()
        fields = collector.fields()
    engine = f"{version('brian2')} {'cpp_standalone' if program else 'numpy'}"
    about: dict[str, str | float] = {"biornn": __version__, "brian2": engine, "memory": str(found)}
    about["trials"] = trials.fingerprint
    about |= {"seconds_build": built - start, "seconds_simulate": time.perf_counter() - built}
    return Recording(source=network, seed=seed, neurons=network.neurons, recorded=kept, about=about, **fields)


def _runner(
    plan: Structure, program: Path | None, shared: engines.Values, held: ExitStack, children: Children
) -> engines.Runner:
    """Return the function that runs one trial, in a folder that vanishes with the run."""
    parent = scratch.temporary()
    scratch.sweep(parent, SCRATCH)
    try:
        work = held.enter_context(scratch.folder(parent, SCRATCH))
        if program:
            return engines.compiled(program, shared, work, children)
        return engines.interpreted(plan, shared, work, children)
    except OSError as problem:
        checks.refuse("folder for temporary files", "must be writable", problem, "set TMPDIR to a folder with room")


def _in_order(pool: Executor, work: Callable[[int], Trial], count: int, workers: int) -> Iterator[Trial]:
    """Yield the results of ``work(0)`` to ``work(count - 1)``; no more than `workers` wait to be taken."""
    waiting: deque[Future[Trial]] = deque()
    for index in range(count):
        waiting.append(pool.submit(work, index))
        if len(waiting) > workers:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
