"""The commands that train, map, simulate and compare; every one is a few lines over `biornn.experiment`."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biornn.cli.given import check_files, check_sizes, given_options, new_folder
from biornn.cli.screen import fitted, say
from biornn.core.checks import shown
from biornn.options import (
    DEFAULT_NEURONS,
    held_for,
    mapper_of,
    network_file,
    pairs,
    process_of,
    recipe_of,
)

if TYPE_CHECKING:
    from biornn.core.task import Task
    from biornn.experiment import Comparison, Mapper

Neurons = Annotated[int, typer.Option("--neurons", metavar="M", help="LIF neurons per unit.")]
TrialCount = Annotated[int, typer.Option("--trials", metavar="K", help="Fresh trials to compare on.")]
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="Decides everything that is random.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="J", help="Trials simulated at once.", show_default="all cores")
]
TaskSetting = Annotated[
    list[str], typer.Option("--setting", metavar="NAME=VALUE", help="Setting of the task; may be repeated.")
]
ACTIVATION_HELP = "sigmoid, tanh, relu ...; by default what suits the cell, sigmoid for 'leaky'."
TRAINING_HELP = "Any other field of rate.Training, such as steps=500 or cell=gru; may be repeated."
JOIN_HELP = "Train with other processes: address of process 0, or 'auto' under Slurm or Open MPI."
MAPPINGS_HELP = "population, one-to-one (one neuron a unit) or one-to-one-kim (as published in 2019)"
NOISE_HELP = "Membrane noise, its SD as a part of the distance from reset to threshold (0.015 V)."


def demo(
    trials: TrialCount = 16,
    neurons: Neurons = DEFAULT_NEURONS,
    seed: Seed = 0,
    jobs: Jobs = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for figure, JSON file and network.")] = Path(
        "biornn-demo"
    ),
) -> None:
    """Train a network on Go/NoGo, map it, simulate it and compare; the trained network is kept for the next time."""
    from biornn import bridge

    check_sizes(trials=trials, seed=seed, jobs=jobs)
    mapper = bridge.Population(neurons_per_unit=neurons)
    with new_folder("--out", out):
        _demo(mapper, out, trials, seed, jobs)


def _demo(mapper: "Mapper", out: Path, trials: int, seed: int, jobs: int | None) -> None:
    from biornn import experiment, store

    names = ("comparison.png", "comparison.json", "network.safetensors")
    figure, json_file, file = (store.check_writable(out / name) for name in names)
    start, progress = time.perf_counter(), sys.stderr.isatty()
    network, kept = experiment.demo_network(progress=progress)
    if kept:
        say("trained network: kept from an earlier demo ('biornn cache --clear' forgets it)\n")
    else:
        say(f"trained network: {network.about['steps']} steps in {time.perf_counter() - start:.1f} s\n")
    task = experiment.task_of(network)
    result = experiment.compare(
        network, task, mapper, name="demo", trials=trials, seed=seed, jobs=jobs, progress=progress
    )
    say(fitted(str(result.report)))
    experiment.figures(result.report, task, figure)
    store.save_json(result.report.to_dict(), json_file)
    store.save(network, file)
    say(f"\nfigure   {figure}\nJSON     {json_file}\nnetwork  {file}")
    say(f"{time.perf_counter() - start:.1f} s in all")


def train(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the network goes (.safetensors).")],
    task: Annotated[str, typer.Argument(metavar="TASK", help="Task name, see 'biornn tasks'.")] = "",
    units: Annotated[int, typer.Option("--units", metavar="N", help="Number of units.")] = 200,
    activation: Annotated[str, typer.Option("--activation", metavar="A", help=ACTIVATION_HELP)] = "",
    seed: Seed = 0,
    dale: Annotated[bool, typer.Option("--dale", help="Keep Dale's law.")] = False,
    setting: TaskSetting = [],  # noqa: B006 - typer reads the default, nothing changes it
    training: Annotated[list[str], typer.Option("--training", metavar="NAME=VALUE", help=TRAINING_HELP)] = [],  # noqa: B006
    recipe: Annotated[
        Path | None, typer.Option("--recipe", metavar="FILE", help="Train by a recipe, without TASK and options.")
    ] = None,
    join: Annotated[str, typer.Option("--join", metavar="HOST:PORT", envvar="BIORNN_JOIN", help=JOIN_HELP)] = "",
    process: Annotated[
        str, typer.Option("--process", metavar="I/N", envvar="BIORNN_PROCESS", help="Which of N processes, from 0.")
    ] = "",
) -> None:
    """Train a rate network on a task and save it."""
    from biornn import experiment, rate, store

    fields = {"units": units, "activation": activation, "seed": seed, "dale": dale}
    given = given_options(context)
    fields = {name: value for name, value in fields.items() if name in given}
    plan = recipe_of(recipe, task, given=given, fields=fields, setting=setting, training=training)
    check_files({"--out": out}, {"--recipe": recipe, "--setting path": plan.settings.get("path")})
    if join or process:
        rate.join(*process_of(join, process))
    network = experiment.train(plan, progress=sys.stderr.isatty())
    if not rate.first():
        return
    store.save(network, out)
    about = network.about
    say(f"{out}: {network.units} {network.activation} units, {about['steps']} steps, {about['seconds']:.1f} s")


def compare(
    context: typer.Context,
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="A file, or a name, see 'biornn models'.")],
    task: Annotated[
        str, typer.Option("--task", metavar="TASK", help="Task, see 'biornn tasks'; by default that of the training.")
    ] = "",
    neurons: Neurons = DEFAULT_NEURONS,
    trials: TrialCount = 64,
    seed: Seed = 0,
    repeats: Annotated[
        int, typer.Option("--repeats", metavar="R", help="Spiking runs of each trial; 8 tell bias from noise.")
    ] = 1,
    mapping: Annotated[str, typer.Option("--mapping", metavar="NAME", help=MAPPINGS_HELP)] = "population",
    tuning: Annotated[str, typer.Option("--tuning", metavar="NAME", help="rising or on-off")] = "rising",
    noise: Annotated[float | None, typer.Option("--noise", metavar="SD", help=NOISE_HELP)] = None,
    irregular: Annotated[
        bool, typer.Option("--irregular", help="Irregular firing at cortical rates, by noise of its own.")
    ] = False,
    dale: Annotated[bool, typer.Option("--dale", help="Keep Dale's law at single neurons.")] = False,
    refit: Annotated[
        bool, typer.Option("--refit", help="Correct weights on the populations' own activity: less bias.")
    ] = False,
    step: Annotated[
        str, typer.Option("--step", metavar="S", help="Time a discrete network's steps are held, in s, or 'shortest'.")
    ] = "",
    jobs: Jobs = None,
    setting: TaskSetting = [],  # noqa: B006
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the measures here.")] = None,
    figure: Annotated[
        Path | None, typer.Option("--figure", metavar="FILE", help="Draw the comparison here (.png, .pdf or .svg).")
    ] = None,
) -> None:
    """Map a trained network onto LIF populations, simulate it on fresh trials and compare."""
    from biornn import experiment, store
    from biornn.core.rate import RateNetwork

    given, settings = given_options(context), pairs("--setting", setting)
    check_sizes(trials=trials, seed=seed, jobs=jobs, repeats=repeats)
    file = network_file(network)
    written = {"--json": json_file, "--figure": figure}
    check_files(written, {"NETWORK": file, "--setting path": settings.get("path")})
    loaded = store.load(file, RateNetwork)
    chosen = experiment.task_of(loaded, task, settings)
    shape = {"neurons_per_unit": neurons, "tuning": tuning, "dale": dale, "irregular": irregular, "refit": refit}
    mapper = mapper_of(mapping, chosen, shape, given=given, noise=noise, jobs=jobs)
    mapper = held_for(step, mapper, loaded, chosen, seed=seed, jobs=jobs, show=say)
    result = experiment.compare(
        loaded,
        chosen,
        mapper,
        name=shown(network),
        trials=trials,
        seed=seed,
        repeats=repeats,
        jobs=jobs,
        progress=sys.stderr.isatty(),
    )
    _report(result, chosen, json_file, figure)


def _report(result: "Comparison", task: "Task", json_file: Path | None, figure: Path | None) -> None:
    """Print a comparison and write its files; the files are written even where nobody reads what is printed."""
    from biornn import experiment, store

    written = []
    try:
        if json_file is not None:
            store.save_json(result.report.to_dict(), json_file)
            written.append(f"JSON    {json_file}")
        if figure is not None:
            written += [f"figure  {path}" for path in experiment.figures(result.report, task, figure)]
    finally:
        say(fitted(f"{result.report}\n\n{result.fit}"))
        if written:
            say("\n" + "\n".join(written))
