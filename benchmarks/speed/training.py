"""One training step of a leaky RNN: biornn against PyTorch, eager and compiled.

    pip install "biornn[benchmarks]"; python -m benchmarks.speed.training        # about three minutes on 2 cores

200 units, 200 steps, 32 trials, learned time constants, training noise, clipped gradient, Adam; float32 and default
threads for all. On a busy machine PyTorch's threads spend most of their time waiting for each other, hence a row with
one thread. Each program is a process of its own that waits for its turn, so that no thread pool disturbs another's; a
turn is 10 steps. Medians over rounds, in ms for a step, as wall clock and as processor time of all threads.
``torch.compile`` is given the cell, as its loop over time is Python's; with ``--unrolled`` also the whole loop, which
takes minutes to compile. All must bring the loss down alike: the mean over the last turn is printed.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from biornn.core.trials import Trials
from biornn.rate.initial import initial
from biornn.rate.settings import Training

UNITS, STEPS, BATCH, DT, INPUTS, OUTPUTS, TURN = 200, 200, 32, 5e-3, 2, 1, 10
SETTINGS = Training(units=UNITS, batch=BATCH, steps=10**6)
Steps = Iterator[float]


def main() -> None:
    """Print the table, or be one of its programs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="turns of each program")
    parser.add_argument("--unrolled", action="store_true", help="also compile PyTorch's whole loop; takes minutes")
    parser.add_argument("--worker", choices=PROGRAMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(PROGRAMS[options.worker]())
        return
    names = [name for name in PROGRAMS if options.unrolled or not name.endswith("unrolled")]
    workers = {name: Worker(name) for name in names}
    for name in [name for name, worker in workers.items() if not worker.ready]:
        print(f"{name} is left out: {workers.pop(name).note} (pip install 'biornn[benchmarks]')", file=sys.stderr)
    times = np.array([[worker.turn() for worker in workers.values()] for _ in range(options.rounds)])
    wall, processor, _ = np.median(times, axis=0).T
    print(f"{'program':18} {'wall ms':>8} {'/ biornn':>9} {'processor ms':>13} {'/ biornn':>9} {'loss':>7}")
    for index, name in enumerate(workers):
        ratios = wall[index] / wall[0], processor[index] / processor[0]
        first = f"{name:18} {wall[index]:8.1f} {ratios[0]:9.2f} {processor[index]:13.1f} {ratios[1]:9.2f}"
        print(f"{first} {times[-1, index, 2]:7.4f}")
    for worker in workers.values():
        worker.process.kill()


class Worker:
    """A program in a process of its own, warmed up."""

    def __init__(self, name: str) -> None:
        call = [sys.executable, "-m", "benchmarks.speed.training", "--worker", name]
        self.process = subprocess.Popen(
            call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.ready = self._read() == "ready"
        self.note = "" if self.ready else self.process.stderr.read().strip().splitlines()[-1]

    def _read(self) -> str:
        return self.process.stdout.readline().strip()

    def turn(self) -> list[float]:
        """Return wall clock and processor time of a step in ms, and the mean loss."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return [float(word) for word in self._read().split()]


def work(steps: Steps) -> None:
    """Warm up, then run a turn for every line that comes in."""
    list(islice(steps, 5))
    print("ready", flush=True)
    for _ in sys.stdin:
        start, before = time.perf_counter(), time.process_time()
        losses = list(islice(steps, TURN))
        wall, processor = time.perf_counter() - start, time.process_time() - before
        print(1e3 * wall / TURN, 1e3 * processor / TURN, float(np.mean(losses)), flush=True)


def data() -> Trials:
    """Return trials in which the input of one channel is to be held."""
    random = np.random.default_rng(0)
    inputs = random.normal(0, 1, (BATCH, STEPS, INPUTS))
    targets = np.cumsum(inputs[:, :, :1], axis=1) * DT
    return Trials(inputs, targets, np.ones((BATCH, STEPS)), DT)


def by_biornn() -> Steps:
    """Yield the loss of every step."""
    from biornn.rate.optimise import descend

    trained, fixed = initial(SETTINGS, INPUTS, OUTPUTS)
    trials = data()
    for loss, _ in descend(trained, fixed, lambda _: trials, settings=SETTINGS, dt=DT, readout="identity"):
        yield float(loss)


def by_torch(compiled: str, threads: int = 0) -> Callable[[], Steps]:
    """Return the same in PyTorch; `compiled` is ``""``, ``"cell"`` or ``"unrolled"``, 0 threads are the default."""

    def steps() -> Steps:
        import torch

        if threads:
            torch.set_num_threads(threads)
        f = lambda value: torch.tensor(np.asarray(value), dtype=torch.float32)  # noqa: E731
        trained, fixed = initial(SETTINGS, INPUTS, OUTPUTS)
        p = {name: torch.nn.Parameter(f(value)) for name, value in trained.items()}
        c = {name: f(value) for name, value in fixed.items()}
        trials = data()
        inputs, targets = f(np.swapaxes(trials.inputs, 0, 1)), f(np.swapaxes(trials.targets, 0, 1))
        optimiser = torch.optim.Adam(p.values(), lr=SETTINGS.learning_rate)

        def cell(x: Any, decay: Any, weight: Any, now: Any) -> Any:
            return decay * x + torch.sigmoid(x) @ weight + now

        step = torch.compile(cell) if compiled == "cell" else cell

        def run(decay: Any, weight: Any, held: Any) -> Any:
            x, states = c["initial_state"].expand(BATCH, UNITS), []
            for now in held.unbind():
                x = step(x, decay, weight, now)
                states.append(x)
            return torch.stack(states)

        unroll = torch.compile(run) if compiled == "unrolled" else run
        while True:
            tau = c["tau_low"] + (c["tau_high"] - c["tau_low"]) * torch.sigmoid(p["tau"])
            alpha = DT / tau
            noise = c["noise"] * torch.randn(STEPS, BATCH, UNITS)
            held = alpha * (inputs @ c["input"].T + p["bias"]) + torch.sqrt(alpha * (2 - alpha)) * noise
            weight = (alpha[:, None] * (p["recurrent"] * c["mask"])).T
            states = unroll(1 - alpha, weight, held)
            outputs = torch.sigmoid(states) @ p["output"].T + p["output_bias"]
            loss = ((outputs - targets) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(p.values(), SETTINGS.clip)
            optimiser.step()
            yield loss.item()

    return steps


PROGRAMS: dict[str, Callable[[], Steps]] = {
    "biornn": by_biornn,
    "PyTorch": by_torch(""),
    "PyTorch, 1 thread": by_torch("", 1),
    "PyTorch, compiled": by_torch("cell"),
    "PyTorch, unrolled": by_torch("unrolled"),
}


if __name__ == "__main__":
    main()
