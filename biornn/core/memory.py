"""Memory: how much of it work may take, so that what cannot fit is refused before it starts."""

import os
from pathlib import Path

import numpy as np

from biornn.core import checks


def available() -> float:
    """Return the bytes of memory that a run may take: ``$BIORNN_MEMORY`` in GB, else what is free on this machine.

    Raises
    ------
    InputError
        ``$BIORNN_MEMORY`` is not a number of GB.
    """
    chosen = os.environ.get("BIORNN_MEMORY")
    if chosen:
        try:
            size = float(chosen)
        except ValueError:
            checks.refuse("BIORNN_MEMORY", "must be a number", chosen, "give a number of GB")
        return 1e9 * checks.number("BIORNN_MEMORY", size, 1e-6, 1e6, "give a number of GB")
    return min(_of_machine(), _of_container())


def _of_machine() -> float:
    info = Path("/proc/meminfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    for line in lines:
        if line.startswith("MemAvailable:"):
            return 1024.0 * int(line.split()[1])
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return np.inf


def _of_container() -> float:
    try:
        limit, used = (int(Path(f"/sys/fs/cgroup/memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return np.inf
    return float(max(limit - used, 0))


def readable(size: float) -> str:
    """Return a number of bytes in words."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
