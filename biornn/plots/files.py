"""Files: a figure is written whole or not at all."""

import io
from pathlib import Path
from typing import TypeVar

from matplotlib.figure import Figure

from biornn.core.checks import instance, member, number
from biornn.core.output import PathLike, check_writable, descriptor, kind_of, path_of, writing

KINDS = (".pdf", ".png", ".svg")
Drawn = TypeVar("Drawn", bound=Figure)


def where_to(path: PathLike) -> Path | None:
    """Return where a figure is to be written, before it is drawn; None where the path is empty."""
    return None if isinstance(path, str) and not path else checked_path(path)


def written(figure: Drawn, path: Path) -> Drawn:
    """Return the figure after writing it to `path`, as `save` does."""
    save(figure, path)
    return figure


def save(figure: Figure, path: str | Path, dpi: float = 200) -> Path:
    """Write a figure as PNG, PDF or SVG, by the ending of its name.

    The file appears under its name only once it is complete. A device or a pipe without such an ending
    (``/dev/stdout``) gets a PNG.

    Parameters
    ----------
    figure : Figure
        What `comparison` or `forecast` returned.
    path : str or Path
        Where to; the folder must exist. The mode of a file that is replaced is kept.
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
    content = io.BytesIO()  # a PDF is not written from its beginning to its end, as a pipe wants it
    with writing(target) as file:
        figure.savefig(content, format=file_kind(target)[1:], dpi=pixels)
        file.write(content.getbuffer())
    return target


def checked_path(path: PathLike) -> Path:
    """Return where a figure is to be written.

    Raises
    ------
    InputError
        No path, an unknown ending, or a place that cannot be written.
    """
    target = path_of("figure path", path)
    file_kind(target)
    return check_writable(target)


def file_kind(target: Path) -> str:
    """Return the ending that says how a figure is written to a path.

    Raises
    ------
    InputError
        An unknown ending.
    """
    ending = target.suffix.lower()
    if not ending and (descriptor(target) is not None or kind_of(target) in {"a device", "a pipe"}):
        return ".png"
    return member(f"figure path {target.name!r}: ending", ending, KINDS)
