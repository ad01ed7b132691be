"""The command line; every command is a few lines over `biornn.experiment`."""

import json
import logging
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.table import Table

from biornn import __version__
from biornn.core.checks import InputError, refuse
from biornn.options import DEFAULT_NEURONS, held_for, mapper_of, pairs, process_of

app = typer.Typer(
    name="biornn",
    help="Train a rate recurrent network, map it onto spiking populations in Brian2, compare both.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# Typer carries its own copy of click in some versions; this is the class of usage errors in all of them.
UsageError = cast(type[typer.BadParameter], typer.BadParameter.__mro__[1])
console = Console(highlight=False, soft_wrap=True)

Neurons = Annotated[int, typer.Option("--neurons", metavar="M", help="LIF neurons per unit.")]
TrialCount = Annotated[int, typer.Option("--trials", metavar="K", help="Fresh trials to compare on.")]
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="Decides everything that is random.")]
Jobs = Annotated[int | None, typer.Option("--jobs", metavar="J", help="Trials simulated at once; default all cores.")]
TaskSetting = Annotated[
    list[str], typer.Option("--setting", metavar="NAME=VALUE", help="Setting of the task; may be repeated.")
]
JOIN_HELP = "Train with other processes: address of process 0, or 'auto' under Slurm or Open MPI."
MAPPINGS_HELP = "population, one-to-one (one neuron a unit) or one-to-one-kim (as published in 2019)"


def main() -> None:
    """Run the command line; input that is refused ends in one line and exit code 2."""
    logging.basicConfig(format="biornn: %(message)s", level=logging.WARNING, stream=sys.stderr)
    warnings.formatwarning = _one_line
    try:
        sys.exit(app(standalone_mode=bool(not sys.argv[1:])))
    except InputError as refusal:
        sys.stderr.write(f"biornn: {refusal}\n")
    except UsageError as problem:
        sys.stderr.write(f"biornn: {' '.join(problem.format_message().split()).rstrip('.')}; see 'biornn --help'\n")
    sys.exit(2)


@app.command()
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
    from biornn import bridge, experiment, store
    from biornn.core.checks import count

    mapper = bridge.Population(neurons_per_unit=neurons)
    count("trials", trials)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        refuse("--out", "must be a folder that can be made", out, f"choose another place ({problem.strerror})")
    paths = {name: out / name for name in ("comparison.png", "comparison.json", "network.safetensors")}
    for path in paths.values():
        store.check_writable(path)
    start = time.perf_counter()
    network, kept = experiment.demo_network(progress=sys.stderr.isatty())
    if kept:
        console.print("trained network: kept from an earlier demo ('biornn cache --clear' forgets it)")
    else:
        console.print(f"trained network: {network.about['steps']} steps in {time.perf_counter() - start:.1f} s")
    task = experiment.task_of(network)
    result = experiment.compare(
        network, task, mapper, name="demo", trials=trials, seed=seed, jobs=jobs, progress=sys.stderr.isatty()
    )
    console.print(str(result.report), markup=False)
    experiment.figures(result.report, task, paths["comparison.png"])
    store.save_json(result.report.to_dict(), paths["comparison.json"])
    store.save(network, paths["network.safetensors"])
    console.print(f"\nfigure   {paths['comparison.png']}\nJSON     {paths['comparison.json']}", markup=False)
    console.print(f"network  {paths['network.safetensors']}", markup=False)
    console.print(f"{time.perf_counter() - start:.1f} s in all")


@app.command()
def train(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the network goes (.safetensors).")],
    task: Annotated[str, typer.Argument(metavar="TASK", help="Task name, see 'biornn tasks'.")] = "",
    units: Annotated[int, typer.Option("--units", metavar="N", help="Number of units.")] = 200,
    activation: Annotated[str, typer.Option("--activation", metavar="A", help="sigmoid, tanh, relu ...")] = "sigmoid",
    seed: Seed = 0,
    dale: Annotated[bool, typer.Option("--dale", help="Keep Dale's law.")] = False,
    setting: TaskSetting = [],  # noqa: B006 - typer reads the default, nothing changes it
    training: Annotated[
        list[str], typer.Option("--training", metavar="NAME=VALUE", help="Any other field of rate.Training.")
    ] = [],  # noqa: B006
    recipe: Annotated[
        Path | None, typer.Option("--recipe", metavar="FILE", help="Train by a recipe instead of TASK and options.")
    ] = None,
    join: Annotated[str, typer.Option("--join", metavar="HOST:PORT", envvar="BIORNN_JOIN", help=JOIN_HELP)] = "",
    process: Annotated[
        str, typer.Option("--process", metavar="I/N", envvar="BIORNN_PROCESS", help="Which of N processes, from 0.")
    ] = "",
) -> None:
    """Train a rate network on a task and save it."""
    from biornn import experiment, rate, store
    from biornn.config import Recipe, read_recipe

    store.check_writable(out)
    if recipe is not None:
        plan = read_recipe(recipe)
    elif task:
        fields = {
            "units": units,
            "activation": activation,
            "seed": seed,
            "dale": dale,
            **pairs("--training", training),
        }
        plan = Recipe(task, pairs("--setting", setting), fields)
    else:
        refuse("TASK", "must be named", "nothing", "see 'biornn tasks', or give --recipe FILE")
    if join or process:
        rate.join(*process_of(join, process))
    network = experiment.train(plan, progress=sys.stderr.isatty())
    if not rate.first():
        return
    store.save(network, out)
    about = network.about
    console.print(
        f"{out}: {network.units} {network.activation} units, {about['steps']} steps, {about['seconds']:.1f} s"
    )


