"""A forecast by simple and by other kinds of models, and by trained recurrent networks, in one table.

    python -m benchmarks.studies.baselines                                    # sunspots: all that this biornn can train
    python -m benchmarks.studies.baselines --task mackey-glass --seeds 3
    python -m benchmarks.studies.baselines --models persistence "causal CNN"  # some rows only
    python -m benchmarks.studies.baselines --models gru --training steps=1000 # other training of a recurrent network

Everybody gets the same: windows of the task's training part with its standardisation and mask, its validation part to
choose by, and its test part once, judged by the task's own scorer. Recurrent networks (`NETWORKS`) are trained by
`experiment.train`, so a new cell is one line here. Rows are kept as they come, one for each model and seed, and the
table is made from all that is kept for the task; after a change to a model give ``--rows`` a new folder.
"""

import ast
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from benchmarks.shared.arguments import study_parser
from benchmarks.shared.lines import Lines
from benchmarks.shared.sequence_models import MODELS, Model
from biornn import __version__, experiment, rate, tasks
from biornn.config import Recipe
from biornn.core.checks import refuse
from biornn.core.rate import RateNetwork
from biornn.core.seeds import generator
from biornn.core.trials import Trials
from biornn.rate.loss import squared_error

Array = NDArray[np.float64]
MANY, JUDGED = 2000, 64
"""Windows drawn of the training part for a regression, and of the other parts to judge by."""
RIDGE = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
"""Penalties of the autoregression, as a share of the mean power of its regressors."""


class Found(NamedTuple):
    """A fitted model: its number of parameters, and outputs (K, T, C) on trials."""

    parameters: int
    outputs: Callable[[Trials], Array]


class Effort(NamedTuple):
    """Gradient descent on CNN and Transformer; it stops when `patience` validations in a row found no better.

    Learning rate and decay were chosen among a few on the validation part of the sunspots.
    """

    steps: int = 2000
    batch: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 0.3
    validate_every: int = 25
    patience: int = 20


EFFORT = Effort()


def whole(task: tasks.Forecast, part: str, count: int = JUDGED) -> Trials:
    """Return the different ones of so many windows of a part."""
    drawn = task.part(part).trials(count, 0)
    return drawn.select(np.unique(drawn.conditions["start"], return_index=True)[1])


def thinned(task: tasks.Forecast, values: Array) -> Array:
    """Return one value a sample, (K, L, ...), of values at every step, (K, L hold_steps, ...)."""
    return values[:, task.hold_steps - 1 :: task.hold_steps]


def persistence(_: tasks.Forecast) -> Found:
    """Return the forecast that nothing changes."""
    return Found(0, lambda trials: trials.inputs)


def autoregression(task: tasks.Forecast) -> Found:
    """Return the linear regression on the last p samples; p and the ridge are those best on the validation part.

    An order above the warm-up plus one would look back before a window.
    """
    validation, examples = whole(task, "validation"), _different(task, whole(task, "train", MANY))
    best: tuple[float, Found] | None = None
    for order in range(1, task.warmup + 2):
        for ridge in RIDGE:
            found = _regressed(task, *examples, order, ridge)
            error = task.score(found.outputs(validation), validation).error
            if best is None or error < best[0]:
                best = error, found
    assert best is not None
    return best[1]


def lagged(samples: Array, order: int) -> Array:
    """Return samples (K, L, C) beside the p - 1 before each, 0 before the window, and a 1: (K, L, p C + 1)."""
    length = samples.shape[1]
    past = [np.pad(samples, ((0, 0), (lag, 0), (0, 0)))[:, :length] for lag in range(order)]
    return np.concatenate([*past, np.ones((*samples.shape[:2], 1))], axis=2)


def _different(task: tasks.Forecast, trials: Trials) -> tuple[Array, Array]:
    """Return every judged sample of some windows once: its regressors of the highest order, and its target."""
    inputs, targets, mask = (thinned(task, x) for x in (trials.inputs, trials.targets, trials.mask))
    sample = trials.conditions["start"][:, None] + np.arange(inputs.shape[1])
    first = np.unique(sample[mask > 0], return_index=True)[1]
    return lagged(inputs, task.warmup + 1)[mask > 0][first], targets[mask > 0][first]


