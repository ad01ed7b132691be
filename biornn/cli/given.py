"""What was given on the command line: which options, in which sizes, and which files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from biornn.core.checks import count, member, refuse
from biornn.core.checks import seed as checked_seed

if TYPE_CHECKING:
    from typer import Context


def given_options(context: "Context") -> dict[str, str]:
    """Return the options that were given, not left to their defaults: what each is called, by parameter name.

    Raises
    ------
    InputError
        An option that is given without a value, such as ``--task ""``.
    """
    result = {}
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if source is None or source.name not in ("COMMANDLINE", "ENVIRONMENT"):
            continue
        option = str(parameter.metavar) if parameter.param_type_name == "argument" else parameter.opts[0]
        value = context.params.get(name)
        if isinstance(value, str) and not value.strip():
            refuse(option, "must not be empty", repr(value), "give a value, or leave it out")
        result[name] = option
    return result


def check_sizes(*, trials: int, seed: int, jobs: int | None, repeats: int = 1) -> None:
    """Refuse numbers of trials, repeats and jobs and seeds that nothing can be run with."""
    count("--trials", trials, 1, 1_000_000)
    count("--repeats", repeats, 1, 10_000)
    checked_seed("--seed", seed)
    if jobs is not None:
        count("--jobs", jobs, 1, 1024)


@contextmanager
def new_folder(option: str, folder: Path) -> Iterator[None]:
    """Make a folder for the files of a command; what was made and stays empty is removed where the command fails.

    Raises
    ------
    InputError
        A place where no folder can be made.
    """
    try:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as problem:
        said = problem.strerror if isinstance(problem, OSError) else problem
        refuse(option, "must be a folder that can be made", folder, f"choose another place ({said})")
    try:
        yield
    except BaseException:
        with suppress(OSError):  # not empty
            for place in missing:
                place.rmdir()
        raise


def check_files(outputs: Mapping[str, Path | None], inputs: Mapping[str, object]) -> None:
    """Refuse files that cannot be written, two outputs in one file, and an output in the place of an input.

    Parameters
    ----------
    outputs : dict
        Path by option; None where the option is left out.
    inputs : dict
        What is read, by name; what is no path, such as an option that is left out, counts as none.
    """
    from biornn import store

    written = {option: path for option, path in outputs.items() if path is not None}
    for option, path in written.items():
        if str(path) == "-":
            refuse(option, "must be the name of a file", "-", "give /dev/stdout for the standard output")
    if "--figure" in written:
        from biornn.plots.files import KINDS

        member(f"--figure {written['--figure']}: ending", written["--figure"].suffix.lower(), KINDS)
    store.check_outputs(written, {name: path for name, path in inputs.items() if isinstance(path, str | Path)})
