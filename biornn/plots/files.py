"""Files: a figure is written whole or not at all."""

import tempfile
from pathlib import Path

from matplotlib.figure import Figure

from biornn.core.checks import member, refuse

KINDS = (".pdf", ".png", ".svg")


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
    target = Path(path)
    kind = member("figure path", target.suffix.lower(), KINDS)
    if target.is_dir():
        refuse("figure path", "must be a file", target, "give a file name such as comparison.png")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".biornn-") as folder:
            draft = Path(folder) / f"figure{kind}"
            figure.savefig(draft, dpi=dpi)
            draft.replace(target)
    except OSError as problem:
        refuse("figure path", "must be writable", target, f"choose another place ({problem.strerror})")
    return target
