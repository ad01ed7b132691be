"""The commands that only show: networks, tasks, and what is kept on disk."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from biornn.cli.screen import say, table
from biornn.core.checks import shown
from biornn.core.rate import RateNetwork
from biornn.options import network_file


def info(
    file: Annotated[str, typer.Argument(metavar="NETWORK", help="A file, or a name, see 'biornn models'.")],
) -> None:
    """Show what a trained network is and where it comes from; of another file of biornn, what is in it."""
    from biornn import store

    path = network_file(file)
    thing = store.load(path)
    rows = {"file": str(path)}
    if isinstance(thing, RateNetwork):
        rows |= {**_structure(thing), **_history(thing.about)}
    else:
        rows["content"] = repr(thing)
    say(table(("", ""), list(rows.items())))


def _structure(network: RateNetwork) -> dict[str, str]:
    signs = network.signs
    free = (signs == 0).sum()
    rest = f", {free} without a sign" if free else ""
    dale = (
        f"{(signs > 0).sum()} excitatory, {(signs < 0).sum()} inhibitory units{rest}" if signs.any() else "not imposed"
    )
    return {
        "cell": network.cell,
        "units": f"{network.units} units, {_many(network.inputs, 'input')}, {_many(network.outputs, 'output')}, "
        f"{network.readout} readout",
        "activation": network.activation,
        "time constants": _range(network.tau * 1e3, "ms"),
        "step": f"{network.dt * 1e3:g} ms",
        "Dale's law": dale,
        "training noise": f"SD {_range(network.noise)}" if network.noise.any() else "none",
    }


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _range(values: Any, unit: str = "") -> str:
    low, high = f"{values.min():.3g}", f"{values.max():.3g}"
    return f"{low if low == high else f'{low} to {high}'} {unit}".rstrip()


def _history(about: Mapping[str, Any]) -> dict[str, str]:
    """Return what is known of the training; a file from elsewhere may say anything here."""
    return {shown(key, 40).replace("_", " "): _words(value) for key, value in about.items()}


def _words(value: Any) -> str:
    """Return JSON values in words: names beside their values, long lists by their length."""
    if isinstance(value, Mapping):
        return ", ".join(f"{shown(key, 40)} {_words(part)}" for key, part in value.items())
    if isinstance(value, list) and len(value) > 8:
        ends = [part for part in (value[0], value[-1]) if isinstance(part, int | float)]
        return f"{len(value)} values" + (f", {ends[0]:.4g} first and {ends[1]:.4g} last" if len(ends) == 2 else "")
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def tasks(
    name: Annotated[
        str, typer.Argument(metavar="TASK", help="Show the settings of this task.", show_default=False)
    ] = "",
) -> None:
    """List the tasks, or the settings of one."""
    from biornn import tasks as stage
    from biornn.core.checks import member

    if not name:
        say(table(("task", "what it is"), [(known, _summary(stage.TASKS[known])) for known in sorted(stage.TASKS)]))
        if sys.stdout.isatty():
            say("\nSettings of one: 'biornn tasks NAME'")
        return
    member("task", name, stage.TASKS)
    say(table(("",), [(f"{name}: {_summary(stage.TASKS[name])}",)]) + "\n")
    rows = _settings(name)
    say(table(("setting", "default", "meaning"), rows) if rows else "It has no settings.")
    if rows and sys.stdout.isatty():
        say(f"\nChange one by '--setting {rows[0][0]}=VALUE'")


def _summary(task: Callable[..., Any]) -> str:
    """Return the first line of a docstring without its marks and references to other docstrings."""
    return (task.__doc__ or "").split("\n")[0].split("; see `")[0].replace("`", "").rstrip(".") + "."


def _settings(name: str) -> list[tuple[str, str, str]]:
    """Return name, default and meaning of each setting of a task; defaults as they are written after ``NAME=``."""
    from inspect import Parameter

    from biornn import tasks as stage

    return [
        (name, "needed" if default is Parameter.empty else shown(_typed(default), 24), meaning.replace("`", ""))
        for name, default, meaning in stage.settings(name)
    ]


def _typed(value: Any) -> str:
    try:
        plain = dict(value) if isinstance(value, Mapping) else value
        return plain if isinstance(plain, str) and plain else json.dumps(plain)
    except TypeError:
        return repr(value)


def models() -> None:
    """List the trained networks that come with biornn."""
    from biornn import store
    from biornn.core import places

    rows = []
    for name in store.available():
        path = store.find(name)
        network = store.load(path, RateNetwork)
        rows.append((name, f"{network.units} {network.activation} units", str(path)))
    if sys.stdout.isatty():  # a person reads names; another program gets paths
        say(table(("name", "network"), [row[:2] for row in rows]))
        say(f"\nfiles: {places.models()}")
    else:
        say(table(("name", "network", "file"), rows))


def cache(clear: Annotated[bool, typer.Option("--clear", help="Delete everything that is kept.")] = False) -> None:
    """Show what is kept between runs: compiled simulations, the last 200 used, and the demo's trained network.

    A simulation that is running keeps its program.
    """
    from biornn.core import places
    from biornn.spiking import cache as programs

    folder = places.cache()
    kept = sorted(path for kind in ("programs", "demo") for path in (folder / kind).glob("*"))
    sizes = [sum(file.stat().st_size for file in [*path.rglob("*"), path] if file.is_file()) for path in kept]
    rows = []
    for path, size in zip(kept, sizes, strict=True):
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(programs.last_use(path)))
        name = f"{path.parent.name}/{path.name[:12]}"
        rows.append((f"{size / 1e6:.1f} MB", programs.describe(path), used, name))
    say(f"{folder}: {len(kept)} kept, {sum(sizes) / 1e6:.1f} MB")
    if rows:
        say("\n" + table(("size", "network", "last used", "kept as"), rows))
    if clear:
        programs.prune(folder / "programs", 0)
        shutil.rmtree(folder / "demo", ignore_errors=True)
        left = sum(path.exists() for path in kept)
        say(f"cleared {len(kept) - left} entries" + (f", {left} in use" if left else ""))
