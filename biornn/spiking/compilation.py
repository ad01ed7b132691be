"""C++ sources of a Brian2 standalone project to one program, with a precompiled header.

Brian2's own makefile reads the standard library anew for each of some twenty small files, twice; with a precompiled
header the same files cost about a third of the processor time (22 s to 9 s on a busy machine).
"""

import hashlib
import logging
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from biornn.core.checks import refuse

logger = logging.getLogger("biornn")

HEADER = "everything.h"
INCLUDES = (
    "objects.h",
    "network.h",
    "brianlib/common_math.h",
    "brianlib/stdint_compat.h",
    "algorithm",
    "climits",
    "cmath",
    "csignal",
    "ctime",
    "fstream",
    "iostream",
    "string",
    "vector",
)


FLAGS = ("-O3", "-ffast-math", "-fno-finite-math-only", "-march=native", "-std=c++11")
"""Those of Brian2, whose own preferences are left aside: they may differ between users of one cache."""
REPLACED = ("-O", "-march=", "-std=")
"""A flag of the user's takes the place of one that begins alike."""


def compiler() -> tuple[str, ...]:
    """Return the command of the C++ compiler, or nothing where there is none; says so once.

    ``$CXX`` is split as make and CMake do: ``ccache g++``, ``g++ -march=x86-64-v3``.

    Raises
    ------
    InputError
        Quotes in CXX that do not close.
    """
    return _compiler(os.environ.get("CXX", ""))


@cache
def _compiler(chosen: str) -> tuple[str, ...]:
    try:
        command = shlex.split(chosen)
    except ValueError as problem:
        refuse("CXX", "must be a command", f"{chosen}: {problem}", "set CXX to a C++ compiler, or unset it")
    names = [command] if command else [["g++"], ["clang++"]]
    for program, *arguments in names:
        path = shutil.which(program)
        if path and _answers(found := (path, *arguments)):
            return found
    tried = " or ".join(" ".join(name) for name in names)
    logger.warning("no C++ compiler (%s) found: simulating with Brian2's slower numpy target", tried)
    return ()


def _answers(command: tuple[str, ...]) -> bool:
    return bool(version_of(command))


@cache
def version_of(command: tuple[str, ...]) -> str:
    """Return what a compiler says of its version; nothing where it cannot be started."""
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def flags(command: Sequence[str]) -> list[str]:
    """Return the flags for all sources: `FLAGS`, but those that the command has itself or does not know."""
    chosen = [flag for flag in FLAGS if not _has_own(flag, command)]
    call = [*command, *chosen, "-E", "-x", "c++", os.devnull, "-o", os.devnull]
    known = subprocess.run(call, capture_output=True, check=False).returncode == 0
    # Compilers of some processors have no "native".
    return chosen if known else [flag for flag in chosen if flag != "-march=native"]


def _has_own(flag: str, command: Sequence[str]) -> bool:
    kind = next((start for start in REPLACED if flag.startswith(start)), flag)
    return any(argument.startswith(kind) for argument in command[1:])


def compile_project(folder: Path, command: Sequence[str], tell: Callable[[int, int], None]) -> None:
    """Compile and link every source in `folder` into ``folder/main``; sources stay, object files do not.

    Parameters
    ----------
    command : sequence of str
        g++ or clang++, and arguments of its own.
    tell : callable
        ``tell(done, files)`` is called after each file: header, sources and the program itself.

    Raises
    ------
    RuntimeError
        The compiler's first complaint.
    """
    options = [*flags(command), "-w", "-I."]
    (folder / HEADER).write_text("".join(f"#include <{name}>\n" for name in INCLUDES))
    _call(folder, [*command, *options, "-x", "c++-header", HEADER, "-o", f"{HEADER}.gch"])
    sources = sorted(path.relative_to(folder) for path in folder.rglob("*.cpp"))
    files = len(sources) + 2
    tell(1, files)

    def one(source: Path) -> str:
        target = str(source.with_suffix(".o"))
        _call(folder, [*command, *options, "-include", HEADER, "-c", str(source), "-o", target])
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = []
        for target in pool.map(one, sources):
            objects.append(target)
            tell(1 + len(objects), files)
    _call(folder, [*command, *objects, "-o", "main"])
    tell(files, files)
    for leftover in (*objects, f"{HEADER}.gch"):
        (folder / leftover).unlink()


def digests(folder: Path) -> dict[str, str]:
    """Return the digests of all files that a program needs when it runs."""
    files = [folder / "main", *sorted((folder / "static_arrays").glob("*"))]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _call(folder: Path, command: list[str]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        raise RuntimeError(f"{' '.join(command)} failed:\n{said[:2000]}")