def _regressed(task: tasks.Forecast, regressors: Array, targets: Array, order: int, ridge: float) -> Found:
    width = order * task.inputs
    x = np.concatenate([regressors[:, :width], regressors[:, -1:]], axis=1)
    penalty = ridge * np.mean(x[:, :width] ** 2) * len(x) * np.eye(width + 1)
    penalty[-1, -1] = 0
    weight = np.linalg.lstsq(x.T @ x + penalty, x.T @ targets, rcond=None)[0]

    def outputs(trials: Trials) -> Array:
        forecast = lagged(thinned(task, trials.inputs), order) @ weight
        return forecast.repeat(task.hold_steps, axis=1)

    return Found(weight.size, outputs)


def descended(task: tasks.Forecast, model: Model, seed: int, effort: Effort = EFFORT) -> Found:
    """Return a model of `sequence_models` trained with AdamW on the masked squared error, stopped early.

    Windows of a batch come as they do for a recurrent network; of all validations the best one is kept.
    """
    parameters = model.initial(jax.random.key(seed), task.inputs)
    adam = optax.adamw(effort.learning_rate, weight_decay=effort.weight_decay)

    def loss(parameters: Any, inputs: jax.Array, targets: jax.Array, mask: jax.Array) -> jax.Array:
        return squared_error(model.apply(parameters, inputs), targets, mask[:, :, None])

    @jax.jit
    def step(parameters: Any, state: Any, *data: jax.Array) -> tuple[Any, Any]:
        updates, state = adam.update(jax.grad(loss)(parameters, *data), state, parameters)
        return optax.apply_updates(parameters, updates), state

    apply = jax.jit(model.apply)

    def outputs(parameters: Any, trials: Trials) -> Array:
        forecast = np.asarray(apply(parameters, jnp.asarray(thinned(task, trials.inputs))), dtype=np.float64)
        return forecast.repeat(task.hold_steps, axis=1)

    train, validation = task.part("train"), whole(task, "validation")
    state, best, since = adam.init(parameters), (np.inf, parameters), 0
    for index in range(1, effort.steps + 1):
        trials = train.trials(effort.batch, int(generator(seed, "training", index).integers(2**31)))
        data = (jnp.asarray(thinned(task, x)) for x in (trials.inputs, trials.targets, trials.mask))
        parameters, state = step(parameters, state, *data)
        if index % effort.validate_every == 0:
            error = task.score(outputs(parameters, validation), validation).error
            best, since = ((error, parameters), 0) if error < best[0] else (best, since + 1)
            if since == effort.patience:
                break
    count = sum(leaf.size for leaf in jax.tree.leaves(best[1]))
    return Found(count, lambda trials: outputs(best[1], trials))


SHARED = {"activation": "tanh", "noise": 0.05, "weight_penalty": 0.001, "steps": 300}
NETWORKS: dict[str, dict[str, Any]] = {
    "leaky": {"units": 100, "gain": 1.5, "connection_probability": 0.2, **SHARED},
    "leaky, attention": {"units": 100, "gain": 1.5, "connection_probability": 0.2, "attention": 16, **SHARED},
    "gru": {"cell": "gru", "units": 32, **SHARED},
    "lstm": {"cell": "lstm", "units": 32, **SHARED},
    "gru, attention": {"cell": "gru", "attention": 16, "units": 32, **SHARED},
}
"""Settings of `rate.train` for every recurrent network; the leaky one is trained as ``models/sunspots`` is."""

SEEDLESS: dict[str, Callable[[tasks.Forecast], Found]] = {
    "persistence": persistence,
    "linear autoregression": autoregression,
}


def trainable() -> list[str]:
    """Return the networks whose settings this biornn knows."""
    known = {field.name for field in fields(rate.Training)}
    return [name for name, settings in NETWORKS.items() if known.issuperset(settings)]


