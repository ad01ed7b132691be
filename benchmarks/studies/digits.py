"""Digits read row by row by Keras layers: trained by Keras, converted, scored against the duration of a step.

    python -m benchmarks.studies.digits                                  # trains 3 networks, 4 durations of each
    python -m benchmarks.studies.digits --cells gru --durations 0.1 0.2
    python -m benchmarks.studies.digits --rows benchmarks/results --table --figure docs/step-duration.png

SimpleRNN (tanh), GRU and LSTM layers of 32 units with a Dense softmax behind them, fitted by Keras' Adam to the
training part of scikit-learn's digits, with Gaussian noise on the pixels, until the validation part no longer improves.
Populations of 100 neurons a signal, calibrated on images of the training part; both networks are scored on the same
images of the test part. Networks and rows are kept as they come.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shared.arguments import study_parser
from benchmarks.shared.digits_figure import picture
from benchmarks.shared.lines import Lines
from biornn import __version__, bridge, experiment, interop, plots, rate, spiking, store, tasks
from biornn.compare.accuracy import wilson
from biornn.core.rate import RateNetwork
from biornn.core.trials import Trials
from biornn.theory.distance import nrmse

CELLS = {"simple-rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
TASK = tasks.Digits(hold_steps=1)
UNITS, PIXEL_NOISE, PATIENCE, EPOCHS, BATCH = 32, 0.1, 20, 300, 32
DURATIONS = (0.03, 0.05, 0.1, 0.2)
CALIBRATION = 256
"""Images; each has 8 steps only."""
SEED = 0


def part(name: str, count: int | None = None, seed: int = SEED) -> Trials:
    """Return images of a part of the task, all of them by default."""
    chosen = TASK.part(name)
    shares = {"validation": TASK.validation, "test": TASK.test}
    held_out = {which: round(share * TASK.size) for which, share in shares.items()}
    sizes = {**held_out, "train": TASK.size - sum(held_out.values())}
    return chosen.trials(sizes[name] if count is None else count, seed)


def trained(cell: str) -> RateNetwork:
    """Return a layer that Keras trained, as a rate network."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    keras.utils.set_random_seed(SEED)
    layer = getattr(keras.layers, CELLS[cell])(UNITS)
    dense = keras.layers.Dense(TASK.outputs, activation="softmax")
    noise = keras.layers.GaussianNoise(PIXEL_NOISE)
    model = keras.Sequential([keras.Input((8, TASK.inputs)), noise, layer, dense])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    given, held_out = ((trials.inputs, trials.conditions["label"]) for trials in (part("train"), part("validation")))
    stop = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    fitted = model.fit(*given, validation_data=held_out, epochs=EPOCHS, batch_size=BATCH, callbacks=[stop], verbose=0)
    about = {
        "task": tasks.describe(TASK),
        "keras": keras.__version__,
        "layer": CELLS[cell],
        "epochs": len(fitted.epoch),
        "pixel_noise": PIXEL_NOISE,
    }
    return interop.from_keras(layer, dense, dt=TASK.dt, about=about)


def grown(rows: Path, cell: str) -> RateNetwork:
    """Return the kept network of a cell, or let Keras train it."""
    path = rows / "networks" / "digits" / f"{cell}.safetensors"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        store.save(trained(cell), path)
    return store.load(path)