@app.command()
def compare(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="A file, or a name, see 'biornn models'.")],
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="Default: the task it was trained on.")] = "",
    neurons: Neurons = DEFAULT_NEURONS,
    trials: TrialCount = 64,
    seed: Seed = 0,
    repeats: Annotated[int, typer.Option("--repeats", metavar="R", help="Spiking runs of each trial; 8 for bias.")] = 1,
    mapping: Annotated[str, typer.Option("--mapping", metavar="NAME", help=MAPPINGS_HELP)] = "population",
    tuning: Annotated[str, typer.Option("--tuning", metavar="NAME", help="rising or on-off")] = "rising",
    noise: Annotated[
        float | None,
        typer.Option("--noise", metavar="SD", help="Membrane noise, as a share of reset to threshold (0.015 V)."),
    ] = None,
    irregular: Annotated[bool, typer.Option("--irregular", help="Irregular firing at cortical rates.")] = False,
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
    figure: Annotated[Path | None, typer.Option("--figure", metavar="FILE", help="Draw the comparison here.")] = None,
) -> None:
    """Map a trained network onto LIF populations, simulate it on fresh trials and compare."""
    from biornn import experiment, store
    from biornn.core.checks import member

    for path in (json_file, figure):
        if path is not None:
            store.check_writable(path)
    if figure is not None:
        from biornn.plots.files import KINDS

        member(f"--figure {figure}: ending", figure.suffix.lower(), KINDS)
    loaded = store.load(store.find(network))
    chosen = experiment.task_of(loaded, task, pairs("--setting", setting))
    shape = {"neurons_per_unit": neurons, "tuning": tuning, "dale": dale, "irregular": irregular, "refit": refit}
    mapper = mapper_of(mapping, chosen, shape, noise=noise, jobs=jobs)
    mapper = held_for(step, mapper, loaded, chosen, seed=seed, jobs=jobs, show=console.print)
    result = experiment.compare(
        loaded,
        chosen,
        mapper,
        name=network,
        trials=trials,
        seed=seed,
        repeats=repeats,
        jobs=jobs,
        progress=sys.stderr.isatty(),
    )
    console.print(str(result.fit) + "\n\n" + str(result.report), markup=False)
    if json_file is not None:
        store.save_json(result.report.to_dict(), json_file)
    if figure is not None:
        for path in experiment.figures(result.report, chosen, figure):
            console.print(f"figure  {path}", markup=False)


@app.command()
def info(file: Annotated[str, typer.Argument(metavar="FILE", help="A network file or name.")]) -> None:
    """Show what a trained network is and where it comes from."""
    from biornn import store

    network = store.load(store.find(file))
    about = {key: value for key, value in network.about.items() if not isinstance(value, list)}
    rows = {
        "cell": network.cell,
        "units": f"{network.units} ({network.inputs} inputs, {network.outputs} outputs, {network.readout} readout)",
        "activation": network.activation,
        "tau": f"{network.tau.min() * 1e3:.1f} to {network.tau.max() * 1e3:.1f} ms, dt {network.dt * 1e3:g} ms",
        "Dale": f"{(network.signs > 0).sum()} E, {(network.signs < 0).sum()} I, {(network.signs == 0).sum()} free",
        "training noise": f"SD {network.noise.min():.3g} to {network.noise.max():.3g}",
        **{key: json.dumps(value) if isinstance(value, dict) else value for key, value in about.items()},
    }
    _table(("", file), [(key, str(value)) for key, value in rows.items()])


@app.command()
def tasks() -> None:
    """List the tasks."""
    from biornn import tasks as stage

    _table(("task", "what it is"), [(n, (f.__doc__ or "").split("\n")[0]) for n, f in sorted(stage.TASKS.items())])


@app.command()
def models() -> None:
    """List the trained networks that come with biornn."""
    from biornn import store
    from biornn.core import places

    rows = []
    for path in sorted(places.models().glob("*/network.safetensors")):
        network = store.load(path)
        rows.append((path.parent.name, f"{network.units} {network.activation} units", str(path)))
    _table(("name", "network", "file"), rows)


@app.command()
def cache(clear: Annotated[bool, typer.Option("--clear", help="Delete everything that is kept.")] = False) -> None:
    """Show what is kept between runs: compiled simulations, the last 200 used, and the demo's trained network.

    A simulation that is running keeps its program.
    """
    import shutil
    import time

    from biornn.core import places
    from biornn.spiking import cache as programs

    folder = places.cache()
    kept = sorted(path for kind in ("programs", "demo") for path in (folder / kind).glob("*"))
    sizes = [sum(file.stat().st_size for file in [*path.rglob("*"), path] if file.is_file()) for path in kept]
    rows = [
        (str(p.relative_to(folder)), f"{s / 1e6:.1f} MB", programs.describe(p), time.strftime("%Y-%m-%d %H:%M", used))
        for p, s in zip(kept, sizes, strict=True)
        for used in [time.localtime(programs.last_use(p))]
    ]
    _table((str(folder), f"{sum(sizes) / 1e6:.1f} MB", "network", "last used"), rows)
    if clear:
        programs.prune(folder / "programs", 0)
        shutil.rmtree(folder / "demo", ignore_errors=True)
        left = sum(path.exists() for path in kept)
        console.print(f"cleared {len(kept) - left} entries" + (f", {left} in use" if left else ""))


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    """Show the version of biornn."""
    if show:
        console.print(f"biornn {__version__}")
        raise typer.Exit


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    if not console.is_terminal:
        console.width = 1000  # a pipe has no width: another program gets whole lines
    console.print(table)


def _one_line(message: Warning | str, *_: Any, **__: Any) -> str:
    """Format a warning without the line of code it comes from."""
    return f"biornn: {message}\n"
