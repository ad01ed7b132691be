"""Where things lie on disk: the trained networks that come with biornn, and the user's cache."""

import os
from pathlib import Path


def models() -> Path:
    """Return the folder of trained networks: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "models"
    return inside if inside.is_dir() else package.parent / "models"


def cache() -> Path:
    """Return the cache folder: ``$BIORNN_CACHE``, else ``$XDG_CACHE_HOME/biornn``, else ``~/.cache/biornn``."""
    chosen = os.environ.get("BIORNN_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "biornn"