def measured(network: RateNetwork, *, duration: float, neurons: int, trials: int, jobs: int) -> dict[str, Any]:
    """Return accuracies, state error and cost of steps of one duration."""
    calibration = part("train", CALIBRATION, experiment.derived_seed(SEED, "calibration"))
    fresh = part("test", trials, experiment.derived_seed(SEED, "comparison"))
    mapping = bridge.Population(neurons_per_unit=neurons, step_duration=duration)
    snn, _ = mapping(network, calibration)
    start = time.perf_counter()
    run = spiking.run(snn, fresh, seed=SEED, spikes="none", jobs=jobs, progress=False)
    wanted = rate.run(network, fresh)
    right = [TASK.score(each.outputs, fresh).correct for each in (wanted, run)]
    return {
        "accuracy": {"rate": float(right[0].mean()), "spiking": float(right[1].mean())},
        "lost_error": float((right[0] - right[1]).std(ddof=1) / np.sqrt(fresh.count)),
        "state_nrmse": nrmse(run.states, wanted.states),
        "readout_nrmse": nrmse(run.outputs, wanted.outputs),
        "last_state_nrmse": nrmse(run.states[:, -1:], wanted.states[:, -1:]),
        "state_rate_hz": float(run.rates.mean()),
        "units": network.units,
        "lif_neurons": snn.neurons,
        "synapse": float(snn.bank(snn.observe).channels["recurrent"].tau_decay[0]),
        "seconds": time.perf_counter() - start,
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as Markdown, cell by cell, short steps first."""
    lines = [
        "| layer | step (ms) | images | accuracy, rate (95 % interval) | spiking (95 % interval) "
        "| points lost (standard error) | state.nrmse | of the last row | rate of the states (Hz) | LIF neurons |",
        "|" + "---|" * 10,
    ]
    order = list(CELLS)
    for row in sorted(rows, key=lambda row: (order.index(row["cell"]), row["duration"], row["trials"])):
        rate_share, spiking_share = row["accuracy"]["rate"], row["accuracy"]["spiking"]
        shown = []
        for share in (rate_share, spiking_share):
            low, high = wilson(share, row["trials"])
            shown.append(f"{share:.3f} ({low:.3f} to {high:.3f})")
        lines.append(
            f"| {CELLS[row['cell']]} | {row['duration'] * 1e3:g} | {row['trials']} | {shown[0]} | {shown[1]} "
            f"| {100 * (rate_share - spiking_share):.1f} ({100 * row['lost_error']:.1f}) | {row['state_nrmse']:.3f} "
            f"| {row['last_state_nrmse']:.3f} | {row['state_rate_hz']:.1f} | {row['lif_neurons']:,} |"
        )
    return "\n".join(lines)


def largest(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the row with the most images for each cell, duration and number of neurons."""
    best: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["trials"]):
        best[row["cell"], row["duration"], row["neurons_per_unit"]] = row
    return list(best.values())


def main() -> None:
    """Train, convert, print the table and draw the figure."""
    parser = study_parser(__doc__.splitlines()[0])
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS), metavar="CELL", help=", ".join(CELLS))
    parser.add_argument("--durations", nargs="+", type=float, default=list(DURATIONS), help="of a step, in s")
    parser.add_argument("--trials", type=int, default=200, help="images of the test part, which has 270")
    parser.add_argument("--neurons", type=int, default=100, help="LIF neurons of each signal")
    parser.add_argument("--jobs", type=int, default=1, help="images simulated at once")
    parser.add_argument("--figure", type=Path, help="draw accuracy lost and state error into this file")
    arguments = parser.parse_args()
    kept = Lines(arguments.rows / "digits.jsonl")
    settings = {"neurons_per_unit": arguments.neurons, "trials": arguments.trials}
    for cell in () if arguments.table else arguments.cells:
        for duration in arguments.durations:
            key = {"cell": cell, "duration": duration, **settings}
            if not kept.find(key):
                options = {
                    "duration": duration,
                    "neurons": arguments.neurons,
                    "trials": arguments.trials,
                    "jobs": arguments.jobs,
                }
                kept.add({**key, "biornn": __version__, **measured(grown(arguments.rows, cell), **options)})
                print(kept.read()[-1], file=sys.stderr, flush=True)
    rows = largest(kept.read())
    print(table(rows))
    if arguments.figure:
        plots.save(picture(rows, CELLS), arguments.figure)


if __name__ == "__main__":
    main()
