"""Files: a figure is written whole or not at all."""

import tempfile
from pathlib import Path
from typing import TypeVar

from matplotlib.figure import Figure

from biornn.core.checks import instance, member, number, refuse

KINDS = (".pdf", ".png", ".svg")
Drawn = TypeVar("Drawn", bound=Figure)


def where_to(path: object) -> Path | None:
    """Return where a figure is to be written, before it is drawn; None where the path is empty."""
    return None if isinstance(path, str) and not path else checked_path(path)


def written(figure: Drawn, path: Path) -> Drawn:
    """Return the figure after writing it to `path`, as `save` does."""
    save(figure, path)
    return figure


def save(figure: Figure, path: str | Path, dpi: float = 200) -> Path:
    """Write a figure as PNG, PDF or SVG, by the ending of its name.

    The file appears under its name only once it is complete.

    Parameters
    ----------
    figure : Figure
        What `comparison` or `forecast` returned.
    path : str or Path
        Where to; the folder must exist.
    dpi : float
        Pixels per inch of a PNG, 10 to 2400.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    InputError
        Another object than a figure, an unknown ending, or a path that cannot be written; nothing is left behind.
    """
    instance("plots.save: figure", figure, Figure, "give what plots.comparison returned")
    target = checked_path(path)
    pixels = number("plots.save: dpi", dpi, 10, 2400, "200 suits print")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".biornn-") as folder:
            draft = Path(folder) / f"figure{target.suffix.lower()}"
            figure.savefig(draft, dpi=pixels)
            draft.replace(target)
    except OSError as problem:
        refuse("figure path", "must be writable", target, f"choose another place ({problem.strerror})")
    return target


def checked_path(path: object) -> Path:
    """Return where a figure is to be written.

    Raises
    ------
    InputError
        No path, an unknown ending, or something that is no regular file.
    """
    if not isinstance(path, str | Path) or "\0" in str(path):
        refuse("figure path", "must be a path", repr(path), "give a file name such as comparison.png")
    target = Path(path)
    member(f"figure path {target.name!r}: ending", target.suffix.lower(), KINDS)
    if target.is_dir():
        refuse("figure path", "must be a file", target, "give a file name such as comparison.png")
    if target.exists() and not target.is_file():
        refuse("figure path", "must be a file", f"{target}, a device or pipe", "choose another name")
    return target
