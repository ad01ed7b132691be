"""The commands put together, and what is said when they are called wrongly."""

from typing import Annotated, cast

import typer

from biornn import __version__
from biornn.cli import compute, lists
from biornn.cli.screen import one_line_warnings, say
from biornn.core.checks import InputError, refuse, shown

BEGIN = "Begin with 'biornn demo', or 'biornn compare go-nogo-sigmoid --figure comparison.png'."
app = typer.Typer(
    name="biornn",
    help="Train a rate recurrent network, map it onto spiking populations in Brian2, compare both.",
    epilog=BEGIN,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# Typer carries its own copy of click in some versions; this is the class of usage errors in all of them.
UsageError = cast(type[typer.BadParameter], typer.BadParameter.__mro__[1])
PYTHON_ONLY = {
    "import": "networks of Keras and PyTorch are read in Python: see biornn.interop.from_keras and from_torch",
    "convert": "a network is converted by 'biornn compare NETWORK'",
    "run": "a network is simulated by 'biornn compare NETWORK'",
}
"""What somebody is told who looks for a command that there is not."""
MANY = ("--setting", "--training")
"""Options that may be given several times."""

COMMANDS = {
    command.__name__: app.command()(command)
    for command in (compute.demo, compute.train, compute.compare, lists.info, lists.tasks, lists.models, lists.cache)
}
"""The commands by their names, in the order of the help."""


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    """Show the version of biornn."""
    if show:
        say(f"biornn {__version__}")
        raise typer.Exit


def run(words: list[str]) -> int:
    """Run a command line and return its exit code.

    Raises
    ------
    InputError
        Refused input, an unknown command or option, one that is given twice, or a value of another type; one line.
    """
    one_line_warnings()
    _refuse_repeated(words)
    try:
        code = app(words or ["--help"], prog_name="biornn", standalone_mode=False)
    except UsageError as problem:
        raise InputError(_misuse(problem, words)) from None
    return code if isinstance(code, int) else 0


def _refuse_repeated(words: list[str]) -> None:
    """Refuse an option that is given twice, of which the last would silently replace the others."""
    before = words[: words.index("--")] if "--" in words else words
    names = [word.partition("=")[0] for word in before if word.startswith("--")]
    for name in names:
        if name not in MANY and names.count(name) > 1:
            refuse(name, "must be given once", f"{names.count(name)} times", "leave one of them out")


def _misuse(problem: typer.BadParameter, words: list[str]) -> str:
    """Return one line on a usage error: what is wrong, and which help to read."""
    context = problem.ctx
    # An option without its argument is found before there is a context.
    begun = f"biornn {words[0]}" if words and words[0] in COMMANDS else "biornn"
    help_command = f"{context.command_path if context else begun} --help"
    said = shown(problem.format_message(), 300).replace(". Did you", "; did you").rstrip(".?")
    if said.startswith("No such command") and words[0] in PYTHON_ONLY:
        said = f"No such command '{words[0]}'; {PYTHON_ONLY[words[0]]}"
    return f"{said}; see '{help_command}'"
