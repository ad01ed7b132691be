"""Memory and time of a training step against the number of time steps, up to 100,000.

    python -m benchmarks.speed.long_sequences --figure docs/long-sequences.png      # 10 minutes of processor time

The adding task, 64 units, batches of 4 trials, training noise. "plain" keeps all states for the gradient, "segments"
keeps one in about sqrt(T) and computes the others anew (``segment``), "truncated" also ends gradients at their borders
(``truncate``). Every point is a process of its own. Its peak is the largest resident set after two steps, trials,
Python, JAX and compiler included; what a step itself takes is what XLA says that it allocates for it, arguments
included; time is the processor time of the second step. Exponents are slopes of log over log for the upper half of the
lengths. At the end, or alone with ``--train``, a network is trained for three steps at the greatest length by
`rate.train` itself, validation included, and the peak of the whole process is printed.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

LENGTHS = (1_000, 10_000, 100_000)
UNITS, BATCH = 64, 4
CELLS = ("leaky", "lstm")
WAYS = ("plain", "segments", "truncated")
MEGABYTE = 2**20


def settings_of(cell: str, way: str, length: int) -> dict[str, Any]:
    """Return the training settings of a point."""
    segment = 0 if way == "plain" else isqrt(length)
    return {"cell": cell, "units": UNITS, "batch": BATCH, "segment": segment, "truncate": way == "truncated"}


def peak() -> float:
    """Return the largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def work(cell: str, way: str, length: int) -> dict[str, float]:
    """Return the memory of the process and of a step in MB, and the seconds of a step."""
    import jax

    from biornn import rate, tasks
    from biornn.rate.initial import initial
    from biornn.rate.memory import keep_freed_memory
    from biornn.rate.optimise import once, prepared, rule_of, time_first

    keep_freed_memory()
    task = tasks.Adding(length=length)
    settings = rate.Training(**settings_of(cell, way, length))
    parameters, state, constants = prepared(*initial(settings, task.inputs, task.outputs), settings)
    batch, key = time_first(task.trials(BATCH, 0)), jax.random.key(0)
    step = jax.jit(once(rule_of(settings, task.dt, task.readout)), donate_argnums=(0, 1))
    step = step.lower(parameters, state, constants, batch, key).compile()
    plan = step.memory_analysis()
    for _ in range(2):
        start = time.process_time()
        parameters, state, loss = step(parameters, state, constants, batch, key)
        assert np.isfinite(float(loss))
        seconds = time.process_time() - start
    planned = (plan.temp_size_in_bytes + plan.argument_size_in_bytes + plan.output_size_in_bytes) / MEGABYTE
    return {"peak": peak(), "planned": planned, "seconds": seconds}


def train(length: int) -> None:
    """Train for a few steps and print what it took."""
    from biornn import rate, tasks

    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "rate.train: goal not reached")
        rate.train(
            tasks.Adding(length=length),
            **settings_of("lstm", "segments", length),
            steps=3,
            validation_trials=4,
            progress=False,
        )
    print(
        f"rate.train, lstm, {length} steps, 3 steps of training: {peak():.0f} MB, {time.perf_counter() - start:.0f} s"
    )


def slope(lengths: Sequence[int], values: Sequence[float]) -> float:
    """Return the exponent over the upper half."""
    half = len(lengths) // 2
    return float(np.polyfit(np.log(lengths[half:]), np.log(values[half:]), 1)[0])


MEASURES = {
    "planned": ("Memory of a training step (MB)", ".1f"),
    "peak": ("Peak memory of the process (MB)", ".0f"),
    "seconds": ("Processor time of a training step (s)", ".3f"),
}


def table(found: dict[tuple[str, str], list[dict[str, float]]], lengths: Sequence[int]) -> str:
    """Return all measures as Markdown."""
    lines = []
    for key, (title, form) in MEASURES.items():
        lines += [
            f"| {title} | {' | '.join(f'{n:,}' for n in lengths)} | exponent |",
            "|---" * (len(lengths) + 2) + "|",
        ]
        for (cell, way), points in found.items():
            values = [point[key] for point in points]
            shown = " | ".join(f"{value:{form}}" for value in values)
            lines.append(f"| {cell}, {way} | {shown} | {slope(lengths, values):.2f} |")
        lines.append("")
    return "\n".join(lines)


def drawn(found: dict[tuple[str, str], list[dict[str, float]]], lengths: Sequence[int]) -> Figure:
    """Return the figure: each measure over length."""
    figure = Figure(figsize=(12, 4), layout="constrained")
    for axes, (key, (label, _)) in zip(figure.subplots(1, 3), MEASURES.items(), strict=True):
        for (cell, way), points in found.items():
            style = {
                "ls": ("-", "--")[CELLS.index(cell)],
                "marker": "os^"[WAYS.index(way)],
                "color": f"C{WAYS.index(way)}",
            }
            axes.loglog(lengths, [point[key] for point in points], **style, ms=4, label=f"{cell}, {way}")
        axes.set_xlabel("Time steps of a trial")
        axes.set_ylabel(label)
    axes.legend(frameon=False, fontsize=8)
    return figure


def main() -> None:
    """Print the table and draw the figure, or be one of its points."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", type=int, nargs="+", default=list(LENGTHS), help="time steps of a trial")
    parser.add_argument("--figure", type=Path, help="draw memory and time against length into this file")
    parser.add_argument("--train", action="store_true", help="only train at the greatest length")
    parser.add_argument("--worker", nargs=3, metavar=("CELL", "WAY", "LENGTH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        cell, way, length = arguments.worker
        print(json.dumps(work(cell, way, int(length))))
        return
    if arguments.train:
        train(max(arguments.lengths))
        return
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for cell in CELLS:
        for way in WAYS:
            for length in arguments.lengths:
                call = [sys.executable, "-m", "benchmarks.speed.long_sequences", "--worker", cell, way, str(length)]
                done = subprocess.run(call, capture_output=True, text=True, check=True)
                found.setdefault((cell, way), []).append(json.loads(done.stdout))
                print(cell, way, length, done.stdout.strip(), file=sys.stderr, flush=True)
    print(table(found, arguments.lengths))
    subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.long_sequences", "--train", "--lengths", str(max(arguments.lengths))],
        check=True,
    )
    if arguments.figure is not None:
        from biornn import plots

        plots.save(drawn(found, arguments.lengths), arguments.figure)


if __name__ == "__main__":
    main()
