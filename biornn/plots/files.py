"""Files: a figure is written whole or not at all."""

import io
from pathlib import Path

from matplotlib.figure import Figure

from biornn.core.checks import instance, member, number
from biornn.core.output import check_writable, kind_of, writing

KINDS = (".pdf", ".png", ".svg")


def save(figure: Figure, path: str | Path, dpi: float = 200) -> Path:
    """Write a figure as PNG, PDF or SVG, by the ending of its name.

    The file appears under its name only once it is complete. A device or a pipe (``/dev/stdout``) gets a PNG unless its
    name says otherwise.

    Parameters
    ----------
    figure : Figure
        What `comparison` or `forecast` returned.
    path : str or Path
        Where to; the folder must exist. The mode of a file that is replaced is kept.
    dpi : float
        Pixels per inch of a PNG.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    InputError
        An unknown ending, or a path that cannot be written; nothing is left behind.
    """
    instance("plots.save figure", figure, Figure, "give what plots.comparison returned, and the path second")
    number("plots.save dpi", dpi, 10, 2000, "use 200 for a paper")
    target = check_writable(path)
    kind = file_kind(target)
    content = io.BytesIO()  # a PDF is not written from its beginning to its end, as a pipe wants it
    with writing(target) as file:
        figure.savefig(content, format=kind[1:], dpi=dpi)
        file.write(content.getbuffer())
    return target


def file_kind(target: Path) -> str:
    """Return the ending that says how a figure is written to a path.

    Raises
    ------
    InputError
        An unknown ending.
    """
    ending = target.suffix.lower()
    if not ending and kind_of(target) in {"a device", "a pipe"}:
        return ".png"
    return member("figure path", ending, KINDS)
