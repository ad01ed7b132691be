"""How many trained networks convert: an ensemble per condition, trained, mapped, simulated and strictly scored.

    python -m benchmarks.studies.conversion                                  # 20 networks a condition: hours on 2 cores
    python -m benchmarks.studies.conversion --networks 100                   # the size of Kim, Li & Sejnowski 2019
    python -m benchmarks.studies.conversion --conditions go-nogo-relu --networks 5 --trials 50

Networks and results are kept as they come, so that a second call goes on where the first was cut off and converts
kept networks at once. ``benchmarks/results`` holds the rows of the last measured study; ``--rows benchmarks/results
--table`` prints it. A network counts as trained if at least 99 % of 200 fresh trials are right by the strict scorer of
its task, and as converted if at least 95 % of its fresh trials are right as populations of 50 neurons a unit, or
as one neuron a unit. Calibration, validation and scoring use different trials.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shared import kim_2019
from benchmarks.shared.arguments import study_parser
from benchmarks.shared.lines import Lines
from biornn import __version__, bridge, experiment, rate, store, tasks
from biornn.compare.accuracy import wilson
from biornn.config import Recipe
from biornn.core.rate import RateNetwork
from biornn.core.task import Task

TRAINED, CONVERTED, PROOF = 0.99, 0.95, 200
MORE_STARTS = 2
"""Networks started at most, for each one that is asked for."""
SETTINGS = {"units": 200, "connection_probability": 0.2, "goal": 1.0}
TASKS: dict[str, dict[str, Any]] = {
    "go-nogo": {"goal_loss": 0.005},
    "xor": {"goal_loss": 0.02, "validate_every": 40, "validation_trials": 64},
    "context-integration": {"goal_loss": 0.05, "steps": 1000, "validate_every": 40, "validation_trials": 64},
}
ACTIVATIONS = {
    "go-nogo": ("sigmoid", "softplus", "relu", "tanh"),
    "xor": ("sigmoid", "tanh"),
    "context-integration": ("sigmoid", "relu"),
}
# A gain of 1.5 makes unconstrained tanh networks chaotic before training and leaves many so after it: their rate
# network under training noise is further from itself than its own SD, and no trajectory can be tracked.
TANH = {"gain": 0.9}


KIM = {
    **{f"kim-go-nogo-{name}": kim_2019.Regime(name, (4.0, 10.0), first=2) for name in kim_2019.NAMES},
    **{f"kim-go-nogo-{name}-slow": kim_2019.Regime(name, (4.0, 20.0)) for name in kim_2019.NAMES},
    **{
        f"kim-go-nogo-{name}-slow-inhibitory": kim_2019.Regime(name, (4.0, 20.0), inhibitory=0.3)
        for name in kim_2019.NAMES
    },
}
"""Networks trained as in the public code, with time constants up to 50 ms and no least number of steps, or as
in its example up to 100 ms (slow), these also with more inhibitory units."""


@dataclass(frozen=True)
class Variant:
    """A way to convert, and the conditions it is meant for: those that start with `only`, with Dale's law or not."""

    options: Mapping[str, Any]
    dale: bool = False
    mapping: str = "population"
    calibration: int = experiment.CALIBRATION_TRIALS
    only: tuple[str, ...] = ("go-nogo", "xor", "context-integration")

    def suits(self, condition: str) -> bool:
        """Return whether networks of that condition are converted this way."""
        return condition.startswith(self.only) and self.dale == condition.endswith("-dale")


ONE_TO_ONE = ("go-nogo-sigmoid", "go-nogo-softplus", "go-nogo-relu", "kim-")
VARIANTS = {
    "population": Variant({}),
    "noise 0.1": Variant({"noise": 0.1 * 0.015}),
    "Dale": Variant({"dale": True}, dale=True),
    "one to one": Variant({}, mapping="one-to-one", only=ONE_TO_ONE),
    "Kim 2019": Variant({}, mapping="one-to-one-kim", only=("kim-",)),
    "Kim 2019, searched on 100 trials": Variant({}, mapping="one-to-one-kim", only=("kim-",), calibration=100),
    "Kim 2019, no noise": Variant({"noise": 0.0}, mapping="one-to-one-kim", only=("kim-",)),
}


