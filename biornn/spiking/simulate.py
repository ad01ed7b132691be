"""Run a described network on trials: one program, one short process per trial, all cores."""

import logging
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biornn import __version__
from biornn.core import checks
from biornn.core.progress import bar
from biornn.core.rate import SYMBOL
from biornn.core.recording import Recording
from biornn.core.seeds import generator
from biornn.core.spiking import SpikingNetwork
from biornn.core.trials import Trials, check_symbols
from biornn.spiking import cache, engines, memory
from biornn.spiking.collect import Collector, Trial, trial
from biornn.spiking.compilation import compiler
from biornn.spiking.structure import fixed_values, structure, trial_values

logger = logging.getLogger("biornn")


def run(
    network: SpikingNetwork,
    trials: Trials,
    *,
    seed: int = 0,
    spikes: str | ArrayLike = "all",
    voltages: ArrayLike = (),
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
    spikes : {"all", "none"} or array_like of int
        Neurons whose spikes are kept. Firing rates of the units are counted in any case.
    voltages : array_like of int
        Neurons whose membrane voltage is recorded at every step.
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
        Trials that do not fit the network, neurons that do not exist, or a run that does not fit into memory.

    Notes
    -----
    Where no C++ compiler is found Brian2's numpy target runs the same network, several times slower. What a run needs
    is in `Recording.about` under ``memory``. More spikes than fit into memory are left on disk and read from there as
    they are used, see `biornn.spiking.collect`.
    """
    _check(network, trials)
    kept, chosen = _neurons("spikes", spikes, network), _neurons("voltages", voltages, network)
    workers = checks.count("jobs", os.cpu_count() or 1 if jobs is None else jobs, 1, 1024)
    plan = structure(network, bool(kept.size), chosen)
    shared = fixed_values(network, chosen)
    found = memory.need(network, trials.count, trials.steps, kept.size, chosen.size)
    logger.info("memory that the run needs: %s", found)
    workers = memory.workers(workers, trials.count, found)
    start = time.perf_counter()
    with ExitStack() as held:
        program = held.enter_context(cache.using(plan, show=progress)) if compiler() else None
        built = time.perf_counter()
        work = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="biornn-")))
        runner = engines.compiled(program, shared, work) if program else engines.interpreted(plan, shared, work)
        del shared  # in files by now
        collector = held.enter_context(closing(Collector(network, trials.count, trials.steps, chosen)))

        def one(index: int) -> Trial:
            inputs = trials.inputs[index].repeat(network.stretch, axis=0)
            values = trial_values(network, inputs, generator(seed, "spiking", index))
            return trial(runner(values), network, trials.steps, kept, chosen)

        pool = held.enter_context(ThreadPoolExecutor(workers))
        shown = held.enter_context(bar(trials.count, "simulating", "trial", progress))
        for index, result in enumerate(_in_order(pool, one, trials.count, workers)):
            collector.add(index, result)
            shown.update()
        fields = collector.fields()
    engine = f"{version('brian2')} {'cpp_standalone' if program else 'numpy'}"
    about: dict[str, str | float] = {"biornn": __version__, "brian2": engine, "memory": str(found)}
    about |= {"seconds_build": built - start, "seconds_simulate": time.perf_counter() - built}
    return Recording(source=network, seed=seed, neurons=network.neurons, recorded=kept, about=about, **fields)


def _in_order(pool: Executor, work: Callable[[int], Trial], count: int, workers: int) -> Iterator[Trial]:
    """Yield the results of ``work(0)`` to ``work(count - 1)``; no more than `workers` wait to be taken."""
    waiting: deque[Future[Trial]] = deque()
    for index in range(count):
        waiting.append(pool.submit(work, index))
        if len(waiting) > workers:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _check(network: SpikingNetwork, trials: Trials) -> None:
    channels = network.inputs[0].weight.shape[1]
    if trials.inputs.shape[2] != channels:
        checks.refuse("Trials.inputs", f"must have {channels} channels", trials.inputs.shape[2], "use the same task")
    if abs(trials.dt / network.trial_dt - 1) > 1e-6:
        rule = f"must be the step {network.trial_dt:g} s of the network's trials"
        checks.refuse("Trials.dt", rule, f"{trials.dt:g} s", "draw trials at that step")
    check_symbols(trials, one_step=network.about.get("step") == SYMBOL)


def _neurons(name: str, wanted: str | ArrayLike, network: SpikingNetwork) -> NDArray[np.int32]:
    if isinstance(wanted, str):
        checks.member(name, wanted, ("all", "none"))
        return np.arange(network.neurons if wanted == "all" else 0, dtype=np.int32)
    chosen = np.unique(np.asarray(wanted, dtype=np.int64))
    if chosen.size and not 0 <= chosen[0] <= chosen[-1] < network.neurons:
        rule = f"must be neurons from 0 to {network.neurons - 1}"
        checks.refuse(name, rule, f"{chosen[0]} to {chosen[-1]}", "choose neurons of this network")
    return chosen.astype(np.int32)
