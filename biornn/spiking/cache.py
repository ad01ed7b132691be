"""Compiled programs, kept by what they depend on: structure, code, versions, compiler and processor.

A weight, a mask, an input, a trial's length, a gain, a threshold or a seed never compiles anything anew; another
number of units or neurons does. Of all programs the `LIMIT` used last are kept. Whoever runs a program holds a lock on
it, which also ends with a process that dies; a program in use is never removed.
"""

import hashlib
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path

from biornn.core import places, progress
from biornn.core.checks import refuse
from biornn.spiking.compilation import compiler
from biornn.spiking.structure import PROGRESS, Structure
from biornn.theory.neurons import base, lif

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger("biornn")

SOURCES = ("build.py", "compilation.py", "equations.py", "noise.py", "operations.py", "structure.py")
LIMIT = 200
"""Programs that are kept; one takes about 0.4 MB."""
ABANDONED = 24 * 3600.0
"""Age in s at which the folder of an unfinished build was left behind by a process that died."""
MANIFEST = "manifest.json"


def key(plan: Structure) -> str:
    """Return the name under which the program of a structure is kept."""
    here = Path(__file__).parent
    code = [path.read_bytes() for path in (*(here / name for name in SOURCES), *sorted((here / "templates").iterdir()))]
    code += [Path(str(module.__file__)).read_bytes() for module in (base, lif)]
    depends = [plan.to_json(), version("brian2"), compiler(), _compiler_version(), platform.machine(), _processor()]
    digest = hashlib.sha256(json.dumps(depends).encode())
    for text in code:
        digest.update(hashlib.sha256(text).digest())
    return digest.hexdigest()[:32]


@cache
def _compiler_version() -> str:
    found = compiler()
    return subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout if found else ""


@cache
def _processor() -> str:
    # Programs are compiled for this very processor, and home folders are shared between machines.
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else [platform.processor()]
    return next((line for line in lines if line.startswith("flags")), lines[0] if lines else "")


@contextmanager
def using(plan: Structure, *, show: bool = False) -> Iterator[Path]:
    """Give the folder of the compiled program, which stays until the block ends; see `program`."""
    # Another process may remove it between look and lock, though hardly twice: it now is the one used last.
    for _ in range(3):
        folder = program(plan, show=show)
        lock = _locked(folder, shared=True)
        if lock is not None:
            break
    else:
        refuse("cache folder", "must keep what is put there", folder, "set BIORNN_CACHE to a folder you can read")
    try:
        yield folder
    finally:
        os.close(lock)


def program(plan: Structure, *, show: bool = False) -> Path:
    """Return the folder of the compiled program, compiling it where it is not kept yet.

    A program is built in a folder of its own and then renamed, so that a cut-off build leaves nothing behind and
    builds that race end with one whole program.

    Parameters
    ----------
    show : bool
        Whether to show the progress of a build.

    Raises
    ------
    InputError
        The cache folder cannot be written.
    RuntimeError
        Brian2 or the compiler failed; the message holds their last lines.
    """
    folder = places.cache() / "programs" / key(plan)
    try:
        os.utime(folder / MANIFEST)  # used last
    except FileNotFoundError:
        pass
    except OSError:  # another's cache, which can be read but not marked
        return folder
    else:
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="building-", dir=folder.parent))
    except OSError as problem:
        refuse("cache folder", "must be writable", problem, "set BIORNN_CACHE to a folder you can write")
    logger.info("compiling a network of %s, which is not kept yet", plan.size)
    try:
        (building / "structure.json").write_text(plan.to_json())
        with progress.bar(1, f"compiling {plan.size}", "file", show) as bar:

            def tell(done: int, files: int) -> None:
                bar.total = files
                bar.update(done - bar.n)

            call_brian2("compile", building / "structure.json", building, tell)
        try:
            building.rename(folder)
        except OSError:  # another process was first; its program is as good
            if not (folder / MANIFEST).is_file():
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    prune(folder.parent, LIMIT)
    return folder


def prune(programs: Path, limit: int) -> None:
    """Remove all but the programs used last, and what builds that died left behind.

    Parameters
    ----------
    programs : Path
        The folder of programs.
    limit : int
        How many to keep. A program that a process runs is kept in any case.
    """
    built = (path.parent for path in programs.glob(f"*/{MANIFEST}") if not path.parent.name.startswith("building-"))
    for folder in sorted(built, key=last_use, reverse=True)[limit:]:
        lock = _locked(folder, shared=False)
        if lock is None:
            continue
        try:
            # Renamed first: nobody finds half a program.
            gone = folder.rename(folder.with_name(f"building-removed-{folder.name}-{os.getpid()}"))
            shutil.rmtree(gone, ignore_errors=True)
        except OSError:
            logger.info("%s could not be removed from the cache", folder)
        finally:
            os.close(lock)
    for folder in programs.glob("building-*"):
        if time.time() - last_use(folder) > ABANDONED:
            shutil.rmtree(folder, ignore_errors=True)


def last_use(folder: Path) -> float:
    """Return when a program, or what else is kept in that place, was used last, in s since 1970."""
    marked = folder / MANIFEST
    try:
        return (marked if marked.is_file() else folder).stat().st_mtime
    except OSError:  # removed since
        return 0.0


def describe(folder: Path) -> str:
    """Return the size of the network that a program simulates, in words; nothing where it is none."""
    file = folder / "structure.json"
    return Structure.from_json(file.read_text()).size if file.is_file() else ""


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
    """Return what the program calls its static arrays and results, see `biornn.spiking.build.compile_program`."""
    manifest: dict[str, dict[str, str]] = json.loads((folder / MANIFEST).read_text())
    return manifest


def call_brian2(
    command: str, structure_file: Path, target: Path, tell: Callable[[int, int], None] = lambda *_: None
) -> None:
    """Run `biornn.spiking.build` in a process of its own; ``tell(done, files)`` follows a build."""
    files = [str(path.resolve()) for path in (structure_file, target)]
    call = [sys.executable, "-m", "biornn.spiking.build", command, *files]
    last: deque[str] = deque(maxlen=20)
    # Python looks for modules where it is started: another copy of biornn there must not take this one's place.
    home = Path(__file__).parents[2]
    with subprocess.Popen(call, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            for line in process.stdout or ():
                word, *numbers = line.split() or [""]
                if word == PROGRESS and len(numbers) == 2:
                    tell(int(numbers[0]), int(numbers[1]))
                else:
                    last.append(line)
        except BaseException:  # an interrupted caller leaves no build behind
            process.kill()
            raise
    if process.returncode:
        raise RuntimeError(f"Brian2 could not {command} the network:\n{''.join(last)}")
