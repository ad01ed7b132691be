"""Where things lie on disk: the trained networks that come with biornn, and the user's cache."""

import os
from pathlib import Path

from biornn.core.checks import refuse


def models() -> Path:
    """Return the folder of trained networks: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "models"
    return inside if inside.is_dir() else package.parent / "models"


def cache() -> Path:
    """Return the cache folder: ``$BIORNN_CACHE``, else ``$XDG_CACHE_HOME/biornn``, else ``~/.cache/biornn``.

    Raises
    ------
    InputError
        A home folder that is not known.
    """
    chosen = os.environ.get("BIORNN_CACHE")
    folder = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "biornn")
    try:
        # Programs run in folders of their own: a relative path would lead them elsewhere.
        return folder.expanduser().absolute()
    except (RuntimeError, OSError) as problem:
        where = "BIORNN_CACHE" if chosen else "cache folder"
        refuse(where, "must be a folder that can be found", f"{folder}: {problem}", "set BIORNN_CACHE to a whole path")
