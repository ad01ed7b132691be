"""Scratch: folders for the time of some work, which vanish with it, at the latest at the next start.

Whoever works in such a folder holds a lock in it. The lock ends with the process, however that dies, so that
`sweep` can tell what was left behind. A folder without a lock (no locks on that file system) goes after a day.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from biornn.core.checks import refuse

if sys.platform != "win32":
    import fcntl

ABANDONED = 24 * 3600.0
"""Age in s at which a folder whose owner cannot be asked was left behind by a process that died."""
LOCK, UNLOCKED = "lock", "unlocked"
"""What lies in a folder of this module, by whether its file system has locks."""


def temporary() -> Path:
    """Return the system's folder for temporary files.

    Raises
    ------
    InputError
        There is none that can be written.
    """
    try:
        return Path(tempfile.gettempdir())
    except OSError as problem:
        refuse("folder for temporary files", "must be writable", problem, "set TMPDIR to a folder you can write")


@contextmanager
def folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Give an empty folder in `parent`, locked; it is removed in the end, unless it has been renamed.

    Raises
    ------
    OSError
        The parent cannot be written.
    """
    made = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=parent))
    try:
        lock = _lock(made)
        try:
            yield made
        finally:
            os.close(lock)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _lock(made: Path) -> int:
    # Locked before it has its name: a sweep finds either no lock or one that is held.
    unnamed = made / UNLOCKED
    file = os.open(unnamed, os.O_RDWR | os.O_CREAT)
    if sys.platform != "win32":
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(made / LOCK)
    return file


def sweep(parent: Path, prefix: str, *, unmarked: bool = False) -> None:
    """Remove folders of that kind whose owners have died.

    Parameters
    ----------
    unmarked : bool
        Whether old folders that were not made by `folder` go, too: never in a place that is not biornn's own.
    """
    for found in parent.glob(f"{prefix}*"):
        with suppress(OSError):  # another user's, or removed since
            if _left_behind(found, unmarked):
                shutil.rmtree(found, ignore_errors=True)


def _left_behind(found: Path, unmarked: bool) -> bool:
    if sys.platform == "win32" or not (found / LOCK).is_file():
        marked = (found / UNLOCKED).is_file()
        return found.is_dir() and (marked or unmarked) and time.time() - found.stat().st_mtime > ABANDONED
    file = os.open(found / LOCK, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True