def mapper(variant: Variant, task: Task) -> experiment.Mapper:
    """Return the mapping of a variant; the published one searches its grid by the published scorer."""
    if variant.mapping == "one-to-one":
        return bridge.OneToOne(**variant.options)
    if variant.mapping == "one-to-one-kim":
        return experiment.kim(task, progress=False, **variant.options)
    return bridge.Population(**variant.options)


def grown(how: Recipe | kim_2019.Regime, seed: int) -> RateNetwork:
    """Return a trained network."""
    if isinstance(how, kim_2019.Regime):
        return kim_2019.train(how, seed)
    return experiment.train(Recipe(how.task, {}, {**how.training, "seed": seed}), progress=False)


def conditions() -> dict[str, Recipe]:
    """Return how the networks of each condition are trained, without the seed."""
    found = {}
    for task, activations in ACTIVATIONS.items():
        for activation in activations:
            training = {**SETTINGS, **TASKS[task], "activation": activation, **(TANH if activation == "tanh" else {})}
            found[f"{task}-{activation}"] = Recipe(task, {}, training)
            found[f"{task}-{activation}-dale"] = Recipe(task, {}, {**training, "dale": True})
    return found


@dataclass(frozen=True)
class Study:
    """Kept networks, how their training ended, and how they converted."""

    rows: Path
    trainings: Lines = field(init=False)
    conversions: Lines = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "trainings", Lines(self.rows / "trainings.jsonl"))
        object.__setattr__(self, "conversions", Lines(self.rows / "conversions.jsonl"))

    def networks(
        self, condition: str, recipe: Recipe | kim_2019.Regime, wanted: int
    ) -> Iterator[tuple[int, Callable[[], RateNetwork]]]:
        """Yield the seeds of trained networks of a condition and how to get each, training those that are missing."""
        kept = {row["seed"]: row for row in self.trainings.read() if row["condition"] == condition}
        found = 0
        for seed in range(MORE_STARTS * wanted):
            if seed not in kept:
                network = self.network(condition, recipe, seed)
                kept[seed] = {"condition": condition, "seed": seed, "accuracy": proof(network), **outcome(network)}
                self.trainings.add(kept[seed])
                print(f"{condition} {seed}: {kept[seed]}", file=sys.stderr, flush=True)
            if kept[seed]["accuracy"] >= TRAINED:
                found += 1
                yield seed, partial(self.network, condition, recipe, seed)
            if found == wanted:
                return

    def network(self, condition: str, recipe: Recipe | kim_2019.Regime, seed: int) -> RateNetwork:
        """Return a network: the kept one, or one trained now where there is none or only its row is kept."""
        path = self.rows / "networks" / "conversion" / condition / f"{seed}.safetensors"
        if path.is_file():
            return store.load(path)
        network = grown(recipe, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        store.save(network, path)
        return network

    def convert(self, condition: str, seed: int, get: Callable[[], RateNetwork], variant: str, trials: int) -> None:
        """Convert one network in one way, unless that has been done."""
        key = {"condition": condition, "seed": seed, "variant": variant, "trials": trials}
        if self.conversions.find(key):
            return
        network = get()
        task = experiment.task_of(network)
        way = mapper(VARIANTS[variant], task)
        result = experiment.compare(
            network,
            task,
            way,
            name=condition,
            trials=trials,
            seed=seed,
            calibration_trials=VARIANTS[variant].calibration,
            progress=False,
        )
        measures = {name: value for name, value in result.report.to_dict().items() if name not in key}
        if task.name in tasks.PUBLISHED:
            evidence = result.report.evidence
            score = tasks.published_score(task, evidence.spikes.outputs, evidence.trials)
            measures["published_accuracy"] = score.accuracy
        if result.fit.scaling is not None:
            found = result.fit.scaling
            measures["unit_rate_hz"] = {"chosen": found.chosen, "predicted": found.predicted}
            if found.searched:
                measures["accuracy_of_search"] = max(found.searched.values())
        self.conversions.add({**key, "biornn": __version__, **measures})


def proof(network: RateNetwork) -> float:
    """Return the strict accuracy of a rate network on fresh trials that neither training nor conversion sees."""
    task = experiment.task_of(network).part("test")
    trials = task.trials(PROOF, experiment.derived_seed(int(network.about["seed"]), "rate"))
    return float(task.score(rate.run(network, trials).outputs, trials).accuracy)


def outcome(network: RateNetwork) -> dict[str, Any]:
    """Return how a training ended."""
    return {"steps": network.about["steps"], "seconds": round(float(network.about["seconds"]), 1)}


def table(
    trainings: Sequence[Mapping[str, Any]], conversions: Sequence[Mapping[str, Any]], wanted: int, trials: int
) -> str:
    """Return the table of all conditions and variants as Markdown."""
    lines = [
        "| condition | mapping | started | trained | converted | 95 % interval | accuracy, median (lowest) "
        "| state.nrmse, median (highest) | null, median | mean rate, highest (Hz) | converted, published scorer "
        "| the same, on the trials of its search |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for condition in dict.fromkeys(row["condition"] for row in trainings):
        own = sorted((row for row in trainings if row["condition"] == condition), key=lambda row: row["seed"])
        good = [row["seed"] for row in own if row["accuracy"] >= TRAINED][:wanted]
        for variant in VARIANTS:
            rows = [
                row
                for row in conversions
                if row["condition"] == condition and row["variant"] == variant and row["trials"] == trials
                and row["seed"] in good
            ]  # fmt: skip
            if rows:
                lines.append(_line(condition, variant, len(own), len(good), rows))
    return "\n".join(lines)


def _line(condition: str, variant: str, started: int, trained: int, rows: Sequence[Mapping[str, Any]]) -> str:
    accuracy = np.array([row["accuracy"]["spiking"] for row in rows])
    state = np.array([row["state"]["nrmse"] for row in rows])
    null = np.array([row["null"]["state"] for row in rows], dtype=float)
    rates = np.array([row["mean_rate_hz"] for row in rows])
    published = np.array([row["published_accuracy"] for row in rows if "published_accuracy" in row])
    search = np.array([row["accuracy_of_search"] for row in rows if "accuracy_of_search" in row])
    converted = int((accuracy >= CONVERTED).sum())
    low, high = wilson(converted / len(rows), len(rows))
    return (
        f"| {condition} | {variant} | {started} | {trained} | {converted} of {len(rows)} | {low:.2f} to {high:.2f} "
        f"| {np.median(accuracy):.3f} ({accuracy.min():.3f}) | {np.median(state):.3f} ({state.max():.3f}) "
        f"| {np.median(null):.2f} | {rates.max():.1f} | {_share(published)} | {_share(search)} |"
    )


def _share(accuracy: np.ndarray) -> str:
    """Return how many converted and the 95 % interval of their share."""
    if not accuracy.size:
        return "-"
    converted = int((accuracy >= CONVERTED).sum())
    low, high = wilson(converted / accuracy.size, accuracy.size)
    return f"{converted} of {accuracy.size} ({low:.2f} to {high:.2f})"


def main() -> None:
    """Train, convert and print the table."""
    every = {**conditions(), **KIM}
    parser = study_parser(__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=20, help="trained networks of each condition")
    parser.add_argument("--trials", type=int, default=100, help="fresh trials each is scored on")
    parser.add_argument(
        "--conditions", nargs="+", choices=every, default=list(every), metavar="NAME", help=", ".join(every)
    )
    parser.add_argument(
        "--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="NAME", help=", ".join(VARIANTS)
    )
    arguments = parser.parse_args()
    study = Study(arguments.rows)
    for condition in () if arguments.table else arguments.conditions:
        recipe = every[condition]
        for seed, get in study.networks(condition, recipe, arguments.networks):
            for name in arguments.variants:
                if VARIANTS[name].suits(condition):
                    study.convert(condition, seed, get, name, arguments.trials)
    print(table(study.trainings.read(), study.conversions.read(), arguments.networks, arguments.trials))


if __name__ == "__main__":
    main()