def network(task: tasks.Forecast, settings: Mapping[str, Any], seed: int) -> Found:
    """Return a recurrent network trained by biornn on a task that has a name."""
    described = tasks.describe(task)
    recipe = Recipe(described.pop("task"), described, {**settings, "seed": seed})
    trained = experiment.train(recipe, progress=False)
    return Found(parameters(trained), lambda trials: rate.run(trained, trials).outputs)


def parameters(trained: RateNetwork) -> int:
    """Return the number of weights that exist (are not 0) and of time constants."""
    return sum(int(np.count_nonzero(weight)) for weight in trained.weights.values()) + trained.tau.size


def measured(task: tasks.Forecast, name: str, seed: int, training: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters, test error and CPU seconds of a model fitted under one seed."""
    start = time.process_time()
    if name in SEEDLESS:
        found = SEEDLESS[name](task)
    elif name in MODELS:
        found = descended(task, MODELS[name], seed, EFFORT)
    else:
        found = network(task, training, seed)
    cpu = time.process_time() - start
    test = whole(task, "test")
    return {"parameters": found.parameters, "error": task.score(found.outputs(test), test).error, "cpu_s": cpu}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a Markdown table of models in the order of their kind: error as mean and range over seeds."""
    lines = ["| model | parameters | test error | range | seeds | CPU s |", "|" + "---|" * 6]
    for name in (*SEEDLESS, *MODELS, *NETWORKS):
        mine = [row for row in rows if row["model"] == name]
        if not mine:
            continue
        error, size, cpu = (np.array([row[key] for row in mine]) for key in ("error", "parameters", "cpu_s"))
        several = len(mine) > 1
        spread = f"{error.min():.3f} to {error.max():.3f}" if several else ""
        count = str(len(mine)) if name not in SEEDLESS else ""
        cells = [name, f"{size.mean():.0f}", f"{error.mean():.3f}", spread, count, f"{cpu.mean():.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def study(
    lines: Lines, task: tasks.Forecast, models: Sequence[str], seeds: Sequence[int], training: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Measure missing rows (none without seeds), and return all of the task; `training` is for networks in `models`."""
    about = {**tasks.describe(task), "biornn": __version__}
    settings = {name: {**own, **(training if name in models else {})} for name, own in NETWORKS.items()}
    for name in models:
        for seed in seeds[:1] if name in SEEDLESS else seeds:
            key = {"about": about, "model": name, "seed": seed, "training": settings.get(name, {})}
            if not lines.find(key):
                lines.add({**key, **measured(task, name, seed, key["training"])})
                print(lines.read()[-1], file=sys.stderr, flush=True)
    return [row for row in lines.find({"about": about}) if row["training"] == settings.get(row["model"], {})]


def main() -> None:
    """Fit every model under every seed and print the table."""
    every = [*SEEDLESS, *MODELS, *NETWORKS]
    parser = study_parser(__doc__.splitlines()[0])
    parser.add_argument("--task", choices=("sunspots", "mackey-glass", "lorenz"), default="sunspots")
    parser.add_argument(
        "--models",
        nargs="+",
        choices=every,
        default=[*SEEDLESS, *MODELS, *trainable()],
        metavar="NAME",
        help=", ".join(every),
    )
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds")
    parser.add_argument("--training", nargs="+", default=[], metavar="SETTING=VALUE", help="for recurrent networks")
    arguments = parser.parse_args()
    later = [name for name in arguments.models if name in NETWORKS and name not in trainable()]
    if later:
        refuse("--models", "must be networks that this biornn can train", ", ".join(later), "leave them out")
    training = {key: ast.literal_eval(value) for key, value in (item.split("=", 1) for item in arguments.training)}
    task = tasks.make(arguments.task)
    assert isinstance(task, tasks.Forecast)
    warnings.simplefilter("ignore")
    seeds = range(0 if arguments.table else arguments.seeds)
    print(table(study(Lines(arguments.rows / "baselines.jsonl"), task, arguments.models, seeds, training)))


if __name__ == "__main__":
    main()
