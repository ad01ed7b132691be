"""Compiled programs, kept by what they depend on: structure, code, versions, compiler and processor.

A weight, a mask, an input, a trial's length, a gain, a threshold, the number of neurons per unit or a seed never
compiles anything anew; another number of units does. Of all programs the `LIMIT` used last are kept. Whoever runs a
program holds a lock on it, which also ends with a process that dies; a program in use is never removed.
"""

import errno
import hashlib
import json
import logging
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

from biornn.core import places, progress
from biornn.core.checks import refuse
from biornn.spiking import scratch
from biornn.spiking.children import Children, call_brian2, full_disk
from biornn.spiking.compilation import compiler, digests, version_of
from biornn.spiking.structure import Structure

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger("biornn")

SOURCES = (
    "build.py",
    "compilation.py",
    "equations.py",
    "noise.py",
    "operations.py",
    "plain_brian2.py",
    "sizes.py",
    "structure.py",
)
LIMIT = 200
"""Programs that are kept; one takes about 0.4 MB."""
MANIFEST = "manifest.json"
BUILDING = "building-"
"""How the names of folders begin that are no program yet, or no more."""


def key(plan: Structure) -> str:
    """Return the name under which the program of a structure is kept."""
    here = Path(__file__).parent
    code = [path.read_bytes() for path in (*(here / name for name in SOURCES), *sorted((here / "templates").iterdir()))]
    command = compiler()
    depends = [plan.to_json(), version("brian2"), command, version_of(command), platform.machine(), _processor()]
    digest = hashlib.sha256(json.dumps(depends).encode())
    for text in code:
        digest.update(hashlib.sha256(text).digest())
    return digest.hexdigest()[:32]


@cache
def _processor() -> str:
    # Programs are compiled for this very processor, and home folders are shared between machines.
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else [platform.processor()]
    return next((line for line in lines if line.startswith("flags")), lines[0] if lines else "")


@contextmanager
def using(plan: Structure, *, show: bool = False, children: Children | None = None) -> Iterator[Path]:
    """Give the folder of the compiled program, which stays until the block ends; see `program`."""
    # Another process may remove it between look and lock, though hardly twice: it now is the one used last.
    for _ in range(3):
        folder = program(plan, show=show, children=children)
        lock = _locked(folder, shared=True)
        if lock is not None:
            break
    else:
        refuse("cache folder", "must keep what is put there", folder, "set BIORNN_CACHE to a folder you can read")
    try:
        yield folder
    finally:
        os.close(lock)


def program(plan: Structure, *, show: bool = False, children: Children | None = None) -> Path:
    """Return the folder of the compiled program, compiling it where it is not kept yet, or damaged.

    A program is built in a folder of its own and then renamed, so that a cut-off build leaves nothing behind and
    builds that race end with one whole program.

    Parameters
    ----------
    show : bool
        Whether to show the progress of a build.
    children : Children, optional
        Processes of the run, which may have to be ended together.

    Raises
    ------
    InputError
        The cache folder cannot be written, its disk is full, or a signal ended the build.
    RuntimeError
        Brian2 or the compiler failed; the message holds their last lines.
    """
    folder = places.cache() / "programs" / key(plan)
    if whole(folder):
        with suppress(OSError):  # another's cache, which can be read but not marked
            os.utime(folder / MANIFEST)  # used last
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch.sweep(folder.parent, BUILDING, unmarked=True)
        if folder.exists() and not whole(folder):
            logger.warning("%s is damaged and built anew", folder)
            _remove(folder)
        with scratch.folder(folder.parent, BUILDING) as building:
            logger.info("compiling a network of %s, which is not kept yet", plan.size)
            _build(plan, building, show, children)
            _keep(building, folder)
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            full_disk(folder.parent)
        refuse("cache folder", "must be writable", problem, "set BIORNN_CACHE to a folder you can write")
    prune(folder.parent, LIMIT)
    return folder


def _build(plan: Structure, building: Path, show: bool, children: Children | None) -> None:
    (building / "structure.json").write_text(plan.to_json())
    with progress.bar(1, f"compiling {plan.size}", "file", show) as bar:

        def tell(done: int, files: int) -> None:
            bar.total = files
            bar.update(done - bar.n)

        call_brian2("compile", building / "structure.json", building, tell, children)
    shutil.rmtree(building / "temporary", ignore_errors=True)


def _keep(building: Path, folder: Path) -> None:
    try:
        building.rename(folder)
    except OSError:  # another process was first; its program is as good
        if not (folder / MANIFEST).is_file():
            raise


def whole(folder: Path) -> bool:
    """Return whether a program is there as it was built: a disk may have lost parts of it since."""
    try:
        found = read_manifest(folder)
        return bool(found["results"]) and digests(folder) == found["digests"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def prune(programs: Path, limit: int) -> None:
    """Remove all but the programs used last, and what builds that died left behind.

    Parameters
    ----------
    programs : Path
        The folder of programs.
    limit : int
        How many to keep. A program that a process runs is kept in any case.
    """
    built = (path.parent for path in programs.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(BUILDING))
    for folder in sorted(built, key=last_use, reverse=True)[limit:]:
        lock = _locked(folder, shared=False)
        if lock is None:
            continue
        try:
            _remove(folder)
        except OSError:
            logger.info("%s could not be removed from the cache", folder)
        finally:
            os.close(lock)
    scratch.sweep(programs, BUILDING, unmarked=True)


def _remove(folder: Path) -> None:
    # Renamed first: nobody finds half a program.
    gone = folder.rename(folder.with_name(f"{BUILDING}removed-{folder.name}-{os.getpid()}"))
    shutil.rmtree(gone, ignore_errors=True)


def last_use(folder: Path) -> float:
    """Return when a program, or what else is kept in that place, was used last, in s since 1970."""
    marked = folder / MANIFEST
    try:
        return (marked if marked.is_file() else folder).stat().st_mtime
    except OSError:  # removed since
        return 0.0


def describe(folder: Path) -> str:
    """Return the size of the network that a program simulates, in words; nothing where it is none."""
    try:
        return Structure.from_json((folder / "structure.json").read_text()).size
    except (OSError, ValueError, KeyError, TypeError):  # no program, or one of another version of biornn
        return ""


def _locked(folder: Path, *, shared: bool) -> int | None:
    """Return an open file that locks a program, or None where it is gone, or in use and `shared` is false."""
    try:
        file = os.open(folder / MANIFEST, os.O_RDONLY)
    except OSError:
        return None
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        except OSError:  # a file system without locks: the age of a program has to do
            pass
        if not (folder / MANIFEST).is_file():  # removed while this waited
            os.close(file)
            return None
    return file


def read_manifest(folder: Path) -> dict[str, dict[str, str]]:
    """Return where the program leaves its results, and its digests; see `biornn.spiking.build.compile_program`."""
    manifest: dict[str, dict[str, str]] = json.loads((folder / MANIFEST).read_text())
    return manifest
